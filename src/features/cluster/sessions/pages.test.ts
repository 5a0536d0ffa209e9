import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '#base/instant';
import { Prng } from '#base/prng';
import { eventText } from '#events/event';
import type { SessionQuery } from '#views/views';
import { HEADER_OCTETS, TAG_OCTETS } from '#wire/vcl/datagram';
import type { Incarnation } from '#wire/vcl/fields';
import { LONGEST_DATAGRAM, messageTypes } from '#wire/vcl/numbers';
import { sessionPageFailed, sessionPagesLimited } from '../events.ts';
import { WINDOW } from './answers.ts';
import { MemberPages } from './member-pages.ts';
import { queryOf, questionOf, rowOf, viewOf } from './rows.ts';
import { AskingWorld, memberId, sessionNamed } from './testing.ts';

const all: SessionQuery = { sort: 'username', descending: false, limit: 50 };

const named = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, i) => sessionNamed(`${prefix}${i + 1}`, i + 1));

const namesOf = (world: AskingWorld, n: number) => {
  const page = world.pages?.get(memberId(n));
  return page?.answer === 'whole' ? page.rows.map(({ username }) => username) : page?.answer;
};

test('LB-66: a session arrives at another member as it is shown on its own', () => {
  const sessions = [
    sessionNamed('ipsecuser', 1),
    sessionNamed('10.32.1.130', 2, {
      ...{ kind: 'management', protocol: 'VCA/IPSec', publicAddress: '10.32.1.130' },
      ...{ assignedAddress: undefined, publicPort: undefined, localPort: undefined },
      ...{ groupPolicy: undefined, clientType: undefined, clientVersion: undefined },
      ...{ idleMs: undefined, legacy: [] },
    }),
    sessionNamed('branch', 3, {
      kind: 'lanToLan',
      state: 'inactive',
      publicAddress: '2001:db8::1',
    }),
  ];
  for (const session of sessions) assert.deepEqual(viewOf(rowOf(session)), session);
});

test('what cannot travel whole is cut, and what is not known is left out', () => {
  const row = rowOf(
    sessionNamed('ä'.repeat(300), 1, {
      ...{ durationMs: 1.75, loginAt: 7.9, clientType: 'x'.repeat(99) },
      legacy: Array.from({ length: 12 }, (_, i) => `old ${i}`),
    }),
  );
  assert.deepEqual(
    [row.username.length, row.clientType.length, row.legacy.length, row.durationMs, row.loginAt],
    [96, 64, 8, 1, 7],
  );
  assert.equal(viewOf({ ...row, kind: 9 }), undefined);
  assert.equal(viewOf({ ...row, state: 9 }), undefined);
});

test('LB-66: what is no count travels as 0, a name may begin with a byte order mark, and neither costs a page', () => {
  const changes = { loginAt: -5, durationMs: Number.NaN, bytesTx: 1.5, packetsTx: -1 };
  const sessions = [sessionNamed('\ufeffanna', 1), sessionNamed('bert', 2, changes)];
  const world = new AskingWorld();
  world.add(1, sessions);
  world.ask(all);
  world.settle();
  assert.deepEqual(namesOf(world, 1), ['\ufeffanna', 'bert']);
  const page = world.pages?.get(memberId(1));
  const { loginAt, durationMs, bytesTx, packetsTx } =
    (page?.answer === 'whole' && page.rows[1]) || sessionNamed('none', 0);
  assert.deepEqual([loginAt, durationMs, bytesTx, packetsTx], [0, 0, 1, 0]);
});

test('a moment that no clock shows is left out of a page, as everything that looks at it would fail', () => {
  const row = rowOf(sessionNamed('anna', 1));
  assert.ok(viewOf({ ...row, loginAt: 8.64e15 - row.durationMs }));
  assert.equal(viewOf({ ...row, loginAt: 8.64e15 }), undefined);
  assert.equal(viewOf({ ...row, durationMs: Number.MAX_SAFE_INTEGER }), undefined);
});

test('a member that sends sessions of another kind than was asked for has those left out', () => {
  const world = new AskingWorld();
  world.add(1, [sessionNamed('anna', 1), sessionNamed('bert', 2, { kind: 'management' })]);
  world.ask({ ...all, kind: 'management' });
  world.settle();
  assert.deepEqual(namesOf(world, 1), ['bert']);
});

test('a list that cannot be made is said once a minute, and ends nothing else', () => {
  const said: string[] = [];
  const fails = (): never => {
    throw new Error('a session of no kind');
  };
  const pages = new MemberPages({
    random: new Prng(1),
    own: { page: fails, summary: fails, size: () => 1 },
    member: () => undefined,
    note: (record) => void said.push(eventText(record)),
  });
  const sender = { member: memberId(1), incarnation: '0'.repeat(16) as Incarnation };
  const message = {
    type: messageTypes.sessionsRequest,
    nonce: '0'.repeat(32),
    sessionQuestion: questionOf(all, 0),
  };
  const heard = (at: number) => pages.heard({ kind: 'heard', sender, message }, instant(at));
  assert.deepEqual([heard(0), heard(1000), heard(59_999)], [[], [], []]);
  const reason = 'a session of no kind';
  assert.deepEqual(said, [sessionPageFailed.text.replace('{reason}', reason)]);
  heard(60_000);
  assert.equal(said.length, 2);
});

test('a query arrives as it was asked, within the bound of rows', () => {
  const query: SessionQuery = {
    ...{ kind: 'management', group: 'staff', text: '10.1', cursor: '4:s:b' },
    ...{ sort: 'bytesRx', descending: true, limit: 20 },
  };
  assert.deepEqual(queryOf(questionOf(query, 3), 100), query);
  assert.equal(questionOf(query, 3).from, 3);
  assert.deepEqual(queryOf(questionOf({ ...all, limit: 500 }, 0), 100), {
    ...all,
    ...{ limit: 100, kind: undefined, group: undefined, text: undefined, cursor: undefined },
  });
  assert.equal(queryOf({ ...questionOf(query, 0), kind: 7 }, 100), undefined);
  assert.equal(queryOf({ ...questionOf(query, 0), order: 99 }, 100), undefined);
});

test('a page of 50 rows comes from each member, a few datagrams at a time, none too long', () => {
  const world = new AskingWorld();
  const one = world.add(1, named('a', 200));
  world.add(2, named('b', 3));
  world.add(3, []);
  assert.ok(world.ask(all));
  world.settle();
  assert.equal(namesOf(world, 1)?.length, 50);
  assert.deepEqual(namesOf(world, 2), ['b1', 'b2', 'b3']);
  assert.deepEqual(namesOf(world, 3), []);
  const page = world.pages?.get(memberId(1));
  assert.deepEqual(page?.answer === 'whole' && [page.total, page.hasMore], [200, true]);
  assert.ok(world.longestOctets <= LONGEST_DATAGRAM - HEADER_OCTETS - TAG_OCTETS);
  assert.ok(world.mostUnderWay <= 3 * WINDOW, `${world.mostUnderWay} datagrams at once`);
  assert.equal(one.looks, 1);
});

test('the longest rows fit, one in each datagram', () => {
  const world = new AskingWorld();
  const long = 'ü'.repeat(64);
  const word = 'w'.repeat(99);
  const changes = {
    ...{ group: long, groupPolicy: long, clientType: long, clientVersion: long },
    ...{ protocol: word, encryption: word, hash: word, legacy: Array(20).fill(word) },
    ...{ assignedAddress: '2001:db8::1', publicAddress: '2001:db8::2' },
  };
  world.add(1, [sessionNamed(long, 1, changes), sessionNamed(long, 2, changes)]);
  world.ask(all);
  world.settle();
  assert.deepEqual(namesOf(world, 1), [long, long]);
  assert.ok(world.longestOctets <= LONGEST_DATAGRAM - HEADER_OCTETS - TAG_OCTETS);
});

test('lost datagrams are asked for again, from a page that is looked up once', () => {
  for (const lost of [0, 1, 2, 5]) {
    const world = new AskingWorld();
    const own = world.add(1, named('a', 60));
    let answers = 0;
    world.loses = ({ type }) => type === messageTypes.sessions && answers++ === lost;
    world.ask(all);
    world.settle();
    assert.equal(namesOf(world, 1)?.length, 50, `datagram ${lost} lost`);
    assert.equal(own.looks, 1);
  }
});

test('every third datagram lost, the page comes all the same', () => {
  const world = new AskingWorld();
  world.add(1, named('a', 60));
  let count = 0;
  world.loses = () => count++ % 3 === 1;
  world.ask(all);
  world.settle();
  assert.equal(namesOf(world, 1)?.length, 50);
});

test('a member that does not answer is given up after a second; the others are there', () => {
  const world = new AskingWorld();
  world.add(1, named('a', 2));
  assert.ok(world.ask(all, [memberId(1), memberId(2)]));
  const tookMs = world.settle();
  assert.deepEqual(namesOf(world, 1), ['a1', 'a2']);
  assert.equal(namesOf(world, 2), 'silent');
  assert.ok(tookMs >= 900 && tookMs <= 1100, `${tookMs} ms`);
});

test('a member that stops in the middle of a page does not answer it', () => {
  const world = new AskingWorld();
  world.add(1, named('a', 60));
  let answers = 0;
  world.loses = ({ type }) => type === messageTypes.sessions && answers++ >= 6;
  world.ask(all);
  assert.ok(world.settle() <= 4500);
  assert.equal(namesOf(world, 1), 'silent');
});

test('questions go to a few members at once, and to each one after the other', () => {
  const world = new AskingWorld();
  for (let n = 1; n <= 24; n += 1) world.add(n, named(`m${n} `, 60));
  world.ask(all);
  world.settle();
  for (let n = 1; n <= 24; n += 1) assert.equal(namesOf(world, n)?.length, 50);
  assert.ok(world.mostUnderWay <= 8 * WINDOW, `${world.mostUnderWay} datagrams at once`);
});

test('of many that look at once, those beyond the bound are told so', () => {
  const world = new AskingWorld();
  const own = world.add(1, named('a', 1));
  const begun = Array.from({ length: 17 }, () => world.ask(all));
  assert.deepEqual(begun.indexOf(false), 16);
  world.pass(1);
  for (let i = 0; i < 200; i += 1) world.pass(1);
  assert.equal(own.looks, 16);
  assert.ok(world.ask(all));
});

test('a member with 100,000 sessions looks them up once a second, and says once that more is asked', () => {
  const world = new AskingWorld();
  const own = world.add(1, named('a', 100_000));
  for (let i = 0; i < 6; i += 1) {
    world.ask(all);
    world.settle();
  }
  assert.ok(own.looks <= 6, `${own.looks} pages`);
  const took = world.now - 1_000_000;
  assert.ok(took >= 3500, `${own.looks} pages in ${took} ms`);
  assert.deepEqual(world.said, [sessionPagesLimited.text.replace('{address}', '10.32.1.1')]);
});

test('whoever is asked too much is not silent but busy', () => {
  const world = new AskingWorld();
  world.add(1, named('a', 100_000));
  world.add(2, named('b', 1));
  const own = world.others.get(memberId(1))?.own as { size: () => number };
  own.size = () => 10_000_000;
  world.ask(all);
  world.settle();
  assert.equal(namesOf(world, 1)?.length, 50);
  world.loses = ({ sessionPart }) => sessionPart !== undefined && sessionPart.parts > 0;
  world.ask(all, [memberId(1)]);
  world.settle();
  assert.equal(namesOf(world, 1), 'busy');
});

test('an answer that was not asked for, or is not of the page, changes nothing', () => {
  const world = new AskingWorld();
  world.add(1, named('a', 60));
  world.ask(all);
  const { inquiries, now } = world;
  const part = { part: 0, parts: 1, state: 0, total: 0 };
  const told = inquiries.heard(
    memberId(1),
    { type: messageTypes.sessions, nonce: 'f'.repeat(32), sessionPart: part },
    now,
  );
  assert.deepEqual(told, []);
  world.settle();
  assert.equal(namesOf(world, 1)?.length, 50);
});
