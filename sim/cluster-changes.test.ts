/** Stories of members that are configured anew while they run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { ClusterLab } from './cluster-lab.ts';
import type { ClusterMember } from './cluster-member.ts';

type Three = readonly [master: ClusterMember, second: ClusterMember, third: ClusterMember];

const whole = (lab: ClusterLab) =>
  lab.runUntil('one master whom all follow', () => lab.isWhole(), 20_000);

/** Members of priorities 9, 5 and 1, started in turn, the first of which is master. */
function started(seed: number): { readonly lab: ClusterLab; readonly members: Three } {
  const lab = new ClusterLab(seed, {}, { delayMs: [1, 5], drift: 0.01 });
  const members: Three = [
    lab.add({ priority: 9 }),
    lab.add({ priority: 5 }),
    lab.add({ priority: 1 }),
  ];
  lab.acquaint();
  for (const member of members) {
    member.participate();
    lab.runUntil('an owner', () => lab.owners.length > 0, 20_000);
  }
  whole(lab);
  lab.run(lab.random.between(2000, 4000));
  return { lab, members };
}

/** What one member knows of another. */
function known(by: ClusterMember, of: ClusterMember) {
  const id = of.identity?.member;
  return id === undefined ? undefined : by.state.member.peers.get(id)?.description;
}

test('LB-44 LB-36: the priority of a running backup counts from the moment it is changed', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { lab, members } = started(seed);
    const [master, second, third] = members;
    third.configure({ priority: 10 });
    lab.run(20);
    assert.equal(known(master, third)?.priority, 10);
    assert.equal(known(second, third)?.priority, 10);
    lab.run(lab.random.between(0, 2000));
    master.crash();
    lab.runUntil('an owner', () => lab.owners.length > 0, 3000, 1);
    assert.deepEqual(lab.owners, [third], `seed ${seed}`);
    whole(lab);
    assert.deepEqual(lab.owners, [third], `seed ${seed}`);
  }
});

test('LB-44: where two backups did not hear each other, the claim of one tells its priority', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { lab, members } = started(seed);
    const [master, second, third] = members;
    lab.partition([second], [third]);
    third.configure({ priority: 10 });
    lab.run(2000);
    lab.mend();
    assert.equal(known(second, third)?.priority, 1);
    master.crash();
    lab.runUntil('an owner', () => lab.owners.length > 0, 4000, 1);
    whole(lab);
    assert.deepEqual(lab.owners, [third], `seed ${seed}`);
  }
});

test('LB-45: a NAT address that is configured on a running backup is known to the others at once', () => {
  const { lab, members } = started(1);
  const [master, second, third] = members;
  const natAddresses = [address('192.0.2.7')];
  third.configure({ natAddresses, hostName: 'renamed' });
  lab.run(20);
  for (const other of [master, second]) {
    assert.deepEqual(known(other, third)?.natAddresses, natAddresses);
    assert.equal(known(other, third)?.hostName, 'renamed');
  }
  const { sent } = lab.network.counts;
  third.configure({});
  assert.equal(lab.network.counts.sent, sent, 'what is as before is not told again');
});
