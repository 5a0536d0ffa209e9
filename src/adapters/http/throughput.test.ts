import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestingPort } from './testing-port.ts';
import { Throughput } from './throughput.ts';

const totals = (octetsTx: number, octetsRx: number) => ({
  ...new TestingPort(0).counters(),
  octetsTx,
  octetsRx,
});

test('rates are what passed between two readings over the time between them', () => {
  const throughput = new Throughput();
  throughput.sample(totals(1000, 0), 1000);
  throughput.sample(totals(2000, 500), 2000);
  throughput.sample(totals(4000, 500), 4000);
  assert.deepEqual(throughput.since(0), [
    { at: 2000, bitsPerSecondTx: 8000, bitsPerSecondRx: 4000 },
    { at: 4000, bitsPerSecondTx: 8000, bitsPerSecondRx: 0 },
  ]);
  assert.equal(throughput.since(2000).length, 1);
});

test('totals that went back count from zero, and a clock that stands still is no sample', () => {
  const throughput = new Throughput();
  throughput.sample(totals(9000, 9000), 1000);
  throughput.sample(totals(9000, 9000), 1000);
  throughput.sample(totals(125, 0), 2000);
  assert.deepEqual(throughput.since(0), [{ at: 2000, bitsPerSecondTx: 1000, bitsPerSecondRx: 0 }]);
});

test('only a quarter of an hour is remembered', () => {
  const throughput = new Throughput();
  for (let second = 0; second <= 2000; second += 1) throughput.sample(totals(0, 0), 1000 * second);
  const samples = throughput.since(0);
  assert.equal(samples.length, 900);
  assert.equal(samples.at(-1)?.at, 2_000_000);
});
