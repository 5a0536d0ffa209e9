/** Stories of members that have a multicast group, as the product always has, where it passes and where not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as events from '#protocol/vcl/events';
import { messageTypes } from '#wire/vcl/numbers';
import { ClusterLab, type ClusterSetup } from './cluster-lab.ts';

const whole = (lab: ClusterLab, mostMs = 20_000) =>
  lab.runUntil('one master whom all follow', () => lab.isWhole(), mostMs);

/** Members that name each other and have a group. */
function named(seed: number, priorities: readonly number[], setup: ClusterSetup = {}): ClusterLab {
  const lab = new ClusterLab(
    seed,
    { multicast: 'named', ...setup },
    { delayMs: [1, 5], drift: 0.01 },
  );
  lab.start(priorities.length, (n) => priorities[n] as number);
  return lab;
}

test('where multicast does not pass, two masters of a partition that is over find each other', () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const lab = named(seed, [10, 9, 1, 1, 1]);
    lab.network.passGroups(false);
    whole(lab);
    const [a, b, ...others] = lab.members as [never, never, never];
    lab.partition([a, others[0] as never], [b, ...others.slice(1)]);
    lab.run(8000);
    assert.equal(lab.owners.length, 2, lab.picture());
    lab.heal();
    whole(lab, 8000);
    assert.deepEqual(lab.owners, [b]);
  }
});

test('where multicast does not pass, a new master is followed at once by members that were not named', () => {
  const lab = new ClusterLab(1, { multicast: true }, { delayMs: [1, 5] });
  lab.start(4, (n) => 9 - n);
  whole(lab);
  lab.network.passGroups(false);
  lab.run(5000);
  assert.ok(lab.isWhole());
  lab.members[0]?.crash();
  lab.runUntil('an owner', () => lab.owners.length > 0, 3000, 1);
  lab.run(100);
  assert.ok(lab.isWhole(), lab.picture());
});

test('a master that misses a named member tells it, and the group, that it is one; at rest the group alone', () => {
  const lab = named(1, [9, 1, 1]);
  whole(lab);
  const group = '239.255.90.23';
  const toWhom = (): ReadonlySet<string> => {
    const ends = new Set<string>();
    const send = lab.network.send;
    lab.network.send = (datagram) => {
      if (datagram.source.address === '10.32.1.1' && isAnnouncement(datagram.bytes))
        ends.add(datagram.destination.address);
      send.call(lab.network, datagram);
    };
    lab.run(3000);
    lab.network.send = send;
    return ends;
  };
  lab.run(3000);
  assert.deepEqual(toWhom(), new Set([group]));
  lab.members[2]?.crash();
  lab.run(5000);
  assert.deepEqual(toWhom(), new Set([group, '10.32.1.3']));
});

/** The type of a message stands after the header of 40 octets, in clear. */
const isAnnouncement = (octets: Uint8Array): boolean => octets[40] === messageTypes.announce;

test('members that are named and reached by the group too take nothing for a repetition', () => {
  for (const multicast of [true, 'named'] as const)
    for (let seed = 1; seed <= 5; seed += 1) {
      const lab = new ClusterLab(seed, { multicast }, { delayMs: [1, 5], drift: 0.01 });
      const members = lab.start(4, (n) => 9 - n);
      whole(lab);
      // An election, a restart, a handover, a change and a partition: all that is said to everybody.
      members[0]?.crash();
      lab.run(6000);
      members[0]?.participate();
      whole(lab);
      lab.owners[0]?.leave();
      lab.run(6000);
      members[2]?.configure({ priority: 10 });
      lab.partition(members.slice(0, 2), members.slice(2));
      lab.run(8000);
      lab.heal();
      lab.run(8000);
      assert.deepEqual(lab.texts(events.replayed), [], `${multicast}, seed ${seed}`);
      assert.equal(lab.owners.length, 1);
    }
});
