import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '#base/prng';
import type { Incarnation } from '#wire/vcl/fields';
import { memberIdOf, nextIncarnation } from './incarnation.ts';
import { admits, emptyWindow, REPLAY_WINDOW, record } from './replay.ts';

test('a window agrees with a list of everything that was received', () => {
  const random = new Prng(4303);
  for (let run = 0; run < 50; run += 1) {
    const seen = new Set<number>();
    let window = emptyWindow;
    let top = 0;
    for (let n = 0; n < 400; n += 1) {
      const jump = random.chance(0.05) ? 200 : 12;
      const sequence = Math.max(1, top + random.between(-80, jump));
      const isNew = sequence > top || (!seen.has(sequence) && top - sequence < REPLAY_WINDOW);
      assert.equal(admits(window, sequence), isNew, `${sequence} with ${top}`);
      if (!isNew) continue;
      window = record(window, sequence);
      seen.add(sequence);
      top = Math.max(top, sequence);
      assert.equal(window.top, top);
    }
  }
});

test('each new life has a greater number, whatever the clock says', () => {
  const day = Date.UTC(2002, 9, 20);
  let last: Incarnation | undefined;
  for (const [wallMs, random16] of [
    [day, 0xffff],
    [day, 0],
    [day - 86_400_000, 7],
    [0, 7],
    [-5, 7],
    [day + 1000, 1],
  ] as const) {
    const next = nextIncarnation(last, wallMs, random16);
    assert.ok(next !== undefined && next.length === 16);
    assert.ok(last === undefined || next > last, `${next} after ${last}`);
    last = next;
  }
  assert.equal(nextIncarnation('ffffffffffffffff' as Incarnation, day, 0), undefined);
  assert.equal(memberIdOf(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 0xff)), '01020304050607ff');
});
