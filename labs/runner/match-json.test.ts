import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchJson } from './match-json.ts';

test('a pattern matches what has at least its members', () => {
  const actual = {
    total: 2,
    items: [
      { name: 'a', port: 1025 },
      { name: 'b', port: null },
    ],
  };
  assert.deepEqual(matchJson({ total: 2 }, actual), []);
  assert.deepEqual(matchJson({ items: [{ name: '/^[ab]$/', port: '/^1/' }, null] }, actual), []);
  assert.deepEqual(matchJson(actual, actual), []);
});

test('each difference is named with its path', () => {
  const actual = { total: 2, items: [{ name: 'a' }, 'text'], none: null };
  assert.deepEqual(
    matchJson({ total: 3, items: [{ name: '/b/', port: 1 }, { name: 'b' }], none: [1] }, actual),
    [
      '$.total: 2 is not 3',
      '$.items[0].name: "a" is not "/b/"',
      '$.items[0].port: missing',
      '$.items[1]: "text" is not an object',
      '$.none: null is not a list',
    ],
  );
  assert.deepEqual(matchJson([1, 2], [1]), ['$: 1 elements instead of 2']);
  assert.deepEqual(matchJson({ toString: null }, {}), ['$.toString: missing']);
  assert.deepEqual(matchJson('/true/', true), ['$: true is not "/true/"']);
});
