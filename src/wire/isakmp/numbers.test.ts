import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as numbers from './numbers.ts';

const { nameOf, ...registries } = numbers;

test('names are those of the RFCs; an unknown number is its own name', () => {
  assert.equal(nameOf(numbers.notifyTypes, 14), 'NO-PROPOSAL-CHOSEN');
  assert.equal(nameOf(numbers.notifyTypes, 36136), 'R-U-THERE');
  assert.equal(nameOf(numbers.notifyTypes, 40501), 'UNITY-LOAD-BALANCE');
  assert.equal(nameOf(numbers.payloadTypes, 20), 'NAT-D');
  assert.equal(nameOf(numbers.payloadTypes, 131), 'NAT-OA-DRAFT');
  assert.equal(nameOf(numbers.xauthAttributes, 16522), 'XAUTH-USER-PASSWORD');
  assert.equal(nameOf(numbers.notifyTypes, 40502), '40502');
});

test('no number of a registry has two names', () => {
  for (const [name, registry] of Object.entries(registries)) {
    if (typeof registry === 'number') continue;
    const values = Object.values(registry);
    assert.equal(new Set(values).size, values.length, name);
  }
});
