import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { Prng } from '#base/prng';
import { AddressOwners } from './address-owners.ts';
import { VirtualClock } from './clock.ts';
import { Network, noFaults } from './network.ts';

const moving = address('172.18.124.254');

function world() {
  const clock = new VirtualClock();
  const network = new Network(clock, new Prng(1), noFaults);
  const heard: string[] = [];
  const owner = (name: string) => ({ name, receive: () => void heard.push(name) });
  const ask = (): string | undefined => {
    heard.length = 0;
    const end = { address: address('172.18.124.1'), port: 500 };
    network.send({
      source: end,
      destination: { address: moving, port: 500 },
      bytes: new Uint8Array(1),
    });
    clock.run(10);
    return heard[0];
  };
  return { owners: new AddressOwners(network), a: owner('a'), b: owner('b'), ask };
}

test('datagrams go to whoever announced the address last, as long as that one has it', () => {
  const { owners, a, b, ask } = world();
  assert.equal(ask(), undefined);
  owners.acquire(moving, a);
  assert.equal(ask(), 'a');
  owners.acquire(moving, b);
  assert.equal(ask(), 'b');
  assert.deepEqual(owners.having(moving), [a, b]);
  owners.announce(moving, a);
  assert.equal(ask(), 'a');
  owners.release(moving, a);
  // Nobody tells the neighbours of the other one before it announces itself.
  assert.equal(ask(), undefined);
  owners.announce(moving, b);
  assert.equal(ask(), 'b');
  owners.announce(moving, a);
  assert.equal(ask(), 'b');
  owners.forget(b);
  assert.equal(ask(), undefined);
  assert.deepEqual(owners.having(moving), []);
});
