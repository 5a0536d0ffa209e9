import assert from 'node:assert/strict';
import { Prng } from '#base/prng';
import { connectionEnded } from '#features/client/events';
import type { Captured } from '#simulation/network';
import { type ClusterDevice, DeviceCluster } from '../device-cluster.ts';
import { clusterAddress, memberAddress, memberPrivateAddress } from './configuration.ts';

/** Whole head-ends as members of a cluster, with clients: the protocol, the choice, and IKE in one. */

const START_MS = 20_000;
/** Rounds of discovery, and the hellos that a refused member stays out. */
const HEALING_MS = 25_000;
/** Dead peer detection of clients and members, a new login, and the report of it. */
const SETTLING_MS = 120_000;

/** Ten members that take from four sessions to many. */
const setup = { members: 10, clients: 24, sessions: (n: number) => 2 + 2 * n };
const weather = {
  loss: 0.03,
  duplicate: 0.02,
  reorder: 0.05,
  delayMs: [1, 20],
  drift: 0.005,
} as const;

function begun(seed: number): DeviceCluster {
  const cluster = new DeviceCluster(seed, setup, weather);
  for (const member of cluster.members)
    cluster.lab.later(cluster.lab.random.between(0, 2000), () => member.start());
  cluster.lab.run(2000);
  cluster.lab.runUntil('one cluster', () => cluster.isWhole(), START_MS);
  for (const client of cluster.clients)
    cluster.lab.later(cluster.lab.random.between(0, 5000), () =>
      client.command((device, now) => device.connect(now)),
    );
  cluster.lab.run(5000);
  return cluster;
}

type Fault = (cluster: DeviceCluster, member: ClusterDevice, random: Prng) => void;

const crash: Fault = (cluster, member, random) => {
  member.crash();
  cluster.lab.later(random.between(500, 15_000), () => member.start());
};

const leave: Fault = (cluster, member, random) => {
  member.participate(false);
  cluster.lab.later(random.between(1000, 10_000), () => member.participate(true));
};

const drain: Fault = (_, member) => member.drain();

const partition: Fault = (cluster, _, random) => {
  const left = cluster.members.filter(() => random.chance(0.5));
  for (const a of left)
    for (const b of cluster.members.filter((m) => !left.includes(m))) {
      cluster.cut(a, b);
      cluster.cut(b, a);
    }
  cluster.lab.later(random.between(500, 12_000), () => cluster.mend());
};

const oneWay: Fault = (cluster, member, random) => {
  const other = random.pick(cluster.members);
  if (other !== member) cluster.cut(member, other);
  cluster.lab.later(random.between(500, 12_000), () => cluster.mend());
};

const faults: readonly Fault[] = [crash, crash, leave, drain, partition, oneWay];

/** Faults for a while, half of them to whoever is master; then peace. */
function trouble(cluster: DeviceCluster, milliseconds: number): void {
  const random = new Prng(cluster.lab.random.uint32());
  const until = cluster.lab.elapsedMs + milliseconds;
  while (cluster.lab.elapsedMs < until) {
    const master = cluster.members.find((m) => m.owns);
    const victim = master && random.chance(0.5) ? master : random.pick(cluster.members);
    random.pick(faults)(cluster, victim, random);
    cluster.lab.run(random.between(500, 6000));
  }
  cluster.lab.run(15_000);
  cluster.mend();
  cluster.lab.network.setFaults({ loss: 0, duplicate: 0, reorder: 0 });
  for (const member of cluster.members) member.start();
}

function stormy(seed: number): DeviceCluster {
  const cluster = begun(seed);
  trouble(cluster, 45_000);
  cluster.lab.runUntil('one cluster again', () => cluster.isWhole(), HEALING_MS);
  const isCounted = () => cluster.isSettled() && cluster.countedByMaster() === setup.clients;
  cluster.lab.runUntil('every client connected, and counted once', isCounted, SETTLING_MS);
  assert.ok(cluster.redirects >= setup.clients, 'every client was redirected at least once');
  return cluster;
}

/** Ten whole members and their clients in every kind of trouble; then one cluster, and everybody once. */
export const devicesInStorm = (seed: number): void => void stormy(seed);

/**
 * Clients begin one after the other at the cluster address, and in the midst of them the master leaves, and later the
 * next: nobody's attempt fails.
 */
export function devicesHandOver(seed: number): void {
  const many = { members: 3, clients: 80, sessions: () => 100 };
  const cluster = new DeviceCluster(seed, many, { delayMs: [1, 15], drift: 0.005 });
  const { lab, members, clients } = cluster;
  for (const member of members) member.start();
  lab.runUntil('one cluster', () => cluster.isWhole(), START_MS);
  const handovers = [lab.random.between(15, 30), lab.random.between(45, 65)];
  for (const [i, client] of clients.entries()) {
    client.command((device, now) => device.connect(now));
    if (handovers.includes(i)) members.find((m) => m.owns)?.participate(false);
    lab.run(lab.random.between(5, 25));
  }
  lab.runUntil('every client connected', () => cluster.isSettled(), 10_000);
  const failed = clients.filter(({ device }) =>
    [...device.log.newestFirst()].some(({ record }) => record.definition === connectionEnded),
  );
  assert.equal(failed.length, 0);
  assert.equal(members.filter((m) => m.member === undefined).length, 2, 'both have left');
}

/** Two runs of one seed send the same octets at the same moments. */
export function devicesTwice(seed: number): void {
  const run = () => {
    const cluster = new DeviceCluster(seed, { ...setup, members: 4, clients: 6 }, weather);
    cluster.lab.network.capture = [];
    for (const member of cluster.members) member.start();
    cluster.lab.run(8000);
    for (const client of cluster.clients) client.command((device, now) => device.connect(now));
    trouble(cluster, 15_000);
    return cluster.lab.network.capture;
  };
  const [first, second] = [run(), run()];
  assert.ok(first.length > 300, `${first.length} datagrams`);
  assert.deepEqual(first, second);
}

/**
 * A client speaks to the cluster address, is told that of a member, and connects there; what it then sends is
 * no part of the load that choices are made of.
 */
export function twoSteps(seed: number): void {
  const few = { members: 3, clients: 3, sessions: () => 100 };
  const cluster = new DeviceCluster(seed, few, { delayMs: [1, 20] });
  const { lab, members, clients } = cluster;
  for (const member of members) member.start();
  lab.runUntil('one cluster', () => cluster.isWhole(), START_MS);
  const captured: Captured[] = [];
  lab.network.capture = captured;
  for (const client of clients) client.command((device, now) => device.connect(now));
  lab.runUntil('every client connected', () => cluster.isSettled(), START_MS);
  for (const client of clients) {
    const sentTo = captured
      .filter(({ datagram }) => datagram.source.address === client.address)
      .map(({ datagram }) => datagram.destination.address);
    const turned = sentTo.findIndex((to) => to !== clusterAddress);
    const { server } = client.device.status();
    assert.ok(turned > 0, 'the cluster address came first');
    assert.deepEqual(
      [...new Set(sentTo.slice(turned))],
      [server],
      'then one member, and nobody else',
    );
    assert.ok(members.some(({ number }) => memberAddress(number) === server));
  }
  lab.run(3000);
  const loads = () => members.map(({ device }) => device?.cluster.report());
  const before = loads();
  const [busy] = clients as [(typeof clients)[number]];
  const flow = lab.pings(busy, memberPrivateAddress(1), 5);
  lab.run(5000);
  flow.stop();
  const carried = members.reduce(
    (sum, { node }) => sum + (node?.dataPlane.counters().packetsRx ?? 0),
    0,
  );
  assert.ok(carried > 500, `${carried} packets`);
  assert.deepEqual(loads(), before);
}
