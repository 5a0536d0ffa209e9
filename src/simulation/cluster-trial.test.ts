import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { FAULTS, type FaultName } from './cluster-faults.ts';
import { ClusterSite } from './cluster-site.ts';
import { runTrial, type Trial, TrialFailed } from './cluster-trial.ts';
import { memberListing, read, type Setup } from './testing.ts';
import { trialPlot } from './trial-plot.ts';
import { trialText } from './trial-text.ts';

const clusterAddress = address('172.18.124.254');
const all = FAULTS.map(({ name }) => name);

/** The three devices of the load-balancing example. */
const example: readonly Setup[] = [
  { host: 129, priority: 1, model: '3005', personality: 'vpn3000' },
  { host: 130, priority: 7, model: '3030', personality: 'vpn3000' },
  { host: 131, priority: 7, model: '3060', personality: 'vpn3000' },
];

const alike = (count: number, more: Partial<Setup> = {}): readonly Setup[] =>
  Array.from({ length: count }, (_, n) => ({ host: n + 1, priority: 5, ...more }));

const configurationsOf = (setups: readonly Setup[]) =>
  setups.map((setup) => read(memberListing(setup)));

function trial(
  setups: readonly Setup[],
  seed: number,
  faults: readonly FaultName[] = all,
  clients = 100,
): Trial {
  const configurations = configurationsOf(setups);
  const options = { seed, configurations, clusterAddress, clients, faults };
  return runTrial({ ...options, rounds: 1, progress: () => {} });
}

test('one seed gives one text and one picture, another seed another', () => {
  const [a, b, c] = [trial(example, 7), trial(example, 7), trial(example, 8)];
  assert.equal(trialText(a, true), trialText(b, true));
  assert.equal(trialPlot(a), trialPlot(b));
  assert.notEqual(trialText(a, true), trialText(c, true));
});

test('every fault is tried, and after each there is one cluster again', () => {
  for (let seed = 1; seed <= 5; seed += 1) {
    const { episodes } = trial(alike(4), seed);
    assert.deepEqual(
      episodes.map(({ fault }) => fault),
      all,
    );
    for (const { fault, healedMs } of episodes)
      assert.ok(healedMs !== undefined, `seed ${seed}: not whole after ${fault}`);
  }
});

test('LB-02 GEN-33: the address of a master that crashed is with another member within two keepalives and a half', () => {
  for (let seed = 1; seed <= 5; seed += 1) {
    const [episode] = trial(alike(3), seed, ['crash']).episodes;
    assert.equal(episode?.moves, 1);
    assert.ok(episode.withoutOwnerMs > 0 && episode.withoutOwnerMs < 2500, `seed ${seed}`);
    assert.equal(episode.severalOwnersMs, 0);
  }
});

test('a planned handover leaves nobody without an owner for long, and never two', () => {
  for (let seed = 1; seed <= 5; seed += 1) {
    const [episode] = trial(alike(3), seed, ['handover']).episodes;
    assert.equal(episode?.moves, 1);
    assert.ok(episode.withoutOwnerMs <= 100, `seed ${seed}: ${episode.withoutOwnerMs} ms`);
    assert.equal(episode.severalOwnersMs, 0);
  }
});

test('in a partition each part has an owner, and afterwards one gives way', () => {
  const [episode] = trial(alike(4), 3, ['partition']).episodes;
  assert.ok((episode?.severalOwnersMs ?? 0) > 1000);
  assert.ok((episode?.healedMs ?? Number.POSITIVE_INFINITY) < 10_000);
});

test('LB-01 GEN-32: clients of one address are spread by capacity, nobody is left out', () => {
  const unequal = [100, 200, 400, 800].map((sessions, n) => ({
    host: n + 1,
    priority: 5,
    sessions,
  }));
  const result = trial(unequal, 1, [], 600);
  assert.equal(result.connectedAtEnd, 600);
  assert.equal(result.idealPercent, 40);
  assert.ok(result.spreadPoints <= 1, `${result.spreadPoints} points`);
  assert.equal(result.counts.misled, 0);
});

test('clients of a member that crashed come back to the others, and nobody is connected twice', () => {
  const result = trial(alike(3), 2, ['backup-crash']);
  const sessions = result.members.reduce((sum, { sessionsAtEnd }) => sum + sessionsAtEnd, 0);
  assert.equal(result.connectedAtEnd, 100);
  assert.equal(sessions, 100);
  assert.ok(result.waitedMs.length > 100);
});

test('LB-25 LB-43: the three value sets of the example, with one port, form one cluster of priorities 1, 7 and 7', () => {
  const site = new ClusterSite(1, configurationsOf(example), clusterAddress);
  for (const member of site.members) member.start();
  site.clock.run(10_000);
  assert.ok(site.isWhole());
  const [n129, n130, n131] = site.members;
  // Both of priority 7 started together: the lower address is elected.
  assert.deepEqual(
    [n129, n130, n131].map((member) => member?.isMaster),
    [false, true, false],
  );
  const priorities = [n129, n131].map((member) => member?.cluster.policy?.device.priority);
  assert.deepEqual([...priorities, n130?.cluster.policy?.device.priority], [1, 7, 7]);
});

test('LB-25: when .131 is there first, it is master and stays it', () => {
  const site = new ClusterSite(1, configurationsOf(example), clusterAddress);
  const [n129, n130, n131] = site.members;
  n131?.start();
  site.clock.run(10_000);
  n130?.start();
  n129?.start();
  site.clock.run(20_000);
  assert.ok(site.isWhole());
  assert.ok(n131?.isMaster);
});

test('LB-16 LB-25: as the example prints the ports, 9023 and 5023, there is no one cluster; a trial says so', () => {
  const printed = example.map((setup) => ({ ...setup, port: setup.host === 129 ? 9023 : 5023 }));
  assert.throws(
    () => trial(printed, 1),
    (error) => error instanceof TrialFailed && /do not become one cluster/.test(error.message),
  );
});

test('the picture shows every member and every fault, and names cannot break out of it', () => {
  const result = trial(alike(3), 1);
  const picture = trialPlot(result);
  for (const { name } of result.members) assert.ok(picture.includes(`>${name}</text>`));
  for (const name of all) assert.ok(picture.includes(`>${name}</text>`));
  const others = result.members.slice(1);
  const name = '<script>&';
  const first = result.members.slice(0, 1).map((member) => ({ ...member, name }));
  const hostile = { ...result, members: [...first, ...others] };
  assert.ok(!trialPlot(hostile).includes('<script'));
});
