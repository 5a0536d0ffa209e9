import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { fromHex, toHex } from '#base/bytes';
import { Prng } from '#base/prng';
import { ArpPacket, arpOperations } from './arp.ts';

const octets = (hex: string) => fromHex(hex) as Uint8Array;

/** Who has 171.69.88.1? Tell 171.69.89.78. */
const request = '0001 0800 06 04 0001 020000000001 ab45594e 000000000000 ab455801';

test('an ARP request in its octets, both ways', () => {
  const decoded = ArpPacket.decode(octets(request));
  assert.ok(decoded.ok);
  assert.deepEqual(
    { ...decoded.value, senderHardware: toHex(decoded.value.senderHardware) },
    {
      operation: arpOperations.request,
      senderHardware: '020000000001',
      senderAddress: address('171.69.89.78'),
      targetHardware: new Uint8Array(6),
      targetAddress: address('171.69.88.1'),
    },
  );
  assert.equal(toHex(ArpPacket.encode(decoded.value)), request.replaceAll(' ', ''));
});

test('ARP cut short at every length is truncated, with a field', () => {
  const whole = octets(request);
  for (let length = 0; length < whole.length; length += 1) {
    const decoded = ArpPacket.decode(whole.subarray(0, length));
    assert.ok(!decoded.ok);
    assert.equal(decoded.error.kind, 'truncated');
    assert.match(decoded.error.field, /^arp\./);
  }
});

test('ARP for other media is unsupported, with other address lengths malformed', () => {
  const kindWith = (at: number, value: number) => {
    const packet = octets(request);
    packet[at] = value;
    const decoded = ArpPacket.decode(packet);
    return decoded.ok ? 'ok' : decoded.error.kind;
  };
  assert.equal(kindWith(1, 6), 'unsupported');
  assert.equal(kindWith(2, 0x86), 'unsupported');
  for (const length of [0, 1, 5, 7, 255]) assert.equal(kindWith(4, length), 'malformed');
  for (const length of [0, 1, 3, 5, 255]) assert.equal(kindWith(5, length), 'malformed');
});

test('20,000 random ARP packets: a value or an error, no throw', () => {
  const random = new Prng(826);
  for (let n = 0; n < 20_000; n += 1) {
    const packet = random.chance(0.5) ? random.bytes(random.between(0, 60)) : octets(request);
    if (packet.length > 0) packet[random.between(0, packet.length - 1)] = random.between(0, 255);
    const decoded = ArpPacket.decode(packet);
    if (decoded.ok) assert.equal(ArpPacket.encode(decoded.value).length, 28);
    else assert.ok(decoded.error.reason.length > 0);
  }
});
