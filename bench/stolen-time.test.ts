import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sample } from './measurement.ts';
import { readTicks, stolenPercent } from './stolen-time.ts';
import { takeTurns } from './turns.ts';

const stat = (idle: number, steal: number) =>
  `cpu  100 0 50 ${idle} 5 0 5 ${steal} 7 7\ncpu0 50 0 25 400 2 0 2 20 0 0\nintr 1\n`;

test('the part of the processors that a hypervisor took is that of all time between two moments', () => {
  const [from, to] = [readTicks(stat(800, 40)), readTicks(stat(850, 90))];
  assert.deepEqual(from, { all: 1000, stolen: 40 });
  assert.equal(stolenPercent(from, to), 50);
  assert.equal(stolenPercent(from, from), 0);
  assert.throws(() => readTicks('intr 1 2 3'), /not a line of processor times/);
});

/** A machine of which `stolen` percent are taken during the runs, one after the other. */
function machine(stolen: readonly number[]) {
  let [all, taken, run] = [0, 0, -1];
  const counts = { respites: 0 };
  return {
    counts,
    respite: async () => {
      counts.respites += 1;
    },
    measure: async (): Promise<Sample['values']> => {
      run += 1;
      all += 100;
      taken += stolen[run] ?? 0;
      return { run };
    },
    ticks: () => ({ all, stolen: taken }),
    log: () => {},
  };
}

test('a turn of which much was taken away is taken again, all of it, and no more often than there are turns', async () => {
  const pair = [{ name: 'ours' }, { name: 'theirs' }];
  const quiet = machine([0, 1, 0.5, 0]);
  const samples = await takeTurns(pair, 2, quiet.measure, quiet);
  assert.deepEqual(
    samples.map((s) => [s.subject, s.turn, s.values.run, s.stolenPercent]),
    [
      ['ours', 1, 0, 0],
      ['theirs', 1, 1, 1],
      ['ours', 2, 2, 0.5],
      ['theirs', 2, 3, 0],
    ],
  );
  // The peer of turn 1 lost a tenth: both are measured again.
  const once = machine([0, 10, 0, 1, 0, 0]);
  const again = await takeTurns(pair, 2, once.measure, once);
  assert.deepEqual(
    again.map((s) => s.values.run),
    [2, 3, 4, 5],
  );
  assert.deepEqual([quiet.counts.respites, once.counts.respites], [0, 1]);
  // Where it never ends, what there is has to do.
  const never = machine([10, 11, 12, 13, 14, 15, 16, 17]);
  const noisy = await takeTurns([{ name: 'ours' }], 3, never.measure, never);
  assert.deepEqual(
    noisy.map((s) => [s.values.run, s.stolenPercent]),
    [
      [3, 13],
      [4, 14],
      [5, 15],
    ],
  );
});
