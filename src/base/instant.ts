/**
 * A moment: milliseconds since the Unix epoch on a clock that never steps back. The core is handed
 * instants and never asks for the time.
 */
export type Instant = number & { readonly __instant: unique symbol };

export const instant = (milliseconds: number): Instant => milliseconds as Instant;
/** The moment `milliseconds` after `from`. */
export const after = (from: Instant, milliseconds: number): Instant =>
  (from + milliseconds) as Instant;
/** Milliseconds from `from` to `to`. */
export const elapsedMs = (from: Instant, to: Instant): number => to - from;
/** The earlier of two deadlines, either of which may be absent. */
export function earliest(a: Instant | undefined, b: Instant | undefined): Instant | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  return a < b ? a : b;
}
