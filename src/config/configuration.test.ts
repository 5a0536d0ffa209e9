import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '#base/secret';
import { emptyConfiguration, sameValue, slice, withEntry, withoutEntry } from './configuration.ts';

const numbers = slice<readonly number[]>('numbers', []);
const names = slice<ReadonlyMap<string, string>>('names', new Map());

test('a slice is changed without changing the configuration it came from, nor another slice', () => {
  const one = numbers.put(emptyConfiguration, [1]);
  const two = names.put(one, new Map([['a', 'b']]));
  assert.deepEqual(numbers.of(emptyConfiguration), []);
  assert.deepEqual([numbers.of(one), names.of(one)], [[1], new Map()]);
  assert.deepEqual([numbers.of(two), names.of(two)], [[1], new Map([['a', 'b']])]);
  assert.ok(Object.isFrozen(two));
});

test('a slice put back to its empty value leaves no trace', () => {
  const changed = numbers.put(emptyConfiguration, [1]);
  assert.ok(sameValue(numbers.put(changed, []), emptyConfiguration));
});

test('values are the same by content: secrets, octets, tables, sets, and fields left undefined', () => {
  const make = (secret: string, octet: number, extra: object) => ({
    secret: new Secret(secret),
    octets: new Uint8Array([octet]),
    table: new Map([['k', { set: new Set(['x']) }]]),
    list: [1, [2]],
    ...extra,
  });
  assert.ok(sameValue(make('a', 1, {}), make('a', 1, { absent: undefined })));
  assert.ok(!sameValue(make('a', 1, {}), make('b', 1, {})));
  assert.ok(!sameValue(make('a', 1, {}), make('a', 2, {})));
  assert.ok(!sameValue(make('a', 1, {}), make('a', 1, { more: 1 })));
  assert.ok(!sameValue(new Map([['k', 1]]), new Map([['l', 1]])));
  assert.ok(!sameValue([1, 2], [2, 1]) && !sameValue([1], new Uint8Array([1])));
  assert.ok(!sameValue(null, {}) && !sameValue('1', 1));
});

test('an entry keeps its place in a table when it is replaced', () => {
  const table = withEntry(
    new Map([
      ['a', 1],
      ['b', 2],
    ]),
    'a',
    3,
  );
  assert.deepEqual(
    [...table],
    [
      ['a', 3],
      ['b', 2],
    ],
  );
  assert.equal(withoutEntry(table, 'missing'), table);
  assert.deepEqual([...withoutEntry(table, 'a')], [['b', 2]]);
});
