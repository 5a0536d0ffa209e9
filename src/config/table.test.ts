import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sameValue, type Table, withEntry, withoutEntry } from './configuration.ts';

/** What every reader of a table sees. */
function assertSame(table: Table<string, number>, expected: ReadonlyMap<string, number>): void {
  assert.equal(table.size, expected.size);
  assert.deepEqual([...table], [...expected]);
  assert.deepEqual([...table.keys()], [...expected.keys()]);
  assert.deepEqual([...table.values()], [...expected.values()]);
  const visited: [string, number][] = [];
  table.forEach((value, key) => void visited.push([key, value]));
  assert.deepEqual(visited, [...expected]);
  for (const [key, value] of expected) {
    assert.ok(table.has(key));
    assert.equal(table.get(key), value);
  }
  assert.equal(table.get('never set'), undefined);
  assert.ok(!table.has('never set'));
}

test('a table grows, replaces and forgets entries like a map, and no older one of it changes', () => {
  let table: Table<string, number> = new Map();
  let expected = new Map<string, number>();
  const older: [Table<string, number>, Map<string, number>][] = [];
  for (let i = 0; i < 1500; i += 1) {
    // Every third line is about a key that is there already, which keeps its place.
    const key = i % 3 === 2 ? `k${(i * 7) % i}` : `k${i}`;
    table = withEntry(table, key, i);
    expected = new Map(expected).set(key, i);
    if (i % 97 === 0) older.push([table, expected]);
    if (i % 311 === 0) {
      table = withoutEntry(table, 'k1');
      expected = new Map(expected);
      expected.delete('k1');
    }
  }
  assertSame(table, expected);
  for (const [before, wanted] of older) assertSame(before, wanted);
});

test('tables of equal entries are the same value, however they came about', () => {
  const entries = Array.from({ length: 500 }, (_, i) => [`k${i}`, i] as const);
  const whole: Table<string, number> = new Map(entries);
  let grown: Table<string, number> = new Map();
  for (const [key, value] of entries) grown = withEntry(grown, key, value);
  assert.ok(sameValue(whole, grown));
  assert.ok(sameValue(grown, whole));
  assert.ok(!sameValue(whole, withEntry(grown, 'k7', 8)));
});
