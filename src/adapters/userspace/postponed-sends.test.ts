import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { sharedWords, WorkerStates } from './hand-over.ts';
import type { SendCommand } from './messages.ts';
import { PostponedSends } from './postponed-sends.ts';

const at = { address: address('192.0.2.1'), port: 4500 };
const command = (after: number): SendCommand => ({
  kind: 'send',
  after,
  local: at,
  remote: at,
  bytes: new Uint8Array(1),
});

function world() {
  const states = new WorkerStates({ workers: 3, words: sharedWords(3) });
  const sends = new PostponedSends(states, 0);
  const sent: number[] = [];
  const release = (end = false) => sends.release(({ after }) => sent.push(after), end);
  const everywhere = (serial: number) => {
    for (let worker = 0; worker < 3; worker += 1) states.applied(worker, serial);
  };
  return { states, sends, sent, release, everywhere };
}

test('a datagram waits until every worker has carried out what came before it', () => {
  const { states, sends, sent, release, everywhere } = world();
  assert.ok(!sends.postpone(command(0)));
  assert.ok(!states.awaits(0));
  states.applied(0, 1);
  states.applied(1, 1);
  assert.ok(sends.postpone(command(1)));
  assert.ok(states.awaits(0));
  assert.ok(!sends.due);
  release();
  states.applied(2, 1);
  assert.ok(sends.due);
  // It may not overtake the one before, although nothing keeps it.
  assert.ok(sends.postpone(command(1)));
  assert.ok(sends.postpone(command(2)));
  release();
  assert.deepEqual(sent, [1, 1]);
  assert.ok(states.awaits(0));
  everywhere(2);
  release();
  assert.deepEqual(sent, [1, 1, 2]);
  assert.ok(!states.awaits(0));
});

test('nobody waits for a worker that was given up, and nothing stays behind in the end', () => {
  const { states, sends, sent, release } = world();
  states.applied(0, 5);
  states.applied(1, 5);
  assert.ok(sends.postpone(command(5)));
  states.giveUp(2);
  release();
  assert.deepEqual(sent, [5]);
  assert.ok(sends.postpone(command(6)));
  release(true);
  assert.deepEqual(sent, [5, 6]);
});

test('numbers of transactions wrap', () => {
  const { states, sends, everywhere } = world();
  everywhere(0x7fffffff);
  assert.ok(sends.postpone(command(-0x80000000)));
  states.giveUp(1);
  states.giveUp(2);
  states.applied(0, -0x80000000);
  assert.ok(sends.due);
});
