import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '#base/instant';
import { REQUEST_WAITS_MS } from './constants.ts';
import { type Retransmission, retransmissionDue, retransmit } from './retransmission.ts';

test('a message is repeated after each wait, the same octets, and given up after the last', () => {
  const octets = new Uint8Array([1, 2, 3]);
  let pending: Retransmission = retransmit(octets, REQUEST_WAITS_MS, instant(0));
  const sentAt: number[] = [];
  for (;;) {
    assert.equal(retransmissionDue(pending, instant(pending.nextAt - 1)), undefined);
    const due = retransmissionDue(pending, pending.nextAt);
    if (due === 'exhausted') break;
    assert.ok(due);
    assert.equal(due.octets, octets);
    sentAt.push(pending.nextAt);
    pending = due;
  }
  assert.deepEqual(sentAt, [1000, 3000, 7000, 15_000]);
  assert.equal(pending.nextAt, 23_000);
});

test('waits count from when a repetition was sent, not from when it was due', () => {
  const pending = retransmit(new Uint8Array(1), [10, 10], instant(0));
  const late = retransmissionDue(pending, instant(500));
  assert.ok(late && late !== 'exhausted');
  assert.equal(late.nextAt, 510);
});
