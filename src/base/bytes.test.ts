import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  concat,
  equalBytes,
  fromHex,
  fromOctetKey,
  fromUtf8,
  octetKey,
  toHex,
  toUtf8,
} from './bytes.ts';

test('hexadecimal converts both ways and refuses what it is not', () => {
  assert.equal(toHex(new Uint8Array([0, 15, 255])), '000fff');
  assert.deepEqual(fromHex('00 0F ff'), new Uint8Array([0, 15, 255]));
  assert.equal(fromHex('0'), undefined);
  assert.equal(fromHex('zz'), undefined);
});

test('octets make the same key if and only if they are the same, and come back from it', () => {
  const [a, b] = [new Uint8Array([1, 0, 255]), new Uint8Array([1, 0])];
  assert.equal(octetKey(a), octetKey(b, new Uint8Array([255])));
  assert.notEqual(octetKey(a), octetKey(b));
  assert.equal(octetKey(a).length, 3);
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  assert.deepEqual(fromOctetKey(octetKey(all)), all);
});

test('arrays join in order and compare by octets', () => {
  const a = new Uint8Array([1, 2]);
  assert.deepEqual(concat(a, new Uint8Array(0), a), new Uint8Array([1, 2, 1, 2]));
  assert.equal(equalBytes(a, new Uint8Array([1, 2])), true);
  assert.equal(equalBytes(a, new Uint8Array([1, 3])), false);
  assert.equal(equalBytes(a, new Uint8Array([1])), false);
  assert.equal(fromUtf8(toUtf8('Zürich')), 'Zürich');
  assert.equal(fromUtf8(toUtf8('\ufeffZug')), '\ufeffZug', 'nothing is left out');
});

test('hexadecimal text of every length is the digits of its octets, and reads back', () => {
  for (let length = 0; length <= 1100; length += length < 40 ? 1 : 53) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 37 + length) & 0xff);
    const text = toHex(bytes);
    const digits = [...bytes].map((octet) => octet.toString(16).padStart(2, '0'));
    assert.equal(text, digits.join(''));
    assert.deepEqual(fromHex(text), bytes);
  }
});
