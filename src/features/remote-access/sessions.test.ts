import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventText } from '#events/event';
import { sessionClosed, sessionOpened } from '#session/events';
import { type ClientSketch, Concentrator } from './testing.ts';

const one: ClientSketch = { user: 'vpnclient1', port: 1025 };
const two: ClientSketch = {
  user: 'vpnclient2',
  port: 1026,
  version: 'Cisco Systems VPN Client 3.6.2 (Rel):WinNT',
};
const MINUTE_MS = 60_000;

const textsOf = (world: Concentrator, definition: unknown): string[] =>
  world.events.filter((e) => e.definition === definition).map(eventText);

test('NAT-38: two clients behind one address have two sessions with addresses of their own', () => {
  const world = new Concentrator();
  const first = world.connects(one);
  const second = world.connects(two);
  assert.equal(first.assigned, '40.1.1.1');
  assert.equal(second.assigned, '40.1.1.2');
  assert.deepEqual(
    [first, second].map((c) => [c.session?.peer.address, c.session?.peer.port]),
    [
      ['171.69.89.78', 1025],
      ['171.69.89.78', 1026],
    ],
  );
  const granted = world.keying.commanded.flatMap((c) =>
    c.kind === 'configuration' ? [[c.sa, c.assigned]] : [],
  );
  assert.deepEqual(granted, [
    [first.sa, ['40.1.1.1/32']],
    [second.sa, ['40.1.1.2/32']],
  ]);
});

test('NAT-37: logging one of two clients behind one address off leaves the other', () => {
  const world = new Concentrator();
  const first = world.connects(one);
  const second = world.connects(two);
  assert.ok(first.session);
  world.perform(world.remoteAccess.logOff(first.session, world.now));
  assert.equal(first.isAlive, false);
  assert.equal(first.session, undefined);
  assert.equal(second.session?.state, 'active');
  assert.equal(world.pools.userOf('40.1.1.1' as never), undefined);
  assert.match(textsOf(world, sessionClosed).join(), /Reason: administrator/);
});

test('NAT-45: a client that starts afresh replaces its own session, by user and port, and no other', () => {
  const world = new Concentrator();
  const sameUser = world.connects({ ...one, port: 1030 });
  const before = world.connects(one);
  const sameAddress = world.connects(two);
  const after = world.connects({ ...one, initialContact: true });
  assert.equal(before.isAlive, false);
  assert.ok(sameUser.isAlive && sameAddress.isAlive && after.isAlive);
  assert.equal(after.assigned, '40.1.1.2', 'its address is free at once, and comes back');
  assert.equal(world.sessions.size, 3);
});

test('a client that starts afresh at the limit of logins costs nobody else a session', () => {
  const world = new Concentrator('group-policy ciscovpn attributes\n vpn-simultaneous-logins 2\n');
  const other = world.connects({ ...one, port: 1030 });
  world.connects(one);
  world.connects({ ...one, initialContact: true });
  assert.ok(other.isAlive);
  assert.equal(world.sessions.ofUser('vpnclient1').length, 2);
  assert.doesNotMatch(world.said.join(), /gives way/);
});

test('phase 1 negotiated anew keeps the session, its address, its traffic and its time', () => {
  const world = new Concentrator();
  const older = world.connects(one);
  older.carries([8, 768], [9, 800]);
  const { session } = older;
  assert.ok(session);
  world.pass(MINUTE_MS);
  const newer = world.arrives(one);
  assert.equal(newer.logsIn(), true);
  assert.equal(world.sessions.size, 1);
  newer.takesOver(older);
  assert.equal(newer.session?.index, session.index);
  assert.equal(newer.session?.loginAt, session.loginAt);
  assert.equal(newer.session?.state, 'active');
  assert.equal(newer.asksForConfiguration(), '40.1.1.1');
  assert.equal(world.remoteAccess.traffic(newer.session).bytesTx, 768);
  assert.equal(textsOf(world, sessionOpened).length, 1);
  assert.equal(textsOf(world, sessionClosed).length, 0);
  assert.equal(world.accounting.totals().logins, 1);
});

test('a client whose port seemed to be another when phase 1 was negotiated anew keeps one session', () => {
  const world = new Concentrator();
  const older = world.connects(one);
  const { session } = older;
  const newer = world.arrives(one);
  const elsewhere = { ...newer.endpoint, port: 2048 };
  world.keying.change(newer.sa, { remote: elsewhere, origin: elsewhere });
  assert.equal(newer.logsIn(), true);
  assert.equal(world.sessions.size, 2);
  world.keying.change(older.sa, { remote: elsewhere });
  world.notice({ kind: 'peerMoved', sa: older.sa, remote: elsewhere });
  newer.takesOver(older);
  assert.equal(world.sessions.size, 1);
  assert.equal(newer.session?.index, session?.index);
  assert.deepEqual(newer.session?.assigned, session?.assigned);
  newer.ends();
  assert.equal(world.sessions.size, 0);
  assert.deepEqual(
    world.pools.usage().map((u) => u.inUse),
    [0],
  );
});

test('a client whose older SA ends before the newer one takes over gets another session', () => {
  const world = new Concentrator();
  const older = world.connects(one);
  const newer = world.arrives(one);
  assert.equal(newer.logsIn(), true);
  older.ends();
  assert.equal(world.sessions.size, 0);
  assert.equal(newer.asksForConfiguration(), '40.1.1.1');
  newer.makesChild();
  assert.equal(newer.session?.state, 'active');
});

test('a new pair of IPsec SAs keeps the session, and the bytes of the old one count on', () => {
  const world = new Concentrator();
  const client = world.connects(one);
  client.carries([8, 768], [8, 768]);
  const [old] = world.keying.summary(client.sa)?.children ?? [];
  assert.ok(old);
  client.makesChild();
  client.carries([1, 100], [2, 200]);
  client.losesChild(old.inboundSpi);
  const { session } = client;
  assert.ok(session);
  assert.equal(session.state, 'active');
  assert.deepEqual(world.remoteAccess.traffic(session), {
    packetsTx: 9,
    bytesTx: 868,
    packetsRx: 10,
    bytesRx: 968,
  });
});

test('a session without a tunnel waits, and works again with the next one', () => {
  const world = new Concentrator();
  const client = world.connects(one);
  const [child] = world.keying.summary(client.sa)?.children ?? [];
  assert.ok(child);
  client.losesChild(child.inboundSpi);
  assert.equal(client.session?.state, 'inactive');
  client.makesChild();
  assert.equal(client.session?.state, 'active');
  assert.equal(textsOf(world, sessionOpened).length, 1);
});

test('the end of a session is told with its duration and every byte, though its SAs are gone', () => {
  const world = new Concentrator();
  const client = world.connects(one);
  client.carries([8, 768], [7, 700]);
  world.pass(4 * MINUTE_MS + 4000);
  client.ends('dead peer');
  assert.deepEqual(textsOf(world, sessionClosed), [
    'Session disconnected. Session Type: IPSec/NAT-T, Duration: 0:04:04, ' +
      'Bytes xmt: 768, Bytes rcv: 700, Reason: dead peer',
  ]);
  assert.equal(world.accounting.totals().ended.bytesTx, 768);
});

test('a client that never had a tunnel is neither announced nor missed', () => {
  const world = new Concentrator();
  const client = world.arrives(one);
  client.logsIn();
  client.asksForConfiguration();
  client.ends('negotiation timeout');
  assert.equal(world.sessions.size, 0);
  assert.equal(world.pools.usage()[0]?.inUse, 0);
  assert.equal(textsOf(world, sessionOpened).length + textsOf(world, sessionClosed).length, 0);
});

const idleAfter = (minutes: number) =>
  `group-policy ciscovpn attributes\n vpn-idle-timeout ${minutes}\n`;

test('a session through which nothing passes ends after the idle timeout, another lasts', () => {
  const world = new Concentrator(idleAfter(20));
  const silent = world.connects(one);
  const busy = world.connects(two);
  for (let minute = 1; minute <= 40; minute += 1) {
    busy.carries([minute, 100 * minute], [minute, 100 * minute]);
    world.runFor(MINUTE_MS);
    if (minute === 19) assert.ok(silent.isAlive);
  }
  assert.equal(silent.isAlive, false);
  assert.ok(busy.isAlive);
  assert.match(textsOf(world, sessionClosed).join(), /Duration: 0:20:00, .*Reason: idle timeout/);
});

test('how long nothing passed is known from the last look on, and is 0 since a packet after it', () => {
  const world = new Concentrator(idleAfter(20));
  const client = world.connects(one);
  world.runFor(7 * MINUTE_MS);
  assert.ok(client.session);
  assert.equal(world.remoteAccess.idleMs(client.session, world.now), 7 * MINUTE_MS);
  client.carries([1, 100], [1, 100]);
  assert.equal(world.remoteAccess.idleMs(client.session, world.now), 0);
  world.runFor(4 * MINUTE_MS);
  // The look at 10 minutes saw the packet.
  assert.equal(world.remoteAccess.idleMs(client.session, world.now), MINUTE_MS);
});

test('a session ends when it may last no longer, whatever passes through it', () => {
  const world = new Concentrator(
    'group-policy ciscovpn attributes\n vpn-session-timeout 60\n vpn-idle-timeout none\n',
  );
  const client = world.connects(one);
  for (let minute = 1; minute < 60; minute += 1) {
    client.carries([minute, minute], [minute, minute]);
    world.runFor(MINUTE_MS);
  }
  assert.ok(client.isAlive);
  world.runFor(MINUTE_MS);
  assert.equal(client.isAlive, false);
  assert.match(textsOf(world, sessionClosed).join(), /Duration: 1:00:00, .*lifetime expired/);
  assert.equal(world.remoteAccess.deadline(), undefined);
});

test('a client whose NAT gave it another port keeps its session there', () => {
  const world = new Concentrator();
  const client = world.connects(one);
  const remote = { ...client.endpoint, port: 2048 };
  world.keying.change(client.sa, { remote });
  world.notice({ kind: 'peerMoved', sa: client.sa, remote });
  assert.equal(client.session?.peer.port, 2048);
});
