import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, type Endpoint, formatEndpoint } from '#base/address';
import { fromUtf8, toUtf8 } from '#base/bytes';
import { type EventRecord, eventText } from '#events/event';
import {
  bindBehind,
  type LoopbackPat,
  startLoopbackPat,
  unprivilegedOffset,
} from './loopback-pat.ts';
import { bindUdp, type UdpSocket } from './udp.ts';

/** Addresses of their own for each test, since ports of one address outlive a test for a moment. */
const network = (n: number) => ({
  client1: address(`127.10.${n}.2`),
  client2: address(`127.10.${n}.3`),
  inside: address(`127.10.${n}.1`),
  global: address(`127.89.${n}.1`),
  headEnd: address(`127.16.${n}.50`),
});

async function eventually(condition: () => boolean, what: string): Promise<void> {
  for (const patience = AbortSignal.timeout(30_000); !condition(); ) {
    assert.ok(!patience.aborted, `${what} never happened`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** A socket that notes what it got as `from text` and, as a server, answers in capitals. */
async function party(bind: typeof bindUdp, at: Endpoint, answers: boolean) {
  const got: string[] = [];
  const bound = await bind(at, (remote, bytes) => {
    got.push(`${formatEndpoint(remote)} ${fromUtf8(bytes)}`);
    if (answers) socket.send(remote, toUtf8(fromUtf8(bytes).toUpperCase()));
  });
  assert.ok(bound.ok, bound.ok ? '' : bound.error);
  const socket: UdpSocket = bound.value;
  return { socket, got, say: (to: Endpoint, text: string) => socket.send(to, toUtf8(text)) };
}

async function start(n: number, destinations: readonly Endpoint[]) {
  const events: EventRecord[] = [];
  const started = await startLoopbackPat({
    ...network(n),
    destinations,
    happened: (event) => events.push(event),
  });
  assert.ok(started.ok, started.ok ? '' : started.error);
  return { pat: started.value as LoopbackPat, events };
}

test('NAT-31 NAT-38: two clients on one port reach the head-end as one address with two ports', async () => {
  const { client1, client2, global, headEnd } = network(78);
  const server = await party(bindUdp, { address: headEnd, port: 0 }, true);
  const to = server.socket.endpoint;
  const { pat, events } = await start(78, [to]);
  const bind = bindBehind(pat);
  const port = 14_500;
  const first = await party(bind, { address: client1, port }, false);
  const second = await party(bind, { address: client2, port }, false);
  first.say(to, 'one');
  await eventually(() => first.got.length === 1, 'the answer to client 1');
  second.say(to, 'two');
  await eventually(() => second.got.length === 1, 'the answer to client 2');
  // The head-end sees the global address; each client sees the head-end where it really is.
  assert.deepEqual(server.got, [`${global}:1025 one`, `${global}:1026 two`]);
  assert.deepEqual(first.got, [`${formatEndpoint(to)} ONE`]);
  assert.deepEqual(second.got, [`${formatEndpoint(to)} TWO`]);
  assert.deepEqual(
    pat.xlate().items.map((x) => `${x.globalPort} ${x.localAddress}(${x.localPort})`),
    [`1025 ${client1}(${port})`, `1026 ${client2}(${port})`],
  );
  assert.match(
    eventText(events[0] as EventRecord),
    /UDP translation from inside:127\.10\.78\.2:14500 to outside:127\.89\.78\.1:1025/,
  );
  // The head-end may speak first once the translation is there.
  server.socket.send({ address: global, port: 1026 }, toUtf8('unasked'));
  await eventually(() => second.got.length === 2, 'the unasked datagram');
  assert.equal(first.got.length, 1);
  await Promise.all([
    pat.close(),
    server.socket.close(),
    first.socket.close(),
    second.socket.close(),
  ]);
});

test('a stranger at the global port gets nothing through, and an unknown destination is unreachable', async () => {
  const { client1, global, headEnd } = network(79);
  const server = await party(bindUdp, { address: headEnd, port: 0 }, true);
  const stranger = await party(bindUdp, { address: headEnd, port: 0 }, false);
  const to = server.socket.endpoint;
  const { pat } = await start(79, [to]);
  const client = await party(bindBehind(pat), { address: client1, port: 0 }, false);
  client.say(stranger.socket.endpoint, 'lost');
  client.say(to, 'hello');
  await eventually(() => client.got.length === 1, 'the answer');
  stranger.say({ address: global, port: 1025 }, 'forged');
  server.socket.send({ address: global, port: 1025 }, toUtf8('real'));
  await eventually(() => client.got.length === 2, 'the second datagram');
  assert.deepEqual(client.got, [`${formatEndpoint(to)} HELLO`, `${formatEndpoint(to)} real`]);
  assert.deepEqual(stranger.got, []);
  await Promise.all([pat, server.socket, stranger.socket, client.socket].map((x) => x.close()));
});

test('a global port that another program holds is passed over, and nothing is lost', async () => {
  const { client1, global, headEnd } = network(80);
  const holder = await party(bindUdp, { address: global, port: 1025 }, false);
  const server = await party(bindUdp, { address: headEnd, port: 0 }, true);
  const to = server.socket.endpoint;
  const { pat } = await start(80, [to]);
  const client = await party(bindBehind(pat), { address: client1, port: 0 }, false);
  for (const word of ['a', 'b', 'c']) client.say(to, word);
  await eventually(() => client.got.length === 3, 'the answers');
  assert.deepEqual(server.got, [`${global}:1026 a`, `${global}:1026 b`, `${global}:1026 c`]);
  assert.equal(pat.xlate().inUse, 1);
  await Promise.all([pat, server.socket, holder.socket, client.socket].map((x) => x.close()));
});

test('a low port that may not be had, or is held, is bound 40000 higher and shown as it is', async () => {
  const { client1, global, headEnd } = network(81);
  // Whoever may bind low ports finds this one held; whoever may not needs no holder.
  const holder = await bindUdp({ address: global, port: 1 }, () => {});
  const server = await party(bindUdp, { address: headEnd, port: 0 }, true);
  const { pat } = await start(81, [server.socket.endpoint]);
  const relay = pat.via[0]?.relay as Endpoint;
  const bound = await bindUdp({ address: client1, port: 500 }, () => {});
  if (bound.ok) {
    bound.value.send(relay, toUtf8('ike'));
    await eventually(() => server.got.length === 1, 'the datagram');
    assert.deepEqual(server.got, [`${global}:${1 + unprivilegedOffset} ike`]);
    assert.deepEqual(
      pat.xlate().items.map((x) => [x.globalPort, x.localPort]),
      [[1, 500]],
    );
    await bound.value.close();
  } else assert.match(bound.error, /may not be opened/);
  if (holder.ok) await holder.value.close();
  await Promise.all([pat, server.socket].map((x) => x.close()));
});

test('a relay that cannot be opened says why in one line; closing twice does no harm', async () => {
  const destination = { address: address('127.0.0.1'), port: 9 };
  const elsewhere = await startLoopbackPat({
    inside: address('192.0.2.1'),
    global: address('127.89.82.1'),
    destinations: [destination],
  });
  assert.ok(!elsewhere.ok);
  assert.match(elsewhere.error, /192\.0\.2\.1.*no interface here has that address/);
  const { pat } = await start(82, [destination]);
  await pat.close();
  await pat.close();
  assert.deepEqual(pat.via, []);
});
