import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { reservePorts } from './port-reservation.ts';

test('the ports of a demo are its own until it ends, whether its members run or not', async (t) => {
  const place = address('127.18.123.1');
  const first = await reservePorts(place, 0);
  assert.deepEqual(first?.ports, { isakmp: 10_500, natTraversal: 14_500 });
  assert.equal(await reservePorts(place, 0), undefined);
  const second = await reservePorts(place, 1);
  assert.deepEqual(second?.ports, { isakmp: 10_501, natTraversal: 14_501 });
  t.after(() => second?.release());
  await first?.release();
  const next = await reservePorts(place, 0);
  assert.deepEqual(next?.ports, first?.ports);
  await next?.release();
});
