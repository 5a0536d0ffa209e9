import assert from 'node:assert/strict';
import { test } from 'node:test';
import { percentOf, rulesOf, totalOf } from './load.ts';

test('LB-12: load is active sessions of the maximum, in percent', () => {
  assert.equal(percentOf(1, 100, 'truncate'), 1);
  assert.equal(percentOf(1, 1500, 'truncate'), 0);
  assert.equal(percentOf(0, 5000, 'truncate'), 0);
  assert.equal(percentOf(100, 100, 'truncate'), 100);
});

test('GEN-53: an ASA starts at 0 and rounds half up, a VPN 3000 cuts off', () => {
  const rows: readonly (readonly [active: number, max: number, cut: number, halfUp: number])[] = [
    [0, 100, 0, 0],
    [7, 1500, 0, 0],
    [8, 1500, 0, 1],
    [22, 1500, 1, 1],
    [23, 1500, 1, 2],
    [30, 1500, 2, 2],
    [24, 5000, 0, 0],
    [25, 5000, 0, 1],
    [1, 3, 33, 33],
    [2, 3, 66, 67],
    [1492, 1500, 99, 99],
    [1493, 1500, 99, 100],
    [1500, 1500, 100, 100],
  ];
  for (const [active, max, cut, halfUp] of rows) {
    assert.equal(percentOf(active, max, 'truncate'), cut, `${active} of ${max}`);
    assert.equal(percentOf(active, max, 'halfUp'), halfUp, `${active} of ${max}`);
  }
  const halves: readonly (readonly [number, number])[] = [
    [50, 1],
    [49, 0],
    [150, 2],
    [250, 3],
  ];
  for (const [active, percent] of halves)
    assert.equal(percentOf(active, 10_000, 'halfUp'), percent);
  assert.equal(rulesOf('asa').rounding, 'halfUp');
});

test('GEN-90: 216 IPsec and 100 SSL sessions of 5000 are 4 and 2 percent', () => {
  assert.equal(percentOf(216, 5000, rulesOf('asa').rounding), 4);
  assert.equal(percentOf(100, 5000, rulesOf('asa').rounding), 2);
});

test('a member that may have no session has no room', () => {
  assert.equal(percentOf(0, 0, 'truncate'), 100);
  assert.equal(percentOf(0, 0, 'halfUp'), 100);
});

test('GEN-51 GEN-55: sessions of all kinds weigh the same, and those that sleep nothing', () => {
  const loads = [
    { protocol: 1, active: 5, inactive: 0, max: 100 },
    { protocol: 2, active: 10, inactive: 5, max: 100 },
  ];
  assert.deepEqual(totalOf(loads), { active: 15, inactive: 5, max: 200 });
  const ofOneKind = [{ protocol: 1, active: 10, inactive: 0, max: 100 }];
  const ofTwo = [
    { protocol: 1, active: 5, inactive: 0, max: 50 },
    { protocol: 2, active: 5, inactive: 9, max: 50 },
  ];
  const percent = (l: typeof ofTwo) => percentOf(totalOf(l).active, totalOf(l).max, 'halfUp');
  assert.equal(percent(ofOneKind), percent(ofTwo));
  assert.deepEqual(totalOf([]), { active: 0, inactive: 0, max: 0 });
});
