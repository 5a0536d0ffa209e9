import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '#base/prng';
import {
  combinedEcn,
  ipPacketOctets,
  mustNotFragment,
  setEcn,
  trafficClassOf,
} from './ip-packet.ts';
import { readUint16 } from './octets.ts';

/** Sum of a correct IPv4 header with its checksum: all ones; RFC 1071. */
function headerSum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += readUint16(bytes, i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

function ipv4(random: Prng, trafficClass: number): Uint8Array {
  const bytes = random.bytes(20);
  bytes[0] = 0x45;
  bytes[1] = trafficClass;
  bytes.set([0, 20], 2);
  bytes.set([0, 0], 10);
  const sum = ~headerSum(bytes) & 0xffff;
  bytes.set([sum >> 8, sum & 255], 10);
  return bytes;
}

test('the ECN bits change and the IPv4 header checksum stays right', () => {
  const random = new Prng(1);
  for (let i = 0; i < 4000; i += 1) {
    const trafficClass = random.between(0, 255);
    const ecn = random.between(0, 3);
    const packet = ipv4(random, trafficClass);
    setEcn(packet, 0, ecn);
    assert.equal(trafficClassOf(packet, 0), (trafficClass & 0xfc) | ecn);
    assert.equal(headerSum(packet), 0xffff);
  }
});

test('the ECN bits of IPv6 lie across two octets', () => {
  const packet = new Uint8Array(40);
  packet.set([0x6a, 0xbc, 0xde, 0xf0]);
  assert.equal(trafficClassOf(packet, 0), 0xab);
  setEcn(packet, 0, 1);
  assert.equal(trafficClassOf(packet, 0), 0xa9);
  assert.deepEqual([...packet.subarray(0, 4)], [0x6a, 0x9c, 0xde, 0xf0]);
});

test('ECN is combined by the table of RFC 6040 section 4.2', () => {
  const [not, ect1, ect0, ce] = [0, 1, 2, 3];
  const rows: readonly (readonly [inner: number, ...byOuter: number[]])[] = [
    // Outer header:  Not-ECT  ECT(0)  ECT(1)  CE
    [not, not, not, not, -1],
    [ect0, ect0, ect0, ect1, ce],
    [ect1, ect1, ect1, ect1, ce],
    [ce, ce, ce, ce, ce],
  ];
  for (const [inner, ...expected] of rows)
    assert.deepEqual(
      [not, ect0, ect1, ce].map((outer) => combinedEcn(inner, outer)),
      expected,
    );
});

test('a packet is as long as it says, if it has a header and is all there', () => {
  const packet = ipv4(new Prng(2), 0);
  packet.set([0, 28], 2);
  assert.equal(ipPacketOctets(packet, 0, 40), 28);
  assert.equal(ipPacketOctets(packet, 0, 28), 28);
  for (let available = 0; available < 28; available += 1)
    assert.equal(ipPacketOctets(packet, 0, available), 0);
  packet.set([0, 19], 2);
  assert.equal(ipPacketOctets(packet, 0, 40), 0);
  packet.set([0x44, 0, 0, 28], 0);
  assert.equal(ipPacketOctets(packet, 0, 40), 0);
  packet.set([0x4f, 0, 0, 59], 0);
  assert.equal(ipPacketOctets(packet, 0, 100), 0);
  packet.set([0x5f, 0, 0, 40], 0);
  assert.equal(ipPacketOctets(packet, 0, 100), 0);
  const six = new Uint8Array(40);
  six.set([0x60, 0, 0, 0, 0, 9]);
  assert.equal(ipPacketOctets(six, 0, 49), 49);
  assert.equal(ipPacketOctets(six, 0, 48), 0);
});

test('IPv4 says whether it may be fragmented, IPv6 never is', () => {
  const packet = ipv4(new Prng(3), 0);
  packet[6] = 0x40;
  assert.equal(mustNotFragment(packet, 0), true);
  packet[6] = 0x20;
  assert.equal(mustNotFragment(packet, 0), false);
  assert.equal(mustNotFragment(new Uint8Array([0x60, 0, 0, 0, 0, 0, 0]), 0), true);
});
