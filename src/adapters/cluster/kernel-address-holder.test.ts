import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { type TestContext, test } from 'node:test';
import { address } from '#base/address';
import { enterNewNetwork, ip, missing, systemCalls } from '../userspace/testing/network.ts';
import { KernelAddressHolder } from './kernel-address-holder.ts';

const skip = (await missing()) ?? false;
const own = address('192.0.2.1');
const addresses = [address('192.0.2.254')];

const addressesOf = (name: string): readonly string[] =>
  (networkInterfaces()[name] ?? []).flatMap((end) => (end.family === 'IPv4' ? end.address : []));

/** A cable whose one end has the public address of a member. */
function plugIn(): void {
  ip('link', 'add', 'public0', 'type', 'veth', 'peer', 'name', 'switch0');
  ip('address', 'add', `${own}/24`, 'dev', 'public0');
  ip('link', 'set', 'dev', 'public0', 'up');
  ip('link', 'set', 'dev', 'switch0', 'up');
}

/** A holder at that cable, in a network of its own, and what it said. */
async function holderHere(t: TestContext) {
  const sys = await systemCalls();
  enterNewNetwork(sys, []);
  plugIn();
  const told: string[] = [];
  const holder = new KernelAddressHolder(sys, own, [500, 4500], {
    taken: (hardwareAddress) => told.push(`taken by ${hardwareAddress}`),
    failed: (reason) => told.push(reason),
  });
  t.after(() => holder.close());
  return { holder, told };
}

test('LB-02: an interface that was made anew is given no address, which is said; opened anew, it is', {
  skip,
}, async (t) => {
  const { holder, told } = await holderHere(t);
  assert.equal(holder.open(addresses), undefined);
  holder.acquire(addresses);
  assert.deepEqual(addressesOf('public0'), ['192.0.2.1', '192.0.2.254']);
  holder.release(addresses);
  assert.deepEqual(addressesOf('public0'), ['192.0.2.1']);
  ip('link', 'delete', 'public0');
  plugIn();
  holder.acquire(addresses);
  assert.deepEqual(told, ['public0 cannot be given the cluster address 192.0.2.254: ENODEV']);
  assert.deepEqual(addressesOf('public0'), ['192.0.2.1']);
  holder.close();
  assert.equal(holder.open(addresses), undefined);
  holder.acquire(addresses);
  assert.deepEqual(addressesOf('public0'), ['192.0.2.1', '192.0.2.254']);
  assert.equal(told.length, 1);
});
