import assert from 'node:assert/strict';
import { Prng } from '#base/prng';
import type { TimingPreset } from '#protocol/vcl/policy';
import { ClusterClients } from '../cluster-clients.ts';
import { ClusterLab, type ClusterSetup, type ClusterWeather } from '../cluster-lab.ts';
import type { ClusterMember } from '../cluster-member.ts';

/** The cluster protocol alone: bare members under faults, with checks after every step. */

/**
 * After the last fault, one master whom everybody follows within so long: ten rounds of discovery of a
 * member of priority 1, and the ten hellos that a refused member stays out before it tries again.
 */
const HEALING_HELLOS = 25;

/** Two masters that hear each other must not last longer, in the worst of the weathers here. */
const OVERLAP_HELLOS = 10;

/** What must hold whatever happens. */
function watch(lab: ClusterLab): void {
  lab.always('who is master has the address, and nobody else', () => {
    const wrong = lab.awake.find((m) => m.ownsAddress !== (m.phase === 'master'));
    return wrong?.picture();
  });
  lab.always('no two masters accept each other', () => {
    const { owners } = lab;
    for (const a of owners)
      for (const b of owners)
        if (a !== b && accepts(a, b) && accepts(b, a)) return `${a.picture()}\n${b.picture()}`;
    return undefined;
  });
  const together = new Map<string, number>();
  const mostMs = OVERLAP_HELLOS * lab.helloMs;
  lab.always(`two masters in reach of each other for less than ${mostMs} ms`, () => {
    const pairs = new Set<string>();
    const { owners } = lab;
    for (const a of owners)
      for (const b of owners) {
        const isPair = a.number < b.number && !a.deafTo.has(b) && !b.deafTo.has(a);
        if (!isPair || a.isCopyOf(b)) continue;
        const pair = `${a.number} and ${b.number}`;
        pairs.add(pair);
        const since = together.get(pair) ?? lab.elapsedMs;
        together.set(pair, since);
        if (lab.elapsedMs - since > mostMs) return `${pair}\n${lab.picture()}`;
      }
    for (const pair of together.keys()) if (!pairs.has(pair)) together.delete(pair);
    return undefined;
  });
}

/** Whether a master knows of another that is one, and neither contests that nor is about to. */
function accepts(master: ClusterMember, other: ClusterMember): boolean {
  const { phase, peers } = master.state.member;
  const id = other.identity?.member;
  if (phase.phase !== 'master' || id === undefined) return false;
  const peer = peers.get(id);
  const knows = peer?.condition === 'alive' && peer.role === 5;
  return knows && !phase.contested.has(id);
}

/** In calm weather there is never a second master. */
function neverTwo(lab: ClusterLab): void {
  lab.always('one master at most', () => (lab.owners.length > 1 ? lab.picture() : undefined));
}

const whole = (lab: ClusterLab, mostMs: number): void =>
  lab.runUntil('one master whom all follow', () => lab.isWhole(), mostMs);

/** The last fault is over. */
const healed = (lab: ClusterLab): void => whole(lab, HEALING_HELLOS * lab.helloMs);

const worst: Partial<ClusterWeather> = {
  loss: 0.1,
  duplicate: 0.05,
  reorder: 0.1,
  delayMs: [1, 60],
  drift: 0.01,
};

type Fault = (lab: ClusterLab, random: Prng) => void;

const anybody = (lab: ClusterLab, random: Prng): ClusterMember => random.pick(lab.members);

/** Crashes and returns; a wall clock that was set meanwhile changes nothing. */
const crash: Fault = (lab, random) => {
  const member = anybody(lab, random);
  if (!member.isAwake) return;
  member.crash();
  member.wallOffsetMs = random.between(-86_400_000, 86_400_000);
  lab.later(random.between(200, 15_000), () => {
    if (!member.isAwake) member.participate();
  });
};

const freeze: Fault = (lab, random) => {
  const member = anybody(lab, random);
  member.freeze();
  lab.later(random.between(50, 12_000), () => member.resume());
};

const leave: Fault = (lab, random) => {
  const member = anybody(lab, random);
  if (!member.isAwake) return;
  member.leave();
  lab.later(random.between(1000, 10_000), () => {
    if (member.isAwake && member.phase === 'off') member.participate();
  });
};

const drain: Fault = (lab, random) => {
  const member = anybody(lab, random);
  member.report({ draining: random.chance(0.5) });
};

/** Parts that do not reach each other, until the links are mended. */
const partition: Fault = (lab, random) => {
  const left: ClusterMember[] = [];
  const right: ClusterMember[] = [];
  for (const member of lab.members) (random.chance(0.5) ? left : right).push(member);
  lab.partition(left, right);
  lab.later(random.between(500, 15_000), () => lab.mend());
};

const oneWay: Fault = (lab, random) => {
  const [from, to] = [anybody(lab, random), anybody(lab, random)];
  if (from !== to) lab.cut(from, to);
  lab.later(random.between(500, 15_000), () => lab.mend());
};

const calmFaults: readonly Fault[] = [crash, freeze, leave, drain];
const allFaults: readonly Fault[] = [crash, freeze, leave, drain, partition, oneWay];

/** Faults one after the other for a while, then everybody is woken and all links are mended. */
function trouble(lab: ClusterLab, faults: readonly Fault[], milliseconds: number): void {
  const random = new Prng(lab.random.uint32());
  const until = lab.elapsedMs + milliseconds;
  while (lab.elapsedMs < until) {
    random.pick(faults)(lab, random);
    lab.run(random.between(100, 4000));
  }
  lab.heal();
  for (const member of lab.members) {
    member.resume();
    if (!member.isAwake) member.participate();
  }
  lab.run(200);
  for (const member of lab.members) if (member.phase === 'off') member.participate();
}

/** Clients all the while, and their redirects checked. */
function withClients(lab: ClusterLab): ClusterClients {
  const personality = lab.seed % 2 === 0 ? 'asa' : 'vpn3000';
  const clients = new ClusterClients(lab, new Prng(lab.random.uint32()), personality);
  for (const member of lab.members) clients.serve(member, 40 + 20 * member.number);
  clients.arrive(600, 100);
  lab.always('no client is sent where it must not be', () => clients.wrong);
  return clients;
}

function storm(
  seed: number,
  count: number,
  milliseconds: number,
  setup: ClusterSetup = {},
  passesGroups = true,
): ClusterLab {
  const lab = new ClusterLab(seed, setup, worst);
  lab.network.passGroups(passesGroups);
  watch(lab);
  lab.start(count);
  const clients = withClients(lab);
  trouble(lab, allFaults, milliseconds);
  healed(lab);
  lab.run(5 * lab.helloMs);
  assert.ok(lab.isWhole(), lab.picture());
  assert.ok(clients.counts.asked > 0);
  return lab;
}

/** Ten members, every fault there is. */
export const tenInStorm = (seed: number): void => void storm(seed, 10, 60_000);

export const twentyFiveInStorm = (seed: number): void => void storm(seed, 25, 20_000);

/** Members that find each other by multicast, with IPv6 addresses. */
export const multicastInStorm = (seed: number): void =>
  void storm(seed, 5, 40_000, { multicast: true, family: 6 });

/** Members that have a group and name each other, with a network that carries multicast and with one that does not. */
export const namedInStorm = (seed: number): void =>
  void storm(seed, 5, 40_000, { multicast: 'named' }, seed % 2 === 0);

/** Members that count unanswered keepalives, as the concentrator and the ASA did. */
export const concentratorsInStorm = (seed: number): void =>
  void storm(seed, 5, 60_000, { preset: 'vpn3000' });

export const asasInStorm = (seed: number): void => void storm(seed, 5, 120_000, { preset: 'asa' });

/** On a network that loses nothing there is never a second master, whoever crashes, sleeps, leaves or returns. */
export const calmTrouble = (seed: number): void => inCalm(seed, 'fast');

export const concentratorsInCalm = (seed: number): void => inCalm(seed, 'vpn3000');

export const asasInCalm = (seed: number): void => inCalm(seed, 'asa');

function inCalm(seed: number, preset: TimingPreset): void {
  const lab = new ClusterLab(seed, { preset }, { delayMs: [1, 5], drift: 0.01 });
  watch(lab);
  neverTwo(lab);
  lab.start(6);
  withClients(lab);
  trouble(lab, calmFaults, 60_000);
  healed(lab);
}

/** Members that are started within the time of one datagram: the best of them becomes master. LB-42, LB-43. */
export function simultaneousStarts(seed: number): void {
  const lab = new ClusterLab(seed, {}, { delayMs: [1, 20], drift: 0.01 });
  watch(lab);
  neverTwo(lab);
  const random = new Prng(lab.random.uint32());
  const priorities = Array.from({ length: 10 }, () => random.between(1, 10));
  for (const priority of priorities) lab.add({ priority });
  lab.acquaint();
  for (const member of lab.members) lab.later(random.between(0, 20), () => member.participate());
  lab.run(100);
  whole(lab, 8000);
  const best = priorities.indexOf(Math.max(...priorities)) + 1;
  assert.equal(lab.owners[0]?.number, best, `priorities ${priorities}`);
}

/** Members that are started one after the other: the first keeps the address. LB-41. */
export function startsInTurn(seed: number): void {
  const lab = new ClusterLab(seed, {}, { loss: 0.05, delayMs: [1, 20] });
  watch(lab);
  neverTwo(lab);
  const random = new Prng(lab.random.uint32());
  for (let n = 0; n < 10; n += 1) lab.add({ priority: random.between(1, 10) });
  lab.acquaint();
  const order = [...lab.members].sort(() => random.fraction() - 0.5);
  const [first, ...others] = order as [ClusterMember, ...ClusterMember[]];
  first.participate();
  lab.runUntil('an owner', () => lab.owners.length > 0, 8000);
  for (const member of others) {
    member.participate();
    lab.run(random.between(50, 1500));
  }
  whole(lab, 8000);
  assert.equal(lab.owners[0], first);
}

/** A partition of any kind, then one cluster again: without a group, with one, and with one that does not pass. */
export function partitionHeals(seed: number): void {
  const multicast = ([false, true, 'named'] as const)[seed % 3] ?? false;
  const weather = { loss: 0.02, delayMs: [1, 20], drift: 0.01 } as const;
  const lab = new ClusterLab(seed, { multicast }, weather);
  lab.network.passGroups(multicast !== 'named');
  watch(lab);
  lab.start(7);
  whole(lab, 10_000);
  const random = new Prng(lab.random.uint32());
  const left = lab.members.filter(() => random.chance(0.5));
  const right = lab.members.filter((m) => !left.includes(m));
  lab.partition(left, right);
  lab.run(random.between(100, 20_000));
  lab.heal();
  healed(lab);
}

/** A copy of a member, started at any time: the original members stay, and one of the two is out. */
export function clones(seed: number): void {
  const lab = new ClusterLab(seed, {}, { loss: 0.02, delayMs: [1, 20] });
  watch(lab);
  const originals = lab.start(4);
  whole(lab, 10_000);
  const random = new Prng(lab.random.uint32());
  const original = random.pick(originals);
  const copy = lab.add({ priority: random.between(1, 10), copyOf: original });
  copy.wallOffsetMs = random.pick([0, -86_400_000]);
  lab.acquaint();
  copy.participate();
  lab.run(20_000);
  lab.heal();
  lab.run(15_000);
  assert.equal(lab.owners.length, 1, lab.picture());
  assert.ok(copy.phase === 'refused' || copy.phase === 'discovering', lab.picture());
  const [master] = lab.owners;
  for (const member of originals)
    assert.ok(member === master || master?.countsPeer(member), lab.picture());
}

/** The master vanishes, unless it is the last: how long nobody has the address is bounded. LB-44. */
export function mastersVanish(seed: number): void {
  const lab = new ClusterLab(seed, {}, { delayMs: [1, 5], drift: 0.01 });
  watch(lab);
  neverTwo(lab);
  lab.start(6);
  whole(lab, 10_000);
  const random = new Prng(lab.random.uint32());
  for (let left = 5; left > 0; left -= 1) {
    lab.run(random.between(3000, 5000));
    const [master] = lab.owners;
    const heirs = lab.awake.filter((m) => m !== master);
    const best = heirs.reduce((a, b) => (precedes(b, a) ? b : a));
    master?.crash();
    // 1.9 hello at most until it is noticed, then the claim and, for clocks that differ, a little.
    lab.runUntil('a new master', () => lab.owners.length > 0, 2200, 1);
    assert.equal(lab.owners[0], best, lab.picture());
  }
}

function precedes(a: ClusterMember, b: ClusterMember): boolean {
  const [x, y] = [a.policy.device.priority, b.policy.device.priority];
  return x === y ? a.number < b.number : x > y;
}

/** Planned handovers on a network that loses something: never two masters, seldom none, never for long. */
export function handovers(seed: number): void {
  const lab = new ClusterLab(seed, {}, { delayMs: [1, 10] });
  watch(lab);
  neverTwo(lab);
  lab.start(5);
  whole(lab, 10_000);
  for (let n = 0; n < 4; n += 1) {
    const [master] = lab.owners as [ClusterMember];
    master.leave();
    lab.runUntil('the successor', () => lab.owners.length > 0, 100, 1);
    lab.run(3000);
    master.participate();
    whole(lab, 10_000);
  }
}

/** Ten members at rest: 20 datagrams a second at most, with announcements by multicast. */
export function idleTraffic(seed: number): void {
  const lab = new ClusterLab(seed, { multicast: true }, { delayMs: [1, 5] });
  lab.start(10);
  whole(lab, 10_000);
  lab.run(30_000);
  const before = lab.network.counts.sent;
  // Hellos come early or late by chance; in a few minutes that makes half a percent.
  const seconds = 1000;
  lab.run(1000 * seconds);
  const perSecond = (lab.network.counts.sent - before) / seconds;
  assert.ok(perSecond <= 20, `${perSecond} datagrams a second`);
}

/** Two runs of one seed are the same to the octet. */
export function clusterTwice(seed: number): void {
  const [first, second] = [storm(seed, 6, 20_000), storm(seed, 6, 20_000)];
  assert.equal(first.fingerprint(), second.fingerprint());
  assert.deepEqual(first.network.counts, second.network.counts);
}
