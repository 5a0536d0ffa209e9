import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { AssertionFailure } from '#base/assert';
import { describeFault } from '#base/result';
import {
  bytes,
  ipv4Address,
  ipv6Address,
  reserved,
  struct,
  u8,
  u16,
  u32,
  type Value,
  zeros,
} from './schema.ts';

const Sample = struct('sample', {
  kind: u8,
  unused: reserved(1),
  empty: zeros(1),
  length: u16,
  number: u32,
  cookie: bytes(3),
  source: ipv4Address,
  destination: ipv6Address,
});

const value: Value<typeof Sample> = {
  kind: 7,
  length: 0x0102,
  number: 0xfffffffe,
  cookie: Uint8Array.of(1, 2, 3),
  source: address('192.0.2.1'),
  destination: address('2001:db8::1'),
};

test('type, size, encoder and decoder follow from one table', () => {
  assert.equal(Sample.size, 32);
  const octets = Sample.encode(value);
  assert.equal(octets.length, 32);
  assert.deepEqual(octets.slice(0, 9), Uint8Array.of(7, 0, 0, 1, 2, 255, 255, 255, 254));
  assert.deepEqual(Sample.decode(octets), { ok: true, value });
});

test('a fault names structure, field and offset, wherever the structure lies', () => {
  const octets = Sample.encode(value).slice(0, 8);
  const first = Sample.decode(octets);
  assert.ok(!first.ok);
  assert.equal(describeFault(first.error), 'sample.number@5: truncated: need 4, have 3');
  const second = Sample.decode(Uint8Array.of(0xa5, 0xa5, ...octets), 2);
  assert.ok(!second.ok);
  assert.equal(describeFault(second.error), 'sample.number@7: truncated: need 4, have 3');
});

test('reserved octets are not looked at, zeros are', () => {
  const octets = Sample.encode(value);
  octets[1] = 1;
  assert.deepEqual(Sample.decode(octets), { ok: true, value });
  octets[2] = 1;
  const refused = Sample.decode(octets);
  assert.ok(!refused.ok);
  assert.equal(describeFault(refused.error), 'sample.empty@2: malformed: must be zero');
});

test('a value that does not fit is a mistake of the program', () => {
  const wrong = [
    { ...value, kind: 256 },
    { ...value, cookie: Uint8Array.of(1) },
    { ...value, source: address('2001:db8::1') },
  ];
  for (const each of wrong) assert.throws(() => Sample.encode(each), AssertionFailure);
});
