import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, type Endpoint } from '#base/address';
import { instant } from '#base/instant';
import { HalfOpenTable, halfOpenKey } from './half-open.ts';
import type { SaId } from './keying.ts';

const remote: Endpoint = { address: address('10.0.0.1'), port: 500 };
const keyOf = (n: number) => halfOpenKey(remote, Uint8Array.of(n >> 8, n & 255));

test('negotiations that end tell how long others are likely to need, those of the last ones only', () => {
  const table = new HalfOpenTable();
  const begin = (n: number, at: number) =>
    table.add(keyOf(n), n as SaId, 'digest', remote.address, instant(at));
  assert.equal(table.pace, undefined);
  begin(1, 100);
  assert.deepEqual(table.pace, { newestAt: 100, slowestMs: undefined });
  table.proven(keyOf(1), instant(190));
  assert.equal(table.pace, undefined);
  begin(2, 200);
  begin(3, 205);
  table.remove(keyOf(3));
  assert.deepEqual(table.pace, { newestAt: 205, slowestMs: 90 }, 'who gives up needed no time');
  for (let n = 4; n < 36; n += 1) {
    begin(n, 300);
    table.proven(keyOf(n), instant(n < 35 ? 307 : 305));
  }
  assert.deepEqual(table.pace, { newestAt: 300, slowestMs: 7 }, 'the first is forgotten');
});
