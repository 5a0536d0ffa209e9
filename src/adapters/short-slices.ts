/** Of sched.h, and where the fields of its `struct sched_attr` are. */
const RESET_ON_FORK = 1;
const ATTRIBUTES = { octets: 48, policy: 4, flags: 8, runtime: 24 } as const;
/** SCHED_OTHER, what every thread has unless somebody decided otherwise. */
const ORDINARY = 0;

/** What the C library has names for in its newest versions only. */
const CALLS: Partial<Record<string, { readonly get: number; readonly set: number }>> = {
  x64: { get: 315, set: 314 },
  arm64: { get: 275, set: 274 },
};

/** The least that Linux gives. */
export const SLICE_NS = 100_000;

/**
 * Asks the scheduler for short turns of this thread, which is done with a message within a fraction of a
 * millisecond: so it need not wait for a thread of V8 that compiles or collects to end a turn of its own, which on a
 * machine of few processors takes until the next tick. Of two that have short turns the one that is woken lets the
 * other finish what it is at. Threads that it starts have ordinary turns.
 * The answer is the slice in nanoseconds that it has from now on; undefined where there is no way to ask
 * (koffi, Linux 6.12).
 */
export async function askForShortSlices(): Promise<number | undefined> {
  const calls = CALLS[process.arch];
  try {
    const koffi = (await import('koffi')).default;
    const syscall = koffi
      .load(null)
      .func('syscall', 'long', ['long', 'int', 'void *', 'uint', 'uint']);
    const attributes = new Uint8Array(ATTRIBUTES.octets);
    const view = new DataView(attributes.buffer);
    const isRead = () => syscall(calls?.get, 0, attributes, attributes.length, 0) === 0;
    const slice = () => Number(view.getBigUint64(ATTRIBUTES.runtime, true));
    if (!calls || !isRead() || view.getUint32(ATTRIBUTES.policy, true) !== ORDINARY)
      return undefined;
    // Before 6.12 an ordinary thread had none that could be told.
    if (slice() === 0) return undefined;
    view.setUint32(0, attributes.length, true);
    view.setBigUint64(ATTRIBUTES.runtime, BigInt(SLICE_NS), true);
    view.setBigUint64(ATTRIBUTES.flags, BigInt(RESET_ON_FORK), true);
    syscall(calls.set, 0, attributes, 0, 0);
    return isRead() ? slice() : undefined;
  } catch {
    // It is a help, and nothing depends on it.
    return undefined;
  }
}
