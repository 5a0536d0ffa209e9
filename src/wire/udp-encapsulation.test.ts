import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fromHex, toHex } from '#base/bytes';
import {
  addNonEspMarker,
  classifyEncapsulated,
  natKeepalive,
  removeNonEspMarker,
} from './udp-encapsulation.ts';

const octets = (hex: string): Uint8Array => fromHex(hex) as Uint8Array;

test('a datagram on port 4500 is told by its first octets and its length', () => {
  const kinds = {
    '': 'invalid',
    ff: 'keepalive',
    fe: 'invalid',
    '00': 'invalid',
    ffff: 'invalid',
    '00000000': 'invalid',
    '00000000ff': 'isakmp',
    '00000001ff': 'invalid',
    '0000010000000001': 'esp',
    '00000000d430ff10': 'isakmp',
    ffffffffffffffff: 'esp',
  };
  for (const [hex, kind] of Object.entries(kinds))
    assert.equal(classifyEncapsulated(octets(hex)), kind, hex);
});

test('what vpnc sends on port 4500 is ESP', () => {
  const { sessions } = JSON.parse(
    readFileSync(new URL('../../vectors/esp-vpnc.json', import.meta.url), 'utf8'),
  ) as { sessions: readonly { packets: readonly { wire: string }[] }[] };
  const kinds = sessions.flatMap((s) => s.packets.map((p) => classifyEncapsulated(octets(p.wire))));
  assert.deepEqual(kinds, new Array(10).fill('esp'));
});

test('the marker goes on and comes off', () => {
  const message = octets('d430ff10f5ed46e6');
  const datagram = addNonEspMarker(message);
  assert.equal(toHex(datagram), '00000000d430ff10f5ed46e6');
  assert.equal(classifyEncapsulated(datagram), 'isakmp');
  assert.deepEqual(removeNonEspMarker(datagram), message);
});

test('a NAT keepalive is the one octet 0xff', () => {
  assert.equal(toHex(natKeepalive()), 'ff');
  assert.equal(classifyEncapsulated(natKeepalive()), 'keepalive');
});
