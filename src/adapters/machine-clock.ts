import { type Instant, instant } from '#base/instant';

/** The monotonic clock of this machine, counted from the epoch as it was at the start of the process. */
export const now = (): Instant => instant(performance.timeOrigin + performance.now());
