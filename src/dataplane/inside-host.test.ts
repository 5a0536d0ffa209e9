import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { toUtf8 } from '#base/bytes';
import { Prng } from '#base/prng';
import { Ipv4Packet } from '#wire/ipv4';
import { InsideHost } from './inside-host.ts';

const here = address('192.168.2.251');
const there = address('40.1.1.1');

/** Two hosts back to back; `wire` holds what was sent last and may change it. */
function pair(change: (packet: Uint8Array) => Uint8Array = (p) => p) {
  const sent: Uint8Array[] = [];
  const left: InsideHost = new InsideHost([here], (p) => {
    sent.push(p);
    right.deliver(change(p));
  });
  const right: InsideHost = new InsideHost([there], (p) => {
    sent.push(p);
    left.deliver(p);
  });
  return { left, right, sent };
}

test('a ping is answered with its own data', () => {
  const { left, sent } = pair();
  let answers = 0;
  const ping = { source: here, target: there, data: toUtf8('hello') };
  left.ping(ping, () => (answers += 1));
  left.ping(ping, () => (answers += 1));
  assert.equal(answers, 2);
  const reply = Ipv4Packet.decode(sent[1] as Uint8Array);
  assert.ok(reply.ok);
  assert.equal(reply.value.source, there);
  assert.deepEqual(reply.value.payload.subarray(8), toUtf8('hello'));
});

test('packets for others, fragments and damaged packets are ignored', () => {
  const ping = { source: here, target: there, data: new Uint8Array(8) };
  const changes: ((p: Uint8Array) => Uint8Array)[] = [
    (p) => p.with(19, 99),
    (p) => p.with(6, 0x20),
    (p) => p.with(p.length - 1, 1),
    (p) => p.with(9, 17),
    (p) => p.subarray(0, 20),
    (p) => p.subarray(0, p.length - 1),
  ];
  for (const change of changes) {
    const { left, sent } = pair(change);
    left.ping(ping, () => assert.fail('answered'));
    assert.equal(sent.length, 1);
  }
});

test('octets that are no packets do no harm', () => {
  const random = new Prng(5);
  const { right, sent } = pair();
  for (let i = 0; i < 20_000; i += 1) right.deliver(random.bytes(random.between(0, 60)));
  assert.equal(sent.length, 0);
});

test('unanswered pings are forgotten, oldest first', () => {
  const kept: Uint8Array[] = [];
  const host = new InsideHost([here], (p) => kept.push(p));
  let answers = 0;
  for (let i = 0; i < 300; i += 1)
    host.ping({ source: here, target: there, data: new Uint8Array(0) }, () => (answers += 1));
  const answerer = new InsideHost([there], (p) => host.deliver(p));
  for (const request of kept) answerer.deliver(request);
  assert.equal(answers, 256);
});
