import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Instant, instant } from '#base/instant';
import { Driver } from './driver.ts';
import type { Input, Steppable } from './ports.ts';

const keepalive: Input = {
  kind: 'dataPlane',
  report: { kind: 'lost', reason: 'of the test' },
};

test('what is overdue is done before what arrives, so that a flood puts no deadline off', () => {
  let now = instant(0);
  /** The clock goes on while something is done. */
  const read = (): Instant => {
    const at = now;
    now = instant(now + 1);
    return at;
  };
  const steps: string[] = [];
  const moments: Instant[] = [];
  let due = instant(10);
  const device: Steppable = {
    step(input, at) {
      steps.push(input.kind);
      moments.push(at);
      if (input.kind === 'tick') due = instant(at + 100);
      return [];
    },
    deadline: () => due,
  };
  const alarms: (Instant | undefined)[] = [];
  const driver = new Driver(device, {
    now: read,
    ask: () => {},
    wakeAt: (at) => alarms.push(at),
  });
  driver.input(keepalive);
  driver.input(keepalive);
  now = instant(15);
  driver.input(keepalive);
  driver.input(keepalive);
  assert.deepEqual(steps, ['dataPlane', 'dataPlane', 'tick', 'dataPlane', 'dataPlane']);
  assert.deepEqual(
    moments,
    moments.toSorted((a, b) => a - b),
  );
  const [, , tickedAt = Number.NaN] = moments;
  assert.ok(tickedAt > 10);
  assert.deepEqual(alarms, [10, tickedAt + 100]);
});

test('a driver that was stopped carries nothing out, wherever it comes from, and sets no alarm', () => {
  const done: string[] = [];
  const device: Steppable = { step: () => [], deadline: () => instant(10) };
  const alarms: (Instant | undefined)[] = [];
  const driver = new Driver(device, {
    now: () => instant(0),
    ask: (question) => done.push(question.kind),
    wakeAt: (at) => alarms.push(at),
    cluster: (action) => done.push(action.kind),
  });
  driver.carryOut([{ kind: 'cluster', action: { kind: 'close' } }]);
  driver.stop();
  driver.carryOut([
    { kind: 'cluster', action: { kind: 'ask', ticket: 1, question: { kind: 'newLife' } } },
  ]);
  driver.input(keepalive);
  assert.deepEqual(done, ['close']);
  assert.deepEqual(alarms, [10, undefined]);
});
