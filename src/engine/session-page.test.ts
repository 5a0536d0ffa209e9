import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '#base/prng';
import type { SessionQuery, SessionSortKey, SessionView } from '#views/views';
import { pageOfSessions } from './session-page.ts';

const session = (index: number, fields: Partial<SessionView> = {}): SessionView => ({
  index,
  kind: 'remoteAccess',
  state: 'active',
  username: `user${index}`,
  group: 'ciscovpn',
  assignedAddress: `40.1.1.${index}`,
  publicAddress: '171.69.89.78',
  protocol: 'IPSec/NAT-T',
  encryption: '3DES-168',
  hash: 'MD5',
  loginAt: 1000 * index,
  durationMs: 0,
  bytesTx: 0,
  bytesRx: 0,
  packetsTx: 0,
  packetsRx: 0,
  legacy: [],
  ...fields,
});

const query: SessionQuery = { sort: 'index', descending: false, limit: 100 };

function page(sessions: Iterable<SessionView>, changes: Partial<SessionQuery> = {}) {
  const result = pageOfSessions(sessions, { ...query, ...changes }, 5000);
  assert.ok(result.ok);
  return result.value;
}

const indexes = (rows: readonly SessionView[]) => rows.map((row) => row.index);

test('LB-61: the group selector and the kind let only their sessions through', () => {
  const rows = [
    session(1),
    session(2, { group: 'engineering' }),
    session(3, { kind: 'management', group: '' }),
  ];
  assert.deepEqual(indexes(page(rows, { group: 'engineering' }).items), [2]);
  assert.deepEqual(indexes(page(rows, { kind: 'management' }).items), [3]);
  assert.equal(page(rows).total, 3);
  assert.equal(page(rows).asOf, 5000);
});

test('the search looks into users, addresses, protocols, clients and old algorithms', () => {
  const rows = [
    session(1, { username: 'Alice' }),
    session(2, { clientType: 'WinNT', clientVersion: '3.6.1 (Rel)' }),
    session(3, { legacy: ['DH group 2'] }),
  ];
  assert.deepEqual(indexes(page(rows, { text: ' aLICE ' }).items), [1]);
  assert.deepEqual(indexes(page(rows, { text: '3.6.1' }).items), [2]);
  assert.deepEqual(indexes(page(rows, { text: 'dh group' }).items), [3]);
  assert.deepEqual(indexes(page(rows, { text: '40.1.1.2' }).items), [2]);
  assert.deepEqual(page(rows, { text: 'nobody' }).items, []);
});

test('addresses are sorted as numbers, IPv4 before IPv6, absent ones first', () => {
  const rows = [
    session(1, { assignedAddress: '40.1.1.10' }),
    session(2, { assignedAddress: '40.1.1.9' }),
    session(3, { assignedAddress: '2001:db8::1' }),
    session(4, { assignedAddress: undefined }),
  ];
  assert.deepEqual(indexes(page(rows, { sort: 'assignedAddress' }).items), [4, 2, 1, 3]);
  assert.deepEqual(
    indexes(page(rows, { sort: 'assignedAddress', descending: true }).items),
    [3, 1, 2, 4],
  );
});

test('pages of any size, in any order, put together are the whole sorted list', () => {
  const random = new Prng(7);
  const rows = Array.from({ length: 137 }, (_, i) =>
    session(i + 1, {
      username: random.pick(['ann', 'Ben', 'cem', 'a:b']),
      bytesTx: random.between(0, 5),
      publicAddress: `171.69.89.${random.between(1, 4)}`,
      clientType: random.pick(['WinNT', 'Linux']),
    }),
  );
  const keys: SessionSortKey[] = ['index', 'username', 'bytesTx', 'publicAddress', 'clientType'];
  for (const sort of keys)
    for (const descending of [false, true])
      for (const limit of [1, 10, 136, 137, 500]) {
        const whole = indexes(page(rows, { sort, descending, limit: 500 }).items);
        const found: number[] = [];
        let cursor: string | undefined;
        do {
          const next = page(rows, { sort, descending, limit, cursor });
          assert.ok(next.items.length <= limit);
          assert.equal(next.total, 137);
          found.push(...indexes(next.items));
          cursor = next.nextCursor;
        } while (cursor !== undefined);
        assert.deepEqual(found, whole, `${sort} ${descending} ${limit}`);
      }
});

test('a session that ends between two pages hides no other', () => {
  const rows = [1, 2, 3, 4].map((index) => session(index));
  const first = page(rows, { limit: 2 });
  const rest = page(rows.slice(1), { limit: 2, cursor: first.nextCursor });
  assert.deepEqual([...indexes(first.items), ...indexes(rest.items)], [1, 2, 3, 4]);
});

test('a cursor of somebody else is an error in words', () => {
  for (const cursor of ['', 'x', '1', '1:z:4', '1:n:four', '9'.repeat(20)])
    assert.deepEqual(pageOfSessions([], { ...query, cursor }, 0), {
      ok: false,
      error: 'the cursor is not one that this list gave',
    });
});
