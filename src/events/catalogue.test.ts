import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogue, classesOf } from './catalogue.ts';
import { event } from './event.ts';

test('the catalogue gathers the events of modules by class and number', () => {
  const define = (eventClass: string, number: number) =>
    event({ class: eventClass, number, severity: 4, text: 't', why: 'w', remedy: 'r' });
  const found = catalogue(
    { b: define('IKE', 120), helper: () => 1, limit: 5 },
    { a: define('IKE', 49), c: define('AUTH', 5), nothing: null },
  );
  assert.deepEqual(
    found.map((e) => `${e.class}/${e.number}`),
    ['AUTH/5', 'IKE/49', 'IKE/120'],
  );
  assert.deepEqual(classesOf(found), ['AUTH', 'IKE']);
});
