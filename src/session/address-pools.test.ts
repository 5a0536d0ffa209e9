import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, type IpAddress } from '#base/address';
import { Prng } from '#base/prng';
import { AddressPools } from './address-pools.ts';
import type { AddressPool } from './config.ts';

const pool = (name: string, first: string, last: string): AddressPool => ({
  name,
  range: { first: address(first), last: address(last) },
});

const small = pool('vpn', '40.1.1.1', '40.1.1.3');

function poolsOf(...list: AddressPool[]): AddressPools {
  const pools = new AddressPools();
  pools.configure(list);
  return pools;
}

test('NAT-38: clients behind one public address get distinct addresses in the order of the pool', () => {
  const pools = poolsOf(small);
  assert.equal(pools.lease(['vpn'], 'vpnclient1'), '40.1.1.1');
  assert.equal(pools.lease(['vpn'], 'vpnclient2'), '40.1.1.2');
  assert.equal(pools.userOf(address('40.1.1.2')), 'vpnclient2');
});

test('an empty pool answers nothing, then goes on with what is released', () => {
  const pools = poolsOf(small);
  for (const user of ['a', 'b', 'c']) assert.ok(pools.lease(['vpn'], user));
  assert.equal(pools.lease(['vpn'], 'd'), undefined);
  assert.equal(pools.lease(['none'], 'd'), undefined);
  pools.release(address('40.1.1.2'));
  pools.release(address('40.1.1.2'));
  assert.equal(pools.lease(['vpn'], 'd'), '40.1.1.2');
  assert.equal(pools.lease(['vpn'], 'e'), undefined);
});

test('addresses nobody had go first, then the one unused for longest; a user keeps the last one', () => {
  const pools = poolsOf(pool('vpn', '10.0.0.1', '10.0.0.4'));
  const a = pools.lease(['vpn'], 'a') as IpAddress;
  const b = pools.lease(['vpn'], 'b') as IpAddress;
  pools.release(b);
  pools.release(a);
  assert.equal(pools.lease(['vpn'], 'c'), '10.0.0.3');
  assert.equal(pools.lease(['vpn'], 'a'), a);
  assert.equal(pools.lease(['vpn'], 'd'), '10.0.0.4');
  assert.equal(pools.lease(['vpn'], 'e'), b);
  // The address of b is taken, and none is left.
  assert.equal(pools.lease(['vpn'], 'b'), undefined);
});

test('the pools of a group are tried in order', () => {
  const pools = poolsOf(pool('one', '10.0.0.1', '10.0.0.1'), pool('two', '10.0.1.1', '10.0.1.1'));
  const order = ['missing', 'two', 'one'];
  assert.deepEqual(
    ['a', 'b', 'c'].map((user) => pools.lease(order, user)),
    ['10.0.1.1', '10.0.0.1', undefined],
  );
});

test('a fixed address belongs to its user, in a pool or outside of every pool', () => {
  const pools = poolsOf(small);
  assert.ok(pools.leaseFixed(address('40.1.1.1'), 'boss'));
  assert.ok(pools.leaseFixed(address('192.0.2.7'), 'remote'));
  assert.ok(!pools.leaseFixed(address('40.1.1.1'), 'other'));
  assert.equal(pools.lease(['vpn'], 'a'), '40.1.1.2');
  assert.deepEqual(pools.usage(), [
    { name: 'vpn', first: '40.1.1.1', last: '40.1.1.3', total: 3, inUse: 2 },
  ]);
  pools.release(address('192.0.2.7'));
  pools.release(address('40.1.1.1'));
  assert.equal(pools.lease(['vpn'], 'b'), '40.1.1.3');
  assert.equal(pools.lease(['vpn'], 'c'), '40.1.1.1');
});

test('a pool that changes keeps the leases it still contains', () => {
  const pools = poolsOf(small);
  pools.lease(['vpn'], 'a');
  pools.lease(['vpn'], 'b');
  pools.configure([pool('vpn', '40.1.1.2', '40.1.1.4'), pool('new', '10.0.0.1', '10.0.0.1')]);
  assert.deepEqual(
    pools.usage().map((u) => [u.name, u.inUse]),
    [
      ['vpn', 1],
      ['new', 0],
    ],
  );
  assert.deepEqual(
    ['c', 'd', 'e'].map((user) => pools.lease(['vpn'], user)),
    ['40.1.1.3', '40.1.1.4', undefined],
  );
  pools.release(address('40.1.1.1'));
  assert.equal(pools.lease(['vpn'], 'e'), undefined);
  pools.configure([]);
  assert.deepEqual(pools.usage(), []);
  pools.release(address('40.1.1.2'));
});

test('an IPv6 pool larger than memory leases like a small one', () => {
  const pools = poolsOf(pool('six', '2001:db8::1', '2001:db8::ffff:ffff:ffff:ffff'));
  assert.equal(pools.lease(['six'], 'a'), '2001:db8::1');
  assert.equal(pools.lease(['six'], 'b'), '2001:db8::2');
  assert.equal(pools.usage()[0]?.inUse, 2);
});

test('pools that overlap never lease one address twice, and lose none', () => {
  const prng = new Prng(3);
  const pools = poolsOf(
    pool('a', '10.0.0.1', '10.0.0.20'),
    pool('b', '10.0.0.11', '10.0.0.30'),
    pool('c', '2001:db8::1', '2001:db8::5'),
  );
  const held = new Map<IpAddress, string>();
  for (let step = 0; step < 50_000; step += 1) {
    if (prng.chance(0.5) || held.size === 0) {
      const user = `u${prng.between(0, 60)}`;
      const leased = pools.lease([prng.pick(['a', 'b', 'c'])], user);
      if (leased === undefined) continue;
      assert.ok(!held.has(leased), `${leased} leased twice`);
      held.set(leased, user);
    } else {
      const one = prng.pick([...held.keys()]);
      pools.release(one);
      held.delete(one);
    }
    const inRange = (low: number, high: number) =>
      [...held.keys()].filter((h) => {
        const last = Number(h.split('.')[3] ?? 0);
        return last >= low && last <= high;
      }).length;
    const usage = pools.usage().map((u) => u.inUse);
    assert.deepEqual(usage.slice(0, 2), [inRange(1, 20), inRange(11, 30)]);
  }
  for (const h of held.keys()) pools.release(h);
  let count = 0;
  while (pools.lease(['a', 'b'], `fresh${count}`) !== undefined) count += 1;
  assert.equal(count, 30);
});
