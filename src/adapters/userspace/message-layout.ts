/**
 * `struct mmsghdr` of 64-bit Linux: a `struct msghdr` and the length of its message. Offsets in words
 * of 32 bits; pointers and sizes have two, of which the upper one of sizes stays zero.
 */
export const MESSAGE = {
  octets: 64,
  iovecOctets: 16,
  name: 0,
  nameOctets: 2,
  iovec: 4,
  iovecCount: 6,
  control: 8,
  controlOctets: 10,
  flags: 12,
  length: 14,
} as const;

/** `struct cmsghdr`: length in octets, then level and type in words, then the data. */
export const CMSG = { level: 2, type: 3, dataAt: 16 } as const;

/** Writes an address as two words. */
export function setPointer(words: Uint32Array, at: number, pointer: number): void {
  words[at] = pointer >>> 0;
  words[at + 1] = Math.floor(pointer / 2 ** 32);
}
