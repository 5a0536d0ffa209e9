import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, ipv4FromNumber } from '#base/address';
import { type Instant, instant } from '#base/instant';
import { Prng } from '#base/prng';
import type { Session, SessionFields } from './session.ts';
import { SessionTable } from './session-table.ts';

const at = (seconds: number): Instant => instant(seconds * 1000);
const T0 = at(0);

let owners = 0;

const fields = (username: string, more: Partial<SessionFields> = {}): SessionFields => {
  owners += 1;
  return {
    kind: 'remoteAccess',
    username,
    group: 'ciscovpn',
    owner: owners,
    peer: { address: address('171.69.89.78'), port: 1024 + (owners % 60_000) },
    assigned: [],
    protocol: 'IPSec/NAT-T',
    encryption: '3DES-168',
    hash: 'SHA-1',
    legacy: ['3DES'],
    ...more,
  };
};

const management = (username: string) => fields(username, { kind: 'management', group: '' });
const indexes = (sessions: readonly Session[]) => sessions.map((s) => s.index);

test('a session is found by index, owner, user and assigned address until it is closed', () => {
  const table = new SessionTable();
  const assigned = [address('40.1.1.1'), address('2001:db8::1')];
  const a = table.open(fields('vpnclient1', { owner: 'sa-1', assigned }), at(5));
  assert.deepEqual([a.index, a.state, a.loginAt], [1, 'connecting', 5000]);
  for (const found of [
    table.get(1),
    table.ofOwner('sa-1'),
    table.ofAddress(assigned[0] as never),
    table.ofAddress(assigned[1] as never),
    table.ofUser('vpnclient1')[0],
    table.ofClient('vpnclient1', a.group, a.peer),
  ])
    assert.equal(found, a);
  const elsewhere = { ...a.peer, port: a.peer.port + 1 };
  assert.equal(table.ofClient('vpnclient1', a.group, elsewhere), undefined);
  assert.equal(table.ofClient('vpnclient1', 'other', a.peer), undefined);
  assert.equal(table.close(1), a);
  assert.equal(table.close(1), undefined);
  assert.equal(table.ofOwner('sa-1'), undefined);
  assert.equal(table.ofAddress(assigned[0] as never), undefined);
  assert.deepEqual(table.ofUser('vpnclient1'), []);
  assert.deepEqual(table.groups(), []);
  assert.equal(table.open(fields('x'), T0).index, 2);
});

test('an update moves what it changes and leaves every order as it was', () => {
  const table = new SessionTable();
  const old = address('40.1.1.1');
  const next = address('40.1.1.2');
  table.open(fields('u', { owner: 'a', assigned: [old] }), T0);
  table.open(fields('u', { owner: 'b' }), T0);
  table.update(1, { owner: 'c', assigned: [next], group: 'other' });
  assert.equal(table.ofOwner('a'), undefined);
  assert.equal(table.ofOwner('c')?.index, 1);
  assert.equal(table.ofAddress(old), undefined);
  assert.equal(table.ofAddress(next)?.index, 1);
  assert.deepEqual(indexes(table.ofUser('u')), [1, 2]);
  assert.deepEqual(table.groups().sort(), ['ciscovpn', 'other']);
  assert.equal(table.update(9, { group: 'x' }), undefined);
});

test('two sessions never share an owner or an assigned address', () => {
  const table = new SessionTable();
  const assigned = [address('40.1.1.1')];
  table.open(fields('a', { owner: 1, assigned }), T0);
  assert.throws(() => table.open(fields('b', { owner: 1 }), T0), /owner 1/);
  assert.throws(() => table.open(fields('b', { assigned }), T0), /40\.1\.1\.1/);
  table.open(fields('b', { owner: 2 }), T0);
  assert.throws(() => table.update(table.size, { assigned }), /40\.1\.1\.1/);
});

test('LB-62 LB-63: the summary counts active sessions by kind, the peak and all so far', () => {
  const table = new SessionTable(100);
  const open = [
    ...['admin', 'admin', '10.32.1.131', '10.32.1.130'].map((u) => table.open(management(u), T0)),
    table.open(fields('ipsecuser'), T0),
  ];
  assert.deepEqual(table.summary(), {
    active: { lanToLan: 0, remoteAccess: 1, management: 4 },
    totalActive: 5,
    inactive: 0,
    peak: 5,
    limit: 100,
    cumulative: 5,
  });
  table.close(open.at(-1)?.index as number);
  const { active, totalActive, peak, cumulative } = table.summary();
  assert.deepEqual(active, { lanToLan: 0, remoteAccess: 0, management: 4 });
  assert.deepEqual([totalActive, peak, cumulative], [4, 5, 5]);
});

test('LB-72: a login above the session limit is refused, an administrator is not', () => {
  const table = new SessionTable(2);
  table.open(fields('a'), T0);
  assert.equal(table.admit('remoteAccess', 'b', 3).kind, 'admitted');
  table.open(fields('b'), T0);
  assert.deepEqual(table.admit('remoteAccess', 'c', 3), {
    kind: 'refused',
    reason: 'session limit',
    limit: 2,
  });
  assert.equal(table.admit('lanToLan', 'c', 3).kind, 'refused');
  assert.equal(table.admit('management', 'admin', 0).kind, 'admitted');
  table.open(management('admin'), T0);
  table.setLimit(3);
  assert.equal(table.admit('remoteAccess', 'c', 3).kind, 'admitted');
});

test('GEN-85: a full table gives up its longest inactive session for a new one', () => {
  const table = new SessionTable(3);
  for (const user of ['a', 'b', 'c']) table.activate(table.open(fields(user), T0).index);
  table.deactivate(2, at(10));
  table.deactivate(1, at(20));
  // A change to an inactive session does not make it any younger.
  table.update(2, { clientVersion: '3.6.1' });
  table.deactivate(2, at(30));
  assert.equal(table.get(2)?.inactiveAt, 10_000);
  const admission = table.admit('remoteAccess', 'd', 3);
  assert.deepEqual(admission.kind === 'admitted' && indexes(admission.preempted), [2]);
  assert.deepEqual([table.summary().totalActive, table.summary().inactive], [1, 2]);

  table.activate(2);
  assert.equal(table.get(2)?.inactiveAt, undefined);
  const next = table.admit('remoteAccess', 'd', 3);
  assert.deepEqual(next.kind === 'admitted' && indexes(next.preempted), [1]);
  table.activate(1);
  assert.equal(table.admit('remoteAccess', 'd', 3).kind, 'refused');
});

test('a user at the limit of simultaneous logins replaces an inactive session, else the oldest', () => {
  const table = new SessionTable();
  for (let i = 0; i < 3; i += 1) table.activate(table.open(fields('u'), T0).index);
  table.open(fields('other'), T0);
  table.open(management('u'), T0);
  const preempted = (logins: number) => {
    const admission = table.admit('remoteAccess', 'u', logins);
    return admission.kind === 'admitted' ? indexes(admission.preempted) : admission.reason;
  };
  assert.deepEqual(preempted(4), []);
  assert.deepEqual(preempted(3), [1]);
  table.deactivate(2, at(1));
  assert.deepEqual(preempted(3), [2]);
  assert.deepEqual(preempted(1), [2, 1, 3]);
  assert.equal(preempted(0), 'simultaneous logins');
});

test('whatever happens, the counts equal what a recount finds', () => {
  const prng = new Prng(7);
  const table = new SessionTable(50);
  let peak = 0;
  for (let step = 0; step < 20_000; step += 1) {
    const all = [...table.values()];
    const session = all.length > 0 ? prng.pick(all) : undefined;
    const action = prng.between(0, 5);
    if (action <= 1) {
      const user = `u${prng.between(0, 20)}`;
      const admission = table.admit('remoteAccess', user, 3);
      if (admission.kind === 'refused') continue;
      for (const { index } of admission.preempted) table.close(index);
      const assigned = [ipv4FromNumber(0x0a000000 + step)];
      table.open(fields(user, { assigned, group: `g${prng.between(0, 3)}` }), at(step));
    } else if (session === undefined) continue;
    else if (action === 2) table.close(session.index);
    else if (action === 3) table.activate(session.index);
    else if (action === 4) table.deactivate(session.index, at(step));
    else table.update(session.index, { username: `u${prng.between(0, 20)}`, owner: `o${step}` });

    const now = [...table.values()];
    const active = now.filter((s) => s.state !== 'inactive').length;
    peak = Math.max(peak, active);
    const summary = table.summary();
    assert.equal(summary.totalActive, active);
    assert.equal(summary.inactive, now.length - active);
    assert.equal(summary.peak, peak);
    assert.ok(now.length <= 50);
    for (const s of now) {
      assert.equal(table.ofOwner(s.owner), s);
      assert.ok(table.ofUser(s.username).includes(s));
    }
  }
});

test('LB-61: pages of a group or a user list each of its sessions once', () => {
  const table = new SessionTable();
  for (let i = 0; i < 100; i += 1) table.open(fields(`u${i % 7}`, { group: `g${i % 3}` }), T0);
  const read = (filter: Parameters<SessionTable['page']>[0]) => {
    const seen: number[] = [];
    let after: number | undefined;
    do {
      const page = table.page(filter, 10, after);
      seen.push(...indexes(page.items));
      after = page.next;
      if (after !== undefined) table.close(seen[0] as number);
    } while (after !== undefined);
    return seen;
  };
  const expected = [...table.values()].filter((s) => s.group === 'g1' && s.username === 'u2');
  assert.deepEqual(read({ group: 'g1', username: 'u2' }), indexes(expected));
  const all = indexes([...table.values()]);
  assert.deepEqual(read({}), all);
  assert.deepEqual(read({ group: 'none' }), []);
});

test('100,000 sessions: the table admits, opens, finds and pages as a small one does', () => {
  const size = 100_000;
  const table = new SessionTable(size + 1);
  const pooled = (i: number) => [ipv4FromNumber(0x0a000000 + i)];
  for (let i = 0; i < size; i += 1) table.open(fields(`u${i}`, { assigned: pooled(i) }), T0);
  assert.equal(table.admit('remoteAccess', 'x', 1).kind, 'admitted');
  const last = table.open(fields('x'), T0);
  assert.notEqual(table.admit('remoteAccess', 'y', 1).kind, 'admitted', 'the table is full');
  assert.deepEqual(indexes(table.ofUser('x')), [last.index]);
  const page = table.page({ kind: 'remoteAccess' }, 24, 50_000);
  assert.deepEqual([page.total, page.items.length], [size + 1, 24]);
  table.close(last.index);
  assert.equal(table.page({ kind: 'remoteAccess' }, 24).total, size);
});
