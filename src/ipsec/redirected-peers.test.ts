import assert from 'node:assert/strict';
import { test } from 'node:test';
import { after, instant } from '#base/instant';
import { decodeHeader } from '#wire/isakmp/header';
import { RedirectedPeers } from './redirected-peers.ts';

const start = instant(1_000_000);
const keptMs = 30_000;

const cookiesOf = (number: number) => ({
  initiator: new Uint8Array(8).fill(number),
  responder: new Uint8Array(8).fill(100 + number),
});

/** The header of a message of the peer with this number. */
function headerOf(number: number) {
  const { initiator, responder } = cookiesOf(number);
  const octets = new Uint8Array(28);
  octets.set(initiator, 0);
  octets.set(responder, 8);
  octets.set([0, 0x10, 4], 16);
  octets[27] = octets.length;
  const decoded = decodeHeader(octets);
  assert.ok(decoded.ok);
  return decoded.value;
}

test('what peers were told is kept for 30 s each, and goes in the order in which they came', () => {
  const peers = new RedirectedPeers();
  assert.equal(peers.deadline(), undefined);
  for (let n = 1; n <= 4; n += 1) {
    const told = { requestKey: `message ${n}`, answer: new Uint8Array([n]) };
    peers.add(cookiesOf(n), told, after(start, 1000 * n));
  }
  assert.equal(peers.size, 4);
  assert.deepEqual([...(peers.find(headerOf(2))?.answer ?? [])], [2]);
  assert.equal(peers.find(headerOf(5)), undefined);
  assert.equal(peers.deadline(), after(start, 1000 + keptMs));
  peers.forgetDue(after(start, 999 + keptMs));
  assert.equal(peers.size, 4);
  peers.forgetDue(after(start, 2000 + keptMs));
  assert.deepEqual(
    [1, 2, 3, 4].map((n) => peers.find(headerOf(n))?.requestKey),
    [undefined, undefined, 'message 3', 'message 4'],
  );
  assert.equal(peers.deadline(), after(start, 3000 + keptMs));
  peers.forgetDue(after(start, 60_000));
  assert.deepEqual([peers.size, peers.deadline()], [0, undefined]);
  peers.add(cookiesOf(6), { requestKey: 'later', answer: new Uint8Array(1) }, start);
  assert.equal(peers.deadline(), after(start, keptMs));
});
