import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from './address.ts';
import {
  contains,
  formatPrefix,
  hostPrefix,
  lengthOfMask,
  maskOf,
  prefixOf,
  rangePrefixes,
} from './prefix.ts';

test('host bits of a network are cleared', () => {
  assert.equal(formatPrefix(prefixOf(address('171.69.89.78'), 23)), '171.69.88.0/23');
  assert.equal(formatPrefix(prefixOf(address('2001:db8:1:2:3::'), 48)), '2001:db8:1::/48');
  assert.equal(formatPrefix(prefixOf(address('10.1.2.3'), 0)), '0.0.0.0/0');
  assert.equal(formatPrefix(hostPrefix(address('40.1.1.1'))), '40.1.1.1/32');
});

test('a network contains its addresses and no other family', () => {
  const net = prefixOf(address('10.10.10.0'), 24);
  assert.equal(contains(net, address('10.10.10.255')), true);
  assert.equal(contains(net, address('10.10.11.0')), false);
  assert.equal(contains(prefixOf(address('0.0.0.0'), 0), address('::1')), false);
});

test('masks convert both ways and holes are refused', () => {
  for (let length = 0; length <= 32; length += 1)
    assert.deepEqual(lengthOfMask(maskOf(length)), { ok: true, value: length });
  assert.equal(lengthOfMask('255.0.255.0').ok, false);
  assert.equal(lengthOfMask('255.255.255').ok, false);
});

test('a range of addresses is written as the fewest networks', () => {
  const networks = (first: string, last: string) =>
    rangePrefixes(address(first), address(last)).map(formatPrefix);
  assert.deepEqual(networks('40.1.1.1', '40.1.1.10'), [
    '40.1.1.1/32',
    '40.1.1.2/31',
    '40.1.1.4/30',
    '40.1.1.8/31',
    '40.1.1.10/32',
  ]);
  assert.deepEqual(networks('10.0.0.0', '10.0.255.255'), ['10.0.0.0/16']);
  assert.deepEqual(networks('0.0.0.0', '255.255.255.255'), ['0.0.0.0/0']);
  assert.deepEqual(networks('2001:db8::', '2001:db8::ffff'), ['2001:db8::/112']);
});
