import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '#base/prng';
import { IntMap } from './int-map.ts';

/** Keys that follow each other, of both signs, and any. */
const kinds: readonly [string, (random: Prng) => number][] = [
  ['dense', (random) => random.between(0, 3000) - 1500],
  ['of one network', (random) => 0x0a40_0000 + 256 * random.between(0, 3000)],
  ['any', (random) => random.uint32() | 0],
];

for (const [name, key] of kinds)
  test(`a map of integers agrees with a Map, keys ${name}`, () => {
    const random = new Prng(1);
    const [map, reference] = [new IntMap(), new Map<number, number>()];
    const known: number[] = [0];
    for (let i = 0; i < 40_000; i += 1) {
      const k = random.chance(0.5) ? key(random) : random.pick(known);
      // Grows first, and is emptied again.
      if (random.chance(i < 20_000 ? 0.7 : 0.3)) {
        map.set(k, i);
        reference.set(k, i);
        known.push(k);
      } else {
        map.delete(k);
        reference.delete(k);
      }
      const other = random.pick(known);
      assert.equal(map.get(other), reference.get(other) ?? -1);
    }
    assert.equal(map.size, reference.size);
    for (const k of new Set(known)) assert.equal(map.get(k), reference.get(k) ?? -1);
  });

test('a key above 2^31 is the same as its signed form', () => {
  const map = new IntMap();
  map.set(0xffff_fff0, 5);
  assert.equal(map.get(-16), 5);
  map.set(-16, 6);
  assert.equal(map.get(0xffff_fff0), 6);
  map.delete(0xffff_fff0);
  assert.equal(map.get(-16), -1);
  assert.equal(map.size, 0);
});
