import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  address,
  addressBytes,
  addressFromBytes,
  compareAddresses,
  formatEndpoint,
  ipv4FromNumber,
  ipv4ToNumber,
  parseAddress,
} from './address.ts';
import { Prng } from './prng.ts';

test('IPv4 text and octets convert both ways', () => {
  assert.deepEqual([...addressBytes(address('171.69.89.78'))], [171, 69, 89, 78]);
  assert.equal(addressFromBytes(new Uint8Array([10, 0, 0, 1])), '10.0.0.1');
  assert.equal(ipv4ToNumber(address('255.255.255.255')), 0xffff_ffff);
  assert.equal(ipv4FromNumber(0xac10_ac32), '172.16.172.50');
});

test('IPv6 text takes the canonical form of RFC 5952', () => {
  const canonical: [string, string][] = [
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['1:2:3:4:5:6:0:8', '1:2:3:4:5:6:0:8'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ];
  for (const [text, expected] of canonical) assert.equal(address(text), expected, text);
});

test('what is not an address is refused with its text', () => {
  const wrong = [
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.-4',
    '1.2.3.4 ',
    '1.2.3.',
    '.1.2.3',
    '1..2.3',
    '00.1.2.3',
    '+1.2.3.4',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    'g::',
    '::1.2.3',
    '1:2:3:4:5:6:7::8',
  ];
  for (const text of wrong) {
    const parsed = parseAddress(text);
    assert.equal(parsed.ok, false, text);
    if (!parsed.ok) assert.match(parsed.error, /is not an IP address/);
  }
});

test('any 16 octets survive the way through text', () => {
  const random = new Prng(7);
  for (let i = 0; i < 2000; i += 1) {
    const bytes = random.bytes(random.chance(0.5) ? 16 : 4);
    // Zeros make the compressed forms.
    for (let j = 0; j < bytes.length; j += 1) if (random.chance(0.5)) bytes[j] = 0;
    assert.deepEqual(addressBytes(addressFromBytes(bytes)), bytes);
  }
});

test('the order is numeric, IPv4 before IPv6', () => {
  const sorted = ['::1', '10.0.0.10', '9.255.0.1', '2001:db8::', '10.0.0.9']
    .map(address)
    .sort(compareAddresses);
  assert.deepEqual(sorted, ['9.255.0.1', '10.0.0.9', '10.0.0.10', '::1', '2001:db8::']);
});

test('an endpoint of IPv6 is written in brackets', () => {
  assert.equal(formatEndpoint({ address: address('2001:db8::1'), port: 500 }), '[2001:db8::1]:500');
  assert.equal(formatEndpoint({ address: address('192.0.2.1'), port: 4500 }), '192.0.2.1:4500');
});
