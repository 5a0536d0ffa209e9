import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { Prng } from '#base/prng';
import { rowOf, viewOf } from '#features/cluster/sessions/rows';
import type { SessionQuery, SessionSortKey, SessionView } from '#views/views';
import { type MemberPart, mergedPage, partQuery } from './cluster-session-page.ts';
import { pageOfSessions } from './session-page.ts';

const session = (
  index: number,
  username: string,
  changes: Partial<SessionView> = {},
): SessionView => ({
  index,
  ...{ kind: 'remoteAccess', state: 'active', username, group: 'staff' },
  ...{ publicAddress: `198.51.100.${index}`, protocol: 'IPSec', encryption: 'AES-128' },
  ...{ hash: 'SHA-1', loginAt: 1000.5 * index, durationMs: 60_000 },
  ...{ bytesTx: 0, bytesRx: 0, packetsTx: 0, packetsRx: 0, legacy: [] },
  ...changes,
});

type Tables = Readonly<Record<string, readonly SessionView[]>>;

/** What the members with these tables say of a page. */
const partsOf = (tables: Tables, query: SessionQuery): MemberPart[] =>
  Object.entries(tables).map(([privateAddress, sessions]): MemberPart => {
    const member = { privateAddress, hostname: privateAddress, isSelf: false } as const;
    const wanted = partQuery(query, address(privateAddress));
    assert.ok(wanted.ok);
    const page = pageOfSessions(sessions, wanted.value, 0);
    assert.ok(page.ok);
    const { items: rows, total, nextCursor } = page.value;
    return { ...member, answer: 'whole', rows, total, hasMore: nextCursor !== undefined };
  });

/** The names on each page, from the first to the last. */
function pagesOf(tables: Tables, query: SessionQuery): string[][] {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = mergedPage({ ...query, cursor }, partsOf(tables, { ...query, cursor }), 0);
    pages.push(page.items.map(({ username, member }) => `${username}@${member.split('.')[3]}`));
    cursor = page.nextCursor;
    assert.ok(pages.length < 200, 'pages without end');
  } while (cursor !== undefined);
  return pages;
}

const byName: SessionQuery = { sort: 'username', descending: false, limit: 3 };

test('LB-66: the sessions of all members are one list in order, each with its member', () => {
  const tables = {
    '10.32.1.129': [session(1, 'dora'), session(2, 'anna')],
    '10.32.1.130': [session(1, 'carl'), session(7, 'emil')],
    '10.32.1.131': [session(4, 'bert')],
  };
  assert.deepEqual(pagesOf(tables, byName), [
    ['anna@129', 'bert@131', 'carl@130'],
    ['dora@129', 'emil@130'],
  ]);
  assert.deepEqual(pagesOf(tables, { ...byName, descending: true }), [
    ['emil@130', 'dora@129', 'carl@130'],
    ['bert@131', 'anna@129'],
  ]);
});

test('equal values are ordered by member and index, and no page skips or repeats one', () => {
  const tables = {
    '10.32.1.9': [1, 2, 3, 4].map((i) => session(i, 'same', { publicAddress: `192.0.2.${i}` })),
    '10.32.1.10': [1, 2, 3].map((i) => session(i, 'same', { publicAddress: `192.0.2.1${i}` })),
    '10.32.1.200': [5, 6].map((i) => session(i, 'same', { publicAddress: `192.0.2.2${i}` })),
  };
  for (const descending of [false, true])
    for (const limit of [1, 2, 4, 20]) {
      const members = pagesOf(tables, { ...byName, limit, descending }).flat();
      const expected = [9, 9, 9, 9, 10, 10, 10, 200, 200].map((n) => `same@${n}`);
      assert.deepEqual(members, descending ? expected.reverse() : expected);
    }
});

test('in every order and page length, the pages hold every session once', () => {
  const prng = new Prng(5);
  const names = ['anna', 'bert', 'carl', 'dora', 'emil', 'fred'];
  const orders: readonly SessionSortKey[] = ['index', 'username', 'loginAt', 'bytesTx', 'state'];
  for (let round = 0; round < 60; round += 1) {
    const tables: Record<string, SessionView[]> = {};
    for (let n = 1; n <= prng.between(1, 5); n += 1)
      tables[`10.32.1.${n}`] = Array.from({ length: prng.between(0, 15) }, (_, i) =>
        session(i + 1, prng.pick(names), {
          ...{ bytesTx: prng.between(0, 3), publicAddress: `192.0.${n}.${i}` },
          loginAt: prng.between(0, 4) + 0.25,
        }),
      );
    const query = { sort: prng.pick(orders), descending: prng.chance(0.5), limit: 4 };
    const all = Object.entries(tables).flatMap(([member, sessions]) =>
      sessions.map(({ username }) => `${username}@${member.split('.')[3]}`),
    );
    const pages = pagesOf(tables, query);
    assert.deepEqual(pages.flat().sort(), all.sort());
    assert.ok(pages.every((page) => page.length <= 4));
  }
});

test('a client that moved counts once, where it logged in last; several on one member are several', () => {
  const moved = { publicAddress: '198.51.100.7', clientVersion: 'vpnc 0.5.3' };
  const tables = {
    '10.32.1.129': [
      session(1, 'anna', { ...moved, durationMs: 90_000 }),
      session(2, 'bert', { publicAddress: '192.0.2.1' }),
      session(3, 'bert', { publicAddress: '192.0.2.1' }),
    ],
    '10.32.1.130': [
      session(1, 'anna', { ...moved, durationMs: 2000 }),
      session(2, 'carl', { kind: 'lanToLan', publicAddress: '192.0.2.9' }),
    ],
    '10.32.1.131': [
      session(1, 'anna', { ...moved, durationMs: 400_000, state: 'inactive' }),
      session(2, 'carl', { kind: 'lanToLan', publicAddress: '192.0.2.9' }),
      session(3, 'anna', { ...moved, publicAddress: '203.0.113.9', durationMs: 9000 }),
    ],
  };
  const query = { ...byName, limit: 50 };
  const page = mergedPage(query, partsOf(tables, query), 0);
  assert.deepEqual(
    page.items.map(({ username, member }) => `${username}@${member.split('.')[3]}`),
    ['anna@130', 'anna@131', 'bert@129', 'bert@129', 'carl@130', 'carl@131'],
  );
  assert.deepEqual([page.total, page.moved, page.nextCursor], [6, 2, undefined]);
});

test('a client that says more of itself than travels does not stop the pages by client', () => {
  const clientType = 'ü'.repeat(60);
  const rows = Array.from({ length: 9 }, (_, i) =>
    session(i + 1, `u${i}`, { clientType, clientVersion: `${9 - i}` }),
  );
  const query: SessionQuery = { sort: 'clientType', descending: false, limit: 2 };
  let cursor: string | undefined;
  const seen: string[] = [];
  do {
    const asked = { ...query, cursor };
    const parts = partsOf({ '10.32.1.130': rows }, asked).map((part) => ({
      ...part,
      rows: part.rows.flatMap((row) => viewOf(rowOf(row)) ?? []),
    }));
    const page = mergedPage(asked, parts, 0);
    seen.push(...page.items.map(({ username }) => username));
    cursor = page.nextCursor;
    assert.ok(seen.length <= 9, 'pages without end');
  } while (cursor !== undefined);
  assert.deepEqual(seen, ['u8', 'u7', 'u6', 'u5', 'u4', 'u3', 'u2', 'u1', 'u0']);
});

test('a member that sends what was before the cursor, and claims more, turns nobody back', () => {
  const tables = { '10.32.1.129': ['dora', 'emil', 'fred'].map((n, i) => session(i + 1, n)) };
  const liar: Omit<MemberPart, 'rows'> = {
    ...{ privateAddress: '10.32.1.130', hostname: 'liar', isSelf: false, answer: 'whole' },
    ...{ total: 4_294_967_295, hasMore: true },
  };
  const query = { ...byName, cursor: '10.32.1.129~1:s:dora' };
  const rows = [session(1, 'anna'), session(2, 'bert')];
  const page = mergedPage(query, [...partsOf(tables, query), { ...liar, rows }], 0);
  assert.deepEqual(
    page.items.map(({ username }) => username),
    ['emil', 'fred'],
  );
  assert.equal(page.nextCursor, undefined);
});

test('members that did not answer are named, and the others are there', () => {
  const [first] = partsOf({ '10.32.1.129': [session(1, 'anna')] }, byName);
  assert.ok(first);
  const silent = { ...first, privateAddress: '10.32.1.130', total: undefined, rows: [] };
  const page = mergedPage(byName, [first, { ...silent, answer: 'silent' }], 0);
  assert.deepEqual([page.total, page.items.length], [1, 1]);
  assert.deepEqual(
    page.members.map(({ privateAddress, answer, total }) => [privateAddress, answer, total]),
    [
      ['10.32.1.129', 'whole', 1],
      ['10.32.1.130', 'silent', undefined],
    ],
  );
});

test('a cursor that this list did not give is refused', () => {
  for (const cursor of ['', '1:n:3', 'x~1:n:3', '10.32.1.129~', '10.32.1.129~x'])
    assert.deepEqual(partQuery({ ...byName, cursor }, address('10.32.1.129')), {
      ok: false,
      error: 'the cursor is not one that this list gave',
    });
});
