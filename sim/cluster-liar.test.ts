/** A member that holds the key and lies: it can say anything, at any time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { Prng } from '#base/prng';
import { Datagram } from '#wire/vcl/datagram';
import type { Incarnation, MemberId } from '#wire/vcl/fields';
import { Message } from '#wire/vcl/message';
import { messageTypes, roles } from '#wire/vcl/numbers';
import { ClusterLab } from './cluster-lab.ts';
import type { ClusterMember } from './cluster-member.ts';

const ADDRESSES = ['0.0.0.0', '10.32.1.1', '255.255.255.255', '2001:db8::1'].map(address);
const hex = (random: Prng, octets: number): string =>
  [...random.bytes(octets)].map((o) => o.toString(16).padStart(2, '0')).join('');

/** A message of any type whose every field is right in form, and seldom in meaning. */
function anything(random: Prng, lab: ClusterLab): Message {
  const known = lab.members.flatMap((m) => m.identity ?? []);
  const identity = () =>
    random.chance(0.7)
      ? random.pick(known)
      : { member: hex(random, 8) as MemberId, incarnation: hex(random, 8) as Incarnation };
  const term = () => random.pick([0, 1, 2, 2 ** 32, 2 ** 40, Number.MAX_SAFE_INTEGER]);
  const digest = random.chance(0.9) ? lab.members[0]?.policy.cluster.digest : hex(random, 16);
  const all: Omit<Message, 'type'> = {
    role: random.between(0, 255),
    priority: random.between(0, 255),
    term: term(),
    privateAddresses: [random.pick(ADDRESSES)],
    publicAddresses: [random.pick(ADDRESSES)],
    loads: [{ protocol: 9, active: 0xffffffff, inactive: 1, max: 0 }],
    stateBits: random.between(0, 0xffff),
    knownMaster: { ...identity(), term: term() },
    peers: Array.from({ length: random.between(0, 32) }, () => ({
      ...identity(),
      condition: random.between(0, 4),
    })),
    digest: digest as string,
    nonce: random.chance(0.5) ? '0'.repeat(32) : hex(random, 16),
    reason: { code: random.between(0, 30), text: 'so it says' },
  };
  const kept = Object.entries(all).filter(() => random.chance(0.85));
  if (random.chance(0.3)) kept.push(['role', random.pick([roles.master, roles.backup])]);
  return { type: random.between(1, 15), ...Object.fromEntries(kept) };
}

const sealed = (liar: ClusterMember, message: Message, sequence: number) =>
  Datagram.encode({
    header: {
      suite: 0,
      keyId: 0,
      flags: 0,
      clusterTag: liar.policy.cluster.tag,
      ...(liar.identity ?? { member: '' as MemberId, incarnation: '' as Incarnation }),
      sequence,
    },
    body: Message.encode(message),
    tag: new Uint8Array(0),
  });

test('a member that says it has another public address is sent no clients before that one has answered', () => {
  const lab = new ClusterLab(3, { secret: undefined });
  const members = lab.start(3, (n) => 10 - n);
  lab.runUntil('one cluster', () => lab.isWhole(), 10_000);
  const master = members.find((m) => m.phase === 'master') as ClusterMember;
  const liar = members.find((m) => m !== master) as ClusterMember;
  const { device } = liar.policy;
  const seen = () => master.state.member.peers.get(liar.identity?.member ?? ('' as MemberId));
  lab.runUntil('its public side answers', () => seen()?.publicPath === 'open', 10_000);
  const [own] = device.publicAddresses;
  const stranger = address(own?.replace(/\d+$/, '77') ?? '');
  const message: Message = {
    type: messageTypes.probe,
    ...{ role: roles.backup, priority: 5, term: 1, hostName: 'liar', model: '', stateBits: 0 },
    ...{ softwareVersion: '', privateAddresses: [device.privateAddress], natAddresses: [] },
    publicAddresses: [stranger],
    nonce: '0'.repeat(32),
    digest: liar.policy.cluster.digest,
  };
  const from = { address: device.privateAddress, port: 9023 };
  const octets = sealed(liar, message, 1_000_000);
  master.tell({ kind: 'datagram', side: 'private', from, octets });
  assert.deepEqual(seen()?.description.publicAddresses, [stranger]);
  assert.equal(seen()?.publicPath, 'unknown');
});

test('3,000 lies of a member break nobody; when it is gone, the others are one cluster again', () => {
  for (const seed of [1, 2]) {
    const lab = new ClusterLab(seed, { secret: undefined });
    const members = lab.start(4, (n) => 10 - n);
    lab.runUntil('one cluster', () => lab.isWhole(), 10_000);
    const random = new Prng(seed);
    const liar = members[seed % 4] as ClusterMember;
    const from = { address: liar.policy.device.privateAddress, port: 9023 };
    const identity = liar.identity;
    for (let n = 1; n <= 1500; n += 1) {
      const octets = sealed(liar, anything(random, lab), 1_000_000 + n);
      for (const victim of members)
        if (victim !== liar) victim.tell({ kind: 'datagram', side: 'private', from, octets });
      if (n % 10 === 0) lab.run(20);
      assert.deepEqual(liar.identity, identity);
    }
    liar.crash();
    lab.runUntil('one cluster without the liar', () => lab.isWhole(), 60_000);
  }
});
