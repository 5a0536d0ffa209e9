import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex } from '#base/bytes';
import { Prng } from '#base/prng';
import { checksumOf, isIntact, sumOf, updatedChecksum } from './checksum.ts';

test('the sum of RFC 1071 section 3', () => {
  const octets = fromHex('0001 f203 f4f5 f6f7') as Uint8Array;
  assert.equal(sumOf(octets), 0xddf2);
  assert.equal(checksumOf(octets), 0x220d);
});

test('an odd last octet counts as if a zero followed', () => {
  assert.equal(sumOf(Uint8Array.of(0x12, 0x34, 0x56)), 0x1234 + 0x5600);
});

test('65,535 octets of ones do not overflow', () => {
  assert.equal(sumOf(new Uint8Array(65534).fill(0xff)), 0xffff);
});

test('the update of RFC 1624 section 4, where its predecessor was wrong', () => {
  const word = (value: number) => Uint8Array.of(value >>> 8, value & 0xff);
  assert.equal(updatedChecksum(0xdd2f, word(0x5555), word(0x3285)), 0x0000);
});

test('an updated checksum verifies, for any octets changed', () => {
  const prng = new Prng(1);
  for (let n = 0; n < 2000; n += 1) {
    const octets = prng.bytes(2 * prng.between(4, 20));
    // All zero octets are the one message whose sum has two spellings; RFC 1624 section 3.
    octets[4] = 1;
    octets.set([0, 0]);
    const checksum = checksumOf(octets);
    const length = 2 * prng.between(1, octets.length / 2 - 3);
    const changed = prng.bytes(length);
    const updated = updatedChecksum(checksum, octets.slice(6, 6 + length), changed);
    octets.set(changed, 6);
    octets.set([updated >>> 8, updated & 0xff]);
    assert.ok(isIntact(octets));
  }
});
