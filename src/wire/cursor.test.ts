import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionFailure } from '#base/assert';
import { describeFault } from '#base/result';
import { Reader, Writer } from './cursor.ts';

const octets = Uint8Array.of(1, 0x02, 0x03, 0xff, 0xff, 0xff, 0xfe, 9, 8, 7);

test('fields are read in network order, each from where the last one ended', () => {
  const reader = new Reader(octets, 'sample');
  assert.equal(reader.u8('a'), 1);
  assert.equal(reader.u16('b'), 0x0203);
  assert.equal(reader.u32('c'), 0xfffffffe);
  assert.deepEqual(reader.bytes(2, 'd'), Uint8Array.of(9, 8));
  assert.equal(reader.remaining, 1);
  assert.deepEqual(reader.rest(), Uint8Array.of(7));
  assert.deepEqual(reader.finish('value'), { ok: true, value: 'value' });
});

test('the first fault stays, and every later read is empty', () => {
  const reader = new Reader(octets, 'sample', 8);
  assert.equal(reader.u32('length'), 0);
  assert.equal(reader.u8('next'), 0);
  assert.deepEqual(reader.rest(), new Uint8Array(0));
  reader.fail('malformed', 'other', 'later');
  const result = reader.finish('value');
  assert.ok(!result.ok);
  assert.equal(describeFault(result.error), 'sample.length@8: truncated: need 4, have 2');
});

test('a start beyond the buffer is a truncation', () => {
  const reader = new Reader(octets, 'sample', 99);
  reader.u8('a');
  const result = reader.finish(0);
  assert.ok(!result.ok);
  assert.equal(result.error.reason, 'need 1, have 0');
});

test('running over a length that the message declares is malformed, not truncated', () => {
  const reader = new Reader(octets, 'outer');
  const part = reader.part(2, 'outer.part');
  assert.equal(reader.offset, 2);
  part.u32('number');
  reader.adopt(part);
  const result = reader.finish(0);
  assert.ok(!result.ok);
  assert.equal(describeFault(result.error), 'outer.part.number@0: malformed: need 4, have 2');
});

test('a part that does not fit leaves both readers failed', () => {
  const reader = new Reader(octets, 'outer');
  const part = reader.part(11, 'outer.part');
  assert.ok(reader.failed && part.failed);
});

test('octets that must be zero, and octets left over', () => {
  const zeros = new Reader(octets, 'sample');
  zeros.zeros(1, 'reserved');
  const nonzero = zeros.finish(0);
  assert.ok(!nonzero.ok);
  assert.equal(describeFault(nonzero.error), 'sample.reserved@0: malformed: must be zero');
  const end = new Reader(octets, 'sample', 7);
  end.expectEnd();
  const left = end.finish(0);
  assert.ok(!left.ok);
  assert.equal(
    describeFault(left.error),
    'sample.end@7: malformed: 3 octets follow the last field',
  );
});

test('a writer grows, and fills in what was not known at first', () => {
  const writer = new Writer(1);
  writer.u8(1);
  writer.u16(0);
  writer.u32(0xfffffffe);
  writer.bytes(Uint8Array.of(9, 8));
  writer.zeros(1);
  writer.setU16(1, 0x0203);
  assert.deepEqual(writer.finish(), Uint8Array.of(1, 2, 3, 255, 255, 255, 254, 9, 8, 0));
});

test('a number that does not fit its field is a mistake of the program', () => {
  const writer = new Writer();
  for (const write of [
    () => writer.u8(256),
    () => writer.u8(-1),
    () => writer.u16(0x10000),
    () => writer.u32(2 ** 32),
    () => writer.u32(0.5),
  ])
    assert.throws(write, AssertionFailure);
});
