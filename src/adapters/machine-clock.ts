import { performance } from 'node:perf_hooks';
import { type Instant, instant } from '#base/instant';

/** Read once: the property is computed, and checked, at each access. */
const { timeOrigin } = performance;

/** The monotonic clock of this machine, counted from the epoch as it was at the start of the process. */
export const now = (): Instant => instant(timeOrigin + performance.now());
