import assert from 'node:assert/strict';
import { test } from 'node:test';
import { after, type Instant } from '#base/instant';
import { NeighbourTable, neighbourLimits, neighbourTimers } from './neighbours.ts';
import { start, stations } from './testing.ts';

const frame = () => new Uint8Array([1]);
const { retryMs, unicastTries, broadcastTries, staleMs, forgetMs } = neighbourTimers;

/** Lets time pass and notes every question as `seconds unicast` or `seconds broadcast`. */
function questionsUntil(table: NeighbourTable, until: Instant): string[] {
  const asked: string[] = [];
  for (let due = table.deadline(); due !== undefined && due <= until; due = table.deadline())
    for (const { hardware } of table.tick(due).questions)
      asked.push(`${(due - start) / 1000} ${hardware ? 'unicast' : 'broadcast'}`);
  return asked;
}

test('an unknown address is asked for three times in three seconds, then given up', () => {
  const table = new NeighbourTable();
  const first = table.resolve(1, start, frame);
  assert.deepEqual(first, { kind: 'queued', ask: { address: 1, hardware: undefined } });
  assert.deepEqual(questionsUntil(table, after(start, 2 * retryMs)), [
    '1 broadcast',
    '2 broadcast',
  ]);
  const { questions, silent } = table.tick(after(start, broadcastTries * retryMs));
  assert.deepEqual(questions, []);
  assert.deepEqual(silent, [{ address: 1, waiting: [frame()] }]);
  assert.equal(table.deadline(), undefined);
});

test('a neighbour in use is asked again after a minute, first alone, then in public', () => {
  const table = new NeighbourTable();
  table.heard(1, stations.client1, start, true);
  const later = after(start, staleMs);
  assert.equal('ask' in table.resolve(1, after(start, staleMs - 1), frame), false);
  const stale = table.resolve(1, later, frame);
  assert.deepEqual(stale, {
    kind: 'known',
    hardware: stations.client1,
    ask: { address: 1, hardware: stations.client1 },
  });
  const tries = unicastTries + broadcastTries;
  const asked = questionsUntil(table, after(later, tries * retryMs));
  assert.deepEqual(asked, [
    '61 unicast',
    '62 unicast',
    '63 broadcast',
    '64 broadcast',
    '65 broadcast',
  ]);
  assert.deepEqual([...table.known()], []);
});

test('an answer ends the questions, and a new station takes over at once', () => {
  const table = new NeighbourTable();
  table.heard(1, stations.client1, start, true);
  const later = after(start, staleMs);
  table.resolve(1, later, frame);
  table.heard(1, stations.client2, later, false);
  assert.deepEqual(table.resolve(1, later, frame), { kind: 'known', hardware: stations.client2 });
  assert.deepEqual(questionsUntil(table, after(later, forgetMs - 1)), []);
  assert.equal([...table.known()].length, 1);
  table.tick(after(later, forgetMs));
  assert.deepEqual([...table.known()], []);
});

test('what nobody asked for is not learnt', () => {
  const table = new NeighbourTable();
  table.heard(1, stations.client1, start, false);
  assert.deepEqual([...table.known()], []);
});

test('queues, questions under way and the table are bounded', () => {
  const table = new NeighbourTable();
  for (let n = 0; n < neighbourLimits.queuedPerNeighbour; n += 1)
    assert.equal(table.resolve(1, start, frame).kind, 'queued');
  assert.equal(table.resolve(1, start, frame).kind, 'full');
  for (let a = 2; a <= neighbourLimits.unresolvedMax; a += 1)
    assert.equal(table.resolve(a, start, frame).kind, 'queued');
  assert.equal(table.resolve(100_000, start, frame).kind, 'full');
  assert.equal(table.heard(1, stations.client1, start, false).length, 3);
  assert.equal(table.resolve(100_000, start, frame).kind, 'queued');
  for (let a = 200_000; a < 203_000; a += 1) table.heard(a, stations.client2, start, true);
  assert.equal([...table.known()].length, neighbourLimits.neighboursMax);
  // The newest stay, and with every old one gone questions may be asked again.
  assert.equal(table.resolve(202_999, start, frame).kind, 'known');
  assert.equal(table.resolve(300_000, start, frame).kind, 'queued');
});
