import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { toHex } from '#base/bytes';
import { EthernetFrame } from '#wire/ethernet';
import { decodeIcmpv6, isIcmpv6Intact } from '#wire/icmpv6';
import { Ipv6Packet } from '#wire/ipv6';
import { announcementFrames, ownerNamedBy, probeFrame } from './neighbour-frames.ts';

const own = Uint8Array.of(2, 0, 0, 0, 1, 0x29);
const other = Uint8Array.of(2, 0, 0, 0, 1, 0x30);
const cluster = address('172.18.124.254');

test('an IPv4 address is announced as a request and as a reply, to everybody', () => {
  const [request, reply] = announcementFrames(own, cluster).map(toHex);
  const from = `ffffffffffff${'020000000129'}0806${'0001080006040001'}`;
  assert.equal(request, `${from}020000000129ac127cfe000000000000ac127cfe`);
  assert.equal(reply, `${from.replace(/0001$/, '0002')}020000000129ac127cfe020000000129ac127cfe`);
});

test('an IPv6 address is announced by an advertisement that overrides, to all nodes', () => {
  const [octets, ...more] = announcementFrames(own, address('2001:db8::1'));
  assert.equal(more.length, 0);
  const frame = EthernetFrame.decode(octets as Uint8Array);
  assert.ok(frame.ok);
  assert.equal(toHex(frame.value.destination), '333300000001');
  const packet = Ipv6Packet.decode(frame.value.payload);
  assert.ok(packet.ok);
  const { source, destination, hopLimit, payload } = packet.value;
  assert.deepEqual([source, destination, hopLimit], ['2001:db8::1', 'ff02::1', 255]);
  assert.ok(isIcmpv6Intact(payload, { source, destination }));
  const message = decodeIcmpv6(payload);
  assert.ok(message.ok && message.value.kind === 'other');
  assert.equal(message.value.type, 136);
  assert.equal(
    toHex(message.value.body),
    '20000000' + '20010db8000000000000000000000001' + '0201' + '020000000129',
  );
});

test('a probe claims nothing, and whoever answers for the address is named', () => {
  assert.equal(ownerNamedBy(probeFrame(other, cluster), own, [cluster]), undefined);
  const [, reply] = announcementFrames(other, cluster);
  assert.deepEqual(ownerNamedBy(reply as Uint8Array, own, [cluster]), other);
  assert.equal(ownerNamedBy(reply as Uint8Array, other, [cluster]), undefined, 'ourselves');
  assert.equal(ownerNamedBy(reply as Uint8Array, own, [address('10.0.0.1')]), undefined);
  for (let length = 0; length < (reply as Uint8Array).length; length += 1)
    assert.equal(
      ownerNamedBy((reply as Uint8Array).subarray(0, length), own, [cluster]),
      undefined,
    );
});
