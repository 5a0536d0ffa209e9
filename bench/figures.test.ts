import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summarize, summarizeRatios } from './figures.ts';

test('a summary is the median with the smallest and the largest value', () => {
  assert.deepEqual(summarize([5, 100, 20]), { median: 20, low: 5, high: 100 });
  assert.deepEqual(summarize([4, 1, 3, 2]), { median: 2.5, low: 1, high: 4 });
  assert.deepEqual(summarize([7]), { median: 7, low: 7, high: 7 });
  assert.throws(() => summarize([]), /nothing/);
});

test('a ratio compares runs of the same turn, not medians', () => {
  // The machine slowed down between the turns; each turn says the same.
  assert.deepEqual(summarizeRatios([200, 100, 50], [100, 50, 25]), { median: 2, low: 2, high: 2 });
  assert.throws(() => summarizeRatios([1], [1, 2]), /turn/);
});
