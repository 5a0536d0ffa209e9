import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** What node calls the threads in which V8 compiles and collects for all others. */
const HELPER_NAME = 'V8Worker';
const THREADS = '/proc/self/task';
/** They have what nobody else wants; with 10 a client in a hundred waited half as long again for a redirect. */
export const HELPER_NICENESS = 19;

/**
 * Has the threads in which V8 compiles and collects give way to those that answer somebody; for
 * some 60 ms of every large collection they took half of a machine of two processors.
 * Does nothing where the system does not let it.
 */
export function lowerHelperThreads(): void {
  try {
    for (const thread of readdirSync(THREADS))
      if (readFileSync(`${THREADS}/${thread}/comm`, 'utf8').trim() === HELPER_NAME)
        setPriority(Number(thread), HELPER_NICENESS);
  } catch {
    // It is a help, and nothing depends on it.
  }
}
