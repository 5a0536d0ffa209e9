import assert from 'node:assert/strict';
import { test } from 'node:test';
import { after, instant } from '#base/instant';
import { Prng } from '#base/prng';
import { VirtualClock } from './clock.ts';
import { HostClock } from './host-clock.ts';

test('a host is woken when its own clock says so, not before and at most two milliseconds late', () => {
  const random = new Prng(1);
  for (let i = 0; i < 5000; i += 1) {
    const clock = new VirtualClock(instant(random.between(0, 2 ** 40)));
    const host = new HostClock(clock, 1 + 0.02 * (random.fraction() - 0.5));
    clock.run(random.between(0, 100_000));
    const at = after(host.now(), random.between(0, 100_000) + random.fraction());
    let woken = 0;
    host.schedule(at, () => {
      woken = host.now();
    });
    clock.run(110_000);
    assert.ok(woken >= at && woken <= at + 2, `asked for ${at}, woken at ${woken}`);
  }
});

test('a clock that keeps time shows virtual time', () => {
  const clock = new VirtualClock(instant(1000));
  const host = new HostClock(clock, 1);
  clock.run(12_345);
  assert.equal(host.now(), clock.now());
});

test('a clock that runs fast is ahead after a while', () => {
  const clock = new VirtualClock(instant(0));
  const host = new HostClock(clock, 1.01);
  clock.run(100_000);
  assert.equal(host.now(), 101_000);
});
