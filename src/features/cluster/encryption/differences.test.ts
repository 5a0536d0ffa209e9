import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { after, instant } from '#base/instant';
import { Differences } from './differences.ts';

const host = (n: number) => address(`10.32.1.${n}`);
const start = instant(1_000_000);

test('LB-80: a difference is said once a minute and device, and at once when it becomes another one', () => {
  const differences = new Differences();
  assert.equal(differences.note(host(1), 'key', start).length, 1);
  assert.equal(differences.note(host(1), 'key', after(start, 59_000)).length, 0);
  assert.equal(differences.note(host(2), 'key', after(start, 59_000)).length, 1);
  assert.equal(differences.note(host(1), 'clear', after(start, 59_500)).length, 1);
  assert.equal(differences.note(host(1), 'clear', after(start, 119_500)).length, 1);
});

test('LB-80: a stranger that shows two differences in turn is named with each once a minute', () => {
  const differences = new Differences();
  let said = 0;
  for (let i = 0; i < 1000; i += 1)
    said += differences.note(host(1), i % 2 ? 'clear' : 'cluster', after(start, i)).length;
  assert.equal(said, 2);
});

test('LB-80: what a device has different is forgotten a minute after it was seen last, or when it has joined', () => {
  const differences = new Differences();
  differences.note(host(1), 'key', start);
  differences.note(host(2), 'encrypts', after(start, 30_000));
  assert.deepEqual(differences.current(after(start, 59_999)), [
    { address: host(1), difference: 'key' },
    { address: host(2), difference: 'encrypts' },
  ]);
  assert.deepEqual(differences.current(after(start, 60_000)), [
    { address: host(2), difference: 'encrypts' },
  ]);
  differences.settle(host(2));
  assert.deepEqual(differences.current(after(start, 60_000)), []);
});

test('addresses that somebody invents fill neither the table nor the log', () => {
  const differences = new Differences();
  let said = 0;
  for (let n = 0; n < 200; n += 1) said += differences.note(host(n), 'clear', start).length;
  assert.equal(said, 32);
  assert.equal(differences.current(start).length, 32);
  assert.equal(differences.note(host(200), 'key', after(start, 60_000)).length, 1);
  assert.equal(differences.current(after(start, 60_000)).length, 1);
});
