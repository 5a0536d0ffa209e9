import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withEntry } from '#config/configuration';
import type { EventDef } from '#events/event';
import {
  credentialsOverloaded,
  loginRefused,
  sessionLimitReached,
  sessionPreempted,
  simultaneousLoginsReached,
} from '#session/events';
import { newTunnelGroup, remoteAccessSlice } from './config.ts';
import { serverGroupUnsupported } from './events.ts';
import { type ClientSketch, Concentrator } from './testing.ts';

const one: ClientSketch = { user: 'vpnclient1', port: 1025 };
const two: ClientSketch = { user: 'vpnclient2', port: 1026 };

const occurrences = (world: Concentrator, definition: EventDef) =>
  world.events.filter((e) => e.definition === definition);

test('a right password opens a session that counts as a login once its tunnel works', () => {
  const world = new Concentrator();
  const client = world.arrives(one);
  assert.equal(client.logsIn(), true);
  assert.equal(client.session?.state, 'connecting');
  assert.equal(client.session?.groupPolicy, 'ciscovpn');
  assert.equal(client.session?.peer.address, '171.69.89.78');
  assert.equal(world.accounting.totals().logins, 0);
  client.asksForConfiguration();
  client.makesChild();
  assert.equal(client.session?.state, 'active');
  assert.equal(world.accounting.totals().logins, 1);
});

test('nothing is configured before the password was right', () => {
  const world = new Concentrator();
  const client = world.arrives(one);
  assert.equal(client.asksForConfiguration(), undefined);
  client.givesCredentials();
  assert.equal(client.asksForConfiguration(), undefined);
  assert.equal(world.pools.usage()[0]?.inUse, 0);
});

/** What a stranger and the log can tell about a refused login, the name aside. */
function refusalOf(sketch: ClientSketch, password: string, extra = '') {
  const world = new Concentrator(extra);
  const client = world.arrives(sketch);
  client.givesCredentials(password);
  const questions = world.questions.map(({ question }) => ({
    kind: question.kind,
    octets: question.password.length,
  }));
  world.answer();
  return {
    questions,
    commanded: world.keying.commanded,
    said: world.said,
    refusals: world.accounting.totals().refusals,
    sessions: world.sessions.size,
  };
}

test('a wrong password, an unknown user, an administrator, a user of another group look alike', () => {
  const wrong = refusalOf(one, 'wrong password');
  assert.equal(wrong.questions.length, 1, 'scrypt is asked in any case');
  assert.deepEqual(
    wrong.commanded.map((c) => c.kind === 'authentication' && c.accepted),
    [false],
  );
  assert.deepEqual(wrong.said, [
    'Authentication rejected: Reason = wrong password or unknown user',
  ]);
  assert.deepEqual(wrong.refusals, { 'wrong password or unknown user': 1 });
  assert.equal(wrong.sessions, 0);
  const nobody = refusalOf({ ...one, user: 'nobody' }, 'wrong password');
  assert.deepEqual(nobody, wrong);
  // These two give the right password.
  const admin = refusalOf({ ...one, user: 'admin' }, 'secret3');
  const locked = refusalOf(
    one,
    'secret1',
    'username vpnclient1 attributes\n group-lock value sales\n',
  );
  for (const other of [admin, locked])
    assert.deepEqual(
      { ...other, questions: other.questions.length },
      { ...wrong, questions: wrong.questions.length },
    );
});

test('a user locked to its own group is let in there', () => {
  const world = new Concentrator('username vpnclient1 attributes\n group-lock value ciscovpn\n');
  assert.equal(world.arrives(one).logsIn(), true);
});

test('a verified password is not asked for again, a changed one is', () => {
  const world = new Concentrator();
  world.connects(one).ends();
  const again = world.arrives(one);
  again.givesCredentials();
  assert.equal(world.questions.length, 0);
  assert.equal(again.session?.username, 'vpnclient1');
  again.ends();
  const changed = new Concentrator('username vpnclient1 password other\n');
  world.configuration = changed.configuration;
  const third = world.arrives(one);
  assert.equal(third.logsIn('secret1'), false);
  const fourth = world.arrives(one);
  fourth.givesCredentials('other');
  assert.equal(world.questions.length, 1);
});

test('a password that could not be looked at is no wrong password', () => {
  const world = new Concentrator();
  world.arrives(one).givesCredentials();
  world.answer(true);
  assert.equal(occurrences(world, credentialsOverloaded).length, 1);
  assert.equal(occurrences(world, loginRefused).length, 0);
  assert.deepEqual(world.accounting.totals().refusals, { overloaded: 1 });
});

test('the answer about a client that has gone meanwhile opens nothing', () => {
  const world = new Concentrator();
  const client = world.arrives(one);
  client.givesCredentials();
  client.ends();
  world.answer();
  assert.equal(world.sessions.size, 0);
  assert.deepEqual(
    world.keying.commanded.map((c) => c.kind),
    ['close'],
  );
});

test('a second answer to the same XAUTH request is not judged', () => {
  const world = new Concentrator();
  const client = world.arrives(one);
  client.givesCredentials('guess 1');
  client.givesCredentials('guess 2');
  assert.equal(world.questions.length, 1);
});

test('a group whose users are kept on a RADIUS server is refused, and the log says what to do', () => {
  const world = new Concentrator();
  // Verification lets no such configuration in force; the refusal does not rely on that.
  const { tunnelGroups, ...rest } = remoteAccessSlice.of(world.configuration);
  const group = {
    ...newTunnelGroup('ciscovpn', 'remote-access'),
    authenticationServerGroup: 'RAD',
  };
  world.configuration = remoteAccessSlice.put(world.configuration, {
    ...rest,
    tunnelGroups: withEntry(tunnelGroups, 'ciscovpn', group),
  });
  const client = world.arrives(one);
  client.givesCredentials();
  assert.equal(world.questions.length, 0);
  assert.deepEqual(world.keying.commanded, [
    { kind: 'authentication', sa: client.sa, accepted: false },
  ]);
  const [record] = occurrences(world, serverGroupUnsupported);
  assert.equal(record?.args.serverGroup, 'RAD');
  assert.equal(record?.subject.user, 'vpnclient1');
  assert.match(record?.definition.remedy ?? '', /authentication-server-group LOCAL/);
});

test('a user whose own policy has no IKEv1 is refused after the password was right', () => {
  const world = new Concentrator(
    'group-policy tls internal\ngroup-policy tls attributes\n vpn-tunnel-protocol ssl-client\n' +
      'username vpnclient1 attributes\n vpn-group-policy tls\n',
  );
  assert.equal(world.arrives(one).logsIn(), false);
  assert.match(world.said.join(), /group policy without IKEv1/);
  assert.equal(world.sessions.size, 0);
});

const loginsAtOnce = (n: number) =>
  `group-policy ciscovpn attributes\n vpn-simultaneous-logins ${n}\n`;

test('a user at the limit of simultaneous logins replaces the oldest session, which is told', () => {
  const world = new Concentrator(loginsAtOnce(2));
  const oldest = world.connects(one);
  const second = world.connects({ ...one, port: 1027 });
  const third = world.connects({ ...one, port: 1028 });
  assert.equal(oldest.isAlive, false);
  assert.ok(second.isAlive && third.isAlive);
  assert.deepEqual(world.keying.commanded.at(-3), {
    kind: 'close',
    sa: oldest.sa,
    reason: 'preempted',
  });
  assert.equal(occurrences(world, sessionPreempted).length, 1);
  assert.equal(world.sessions.summary().peak, 2);
  assert.equal(world.sessions.ofUser('vpnclient1').length, 2);
});

/** The same client negotiates phase 1 anew from a new socket; message 1 still comes from the old one. */
const withNewSocket = (sketch: ClientSketch): ClientSketch => ({
  ...sketch,
  port: 2048,
  originPort: sketch.port,
});

test('a client that negotiates phase 1 anew from a new socket is no rival of its own session', () => {
  for (const [limit, others] of [
    [1, []],
    // Its session is the oldest of three, then the newest.
    [3, [1027, 1028]],
    [3, [1001, 1002]],
  ] as const) {
    const world = new Concentrator(loginsAtOnce(limit));
    const early = others.filter((port) => port < one.port);
    const colleagues = early.map((port) => world.connects({ ...one, port }));
    const older = world.connects(one);
    for (const port of others)
      if (!early.includes(port)) colleagues.push(world.connects({ ...one, port }));
    const { session } = older;
    const newer = world.arrives(withNewSocket(one));
    assert.equal(newer.logsIn(), true);
    assert.ok(older.isAlive && colleagues.every((c) => c.isAlive), `a limit of ${limit}`);
    newer.takesOver(older);
    assert.equal(newer.session?.index, session?.index);
    assert.deepEqual(newer.session?.assigned, session?.assigned);
    assert.equal(world.sessions.size, limit);
    assert.equal(occurrences(world, sessionPreempted).length, 0);
  }
});

test('a client whose older SA ends first is let in anew, with a limit of one login', () => {
  const world = new Concentrator(loginsAtOnce(1));
  const older = world.connects(one);
  const newer = world.arrives(withNewSocket(one));
  assert.equal(newer.logsIn(), true);
  older.ends();
  assert.notEqual(newer.asksForConfiguration(), undefined);
  newer.makesChild();
  assert.deepEqual([newer.session?.state, world.sessions.size], ['active', 1]);
  assert.equal(occurrences(world, sessionPreempted).length, 0);
});

test('a client that negotiates phase 1 anew from a new socket needs no place in a full table', () => {
  const world = new Concentrator('', 1);
  const older = world.connects(one);
  const newer = world.arrives(withNewSocket(one));
  assert.equal(newer.logsIn(), true);
  newer.takesOver(older);
  assert.deepEqual([newer.session?.state, world.sessions.size], ['active', 1]);
});

test('NAT-45: initial contact from a new socket ends the session of the old one, and no other', () => {
  const world = new Concentrator();
  const older = world.connects(one);
  const colleague = world.connects({ ...one, port: 1027 });
  const newer = world.arrives({ ...withNewSocket(one), initialContact: true });
  assert.equal(newer.logsIn(), true);
  assert.deepEqual([older.isAlive, colleague.isAlive], [false, true]);
  assert.equal(world.sessions.size, 2);
});

test('a limit of no simultaneous logins refuses the user', () => {
  const world = new Concentrator(loginsAtOnce(0));
  assert.equal(world.arrives(one).logsIn(), false);
  assert.equal(occurrences(world, simultaneousLoginsReached).length, 1);
});

test('a full table refuses a login, but gives up a session that waits for its client', () => {
  const world = new Concentrator('', 1);
  const first = world.connects(one);
  assert.equal(world.arrives(two).logsIn(), false);
  assert.deepEqual(
    occurrences(world, sessionLimitReached).map((e) => e.args),
    [{ limit: 1 }],
  );
  assert.deepEqual(world.accounting.totals().refusals, { 'session limit': 1 });
  const [child] = world.keying.summary(first.sa)?.children ?? [];
  assert.ok(child);
  first.losesChild(child.inboundSpi);
  assert.equal(first.session?.state, 'inactive');
  assert.equal(world.arrives(two).logsIn(), true);
  assert.equal(first.isAlive, false);
  assert.equal(world.sessions.size, 1);
});

test('a refused user name reaches the log without control characters', () => {
  const world = new Concentrator();
  const client = world.arrives({ ...one, user: 'mallory\u001b[2J\n2835 forged' });
  client.givesCredentials('wrong password');
  world.answer();
  const [refusal] = occurrences(world, loginRefused);
  assert.equal(refusal?.subject.user, 'mallory?[2J?2835 forged');
});
