import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WorkerSignals } from './worker-signals.ts';

test('a worker that sleeps finds what was posted before it looks at a packet, one at work before it sleeps', () => {
  const ours = new WorkerSignals();
  ours.reset(1);
  const theirs = new WorkerSignals(ours.words.buffer);
  assert.equal(ours.sleeps, false);
  ours.post();
  assert.equal(theirs.fallAsleep(), true, 'it does not wait');
  assert.deepEqual([ours.sleeps, theirs.wakeUp(), ours.sleeps], [true, true, false]);
  assert.equal(theirs.fallAsleep(), false);
  ours.post();
  assert.equal(theirs.wakeUp(), true);
  assert.deepEqual([theirs.fallAsleep(), theirs.wakeUp()], [false, false], 'once');
});

test('numbers of transactions go on beyond 32 bits', async () => {
  const signals = new WorkerSignals();
  const last = 0x7fffffff;
  signals.reset(last);
  assert.equal(signals.hasApplied(last), false);
  const reached = signals.reached(last, 60_000);
  signals.applied(last);
  await reached;
  const next = (last + 1) | 0;
  assert.deepEqual([signals.hasApplied(last), signals.hasApplied(next)], [true, false]);
  signals.applied(next);
  assert.equal(signals.hasApplied(next), true);
});
