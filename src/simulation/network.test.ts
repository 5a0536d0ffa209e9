import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { after, instant } from '#base/instant';
import { Prng } from '#base/prng';
import { VirtualClock } from './clock.ts';
import { Network, noFaults } from './network.ts';

const a = { address: address('10.0.0.1'), port: 1 };
const b = { address: address('10.0.0.2'), port: 2 };

/** Sends 1000 numbered datagrams, one a millisecond, and returns the numbers in the order they arrived. */
function arrivals(seed: number, faults: Partial<typeof noFaults>): number[] {
  const clock = new VirtualClock(instant(0));
  const network = new Network(clock, new Prng(seed), { ...noFaults, ...faults });
  const got: number[] = [];
  network.join(b.address, (d) => got.push(((d.bytes[0] as number) << 8) | (d.bytes[1] as number)));
  for (let i = 0; i < 1000; i += 1)
    clock.schedule(after(clock.now(), i), () =>
      network.send({ source: a, destination: b, bytes: new Uint8Array([i >> 8, i & 255]) }),
    );
  clock.run(5000);
  return got;
}

test('without faults everything arrives once and in order', () => {
  assert.deepEqual(arrivals(1, {}), [...new Array(1000).keys()]);
});

test('loss, duplication and reordering happen about as often as asked', () => {
  const lost = 1000 - arrivals(2, { loss: 0.1 }).length;
  assert.ok(lost > 60 && lost < 140, `${lost} lost`);
  const twice = arrivals(3, { duplicate: 0.1 }).length - 1000;
  assert.ok(twice > 60 && twice < 140, `${twice} repeated`);
  const mixed = arrivals(4, { reorder: 0.2, delayMs: [1, 20] });
  assert.ok(mixed.some((n, i) => i > 0 && n < (mixed[i - 1] as number)));
  assert.deepEqual(
    [...mixed].sort((x, y) => x - y),
    [...new Array(1000).keys()],
  );
});

test('two runs of one seed are identical', () => {
  const faults = { loss: 0.1, duplicate: 0.05, reorder: 0.2, delayMs: [1, 50] as const };
  assert.deepEqual(arrivals(9, faults), arrivals(9, faults));
  assert.notDeepEqual(arrivals(9, faults), arrivals(10, faults));
});

test('a cut works in one direction until it is healed', () => {
  const clock = new VirtualClock(instant(0));
  const network = new Network(clock, new Prng(1), noFaults);
  let toA = 0;
  let toB = 0;
  network.join(a.address, () => (toA += 1));
  network.join(b.address, () => (toB += 1));
  const both = () => {
    network.send({ source: a, destination: b, bytes: new Uint8Array(1) });
    network.send({ source: b, destination: a, bytes: new Uint8Array(1) });
    clock.run(10);
  };
  network.cut(a.address, b.address);
  both();
  assert.deepEqual([toA, toB], [1, 0]);
  network.heal();
  both();
  assert.deepEqual([toA, toB], [2, 1]);
  network.leave(a.address);
  both();
  assert.equal(network.counts.unreachable, 1);
});

test('an action that was called off does not run, and one for the past runs at once', () => {
  const clock = new VirtualClock(instant(100));
  const ran: string[] = [];
  const cancel = clock.schedule(instant(150), () => ran.push('cancelled'));
  clock.schedule(instant(10), () => ran.push(`past at ${clock.now()}`));
  cancel();
  clock.run(100);
  assert.deepEqual(ran, ['past at 100']);
  assert.equal(clock.now(), 200);
});

test('what is sent to a group reaches its members one by one, but not the sender, and nobody where no multicast passes', () => {
  const clock = new VirtualClock(instant(0));
  const network = new Network(clock, new Prng(1), noFaults);
  const group = address('239.255.90.23');
  const got: string[] = [];
  for (const host of ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map(address)) {
    network.join(host, () => got.push(host));
    network.joinGroup(group, host);
  }
  network.cut(a.address, address('10.0.0.3'));
  const toGroup = { address: group, port: 1 };
  network.send({ source: a, destination: toGroup, bytes: new Uint8Array(1) });
  network.send({ source: b, destination: toGroup, bytes: new Uint8Array(1) });
  clock.run(10);
  assert.deepEqual(got, ['10.0.0.2', '10.0.0.1', '10.0.0.3']);
  assert.equal(network.counts.sent, 2);
  network.passGroups(false);
  network.send({ source: a, destination: toGroup, bytes: new Uint8Array(1) });
  clock.run(10);
  assert.equal(got.length, 3);
  assert.equal(network.counts.lost, 2);
});
