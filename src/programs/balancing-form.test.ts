import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { SlowWork } from '#adapters/device-runner';
import type { ClusterManagement } from '#adapters/http/management-port';
import { address } from '#base/address';
import { parseListing } from '#config/parse';
import { InsideHost } from '#dataplane/inside-host';
import { grammar } from '#engine/grammar';
import { eventText } from '#events/event';
import { loadBalancingOf } from '#features/cluster/config';
import { configurationChanged } from '#features/management/events';
import type { BalancingChange, BalancingField } from '#views/cluster-views';
import { HeadEndConsole } from './head-end-console.ts';
import { startHeadEnd } from './head-end-process.ts';
import { headEndManagement } from './management.ts';

const administrator = { name: 'carla', mayChange: true };

/** A device that is no member yet, on the networks of the example. */
async function device(t: TestContext, ...lines: readonly string[]) {
  const work = new SlowWork(1);
  const listing = [
    'hostname n129',
    'interface Ethernet0',
    ' nameif outside',
    ' ip address 172.18.124.129 255.255.255.0',
    'interface Ethernet1',
    ' nameif inside',
    ' ip address 10.32.1.129 255.255.128.0',
    ...lines,
  ];
  const started = await startHeadEnd({
    configuration: parseListing(grammar, listing.join('\n')).configuration,
    work,
    inside: { kind: 'memory', connect: (send) => new InsideHost([address('192.0.2.1')], send) },
  });
  assert.ok(started.ok);
  const headEnd = started.value;
  t.after(async () => {
    await headEnd.close();
    work.close();
  });
  const console = new HeadEndConsole(headEnd, undefined, work.scrypt);
  const { cluster } = headEndManagement(console, headEnd, work.scrypt);
  const running = () => loadBalancingOf(headEnd.device.configuration);
  const noted = () =>
    [...headEnd.device.log.newestFirst()]
      .map(({ record }) => record)
      .filter(({ definition }) => definition === configurationChanged)
      .map(eventText)
      .reverse();
  return { cluster, running, noted };
}

const changed = (
  cluster: ClusterManagement,
  changes: Partial<BalancingChange>,
): BalancingChange => {
  const from = cluster.form();
  const { hasKey: _, hostname: __, ...form } = from;
  return { ...form, from, ...changes };
};

/** What is wrong with one field. */
const wrong = (
  cluster: ClusterManagement,
  changes: Partial<BalancingChange>,
  field: BalancingField,
) =>
  cluster
    .check(changed(cluster, changes))
    .findings.filter((f) => f.field === field && f.severity === 'error')
    .map(({ reason }) => reason)
    .join('; ');

test('LB-27 LB-36: fields take what the lines take, and say what is wrong with the rest', async (t) => {
  const { cluster, running } = await device(t);
  assert.deepEqual(cluster.form(), {
    hostname: 'n129',
    clusterAddress: '',
    port: '9023',
    encryption: false,
    hasKey: false,
    participates: false,
    priority: cluster.form().priority,
    nat: '0.0.0.0',
  });
  assert.equal(cluster.check(changed(cluster, {})).changes, '', 'nothing typed, nothing changed');
  assert.match(
    wrong(cluster, { clusterAddress: '10.0.0.1' }, 'clusterAddress'),
    /not in the network/,
  );
  assert.match(
    wrong(cluster, { clusterAddress: '172.18.124.129' }, 'clusterAddress'),
    /address of an interface/,
  );
  assert.equal(wrong(cluster, { clusterAddress: '172.18.124.254' }, 'clusterAddress'), '');
  for (const port of ['0', '65536', 'x', '500'])
    assert.notEqual(wrong(cluster, { port }, 'port'), '');
  assert.equal(wrong(cluster, { port: '5023' }, 'port'), '');
  for (const priority of ['0', '11', '1.5', 'high'])
    assert.notEqual(wrong(cluster, { priority }, 'priority'), '', priority);
  for (const priority of ['1', '10']) assert.equal(wrong(cluster, { priority }, 'priority'), '');
  // The second is a line of another mode, of address translation.
  for (const nat of ['-', '(inside) 1 0 0'])
    assert.notEqual(wrong(cluster, { nat }, 'nat'), '', nat);
  const all = {
    clusterAddress: '172.18.124.254',
    port: '5023',
    priority: '7',
    nat: '198.51.100.7',
  };
  assert.ok(cluster.apply(changed(cluster, all), administrator).accepted);
  assert.deepEqual(
    [running().port, running().priority, running().nat],
    [5023, 7, { kind: 'addresses', addresses: ['198.51.100.7'] }],
  );
  const { hasKey: _, ...form } = cluster.form();
  assert.deepEqual(form, { ...all, hostname: 'n129', encryption: false, participates: false });
  cluster.apply(changed(cluster, { nat: '0.0.0.0' }), administrator);
  assert.equal(running().nat, undefined);
});

test('LB-20 LB-22: what a filter would stop is said beside what brings it about', async (t) => {
  const { cluster } = await device(
    t,
    'load-balancing personality vpn3000',
    'filter Public',
    ' rule add "VCA In" port 9023',
    'vpn load-balancing',
    ' cluster ip address 172.18.124.254',
    ' participate',
  );
  const said = (changes: Partial<BalancingChange>) =>
    cluster
      .check(changed(cluster, changes))
      .findings.filter(({ reason }) => /filter/.test(reason))
      .map(({ severity, field, reason }) => [severity, field, reason]);
  const filter = 'filter "Public" of interface "outside"';
  const noOut = (port: number) =>
    `${filter} stops what members say on UDP port ${port}: it has no rule "VCA Out"`;
  assert.deepEqual(said({}), [['warning', undefined, noOut(9023)]], 'nothing new, and said');
  assert.deepEqual(said({ port: '5023' }), [
    ['warning', 'port', `${filter} lets UDP port 9023 pass, and members speak on 5023`],
    ['warning', undefined, noOut(5023)],
  ]);
  assert.deepEqual(said({ participates: false }), []);
});

test('LB-23: a change is made whole or not at all, and its lines are noted with who made it', async (t) => {
  const { cluster, running, noted } = await device(t);
  const before = running();
  const half = changed(cluster, { clusterAddress: '172.18.124.254', priority: '11' });
  assert.equal(cluster.apply(half, administrator).accepted, false);
  assert.equal(running(), before);
  const whole = changed(cluster, { clusterAddress: '172.18.124.254', priority: '9' });
  const { accepted, changes } = cluster.check(whole);
  assert.deepEqual(
    [accepted, changes.split('\n').map((line) => line.trim())],
    [
      true,
      [
        '+ vpn load-balancing',
        'vpn load-balancing',
        '+  priority 9',
        '+  cluster ip address 172.18.124.254',
      ],
    ],
  );
  assert.equal(running(), before, 'a check changes nothing');
  assert.ok(cluster.apply(whole, administrator).accepted);
  assert.equal(running().priority, 9);
  assert.match(noted().join('\n'), /carla \(web\).*priority 9/);
});

test('a change of a form that is not the one in force is refused, and takes nothing back', async (t) => {
  const { cluster, running, noted } = await device(t);
  const before = changed(cluster, { port: '5023' });
  assert.ok(cluster.apply(changed(cluster, { priority: '9' }), administrator).accepted);
  const said = noted().length;
  for (const verdict of [cluster.check(before), cluster.apply(before, administrator)]) {
    const [finding] = verdict.findings;
    assert.deepEqual([verdict.accepted, verdict.changes], [false, '']);
    assert.equal(finding?.reason, 'the settings were changed meanwhile');
    assert.match(finding.remedy ?? '', /read them anew/);
  }
  const { from, ...rest } = changed(cluster, { port: '5023' });
  const other = { ...rest, from: { ...from, hostname: 'n131' } };
  assert.equal(
    cluster.apply(other, administrator).findings[0]?.reason,
    'these are the settings of "n131", and it is "n129" that answers by now',
  );
  assert.deepEqual([running().port, running().priority, noted().length], [9023, 9, said]);
  assert.ok(cluster.apply(changed(cluster, { port: '5023' }), administrator).accepted);
  assert.deepEqual([running().port, running().priority], [5023, 9]);
});

test('LB-26 LB-34: the secret is set with encryption only, twice the same, and never told', async (t) => {
  const { cluster, running, noted } = await device(t);
  const key = 'cisco123';
  const base = { clusterAddress: '172.18.124.254', encryption: true };
  const differ = changed(cluster, { ...base, key, verifyKey: 'cisco124' });
  const verdict = cluster.apply(differ, administrator);
  assert.deepEqual(
    [verdict.accepted, verdict.findings.some(({ field }) => field === 'verifyKey')],
    [false, true],
  );
  assert.equal(running().key, undefined);
  const off = changed(cluster, { ...base, encryption: false, key, verifyKey: key });
  assert.ok(cluster.apply(off, administrator).accepted);
  assert.equal(running().key, undefined, 'without encryption the field has no effect');
  const set = changed(cluster, { ...base, key, verifyKey: key });
  const told = cluster.apply(set, administrator);
  assert.ok(told.accepted, JSON.stringify(told));
  assert.match(told.changes, /cluster key \*{5}/);
  assert.equal(running().key?.reveal(), key);
  assert.equal(cluster.form().hasKey, true);
  assert.ok(cluster.apply(changed(cluster, { priority: '3' }), administrator).accepted);
  assert.equal(running().key?.reveal(), key, 'a secret that is not typed stays');
  for (const text of [JSON.stringify(told), JSON.stringify(cluster.form()), noted().join('\n')])
    assert.doesNotMatch(text, /cisco12/);
});
