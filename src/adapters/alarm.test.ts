import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instant } from '#base/instant';
import { Alarm, type Timers } from './alarm.ts';

/** Timers that fire when the test lets time pass. */
class TestTimers implements Timers {
  #now = 0;
  #pending: { readonly at: number; readonly fire: () => void }[] = [];
  started = 0;

  readonly now = (): Instant => this.#now as Instant;

  readonly after = (waitMs: number, fire: () => void) => {
    const timer = { at: this.#now + waitMs, fire };
    this.started += 1;
    this.#pending.push(timer);
    return () => {
      this.#pending = this.#pending.filter((other) => other !== timer);
    };
  };

  passUntil(moment: number): void {
    for (;;) {
      const [next] = this.#pending.filter(({ at }) => at <= moment).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#now = next.at;
      this.#pending = this.#pending.filter((other) => other !== next);
      next.fire();
    }
    this.#now = moment;
  }
}

function ringing() {
  const timers = new TestTimers();
  const rings: number[] = [];
  const alarm = new Alarm(() => rings.push(timers.now()), timers);
  const set = (at: number | undefined) => alarm.set(at as Instant | undefined);
  return { timers, rings, set };
}

test('an alarm that moves to a later moment rings there only, with one timer more at most', () => {
  const { timers, rings, set } = ringing();
  for (const at of [20, 40, 60, 80]) set(at);
  timers.passUntil(79);
  assert.deepEqual(rings, []);
  timers.passUntil(1000);
  assert.deepEqual(rings, [80]);
  assert.equal(timers.started, 2);
});

test('an alarm that moves to an earlier moment rings there only', () => {
  const { timers, rings, set } = ringing();
  for (const at of [500, 10]) set(at);
  timers.passUntil(1000);
  assert.deepEqual(rings, [10]);
});

test('an alarm that is taken back does not ring, and one that rang rings again when it is set', () => {
  const { timers, rings, set } = ringing();
  set(10);
  set(undefined);
  timers.passUntil(100);
  assert.deepEqual(rings, []);
  set(110.5);
  timers.passUntil(200);
  set(150);
  timers.passUntil(300);
  assert.deepEqual(rings, [111, 200]);
});

test('a wait that is longer than a timer can be is taken in steps', () => {
  const { timers, rings, set } = ringing();
  const year = 365 * 86_400_000;
  set(year);
  timers.passUntil(year - 1);
  assert.deepEqual(rings, []);
  timers.passUntil(year);
  assert.deepEqual(rings, [year]);
});
