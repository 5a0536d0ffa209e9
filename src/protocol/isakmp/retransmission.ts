import { after, type Instant } from '#base/instant';

/**
 * A message that is sent again, octet for octet, until an answer comes. What was encrypted once is
 * never encrypted anew, since a peer takes the same message with other octets for another one.
 */
export type Retransmission = {
  readonly octets: Uint8Array;
  /** Waits still to come in milliseconds, after the one that ends at `nextAt`. */
  readonly waitsMs: readonly number[];
  readonly nextAt: Instant;
};

/** The message was sent at `now`; `waitsMs` are the pauses before each repetition, then before giving up. */
export function retransmit(
  octets: Uint8Array,
  waitsMs: readonly number[],
  now: Instant,
): Retransmission {
  const [first = 0, ...rest] = waitsMs;
  return { octets, waitsMs: rest, nextAt: after(now, first) };
}

/** What is due at `now`: a repetition and its successor, or `exhausted`. Undefined: nothing yet. */
export function retransmissionDue(
  r: Retransmission,
  now: Instant,
): Retransmission | 'exhausted' | undefined {
  if (now < r.nextAt) return undefined;
  const [next, ...rest] = r.waitsMs;
  if (next === undefined) return 'exhausted';
  return { octets: r.octets, waitsMs: rest, nextAt: after(now, next) };
}
