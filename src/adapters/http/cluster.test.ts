import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { err, ok } from '#base/result';
import type { ClusterSessionsMember, ClusterSessionView } from '#views/cluster-views';
import { ClusterLoad } from './cluster-load.ts';
import { LiveWatch } from './live-watch.ts';
import { createManagementServer } from './server.ts';
import { testMember } from './testing-cluster.ts';
import { TestingPort } from './testing-port.ts';
import { Throughput } from './throughput.ts';

const start = 1_034_107_200_000;

function serve(t: TestContext) {
  const port = new TestingPort(start);
  const server = createManagementServer(port, { port: 0, consoleFolder: '/nowhere' });
  t.after(() => server.close());
  return { port, app: server.app };
}

const of = (user: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:demo-password`).toString('base64')}`,
});

/** The master .131 with a busy secondary .129, and .130 that is gone. */
function threeMembers(port: TestingPort): void {
  port.cluster.gather(
    testMember(131, { role: 'master', load: { percent: 1, sessions: 1, limit: 100, inactive: 0 } }),
    testMember(129, { load: { percent: 7, sessions: 7, limit: 100, inactive: 2 } }),
    testMember(130, { condition: 'dead', load: undefined, heard: { by: 'self', agoMs: 9000 } }),
  );
}

test('the cluster and its choices are answered as the member sees them, and a load only where it is known', async (t) => {
  const { port, app } = serve(t);
  threeMembers(port);
  port.cluster.choose({
    client: '172.18.124.96',
    member: '10.32.1.129',
    target: '172.18.124.129',
    explanation: '10.32.1.129 took 172.18.124.96: 1 % against 2 %',
  });
  const headers = of('viewer');
  const view = (await app.inject({ url: '/api/v1/cluster', headers })).json();
  assert.deepEqual(view.clusterAddresses, ['172.18.124.254']);
  assert.deepEqual(view.self.role, 'master');
  assert.equal('heard' in view.self, false);
  assert.deepEqual(view.peers[0].load, { percent: 7, sessions: 7, limit: 100, inactive: 2 });
  assert.deepEqual([view.peers[1].condition, 'load' in view.peers[1]], ['dead', false]);
  const { items } = (await app.inject({ url: '/api/v1/cluster/choices', headers })).json();
  assert.deepEqual(items, [
    {
      seq: 1,
      at: start,
      rule: 'leastPercent',
      outcome: 'backup',
      client: '172.18.124.96',
      clientPort: 500,
      member: '10.32.1.129',
      target: '172.18.124.129',
      explanation: '10.32.1.129 took 172.18.124.96: 1 % against 2 %',
    },
  ]);
});

test('draining is for those who may change things, and says what stands in the way', async (t) => {
  const { port, app } = serve(t);
  const drain = (user: string, payload: object = {}) =>
    app.inject({ method: 'POST', url: '/api/v1/cluster/drain', headers: of(user), payload });
  const undo = () =>
    app.inject({ method: 'DELETE', url: '/api/v1/cluster/drain', headers: of('admin') });
  const outside = await drain('admin');
  assert.equal(outside.statusCode, 409);
  assert.equal(outside.json().detail, 'This device takes part in no cluster.');
  threeMembers(port);
  assert.equal((await drain('viewer')).statusCode, 403);
  assert.equal((await drain('admin', { minutes: 0 })).statusCode, 400);
  assert.equal((await undo()).statusCode, 409);
  assert.deepEqual(port.cluster.drains, []);
  assert.equal((await drain('admin', { move: true, minutes: 30 })).statusCode, 204);
  assert.equal((await undo()).statusCode, 204);
  assert.equal((await drain('admin')).statusCode, 204);
  assert.deepEqual(port.cluster.drains, [
    'admin drains and moves 30',
    'admin ends it',
    'admin drains without end',
  ]);
});

test('a reader is told the history whole, then only what is new, and nothing it did not ask for', () => {
  const port = new TestingPort(start);
  threeMembers(port);
  const load = new ClusterLoad();
  const clock = () => port.now;
  const live = new LiveWatch({ port, throughput: new Throughput(), load, clock });
  assert.equal(live.update().cluster, undefined);
  port.cluster.choose({ client: '192.0.2.1', explanation: 'first' });
  load.sample(port.cluster.view());
  live.follow({ cluster: true });
  const first = live.update().cluster;
  assert.equal(first?.whole, true);
  assert.deepEqual(
    first?.choices.map(({ explanation }) => explanation),
    ['first'],
  );
  assert.deepEqual(first?.load, [{ at: start, percents: { '10.32.1.131': 1, '10.32.1.129': 7 } }]);
  port.cluster.choose({ client: '192.0.2.2', explanation: 'second' });
  port.now += 2000;
  load.sample(port.cluster.view());
  const second = live.update().cluster;
  assert.equal(second?.whole, false);
  assert.deepEqual(
    second?.choices.map(({ explanation }) => explanation),
    ['second'],
  );
  assert.deepEqual(
    second?.load.map(({ at }) => at),
    [start + 2000],
  );
  assert.deepEqual(live.update().cluster?.choices, []);
  assert.equal(live.update().cluster?.view.peers.length, 2);
});

test('samples of load are as far apart as they are said to be, and none are of a device outside a cluster', () => {
  const port = new TestingPort(start);
  const load = new ClusterLoad();
  load.sample(port.cluster.view());
  assert.deepEqual(load.since(0), []);
  threeMembers(port);
  for (let second = 0; second < 1000; second += 1) {
    load.sample(port.cluster.view());
    port.now += 1000;
  }
  const samples = load.since(0);
  assert.equal(samples.length, 300);
  assert.equal((samples[1]?.at ?? 0) - (samples[0]?.at ?? 0), 2000);
});

test('metrics tell the members, and what this device did as the master', async (t) => {
  const { port, app } = serve(t);
  const read = async () => (await app.inject({ url: '/metrics', headers: of('viewer') })).body;
  assert.doesNotMatch(await read(), /^headend_cluster_member_/m);
  assert.match(await read(), /^headend_cluster_members 0$/m);
  threeMembers(port);
  port.cluster.counted = {
    redirects: [
      { member: '10.32.1.129', rule: 'leastPercent', count: 4 },
      { member: '10.32.1.131', rule: 'masterIsLeast', count: 1 },
    ],
    refusals: { 'no member has room': 2 },
    takeovers: 3,
  };
  const lines = (await read()).split('\n');
  for (const line of [
    'headend_cluster_members 2',
    'headend_cluster_member_up{member="10.32.1.129"} 1',
    'headend_cluster_member_up{member="10.32.1.130"} 0',
    'headend_cluster_member_role{member="10.32.1.131",role="master"} 1',
    'headend_cluster_member_load_percent{member="10.32.1.129"} 7',
    'headend_cluster_member_sessions{member="10.32.1.131"} 1',
    'headend_cluster_member_draining{member="10.32.1.129"} 0',
    'headend_cluster_member_silence_seconds{member="10.32.1.130"} 9',
    'headend_cluster_redirects_total{member="10.32.1.129",reason="leastPercent"} 4',
    'headend_cluster_redirects_total{member="10.32.1.131",reason="masterIsLeast"} 1',
    'headend_cluster_refusals_total{reason="no member has room"} 2',
    'headend_cluster_takeovers_total 3',
  ])
    assert.ok(lines.includes(line), line);
  const ofOthers = (name: string) => lines.filter((line) => line.startsWith(`${name}{`));
  assert.equal(
    ofOthers('headend_cluster_member_load_percent').length,
    2,
    'the load of one is unknown',
  );
  assert.equal(ofOthers('headend_cluster_member_silence_seconds').length, 2, 'not of this device');
});

test('where another device answers from now on, everything is told whole again', () => {
  const port = Object.assign(new TestingPort(start), { generation: () => generation });
  let generation = 1;
  threeMembers(port);
  port.addSession({ username: 'vpnclient1' });
  port.addEvent({ class: 'LB', number: 2, severity: 4, text: 'first' });
  port.cluster.choose({ client: '192.0.2.1', explanation: 'first' });
  const clock = () => port.now;
  const load = new ClusterLoad();
  const live = new LiveWatch({ port, throughput: new Throughput(), load, clock });
  const sessions = { sort: 'index', descending: false, limit: 100 } as const;
  live.follow({ cluster: true, sessions, events: { limit: 100 } });
  live.update();
  const quiet = live.update();
  assert.deepEqual(
    [quiet.system, quiet.sessions, quiet.events, quiet.cluster?.whole],
    [undefined, undefined, undefined, false],
  );
  generation = 2;
  const again = live.update();
  assert.equal(again.system?.hostname, 'concentrator');
  assert.equal(again.sessions?.whole, true);
  assert.deepEqual([again.events?.length, again.cluster?.whole], [1, true]);
  assert.deepEqual(again.cluster?.choices.length, 1);
});

test('accidents are a demo alone: no head-end has these routes, and who may only look cannot cause any', async (t) => {
  const { app } = serve(t);
  assert.equal((await app.inject({ url: '/api/v1/demo', headers: of('admin') })).statusCode, 404);
  const done: string[] = [];
  const act = (what: string) => async (name: string) => {
    done.push(`${what} ${name}`);
    return name === 'member9' ? err('There is no member member9.') : ok(undefined);
  };
  const port = Object.assign(new TestingPort(start), {
    demo: {
      view: () => ({ members: [{ name: 'member1', runs: true }] }),
      crash: act('crash'),
      start: act('start'),
    },
  });
  const server = createManagementServer(port, { port: 0, consoleFolder: '/nowhere' });
  t.after(() => server.close());
  const accident = (user: string, member: string, what: string) =>
    server.app.inject({
      method: 'POST',
      url: '/api/v1/demo/accidents',
      headers: of(user),
      payload: { member, what },
    });
  assert.equal((await accident('viewer', 'member1', 'crash')).statusCode, 403);
  assert.equal((await accident('admin', 'member1', 'constructor')).statusCode, 400);
  assert.deepEqual(done, []);
  assert.equal((await accident('admin', 'member1', 'crash')).statusCode, 204);
  assert.equal((await accident('admin', 'member9', 'start')).statusCode, 409);
  assert.deepEqual(done, ['crash member1', 'start member9']);
});

test('LB-66: the sessions of all members are answered with their member; who is silent is named', async (t) => {
  const { port, app } = serve(t);
  threeMembers(port);
  port.addSession({ username: 'anna' });
  const [own] = port.cluster.listed();
  assert.ok(own);
  port.cluster.elsewhere.set('10.32.1.129', [
    { ...own, username: 'bert', index: 4 },
    { ...own, username: 'carl', index: 9 },
  ]);
  const headers = of('viewer');
  const ask = (query: string) => app.inject({ url: `/api/v1/cluster/sessions?${query}`, headers });
  const page = (await ask('limit=2')).json();
  assert.deepEqual(
    page.items.map((s: ClusterSessionView) => [s.username, s.member, s.index]),
    [
      ['anna', '10.32.1.131', 1],
      ['bert', '10.32.1.129', 4],
    ],
  );
  assert.deepEqual([page.total, page.moved], [3, 0]);
  assert.deepEqual(
    page.members.map((m: ClusterSessionsMember) => [m.hostname, m.answer, m.total, m.isSelf]),
    [
      ['n129', 'whole', 2, false],
      ['n130', 'silent', undefined, false],
      ['n131', 'whole', 1, true],
    ],
  );
  const next = (await ask(`limit=2&cursor=${encodeURIComponent(page.nextCursor)}`)).json();
  assert.deepEqual(
    next.items.map((s: ClusterSessionView) => s.username),
    ['carl'],
  );
  assert.equal((await ask('limit=101')).statusCode, 400);
  assert.equal((await ask('cursor=mine')).statusCode, 400);
  port.cluster.sessionsRefused = { kind: 'device', reason: 'Too many look.' };
  const refused = await ask('');
  assert.deepEqual([refused.statusCode, refused.json().detail], [503, 'Too many look.']);
  const asked = port.cluster.sessionsAsked;
  const stranger = await app.inject({ url: '/api/v1/cluster/sessions' });
  assert.deepEqual([stranger.statusCode, port.cluster.sessionsAsked], [401, asked]);
});
