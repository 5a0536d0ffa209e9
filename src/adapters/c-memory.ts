/** `M_MMAP_THRESHOLD` of malloc.h. */
const MMAP_THRESHOLD = -3;
/** Blocks from here on go back to the system when they are freed. */
const LARGE_BLOCK_OCTETS = 1024 * 1024;

/**
 * Has the C library give large blocks back to the system as soon as they are freed. By itself it
 * learns from the first scrypt, which takes 16 MiB, to keep such blocks for the next one, in every
 * thread that ever computed one. Does nothing where koffi or that C library are not to be had.
 */
export async function returnLargeBlocks(): Promise<void> {
  try {
    const koffi = (await import('koffi')).default;
    const mallopt = koffi.load(null).func('mallopt', 'int', ['int', 'int']);
    mallopt(MMAP_THRESHOLD, LARGE_BLOCK_OCTETS);
  } catch {
    // It is a saving, and nothing depends on it.
  }
}
