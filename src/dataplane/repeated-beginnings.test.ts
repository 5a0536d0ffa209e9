import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { Prng } from '#base/prng';
import { EndpointWords } from './endpoint-words.ts';
import { RepeatedBeginnings } from './repeated-beginnings.ts';

const from = (host: string, port: number) => EndpointWords.of({ address: address(host), port });

function message(cookie: Uint8Array, responder = 0): Uint8Array {
  const octets = new Uint8Array(40);
  octets.set(cookie);
  octets[15] = responder;
  return octets;
}

test('a first message is known again by its source and its cookie', () => {
  const beginnings = new RepeatedBeginnings();
  const cookie = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
  const other = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 9]);
  assert.equal(beginnings.see(from('192.0.2.1', 500), message(cookie)), 'first');
  assert.equal(beginnings.see(from('192.0.2.1', 500), message(cookie)), 'again');
  assert.equal(beginnings.see(from('192.0.2.1', 501), message(cookie)), 'first');
  assert.equal(beginnings.see(from('192.0.2.2', 500), message(cookie)), 'first');
  assert.equal(beginnings.see(from('192.0.2.1', 500), message(other)), 'first');
  assert.equal(beginnings.see(from('2001:db8::1', 500), message(cookie)), 'first');
  assert.equal(beginnings.see(from('2001:db8::1', 500), message(cookie)), 'again');
});

test('what has a responder cookie or is no ISAKMP message begins nothing', () => {
  const beginnings = new RepeatedBeginnings();
  const remote = from('192.0.2.1', 500);
  const octets = message(new Uint8Array(8));
  assert.equal(beginnings.see(remote, message(new Uint8Array(8), 1)), undefined);
  for (let length = 0; length < 16; length += 1)
    assert.equal(beginnings.see(remote, octets.subarray(0, length)), undefined);
  assert.equal(beginnings.see(remote, octets.subarray(0, 16)), 'first');
});

test('among 100,000 invented beginnings few are taken for repeated, and a client is remembered', () => {
  const beginnings = new RepeatedBeginnings();
  const random = new Prng(7);
  let remembered = 0;
  let mistaken = 0;
  for (let round = 0; round < 20; round += 1) {
    const clients = Array.from({ length: 10 }, () => message(random.bytes(8)));
    for (const client of clients) beginnings.see(from('198.51.100.1', 500), client);
    for (let i = 0; i < 5000; i += 1)
      if (beginnings.see(from('192.0.2.1', i), message(random.bytes(8))) === 'again') mistaken += 1;
    for (const client of clients)
      if (beginnings.see(from('198.51.100.1', 500), client) === 'again') remembered += 1;
  }
  assert.ok(mistaken <= 10, `${mistaken}`);
  assert.ok(remembered >= 190, `${remembered}`);
});
