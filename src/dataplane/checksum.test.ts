import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainArena } from '#base/arena';
import { Prng } from '#base/prng';
import { sumOf } from '#wire/checksum';
import { sumOctets } from './checksum.ts';

test('the fast sum is the sum of RFC 1071, from any offset to any other', () => {
  const random = new Prng(1);
  const arena = plainArena(200);
  for (const fill of [() => random.between(0, 255), () => 0xff, () => 0]) {
    for (let i = 0; i < arena.bytes.length; i += 1) arena.bytes[i] = fill();
    for (let start = 0; start < 24; start += 1)
      for (let end = 0; end <= 200; end += 1) {
        const expected = end < start ? 0 : sumOf(arena.bytes, start, end);
        // Zero has two forms in one's complement, which mean the same.
        const sum = sumOctets(arena, start, end);
        assert.equal(sum % 0xffff, expected % 0xffff, `${start} to ${end}`);
        assert.equal(sum === 0, expected === 0);
      }
  }
});

test('a super-packet does not overflow the sum', () => {
  const arena = plainArena(65_536);
  arena.bytes.fill(0xff);
  assert.equal(sumOctets(arena, 0, 65_536), 0xffff);
  assert.equal(sumOctets(arena, 1, 65_535), 0xffff);
});
