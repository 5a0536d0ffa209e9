import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { CONNECTIONS_MOST } from './connection-places.ts';
import type { ManagementPort } from './management-port.ts';
import { createManagementServer } from './server.ts';
import { TestingPort } from './testing-port.ts';

const start = 1_034_107_200_000;

function serve(t: TestContext, changes: Partial<ManagementPort> = {}, consoleFolder = '/nowhere') {
  const port = Object.assign(new TestingPort(start), changes);
  const reports: string[] = [];
  let now = start;
  const server = createManagementServer(port, {
    port: 0,
    consoleFolder,
    report: (message) => reports.push(message),
    clock: () => now,
  });
  t.after(() => server.close());
  return {
    port,
    app: server.app,
    reports,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});
const admin = basic('admin', 'demo-password');

const logIn = (app: FastifyInstance, user = 'admin', password = 'demo-password') =>
  app.inject({ method: 'POST', url: '/api/v1/login', payload: { user, password } });

async function browser(app: FastifyInstance, user = 'admin') {
  const answer = await logIn(app, user);
  assert.equal(answer.statusCode, 200);
  const cookie = String(answer.headers['set-cookie']).split(';')[0] as string;
  const csrf: string = answer.json().csrfToken;
  return { cookie, csrf, headers: { cookie, 'x-csrf-token': csrf } };
}

const status = async (app: FastifyInstance, request: InjectOptions) =>
  (await app.inject(request)).statusCode;

test('a browser asks who its cookie logs in, and nobody is no error', async (t) => {
  const { app } = serve(t);
  const ask = async (headers = {}) => {
    const { statusCode, body } = await app.inject({ url: '/api/v1/login', headers });
    return [statusCode, JSON.parse(body)];
  };
  assert.deepEqual(await ask(), [200, {}]);
  assert.deepEqual(await ask({ cookie: 'headend=made-up' }), [200, {}]);
  const { cookie, csrf } = await browser(app);
  const [status200, answer] = await ask({ cookie });
  assert.deepEqual([status200, answer.login.name, answer.login.csrfToken], [200, 'admin', csrf]);
});

test('nothing but the console, the login and healthz is answered without a login', async (t) => {
  const { app } = serve(t);
  const closed = [
    '/api/v1/me',
    '/api/v1/system',
    '/api/v1/summary',
    '/api/v1/throughput',
    '/api/v1/sessions',
    '/api/v1/sessions/1',
    '/api/v1/isakmp-sas',
    '/api/v1/ipsec-sas',
    '/api/v1/events',
    '/api/v1/cluster',
    '/api/v1/cluster/choices',
    '/api/v1/cluster/configuration',
    '/api/v1/cluster/diagnosis',
    '/api/v1/cluster/load',
    '/api/v1/command-line/help?line=',
    '/api/v1/command-line/completion?line=',
    '/api/v1/live',
    '/api/openapi.json',
    '/metrics',
  ];
  for (const url of closed) {
    const answer = await app.inject(url);
    assert.equal(answer.statusCode, 401, url);
    assert.match(String(answer.headers['www-authenticate']), /^Bearer/);
    assert.equal(answer.json().title, 'Not logged in');
  }
  for (const [method, url] of [
    ['POST', '/api/v1/logout'],
    ['POST', '/api/v1/command-line'],
    ['POST', '/api/v1/cluster/configuration/check'],
    ['PUT', '/api/v1/cluster/configuration'],
    ['POST', '/api/v1/cluster/drain'],
    ['DELETE', '/api/v1/cluster/drain'],
    ['DELETE', '/api/v1/sessions/1'],
    ['DELETE', '/api/v1/sessions?kind=remoteAccess'],
  ] as const)
    assert.equal(await status(app, { method, url }), 401, url);
  assert.equal((await app.inject('/healthz')).body, '{"status":"ok"}');
});

test('unknown user and wrong password are answered alike, and not before the same time', async (t) => {
  const { app } = serve(t);
  const answers = [];
  for (const [user, password] of [
    ['admin', 'wrong'],
    ['nobody', 'demo-password'],
  ] as const) {
    const before = performance.now();
    const answer = await logIn(app, user, password);
    assert.ok(performance.now() - before >= 390);
    answers.push([answer.statusCode, answer.body, answer.headers['set-cookie']]);
  }
  assert.deepEqual(answers[0], answers[1]);
  assert.equal(answers[0]?.[0], 401);
});

test('guessing is slowed down after five attempts, and a right password waits like others', async (t) => {
  const { app, pass, port } = serve(t);
  const attempts = await Promise.all(Array.from({ length: 7 }, () => logIn(app, 'admin', 'no')));
  const statuses = attempts.map((answer) => answer.statusCode).sort();
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429, 429]);
  const refused = await logIn(app);
  assert.equal(refused.statusCode, 429);
  assert.equal(refused.headers['retry-after'], '12');
  assert.equal(await status(app, { url: '/metrics', headers: admin }), 429);
  assert.deepEqual([port.refused.length, port.heldBack], [5, 4], 'the device hears of every one');
  pass(12_000);
  assert.equal((await logIn(app)).statusCode, 200);
});

test('the cookie is for this site and for no script; it ends with the logout', async (t) => {
  const { app, port } = serve(t);
  const answer = await logIn(app);
  const cookie = String(answer.headers['set-cookie']);
  assert.match(cookie, /; Path=\/; HttpOnly; SameSite=Strict$/);
  const { headers } = await browser(app);
  assert.equal(port.summary().activeManagement, 2);
  assert.equal((await app.inject({ url: '/api/v1/me', headers })).json().name, 'admin');
  const out = await app.inject({ method: 'POST', url: '/api/v1/logout', headers });
  assert.equal(out.statusCode, 204);
  assert.match(String(out.headers['set-cookie']), /Max-Age=0/);
  assert.equal(await status(app, { url: '/api/v1/me', headers }), 401);
  assert.equal(port.summary().activeManagement, 1);
});

test('a write with the cookie needs the CSRF token of the same login', async (t) => {
  const { app, port } = serve(t);
  const index = port.addSession({ username: 'vpnclient1' });
  const mine = await browser(app);
  const other = await browser(app);
  const url = `/api/v1/sessions/${index}`;
  const tries = [{}, { 'x-csrf-token': 'guess' }, { 'x-csrf-token': other.csrf }];
  for (const extra of tries) {
    const headers = { cookie: mine.cookie, ...extra };
    assert.equal(await status(app, { method: 'DELETE', url, headers }), 403);
  }
  assert.deepEqual(port.loggedOff, []);
  assert.equal(await status(app, { method: 'DELETE', url, headers: mine.headers }), 204);
  assert.deepEqual(port.loggedOff, [`${index} by admin`]);
  assert.equal(await status(app, { method: 'DELETE', url, headers: mine.headers }), 404);
});

test('a page of another site can neither log in nor write, whatever it brings along', async (t) => {
  const { app } = serve(t);
  const { headers } = await browser(app);
  const origin = { origin: 'https://elsewhere.example' };
  const requests: InjectOptions[] = [
    { method: 'POST', url: '/api/v1/login', payload: { user: 'admin', password: 'demo-password' } },
    { method: 'POST', url: '/api/v1/logout', headers },
    { method: 'DELETE', url: '/api/v1/sessions?kind=remoteAccess', headers: admin },
  ];
  for (const request of requests)
    assert.equal(
      await status(app, { ...request, headers: { ...request.headers, ...origin } }),
      403,
    );
  const form = { 'content-type': 'text/plain' };
  const payload = '{"user":"admin","password":"demo-password"}';
  assert.equal(
    await status(app, { method: 'POST', url: '/api/v1/login', headers: form, payload }),
    415,
  );
});

test('a bearer token works without cookie and CSRF token', async (t) => {
  const { app, port } = serve(t);
  const index = port.addSession({ username: 'vpnclient1' });
  const payload = { user: 'admin', password: 'demo-password', bearer: true };
  const answer = await app.inject({ method: 'POST', url: '/api/v1/login', payload });
  assert.equal(answer.headers['set-cookie'], undefined);
  assert.equal(answer.json().csrfToken, undefined);
  const headers = { authorization: `Bearer ${answer.json().token}` };
  assert.equal(await status(app, { url: '/api/v1/system', headers }), 200);
  assert.equal(
    await status(app, { method: 'DELETE', url: `/api/v1/sessions/${index}`, headers }),
    204,
  );
  assert.equal(
    await status(app, { url: '/api/v1/me', headers: { authorization: 'Bearer x' } }),
    401,
  );
});

test('an account that may not change anything sees everything and ends nothing', async (t) => {
  const { app, port } = serve(t);
  const index = port.addSession({ username: 'vpnclient1' });
  const { headers } = await browser(app, 'viewer');
  assert.equal(await status(app, { url: '/api/v1/sessions', headers }), 200);
  const method = 'DELETE';
  assert.equal(await status(app, { method, url: `/api/v1/sessions/${index}`, headers }), 403);
  assert.equal(
    await status(app, { method, url: '/api/v1/sessions?kind=remoteAccess', headers }),
    403,
  );
  assert.deepEqual(port.loggedOff, []);
});

test('a login ends when idle, when it is old, and when its row is logged off', async (t) => {
  const { app, port, pass } = serve(t);
  const alive = async (headers: Record<string, string>) =>
    (await status(app, { url: '/api/v1/me', headers })) === 200;
  const idle = await browser(app);
  pass(29 * 60_000);
  assert.ok(await alive(idle.headers));
  pass(31 * 60_000);
  assert.ok(!(await alive(idle.headers)));
  const old = await browser(app);
  for (let minutes = 0; minutes < 12 * 60 - 20; minutes += 20) {
    pass(20 * 60_000);
    assert.ok(await alive(old.headers));
  }
  pass(20 * 60_000);
  assert.ok(!(await alive(old.headers)));
  const ended = await browser(app);
  const row = port.sessions({ kind: 'management', sort: 'index', descending: true, limit: 1 });
  assert.ok(row.ok && row.value.items[0]);
  port.removeSession(row.value.items[0].index);
  assert.ok(!(await alive(ended.headers)));
  assert.equal(port.summary().activeManagement, 0);
});

test('logins are bounded: the one unused for longest makes room', async (t) => {
  const { app, port } = serve(t);
  const first = await browser(app);
  const second = await browser(app);
  for (let i = 0; i < 62; i += 1) await browser(app);
  assert.equal(port.summary().activeManagement, 64);
  assert.equal(await status(app, { url: '/api/v1/me', headers: first.headers }), 200);
  await browser(app);
  assert.equal(port.summary().activeManagement, 64);
  assert.equal(await status(app, { url: '/api/v1/me', headers: first.headers }), 200);
  assert.equal(await status(app, { url: '/api/v1/me', headers: second.headers }), 401);
});

test('sessions with filter, order and pages, the summary, and the details of one', async (t) => {
  const { app, port } = serve(t);
  for (let i = 0; i < 5; i += 1)
    port.addSession({ username: `vpnclient${i}`, group: i < 2 ? 'engineering' : 'ciscovpn' });
  const get = async (url: string) => (await app.inject({ url, headers: admin })).json();
  const first = await get('/api/v1/sessions?sort=username&descending=true&limit=2');
  assert.deepEqual(
    first.items.map((row: { username: string }) => row.username),
    ['vpnclient4', 'vpnclient3'],
  );
  const query = `sort=username&descending=true&limit=2&cursor=${first.nextCursor}`;
  assert.equal((await get(`/api/v1/sessions?${query}`)).items[0].username, 'vpnclient2');
  assert.equal((await get('/api/v1/sessions?group=engineering')).total, 2);
  assert.deepEqual(await get('/api/v1/summary'), { ...port.summary() });
  assert.deepEqual(await get('/api/v1/sessions/2'), JSON.parse(JSON.stringify(port.session(2))));
  assert.equal((await get('/api/v1/isakmp-sas')).items.length, 5);
  assert.equal((await get('/api/v1/ipsec-sas?limit=3')).items[0].localPort, 4500);
});

test('NAT-36: logging all sessions of a kind and group off ends no other', async (t) => {
  const { app, port } = serve(t);
  port.addSession({ username: 'a', group: 'engineering' });
  port.addSession({ username: 'b' });
  port.addSession({ username: 'c', kind: 'lanToLan' });
  const { headers } = await browser(app);
  const url = '/api/v1/sessions?kind=remoteAccess&group=engineering';
  const answer = await app.inject({ method: 'DELETE', url, headers });
  assert.deepEqual(answer.json(), { loggedOff: 1 });
  assert.deepEqual(port.loggedOff, ['1 by admin']);
});

test('NAT-60: events by class and severity', async (t) => {
  const { app, port } = serve(t);
  port.addEvent({ class: 'IKE', number: 120, severity: 4, text: 'PHASE 2 COMPLETED' });
  port.addEvent({ class: 'IKEDBG', number: 0, severity: 8, text: 'processing hash' });
  port.addEvent({ class: 'IPSECDBG', number: 1, severity: 9, text: 'Update inbound SA addresses' });
  const seen = async (query: string) =>
    (await app.inject({ url: `/api/v1/events?${query}`, headers: admin }))
      .json()
      .items.map((event: { seq: number }) => event.seq);
  assert.deepEqual(await seen(''), [3, 2, 1]);
  assert.deepEqual(await seen('class=IKE,IPSECDBG&severityTo=8'), [1]);
  assert.deepEqual(await seen('severityFrom=8'), [3, 2]);
});

test('bad input is refused by the name of the field, and never repeated', async (t) => {
  const { app, reports } = serve(t);
  const bad = [
    ['/api/v1/sessions?sort=password', 'querystring sort'],
    ['/api/v1/sessions?limit=0', 'querystring limit'],
    ['/api/v1/sessions?limit=501', 'querystring limit'],
    ['/api/v1/sessions?limit=many', 'querystring limit'],
    ['/api/v1/sessions?kind=pptp', 'querystring kind'],
    ['/api/v1/sessions?colour=red', 'querystring colour'],
    ['/api/v1/sessions?cursor=elsewhere', 'the cursor'],
    ['/api/v1/sessions/minus', 'params index'],
    ['/api/v1/events?severityFrom=0', 'querystring severityFrom'],
    ['/api/v1/events?severityTo=14', 'querystring severityTo'],
    ['/api/v1/events?class=IKE;DROP', 'querystring class'],
    ['/api/v1/command-line/help', 'querystring'],
    ['/api/v1/command-line/help?line=a%0Ab', 'querystring line'],
  ] as const;
  for (const [url, start] of bad) {
    const answer = await app.inject({ url, headers: admin });
    assert.equal(answer.statusCode, 400, url);
    assert.ok(answer.json().detail.startsWith(start), `${url}: ${answer.json().detail}`);
    assert.doesNotMatch(answer.body, /elsewhere|DROP|pptp/);
  }
  const post = (payload: InjectOptions['payload'], headers = {}) =>
    status(app, { method: 'POST', url: '/api/v1/login', payload, headers } as InjectOptions);
  const json = { 'content-type': 'application/json' };
  assert.equal(await post('{"user":', json), 400);
  assert.equal(await post({ user: 'admin' }), 400);
  assert.equal(await post({ user: '', password: '' }), 400);
  assert.equal(await post({ user: 'x'.repeat(129), password: '' }), 400);
  assert.equal(await post({ user: 'admin', password: 'x'.repeat(20_000) }), 413);
  assert.equal(await status(app, { url: '/api/v1/nothing', headers: admin }), 404);
  assert.deepEqual(reports, []);
});

test('the command line keeps its mode with the login and tells what may come next', async (t) => {
  const { app, port } = serve(t);
  const { headers } = await browser(app);
  const url = '/api/v1/command-line';
  const run = async (line: string, as: Record<string, string> = headers) =>
    (await app.inject({ method: 'POST', url, headers: as, payload: { line } })).json();
  const version = 'headend 0.1.0\n2 sessions';
  assert.deepEqual(await run('show version'), {
    text: version,
    failed: false,
    prompt: 'headend# ',
  });
  assert.equal((await run('configure terminal')).prompt, 'headend(config)# ');
  assert.equal((await run('show nothing')).failed, true);
  assert.equal((await run('show version')).prompt, 'headend(config)# ');
  assert.deepEqual(port.executed.at(-1), 'admin: show version');
  const ask = async (what: string) => (await app.inject({ url: `${url}/${what}`, headers })).json();
  assert.deepEqual(await ask('help?line=s'), { text: '  show\n  session' });
  assert.deepEqual(await ask('completion?line=sh'), { text: 'show ', candidates: [] });
  assert.deepEqual(await ask('completion?line=s'), { text: 's', candidates: ['show', 'session'] });
  assert.equal((await run('show version', admin)).prompt, 'headend# ');
  assert.equal((await run('exit')).prompt, 'headend# ');
});

test('secrets and inner reasons never reach an answer', async (t) => {
  const { app, port, reports } = serve(t);
  const leaky = { username: 'vpnclient1', preSharedKey: 'group-secret-1' };
  port.addSession(leaky);
  const { headers, cookie, csrf } = await browser(app);
  const token = cookie.split('=')[1] as string;
  const bodies: string[] = [];
  for (const url of ['sessions', 'sessions/1', 'me', 'system', 'events', 'isakmp-sas', 'ipsec-sas'])
    bodies.push((await app.inject({ url: `/api/v1/${url}`, headers })).body);
  bodies.push((await app.inject({ url: '/metrics', headers })).body);
  const failed = await app.inject({
    method: 'POST',
    url: '/api/v1/command-line',
    headers,
    payload: { line: 'fail' },
  });
  assert.equal(failed.statusCode, 500);
  bodies.push(failed.body);
  for (const body of bodies) {
    assert.doesNotMatch(body, /group-secret-1|demo-password|the secret inner reason/);
    assert.ok(!body.includes(token));
  }
  assert.ok(bodies[2]?.includes(csrf));
  assert.deepEqual(reports, ['POST /api/v1/command-line: the secret inner reason']);
});

test('every answer carries the security headers, and answers of the API are not kept', async (t) => {
  const { app } = serve(t);
  for (const url of ['/', '/healthz', '/api/v1/system', '/nothing.js']) {
    const { headers } = await app.inject({ url, headers: admin });
    assert.match(
      String(headers['content-security-policy']),
      /^default-src 'none'; script-src 'self'/,
    );
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['x-frame-options'], 'DENY');
    assert.equal(headers['referrer-policy'], 'no-referrer');
  }
  const { headers } = await app.inject({ url: '/api/v1/system', headers: admin });
  assert.equal(headers['cache-control'], 'no-store');
});

test('metrics are in the form of Prometheus, with reasons as labels', async (t) => {
  const { app, port } = serve(t);
  const index = port.addSession({ username: 'vpnclient1' });
  port.carry(index, 2600, 1300);
  const { body, headers } = await app.inject({ url: '/metrics', headers: admin });
  assert.match(String(headers['content-type']), /^text\/plain; version=/);
  for (const line of [
    'headend_sessions{kind="remote_access"} 1',
    'headend_sessions_limit 100',
    'headend_logins_total 52',
    'headend_login_failures_total{reason="wrong credentials"} 3',
    'headend_traffic_octets_total{direction="tx"} 2600',
    'headend_traffic_packets_total{direction="rx"} 1',
    'headend_packets_dropped_total{reason="unknown SPI"} 5',
    'headend_half_open_sas 1',
    'headend_uptime_seconds 45637',
  ])
    assert.ok(body.split('\n').includes(line), line);
  assert.match(body, /^process_resident_memory_bytes \d+/m);
  const again = await app.inject({ url: '/metrics', headers: admin });
  assert.ok(again.body.includes('headend_logins_total 52\n'));
});

test('the OpenAPI document names every route, parameter and answer', async (t) => {
  const { app } = serve(t);
  const document = (await app.inject({ url: '/api/openapi.json', headers: admin })).json();
  assert.equal(document.openapi, '3.1.0');
  assert.deepEqual(Object.keys(document.paths).sort(), [
    '/api/v1/cluster',
    '/api/v1/cluster/choices',
    '/api/v1/cluster/configuration',
    '/api/v1/cluster/configuration/check',
    '/api/v1/cluster/diagnosis',
    '/api/v1/cluster/drain',
    '/api/v1/cluster/load',
    '/api/v1/cluster/sessions',
    '/api/v1/command-line',
    '/api/v1/command-line/completion',
    '/api/v1/command-line/help',
    '/api/v1/events',
    '/api/v1/ipsec-sas',
    '/api/v1/isakmp-sas',
    '/api/v1/login',
    '/api/v1/logout',
    '/api/v1/me',
    '/api/v1/sessions',
    '/api/v1/sessions/{index}',
    '/api/v1/summary',
    '/api/v1/system',
    '/api/v1/throughput',
  ]);
  const list = document.paths['/api/v1/sessions'].get;
  const sort = list.parameters.find((p: { name: string }) => p.name === 'sort');
  assert.deepEqual([sort.in, sort.required, sort.schema.default], ['query', false, 'index']);
  const row = list.responses['200'].content['application/json'].schema.properties.items.items;
  assert.ok(row.properties.assignedAddress && row.required.includes('username'));
  assert.deepEqual(document.paths['/api/v1/login'].post.security, []);
  assert.ok(document.paths['/api/v1/sessions/{index}'].delete.responses['204']);
});

test('the console is served with the right caching; without it the page says how to build', async (t) => {
  const unbuilt = serve(t);
  const missing = await unbuilt.app.inject({ url: '/', headers: { accept: 'text/html' } });
  assert.equal(missing.statusCode, 503);
  assert.match(missing.body, /node_modules\/\.bin\/vite build web/);

  const folder = mkdtempSync(join(tmpdir(), 'headend-console-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'index.html'), '<title>console</title>');
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'assets', 'index-abc123.js'), 'export {}');
  writeFileSync(join(folder, '.secret'), 'hidden');
  const { app } = serve(t, {}, folder);
  const page = await app.inject({ url: '/events', headers: { accept: 'text/html' } });
  assert.equal(page.body, '<title>console</title>');
  assert.equal(page.headers['cache-control'], 'no-cache');
  const script = await app.inject('/assets/index-abc123.js');
  assert.equal(script.headers['cache-control'], 'public, max-age=31536000, immutable');
  assert.match(String(script.headers['content-type']), /javascript/);
  for (const url of [
    '/assets/gone.js',
    '/.secret',
    '/../server.ts',
    '/%2e%2e/server.ts',
    '/assets/',
  ])
    assert.equal(await status(app, { url }), 404, url);
});

test('a busy port, a foreign address and an open network without TLS are one line each', async (t) => {
  const busy = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => busy.once('listening', resolve));
  t.after(() => busy.close());
  const number = (busy.address() as { port: number }).port;
  const attempt = async (host: string, port: number) => {
    const server = createManagementServer(new TestingPort(start), { host, port });
    t.after(() => server.close());
    const result = await server.listen();
    assert.ok(!result.ok);
    assert.doesNotMatch(result.error, /\n/);
    return result.error;
  };
  assert.match(await attempt('127.0.0.1', number), new RegExp(`port ${number}: another program`));
  assert.match(await attempt('0.0.0.0', 0), /only with a certificate/);
  assert.match(await attempt('::1%nothing', 0), /only with a certificate/);
});

test('with a certificate the console is encrypted, and so is its cookie', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'headend-tls-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'].concat(
      ['-days', '2', '-keyout', key, '-out', cert],
      subject,
    ),
    { stdio: 'ignore' },
  );
  const tls = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  const port = new TestingPort(start);
  const server = createManagementServer(port, { port: 0, tls, consoleFolder: '/nowhere' });
  t.after(() => server.close());
  const listening = await server.listen();
  assert.ok(listening.ok);
  assert.match(listening.value, /^https:\/\/127\.0\.0\.1:\d+$/);
  const headers = await new Promise<Record<string, unknown>>((resolve, reject) => {
    const options = {
      method: 'POST',
      ca: tls.cert,
      headers: { 'content-type': 'application/json' },
    };
    const request = httpsRequest(`${listening.value}/api/v1/login`, options, (answer) => {
      answer.resume();
      resolve(answer.headers);
    });
    request.on('error', reject);
    request.end('{"user":"admin","password":"demo-password"}');
  });
  assert.match(String(headers['set-cookie']), /SameSite=Strict; Secure/);
  assert.match(String(headers['strict-transport-security']), /max-age/);
  const rows = port.sessions({ kind: 'management', sort: 'index', descending: false, limit: 1 });
  assert.ok(rows.ok);
  assert.equal(rows.value.items[0]?.protocol, 'HTTPS');
});

/** Connects, says something, and waits until the server has it. */
async function dawdle(t: TestContext, port: number, says = ''): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  if (says !== '') socket.write(says);
  return socket;
}

test('connections that send nothing keep nobody out, neither newcomers nor who is logged in', async (t) => {
  const { app } = serve(t);
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  const port = Number(new URL(address).port);
  const kept = await dawdle(
    t,
    port,
    `GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${admin.authorization}\r\n\r\n`,
  );
  await once(kept, 'data');
  for (let n = 0; n < CONNECTIONS_MOST + 100; n += 1) await dawdle(t, port, n % 2 ? 'GET ' : '');
  const answer = await fetch(`${address}/healthz`);
  assert.equal(answer.status, 200);
  kept.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const [more] = await once(kept, 'data');
  assert.match(String(more), /^HTTP\/1.1 200/);
});

test('whoever dawdles over the headers is shut out soon', (t) => {
  const { app } = serve(t);
  assert.ok('headersTimeout' in app.server && app.server.headersTimeout <= 10_000);
  assert.ok(app.server.requestTimeout <= 30_000);
});
