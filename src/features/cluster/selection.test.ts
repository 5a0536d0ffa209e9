import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { Prng } from '#base/prng';
import type { MemberId } from '#wire/vcl/fields';
import { explain, explanationText } from './explanation.ts';
import { type LoadRules, rulesOf } from './load.ts';
import { type Barrier, byAddress, type Contender, choose, PendingRedirects } from './selection.ts';

const client = { address: address('172.18.124.96'), port: 500 };
const target = address('172.18.124.130');
const idOf = (host: number): MemberId => host.toString(16).padStart(16, '0') as MemberId;

type Row = {
  readonly host: number;
  readonly max: number;
  readonly active?: number;
  readonly isMaster?: true;
  readonly pending?: number;
  readonly barred?: Barrier;
};

const contender = ({ host, max, active = 0, isMaster, pending = 0, barred }: Row): Contender => ({
  member: idOf(host),
  privateAddress: address(`192.168.1.${host}`),
  isMaster: isMaster === true,
  active,
  max,
  pending,
  barred,
});

/** Hosts that take one client after the other; each session counts at once. */
function picks(rows: readonly Row[], rules: LoadRules, clients: number): number[] {
  const active = new Map<number, number>(rows.map((r) => [r.host, r.active ?? 0]));
  return Array.from({ length: clients }, () => {
    const now = rows.map((r) => contender({ ...r, active: active.get(r.host) as number }));
    const decision = choose(byAddress(now), rules);
    if (decision.kind === 'refuse') return 0;
    const host = Number(decision.target.privateAddress.split('.')[3]);
    active.set(host, (active.get(host) as number) + 1);
    return host;
  });
}

const three = (max: number): readonly Row[] => [
  { host: 9, max, isMaster: true },
  { host: 19, max },
  { host: 20, max },
];
const [asa, vpn3000] = [rulesOf('asa'), rulesOf('vpn3000')];

test('GEN-52: three members of 100: backup, backup, master, and again', () => {
  assert.deepEqual(picks(three(100), asa, 9), [19, 20, 9, 19, 20, 9, 19, 20, 9]);
});

test('GEN-52: three members of 200: the master takes one, then always two at a time', () => {
  assert.deepEqual(
    picks(three(200), asa, 15),
    [19, 20, 9, 19, 20, 19, 20, 9, 9, 19, 20, 19, 20, 9, 9],
  );
});

test('GEN-52: three members of 1000: ten to the backups in turn, five to the master, twenty to the backups', () => {
  const taken = picks(three(1000), asa, 36);
  const inTurn = (count: number) => Array.from({ length: count }, (_, i) => (i % 2 ? 20 : 19));
  assert.deepEqual(taken, [...inTurn(10), 9, 9, 9, 9, 9, ...inTurn(20), 9]);
});

test('GEN-52: least percentage goes before fewest sessions, those before the lowest address', () => {
  const rows = [
    { host: 1, max: 100, active: 90, isMaster: true } as const,
    { host: 3, max: 100, active: 7 },
    { host: 4, max: 1000, active: 60 },
    { host: 5, max: 100, active: 6 },
    { host: 6, max: 100, active: 6 },
  ];
  const rule = (some: readonly Row[]) => {
    const decision = choose(byAddress(some.map(contender)), asa);
    assert.equal(decision.kind, 'redirect');
    return decision.kind === 'redirect' ? [decision.target.privateAddress, decision.rule] : [];
  };
  const [m, b3, b4, b5, b6] = rows as [Row, Row, Row, Row, Row];
  assert.deepEqual(rule([m, b3, b4]), ['192.168.1.4', 'leastPercent']);
  assert.deepEqual(rule([m, b4, b5]), ['192.168.1.5', 'fewestSessions']);
  assert.deepEqual(rule([m, b6, b5]), ['192.168.1.5', 'lowestAddress']);
  assert.deepEqual(rule([m, b3]), ['192.168.1.3', 'onlyBackup']);
  assert.deepEqual(rule([m]), ['192.168.1.1', 'noBackup']);
  assert.deepEqual(rule([{ ...m, active: 1 }, b3, b4]), ['192.168.1.1', 'masterIsLeast']);
});

test('LB-73: of two idle 3030s, the backup takes 30 clients before the master takes one', () => {
  const rows: readonly Row[] = [
    { host: 1, max: 1500, isMaster: true },
    { host: 2, max: 1500 },
  ];
  const taken = picks(rows, vpn3000, 31);
  assert.deepEqual(taken.slice(0, 30), new Array(30).fill(2));
  assert.equal(taken[30], 1);
});

test('an ASA master of two members of 1500 takes the ninth client: half up is one percent at eight', () => {
  const rows: readonly Row[] = [
    { host: 1, max: 1500, isMaster: true },
    { host: 2, max: 1500 },
  ];
  assert.equal(picks(rows, asa, 30).indexOf(1), 8);
});

test('LB-73: a VPN 3000 master of three members of 100 waits until both backups have two percent', () => {
  assert.deepEqual(picks(three(100), vpn3000, 9), [19, 20, 19, 20, 9, 19, 20, 9, 19]);
});

test('LB-71: a VPN 3000 master never has more load than the least loaded of equal backups', () => {
  for (const max of [10, 100, 1500]) {
    const active = new Map([9, 19, 20].map((host) => [host, 0]));
    for (const host of picks(three(max), vpn3000, 3 * max - 3)) {
      active.set(host, (active.get(host) as number) + 1);
      const [m, a, b] = [9, 19, 20].map((h) => active.get(h) as number) as [number, number, number];
      const isFull = Math.min(a, b) >= max;
      assert.ok(m <= Math.min(a, b) || isFull, `${m} of ${max} against ${a} and ${b}`);
    }
  }
});

test('GEN-82 GEN-84: three members of 100 take 300 clients; the next is refused, and told why', () => {
  for (const rules of [asa, vpn3000]) {
    const taken = picks(three(100), rules, 301);
    for (const host of [9, 19, 20]) assert.equal(taken.filter((h) => h === host).length, 100);
    assert.equal(taken[300], 0);
  }
  const full = choose(
    three(1).map((r) => contender({ ...r, active: 1 })),
    asa,
  );
  assert.equal(full.kind, 'refuse');
  assert.equal(
    explanationText(explain(full, client, undefined)),
    'nobody took 172.18.124.96; 192.168.1.9 is full; 192.168.1.19 is full; 192.168.1.20 is full',
  );
});

test('GEN-84: a member is full by its sessions, not by its percentage', () => {
  const rows: readonly Row[] = [
    { host: 9, max: 1500, active: 1500, isMaster: true },
    { host: 19, max: 1500, active: 1499 },
  ];
  assert.deepEqual(picks(rows, asa, 2), [19, 0]);
});

test('members that are gone, suspect, emptied, without addresses or half in reach are never chosen', () => {
  const barriers = [
    'dead',
    'suspect',
    'publicSideClosed',
    'unreported',
    'draining',
    'poolEmpty',
  ] as const;
  for (const barred of barriers) {
    const rows: readonly Row[] = [
      { host: 9, max: 100, active: 50, isMaster: true },
      { host: 19, max: 100, barred },
      { host: 20, max: 100, active: 40 },
    ];
    assert.ok(!picks(rows, asa, 100).includes(19), barred);
    const decision = choose(rows.map(contender), asa);
    assert.deepEqual(explain(decision, client, target).leftOut, [
      { address: '192.168.1.19', why: barred },
    ]);
  }
  assert.deepEqual(picks([{ host: 9, max: 10, isMaster: true, barred: 'draining' }], asa, 1), [0]);
});

test('LB-72: a lowered limit makes the load rise at once', () => {
  const rows: readonly Row[] = [
    { host: 9, max: 100, isMaster: true },
    { host: 19, max: 10, active: 1 },
  ];
  assert.deepEqual(picks(rows, vpn3000, 1), [9]);
});

test('a choice explains itself', () => {
  const text = (rows: readonly Row[], rules: LoadRules) =>
    explanationText(explain(choose(byAddress(rows.map(contender)), rules), client, target));
  const [m, a, b] = three(100) as [Row, Row, Row];
  assert.equal(
    text([m, { ...a, active: 1 }, { ...b, active: 2 }], vpn3000),
    '192.168.1.19 took 172.18.124.96: 1 % against 2 %, master 1 %',
  );
  assert.equal(
    text([m, { ...a, active: 1 }, { ...b, active: 1 }], asa),
    '192.168.1.9 took 172.18.124.96: the master has 0 % against 1 %',
  );
  assert.equal(
    text([m, a, b], asa),
    '192.168.1.19 took 172.18.124.96: 0 % each, as many sessions, the lower address, master 0 %',
  );
  assert.equal(
    text([m, { ...a, max: 1000, active: 2 }, { ...b, max: 1000, active: 1 }], asa),
    '192.168.1.20 took 172.18.124.96: 0 % each, 1 against 2 sessions, master 0 %',
  );
  assert.equal(
    text(
      [
        { ...m, active: 9 },
        { ...a, active: 3 },
        { ...b, barred: 'draining' },
      ],
      asa,
    ),
    '192.168.1.19 took 172.18.124.96: 3 %, no other backup can take it, master 9 %; 192.168.1.20 is draining',
  );
  assert.equal(text([m], asa), '192.168.1.9 took 172.18.124.96: no backup can take it');
});

test('clients on their way are counted until a report has them, or for ten seconds', () => {
  const pending = new PendingRedirects();
  const id = idOf(19);
  pending.reported(id, 10);
  for (const at of [0, 100, 200]) pending.sent(id, at);
  assert.equal(pending.count(id, 300), 3);
  pending.reported(id, 12);
  assert.equal(pending.count(id, 400), 1);
  pending.reported(id, 9);
  assert.equal(pending.count(id, 500), 1);
  assert.equal(pending.count(id, 10_199), 1);
  assert.equal(pending.count(id, 10_200), 0);
  pending.sent(id, 20_000);
  pending.forget(id);
  assert.equal(pending.count(id, 20_000), 0);
});

test('10,000 clients over ten unequal members, reports late and lost: one percentage point at most', () => {
  const random = new Prng(7);
  const rows = Array.from({ length: 10 }, (_, i) => ({
    host: i + 1,
    max: [500, 1000, 1500, 2000, 3000][i % 5] as number,
    active: 0,
    reported: 0,
    arriving: [] as number[],
  }));
  const pending = new PendingRedirects();
  for (const row of rows) pending.reported(idOf(row.host), 0);
  let now = 0;
  for (let n = 0; n < 10_000; n += 1) {
    now += 2;
    const decision = choose(
      rows.map((r) =>
        contender({
          host: r.host,
          max: r.max,
          active: r.host === 1 ? r.active : r.reported,
          pending: pending.count(idOf(r.host), now),
          ...(r.host === 1 && { isMaster: true as const }),
        }),
      ),
      asa,
    );
    assert.ok(decision.kind === 'redirect');
    const row = rows.find((r) => idOf(r.host) === decision.target.member) as (typeof rows)[number];
    pending.sent(decision.target.member, now);
    row.arriving.push(now + random.between(100, 900));
    for (const r of rows) {
      const arrived = r.arriving.filter((at) => at <= now).length;
      r.arriving = r.arriving.filter((at) => at > now);
      r.active += arrived;
      if (r.host === 1 && arrived > 0) pending.reported(idOf(1), r.active);
      if (n % 500 !== r.host * 40 || random.chance(0.2)) continue;
      r.reported = r.active;
      pending.reported(idOf(r.host), r.reported);
    }
  }
  const percents = rows.map((r) => (100 * (r.active + r.arriving.length)) / r.max);
  const spread = Math.max(...percents) - Math.min(...percents);
  assert.ok(spread <= 1, `${spread.toFixed(2)} points: ${percents.map((p) => p.toFixed(1))}`);
});
