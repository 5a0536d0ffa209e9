import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '#base/prng';
import { IcmpMessage } from '#wire/icmp';
import { Ipv4Packet } from '#wire/ipv4';
import { tcpFlags } from '#wire/tcp';
import { flowPacket } from './testing/flows.ts';
import { tooBigAnswer } from './too-big.ts';

const packetOf = (family: 4 | 6) =>
  flowPacket({
    family,
    kind: 'tcp',
    port: 1,
    payload: new Uint8Array(1400),
    flags: tcpFlags.ack,
  });
const answer = (bytes: Uint8Array) => tooBigAnswer(bytes, 0, bytes.length, 1400);
/** The packet with octets of its own from `at` on. */
const changed = (family: 4 | 6, at: number, ...octets: number[]): Uint8Array => {
  const bytes = packetOf(family);
  bytes.set(octets, at);
  return bytes;
};

const icmp = (type: number) => changed(4, 9, 1, 0, 0, ...packetOf(4).subarray(12, 20), type);

test('no ICMP is sent about ICMP errors, later fragments and what has no single sender', () => {
  assert.ok(answer(packetOf(4)));
  assert.ok(answer(packetOf(6)));
  const silent: [string, Uint8Array][] = [
    ['an error of ICMP', icmp(3)],
    ['a later fragment', changed(4, 6, 0, 1)],
    ['from nobody', changed(4, 12, 0, 0, 0, 0)],
    ['from a group', changed(4, 12, 239, 0, 0, 1)],
    ['to a group', changed(4, 16, 239, 0, 0, 1)],
    ['an error of ICMPv6', changed(6, 6, 58, 64, ...packetOf(6).subarray(8, 40), 1)],
    ['from nobody', changed(6, 8, ...new Uint8Array(16))],
    ['to a group', changed(6, 24, 0xff)],
  ];
  for (const [what, bytes] of silent) assert.equal(answer(bytes), undefined, what);
  assert.ok(answer(icmp(8)), 'a ping');
});

test('an answer is never longer than the packet, and quotes what there is', () => {
  const random = new Prng(1);
  for (let octets = 48; octets < 1400; octets += random.between(1, 40)) {
    const bytes = packetOf(4).subarray(0, octets);
    const made = tooBigAnswer(bytes, 0, octets, 68) ?? assert.fail('answered');
    assert.ok(made.length <= Math.min(576, octets + 28));
    const ip = Ipv4Packet.decode(made);
    assert.ok(ip.ok);
    const icmp = IcmpMessage.decode(ip.value.payload);
    assert.ok(icmp.ok && icmp.value.kind === 'destinationUnreachable');
    assert.deepEqual(icmp.value.quoted, bytes.slice(0, Math.min(octets, 548)));
  }
});
