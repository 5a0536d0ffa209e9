import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { LiveRequest, LiveUpdate } from '#views/live-views';
import type { SessionQuery } from '#views/views';
import { ClusterLoad } from './cluster-load.ts';
import { LiveWatch } from './live-watch.ts';
import { createManagementServer } from './server.ts';
import { TestingPort } from './testing-port.ts';
import { Throughput } from './throughput.ts';

const start = 1_034_107_200_000;
const sessions: SessionQuery = { sort: 'index', descending: false, limit: 100 };

function watch(port: TestingPort, request: LiveRequest): LiveWatch {
  const live = new LiveWatch({
    port,
    throughput: new Throughput(),
    load: new ClusterLoad(),
    clock: () => port.now,
  });
  live.follow(request);
  return live;
}

test('the first update is whole; the next carries only fields that changed', () => {
  const port = new TestingPort(start);
  port.addSession({ username: 'vpnclient1' });
  port.addSession({ username: 'vpnclient2' });
  const live = watch(port, { sessions });
  const first = live.update();
  assert.equal(first.sessions?.whole, true);
  assert.deepEqual(first.sessions?.order, [1, 2]);
  assert.equal(first.system?.hostname, 'concentrator');
  assert.equal(first.summary?.activeRemoteAccess, 2);
  port.now += 1000;
  assert.deepEqual(live.update(), { asOf: start + 1000, throughput: [] });
  port.carry(2, 1300, 100);
  const second = live.update();
  assert.deepEqual(second.sessions, {
    whole: false,
    rows: [{ index: 2, bytesTx: 1300, bytesRx: 100, packetsTx: 1, packetsRx: 1 }],
    total: 2,
  });
});

test('sessions that come, go and change places are told by the order', () => {
  const port = new TestingPort(start);
  port.addSession({ username: 'b' });
  port.addSession({ username: 'c' });
  const live = watch(port, { sessions: { ...sessions, sort: 'username' } });
  live.update();
  port.addSession({ username: 'a' });
  port.removeSession(1);
  const { sessions: delta } = live.update();
  assert.deepEqual(delta?.order, [3, 2]);
  assert.deepEqual(
    delta?.rows.map((row) => [row.index, row.username]),
    [[3, 'a']],
  );
  assert.equal(delta?.total, 2);
});

test('another query starts anew, the same one goes on', () => {
  const port = new TestingPort(start);
  port.addSession({ username: 'vpnclient1' });
  const live = watch(port, { sessions });
  live.update();
  live.follow({ sessions: { ...sessions } });
  assert.equal(live.update().sessions, undefined);
  live.follow({ sessions: { ...sessions, text: 'client1' } });
  assert.equal(live.update().sessions?.whole, true);
});

test('details are told when they change, and the end of their session once', () => {
  const port = new TestingPort(start);
  const index = port.addSession({ username: 'vpnclient1' });
  const live = watch(port, { detail: index });
  assert.equal(live.update().detail?.ipsecSas[0]?.localPort, 4500);
  assert.equal('detail' in live.update(), false);
  port.removeSession(index);
  assert.equal(live.update().detailEnded, index);
  assert.equal('detailEnded' in live.update(), false);
});

test('events: first the newest that match, then only new ones', () => {
  const port = new TestingPort(start);
  const say = (name: string, severity: number) =>
    port.addEvent({ class: name, number: 1, severity, text: name });
  say('IKE', 4);
  say('IKEDBG', 8);
  const live = watch(port, { events: { limit: 100, severityTo: 5 } });
  const first = live.update();
  assert.deepEqual(
    first.events?.map((event) => event.seq),
    [1],
  );
  assert.ok(first.eventClasses?.includes('IPSECDBG'));
  assert.equal('events' in live.update(), false);
  say('IKEDBG', 9);
  say('AUTH', 3);
  assert.deepEqual(
    live.update().events?.map((event) => event.seq),
    [4],
  );
});

test('more new events than are told at once replace those before, so that none is left out between', () => {
  const port = new TestingPort(start);
  const say = (count: number) => {
    for (let i = 0; i < count; i += 1)
      port.addEvent({ class: 'IKE', number: 1, severity: 4, text: 'one' });
  };
  say(10);
  const live = watch(port, { events: { limit: 100 } });
  live.update();
  say(99);
  const some = live.update();
  assert.deepEqual([some.events?.length, some.eventClasses], [99, undefined]);
  say(150);
  const many = live.update();
  assert.deepEqual([many.events?.length, many.events?.[0]?.seq], [100, 259]);
  assert.ok(many.eventClasses);
  assert.equal('events' in live.update(), false);
});

test('a cursor that is not one of the list is refused in words', () => {
  const live = watch(new TestingPort(start), { sessions: { ...sessions, cursor: 'x' } });
  assert.match(String(live.update().refused), /cursor/);
  live.follow({ sessions });
  assert.equal(live.update().refused, undefined);
});

test('a page of sessions that is slow to make is asked for less often', () => {
  const port = new TestingPort(start);
  let asked = 0;
  const slow = Object.assign(port, {
    sessions: (query: SessionQuery) => {
      asked += 1;
      port.now += 100;
      return TestingPort.prototype.sessions.call(port, query);
    },
  });
  const live = watch(slow, { sessions });
  for (let second = 0; second < 20; second += 1) {
    port.now += 1000;
    live.update();
  }
  assert.equal(asked, 4);
});

async function serve(t: TestContext) {
  const port = new TestingPort(start);
  const server = createManagementServer(port, { port: 0, consoleFolder: '/nowhere' });
  t.after(() => server.close());
  const listening = await server.listen();
  assert.ok(listening.ok);
  const url = listening.value;
  const answer = await fetch(`${url}/api/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user: 'admin', password: 'demo-password' }),
  });
  const cookie = String(answer.headers.get('set-cookie')).split(';')[0] as string;
  return { port, server, cookie, url, live: `${url.replace('http', 'ws')}/api/v1/live` };
}

/** A websocket, and its updates in the order in which they came, several of which may come at once. */
class Reader {
  readonly socket: WebSocket;
  readonly #updates: LiveUpdate[] = [];
  #heard = () => {};

  /** The WebSocket of Node takes headers as an option that browsers lack. */
  constructor(url: string, headers: Record<string, string>) {
    this.socket = new WebSocket(url, { headers } as unknown as string[]);
    this.socket.addEventListener('message', (e) => {
      this.#updates.push(JSON.parse(e.data as string));
      this.#heard();
    });
    this.socket.addEventListener('close', () => this.#heard());
  }

  /** The next update that has this; those of every second may come before it. */
  async nextWith<K extends keyof LiveUpdate>(key: K): Promise<NonNullable<LiveUpdate[K]>> {
    for (;;) {
      const value = this.#updates.shift()?.[key];
      if (value !== undefined) return value as NonNullable<LiveUpdate[K]>;
      if (this.#updates.length > 0) continue;
      assert.notEqual(this.socket.readyState, WebSocket.CLOSED, 'it was closed');
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }
}

const closed = (socket: WebSocket): Promise<number> =>
  new Promise((resolve) => {
    socket.addEventListener('close', (e) => resolve(e.code), { once: true });
  });

test('the websocket answers a request at once and then tells what changed', async (t) => {
  const { port, cookie, live } = await serve(t);
  port.addSession({ username: 'vpnclient1' });
  const reader = new Reader(live, { cookie });
  const { socket } = reader;
  t.after(() => socket.close());
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  socket.send(JSON.stringify({ sessions: { ...sessions, kind: 'remoteAccess' } }));
  const first = await reader.nextWith('sessions');
  assert.equal(first.rows[0]?.username, 'vpnclient1');
  port.addSession({ username: 'vpnclient2' });
  assert.deepEqual((await reader.nextWith('sessions')).order, [2, 3]);
});

test('a websocket without login or from a page of another site is refused', async (t) => {
  const { cookie, live } = await serve(t);
  for (const headers of [
    {},
    { cookie: 'headend-1=guess' },
    { cookie, origin: 'https://elsewhere.example' },
  ] as Record<string, string>[]) {
    const { socket } = new Reader(live, headers);
    assert.equal(await closed(socket), 1006);
  }
});

test('requests that make no sense, are too long or too many do not get far', async (t) => {
  const { port, cookie, live } = await serve(t);
  const reader = new Reader(live, { cookie });
  const { socket } = reader;
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  for (const text of ['{', 'null', '{"sessions":{"sort":"password"}}', '{"everything":true}']) {
    socket.send(text);
    assert.match(await reader.nextWith('refused'), /not one that this server knows/);
  }
  for (let i = 0; i < 50; i += 1) socket.send('{}');
  assert.equal(await closed(socket), 1008);
  const { socket: long } = new Reader(live, { cookie });
  await new Promise((resolve) => long.addEventListener('open', resolve));
  long.send('x'.repeat(10_000));
  assert.equal(await closed(long), 1009);
  assert.equal(port.summary().activeManagement, 1);
});

test('the websocket is closed when its login ends', async (t) => {
  const { port, cookie, live } = await serve(t);
  const { socket } = new Reader(live, { cookie });
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  const row = [...Array(10).keys()].find((index) => port.session(index)) as number;
  assert.equal(port.session(row)?.session.kind, 'management');
  port.removeSession(row);
  assert.equal(await closed(socket), 4401);
});
