import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '#base/instant';
import { type EventRecord, eventText } from '#events/event';
import { inputFailed } from './events.ts';
import { GuardedDevice } from './guarded-device.ts';
import type { Effect, Input } from './ports.ts';

const report: Input = { kind: 'dataPlane', report: { kind: 'lost', reason: 'of the test' } };
const tick: Input = { kind: 'tick' };

/** A device that fails while it is told to. */
function bench() {
  const notes: EventRecord[] = [];
  const inner = {
    fails: false,
    step(): readonly Effect[] {
      if (inner.fails) throw new Error('two of one');
      return [{ kind: 'forward', changes: [] }];
    },
    deadline: () => instant(5),
  };
  const device = new GuardedDevice({ device: inner, note: (record) => notes.push(record) });
  return { inner, device, notes };
}

test('an input that a device contradicts itself over is dropped and reported, and the next one is served', () => {
  const { inner, device, notes } = bench();
  inner.fails = true;
  assert.deepEqual(device.step(report, instant(1)), []);
  inner.fails = false;
  assert.equal(device.step(report, instant(2)).length, 1);
  assert.deepEqual(
    notes.map((record) => [record.definition, eventText(record)]),
    [
      [
        inputFailed,
        'Internal fault: two of one. What came in is dropped, and everything else goes on',
      ],
    ],
  );
});

test('faults without end are reported once a second, and hold no deadline up', () => {
  const { inner, device, notes } = bench();
  inner.fails = true;
  for (let ms = 0; ms < 3000; ms += 1) device.step(report, instant(ms));
  assert.equal(notes.length, 3);
  assert.equal(device.deadline(), 5);
});

test('a device whose tick fails is left alone for a moment, and goes on when one succeeds', () => {
  const { inner, device } = bench();
  inner.fails = true;
  for (let n = 1; n <= 10; n += 1) {
    assert.deepEqual(device.step(tick, instant(n * 1000)), []);
    assert.equal(device.deadline(), n * 1000 + 100);
  }
  inner.fails = false;
  assert.equal(device.step(tick, instant(11_000)).length, 1);
  assert.equal(device.deadline(), 5);
});

test('a device of which no tick succeeds any more ends with its fault', () => {
  const { inner, device } = bench();
  inner.fails = true;
  for (let n = 1; n <= 10; n += 1) device.step(tick, instant(n * 100));
  assert.throws(() => device.step(tick, instant(1100)), /two of one/);
});
