import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { concat, fromHex } from '#base/bytes';
import { describeFault } from '#base/result';
import { Datagram, HEADER_OCTETS, TAG_OCTETS } from './datagram.ts';
import { LONGEST_DATAGRAM } from './numbers.ts';

const vectors = JSON.parse(
  readFileSync(new URL('../../../vectors/vcl.json', import.meta.url), 'utf8'),
);
const whole = fromHex(vectors.keepaliveRequest.datagram) as Uint8Array;

const verdict = (octets: Uint8Array): string => {
  const decoded = Datagram.decode(octets);
  return decoded.ok ? 'ok' : describeFault(decoded.error);
};
const withOctet = (at: number, value: number): Uint8Array => {
  const copy = whole.slice();
  copy[at] = value;
  return copy;
};

test('LB-16: another version, another protocol and another suite are told apart', () => {
  assert.equal(verdict(whole), 'ok');
  assert.equal(verdict(withOctet(0, 0x58)), 'vcl.header.magic@0: malformed: not VCL1');
  assert.equal(verdict(withOctet(4, 2)), 'vcl.header.version@4: unsupported: version 2');
  assert.equal(verdict(withOctet(5, 4)), 'vcl.header.suite@5: unsupported: suite 4');
  assert.equal(verdict(withOctet(12, 1)), 'vcl.header.reserved@12: malformed: must be zero');
});

test('sequence numbers count from 1 and end before what we can count', () => {
  const first = whole.slice().fill(0, 32, 40);
  assert.equal(verdict(first), 'vcl.header.sequence@32: malformed: counts from 1');
  assert.match(verdict(withOctet(33, 0x20)), /sequence@32: unsupported: more than 53 bits/);
  assert.equal(verdict(withOctet(33, 0x1f)), 'ok');
});

test('a datagram without a suite has no tag; no datagram is longer than it may be', () => {
  const bare = withOctet(5, 0);
  const decoded = Datagram.decode(bare);
  assert.ok(decoded.ok);
  assert.equal(decoded.value.tag.length, 0);
  assert.equal(decoded.value.body.length, whole.length - HEADER_OCTETS);
  const shortest = HEADER_OCTETS + 4 + TAG_OCTETS;
  assert.equal(verdict(whole.subarray(0, shortest)), 'ok');
  assert.match(verdict(whole.subarray(0, shortest - 1)), /vcl.body.*truncated/);
  const longest = concat(whole, new Uint8Array(LONGEST_DATAGRAM - whole.length));
  assert.equal(verdict(longest), 'ok');
  assert.match(verdict(concat(longest, Uint8Array.of(0))), /1201 octets, 1200 at most/);
});
