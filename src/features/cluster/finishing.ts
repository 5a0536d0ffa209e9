import { after, earliest, type Instant } from '#base/instant';
import type { HalfOpenPace } from '#ipsec/half-open';

/**
 * A master that leaves gives clients whose phase 1 is under way so long at most to end it: more than a round
 * trip of most, and with the handover itself less than the 100 ms that nobody answers in.
 */
const FINISH_MS = 60;
/** So many times as long as the slowest of the last ones needed: who takes longer is not going on. */
const PATIENCE = 3;
/** Where all are near, one message may still have waited for a processor, and there is time for that. */
const LEAST_MS = 25;

/**
 * Until when a master that leaves at `now` waits for the clients in the middle of phase 1. Strangers who never go
 * on are no reason to leave newcomers without an answer.
 */
export function finishedBy({ newestAt, slowestMs }: HalfOpenPace, now: Instant): Instant {
  const most = after(now, FINISH_MS);
  if (slowestMs === undefined) return most;
  return earliest(most, after(newestAt, Math.max(LEAST_MS, PATIENCE * slowestMs))) ?? most;
}
