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
  const steps: string[] = [];
  let due = instant(10);
  const device: Steppable = {
    step(input, at) {
      steps.push(`${input.kind} ${at}`);
      if (input.kind === 'tick') due = instant(at + 100);
      return [];
    },
    deadline: () => due,
  };
  const alarms: (Instant | undefined)[] = [];
  const driver = new Driver(device, {
    now: () => now,
    ask: () => {},
    wakeAt: (at) => alarms.push(at),
  });
  driver.input(keepalive);
  now = instant(5);
  driver.input(keepalive);
  now = instant(15);
  driver.input(keepalive);
  driver.input(keepalive);
  assert.deepEqual(steps, [
    'dataPlane 0',
    'dataPlane 5',
    'tick 15',
    'dataPlane 15',
    'dataPlane 15',
  ]);
  assert.deepEqual(alarms, [10, 115]);
});
