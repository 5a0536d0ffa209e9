import type { Incarnation, MemberId } from '#wire/vcl/fields';

const hex16 = (value: bigint): string => value.toString(16).padStart(16, '0');

const LARGEST = 2n ** 64n - 1n;

/**
 * The number of a new life: the time in the upper 48 bits, `random16` in the lower, and in any case
 * greater than `last`, the one that was stored, so that a clock that was set back repeats none. It is
 * written to the store before the first datagram. Undefined when the store has the last there is.
 */
export function nextIncarnation(
  last: Incarnation | undefined,
  wallClockMs: number,
  random16: number,
): Incarnation | undefined {
  const byClock =
    BigInt(Math.max(0, Math.floor(wallClockMs))) * 65_536n + BigInt(random16 & 0xffff);
  const afterLast = last === undefined ? 1n : BigInt(`0x${last}`) + 1n;
  const next = byClock > afterLast ? byClock : afterLast;
  return next > LARGEST ? undefined : (hex16(next) as Incarnation);
}

/** A member's number of eight random octets, made once and kept. */
export const memberIdOf = (octets: Uint8Array): MemberId =>
  [...octets.subarray(0, 8)].map((o) => o.toString(16).padStart(2, '0')).join('') as MemberId;
