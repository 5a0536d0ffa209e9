import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '#base/prng';
import { PLACING_BITS } from '#dataplane/sa-placement';
import type { SaId } from './keying.ts';
import { SecurityAssociationDatabase } from './security-association-database.ts';

test('SPIs take the places in turn, and those that belong together have one place', () => {
  const random = new Prng(1);
  const owner = 1 as unknown as SaId;
  const associations = new SecurityAssociationDatabase();
  const places = new Map<number, number>();
  for (let i = 0; i < 1024; i += 1) {
    const spi = associations.newSpi(random);
    assert.ok(spi >= 256 && spi <= 0xffffffff);
    associations.reserve(spi, owner);
    places.set(spi & PLACING_BITS, (places.get(spi & PLACING_BITS) ?? 0) + 1);
    const successor = associations.newSpi(random, spi);
    assert.notEqual(successor, spi);
    assert.equal(successor & PLACING_BITS, spi & PLACING_BITS);
  }
  assert.deepEqual(new Set(places.values()), new Set([4]));
});
