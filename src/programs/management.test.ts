import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SlowWork } from '#adapters/device-runner';
import { now } from '#adapters/machine-clock';
import { address } from '#base/address';
import { parseListing } from '#config/parse';
import { InsideHost } from '#dataplane/inside-host';
import {
  managementFault,
  webLogin,
  webLoginRefused,
  webLoginsHeldBack,
  webLogout,
} from '#engine/events';
import { grammar } from '#engine/grammar';
import { type EventDef, eventText } from '#events/event';
import { drainBegun } from '#features/cluster/events';
import { sessionsLoggedOff } from '#features/management/events';
import { HeadEndConsole } from './head-end-console.ts';
import { startHeadEnd } from './head-end-process.ts';
import { headEndManagement, openManagement } from './management.ts';
import { sealingOf } from './passwords.ts';

const listing = `hostname gate
username admin password open-sesame privilege 15
username viewer password look-only privilege 1
username viewer attributes
 service-type admin
username client password of-a-client
`;

async function running(
  t: { after: (f: () => Promise<void>) => void },
  port = 0,
  more = '',
  isHashed = true,
) {
  const work = new SlowWork(2);
  const stateFolder = mkdtempSync(join(tmpdir(), 'headend-test-'));
  const parsed = parseListing(grammar, listing + more);
  assert.deepEqual(
    parsed.diagnostics.filter((d) => d.severity === 'error'),
    [],
  );
  const started = await startHeadEnd({
    configuration: isHashed
      ? (await sealingOf(parsed.configuration, work.scrypt)).seal(parsed.configuration)
      : parsed.configuration,
    work,
    stateFolder,
    inside: {
      kind: 'memory',
      connect: (send) => new InsideHost([address('192.0.2.1')], send),
    },
  });
  assert.ok(started.ok);
  const headEnd = started.value;
  const console = new HeadEndConsole(headEnd, undefined, work.scrypt);
  const web = await openManagement(console, headEnd, work.scrypt, { port, orAnyPort: false });
  t.after(async () => {
    await web.close();
    await headEnd.close();
    work.close();
    rmSync(stateFolder, { recursive: true, force: true });
  });
  return { headEnd, web, console, management: headEndManagement(console, headEnd, work.scrypt) };
}

/** Calls the API as a user; the path is below /api/v1. */
const call = (base: string, user: string, path: string, body?: unknown) =>
  fetch(`${base}/api/v1${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(user).toString('base64')}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

for (const isHashed of [true, false])
  test(`administrators reach the API of a running head-end, VPN users and strangers do not; passwords ${isHashed ? 'hashed' : 'not hashed yet'}`, async (t) => {
    const { web } = await running(t, 0, '', isHashed);
    const base = web.address ?? '';
    const system = await call(base, 'admin:open-sesame', '/system');
    assert.equal(system.status, 200);
    assert.equal(((await system.json()) as { hostname: string }).hostname, 'gate');
    for (const user of ['admin:wrong', 'client:of-a-client', 'nobody:at-all'])
      assert.equal((await call(base, user, '/system')).status, 401, user);
  });

test('an account that is for the VPN or for looking only is so with privilege 15, too', async (t) => {
  const as = (service: string) => `username ${service} password of-a-${service} privilege 15
username ${service} attributes
 service-type ${service}
`;
  const { web } = await running(t, 0, ['remote-access', 'nas-prompt', 'admin'].map(as).join(''));
  const base = web.address ?? '';
  for (const [service, status, mayChange] of [
    ['remote-access', 401, undefined],
    ['nas-prompt', 200, false],
    ['admin', 200, true],
  ] as const) {
    const answer = await call(base, `${service}:of-a-${service}`, '/me');
    assert.equal(answer.status, status, service);
    const me = (await answer.json()) as { mayChange?: boolean };
    assert.equal(me.mayChange, mayChange, service);
  }
});

test('an account of lower privilege may look and not change', async (t) => {
  const { web } = await running(t);
  const base = web.address ?? '';
  const line = async (user: string, text: string) =>
    (await (await call(base, user, '/command-line', { line: text })).json()) as { output?: string };
  const seen = await line('viewer:look-only', 'show clock');
  assert.match(JSON.stringify(seen), /UTC/);
  const refused = await line('viewer:look-only', 'configure terminal');
  assert.match(JSON.stringify(refused), /may look, but not change/);
});

test('logins, refusals, locked sources and logouts stand in the event log with who and from where', async (t) => {
  const { web, headEnd } = await running(t);
  const base = web.address ?? '';
  const logIn = (user: string, password: string) =>
    fetch(`${base}/api/v1/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user, password, bearer: true }),
    });
  const { token } = (await (await logIn('admin', 'open-sesame')).json()) as { token: string };
  await fetch(`${base}/api/v1/logout`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  });
  await Promise.all(Array.from({ length: 6 }, () => logIn('admin', 'a-wrong-secret')));
  const events = [...headEnd.device.log.newestFirst()].reverse().map((e) => e.record);
  const of = (definition: EventDef) => events.filter((e) => e.definition === definition);
  for (const definition of [webLogin, webLogout, webLoginRefused]) {
    const [record] = of(definition);
    assert.equal(record?.args.name, 'admin', definition.text);
    assert.deepEqual(record.subject, { peer: '127.0.0.1', user: 'admin' });
  }
  assert.equal(of(webLoginRefused).length, 5);
  assert.equal(of(webLoginsHeldBack)[0]?.subject.peer, '127.0.0.1');
  assert.doesNotMatch(JSON.stringify(events), /a-wrong-secret|open-sesame/);
});

/** Types lines of the configuration, which are in force when this returns. */
function typed(console: HeadEndConsole, ...lines: readonly string[]): void {
  const shell = console.openShell({ name: 'a test' });
  for (const line of ['configure terminal', ...lines]) {
    const answer = shell.execute(line, new AbortController().signal);
    assert.ok('failed' in answer && !answer.failed, line);
  }
}

/** Logs in with a token; the path is below /api/v1. */
async function loggedIn(base: string, user: string, password: string) {
  const answer = await fetch(`${base}/api/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user, password, bearer: true }),
  });
  const { token } = (await answer.json()) as { token: string };
  return async () =>
    (await fetch(`${base}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } })).status;
}

test('a login ends when its account is removed or has other rights or another password', async (t) => {
  const { web, console, headEnd } = await running(t);
  const base = web.address ?? '';
  const type = (...lines: string[]) => typed(console, ...lines);
  const attribute = (line: string) => ['username admin attributes', line];
  const admin = () => loggedIn(base, 'admin', 'open-sesame');

  const [first, viewer] = [await admin(), await loggedIn(base, 'viewer', 'look-only')];
  type('hostname other', ...attribute('vpn-simultaneous-logins 5'));
  assert.deepEqual([await first(), await viewer()], [200, 200], 'nothing that concerns a login');
  type(...attribute('service-type nas-prompt'));
  assert.deepEqual([await first(), await viewer()], [401, 200], 'may only look by now');
  const second = await admin();
  type(...attribute('no service-type'));
  assert.equal(await second(), 401, 'may change by now, and has to log in for that');
  const third = await admin();
  type('username admin password another-one privilege 15');
  assert.equal(await third(), 401, 'has another password');
  type('no username viewer');
  assert.equal(await viewer(), 401, 'is gone');
  assert.equal(
    [...headEnd.device.log.newestFirst()].filter((e) => e.record.definition === webLogout).length,
    4,
  );
});

test('who logged sessions off in the web console or by the API stands in the log, and from the command line', async (t) => {
  const { web, headEnd, console } = await running(t);
  const base = web.address ?? '';
  for (const username of ['carla', 'berit'])
    headEnd.device.sessions.open(
      {
        kind: 'remoteAccess',
        username,
        group: '',
        owner: username,
        peer: { address: address('192.0.2.9'), port: 500 },
        assigned: [],
        protocol: 'IPSec',
        encryption: 'AES-256',
        hash: 'SHA1',
        legacy: [],
      },
      now(),
    );
  const remove = async (path: string) =>
    (
      await fetch(`${base}/api/v1/sessions${path}`, {
        method: 'DELETE',
        headers: { authorization: `Basic ${Buffer.from('admin:open-sesame').toString('base64')}` },
      })
    ).status;
  assert.deepEqual(
    [await remove('/2'), await remove('?kind=remoteAccess'), await remove('?kind=lanToLan')],
    [204, 200, 200],
  );
  assert.equal(await remove('/77'), 404);
  const shell = console.openShell({ name: 'console 3' });
  await shell.execute('vpn-sessiondb logoff name carla', new AbortController().signal);
  assert.deepEqual(
    [...headEnd.device.log.newestFirst()]
      .filter(({ record }) => record.definition === sessionsLoggedOff)
      .map(({ record }) => eventText(record))
      .reverse(),
    [
      'admin (web) logged sessions off: 1, index 2 of berit',
      'admin (web) logged sessions off: 2, index 1 of carla, 2 of berit',
      'console 3 logged sessions off: 1, index 1 of carla',
    ],
  );
});

test('a login goes on when its password is hashed', async (t) => {
  const { web, console } = await running(t, 0, '', false);
  const me = await loggedIn(web.address ?? '', 'admin', 'open-sesame');
  assert.equal(await console.sealPasswords(), true);
  assert.equal(await me(), 200);
  assert.equal(await me(), 200);
});

test('a password that was changed while it was judged lets nobody in', async (t) => {
  const { console, management } = await running(t);
  const judged = management.login('admin', 'open-sesame');
  typed(console, 'username admin password another-one privilege 15');
  assert.equal(await judged, undefined);
});

test('a web console that cannot be opened is said in the log, and the head-end goes on', async (t) => {
  const occupied = createServer();
  await new Promise<void>((resolve) => occupied.listen(0, '127.0.0.1', resolve));
  t.after(async () => void occupied.close());
  const { port } = occupied.address() as { port: number };
  const { web, headEnd } = await running(t, port);
  assert.equal(web.address, undefined);
  const [newest] = headEnd.device.log.newestFirst();
  assert.equal(newest?.record.definition, managementFault);
  assert.match(String(newest?.record.args.reason), /another program has it/);
});

test('LB-26: what is answered of a member of a cluster never has its key, and draining says who did it', async (t) => {
  const { web, headEnd } = await running(
    t,
    0,
    `interface Ethernet0
 nameif outside
 ip address 172.18.124.129 255.255.255.0
interface Ethernet1
 nameif inside
 ip address 10.32.1.129 255.255.128.0
vpn load-balancing
 cluster ip address 172.18.124.254
 cluster key a-secret-of-members
 participate
`,
  );
  const base = web.address ?? '';
  for (const path of ['/cluster', '/cluster/choices', '/cluster/load']) {
    const answer = await call(base, 'admin:open-sesame', path);
    assert.equal(answer.status, 200, path);
    assert.doesNotMatch(await answer.text(), /a-secret-of-members/);
  }
  for (const text of ['show running-config', 'show vpn load-balancing']) {
    const answer = await call(base, 'admin:open-sesame', '/command-line', { line: text });
    assert.doesNotMatch(await answer.text(), /a-secret-of-members/);
  }
  const listing = await call(base, 'admin:open-sesame', '/command-line', {
    line: 'show running-config',
  });
  assert.match(await listing.text(), /cluster key \*{5}/);
  const view = await (await call(base, 'admin:open-sesame', '/cluster')).json();
  assert.deepEqual((view as { clusterAddresses: unknown }).clusterAddresses, ['172.18.124.254']);
  assert.equal((await call(base, 'viewer:look-only', '/cluster/drain', {})).status, 403);
  assert.equal((await call(base, 'admin:open-sesame', '/cluster/drain', {})).status, 204);
  const [begun] = [...headEnd.device.log.newestFirst()]
    .map(({ record }) => record)
    .filter(({ definition }) => definition === drainBegun);
  assert.equal(begun?.subject.user, 'admin');
});
