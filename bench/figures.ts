/** The arithmetic of the reports: medians with their range, and ratios of runs taken in turn. */
export type Summary = { readonly median: number; readonly low: number; readonly high: number };

/** Median, smallest and largest of at least one value. */
export function summarize(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const low = sorted[0];
  const high = sorted.at(-1);
  if (low === undefined || high === undefined) throw new Error('there is nothing to summarize');
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? low;
  const lower = sorted.length % 2 === 1 ? upper : (sorted[middle - 1] ?? low);
  return { median: (lower + upper) / 2, low, high };
}

/** The ratio of each run to the peer's run of the same turn, summarized. */
export function summarizeRatios(ours: readonly number[], theirs: readonly number[]): Summary {
  if (ours.length !== theirs.length) throw new Error('every run needs its turn with the peer');
  return summarize(ours.map((value, turn) => value / (theirs[turn] ?? Number.NaN)));
}
