import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ipv4ToNumber } from '#base/address';
import { after, type Instant } from '#base/instant';
import { Prng } from '#base/prng';
import { tcpFlags } from '#wire/tcp';
import { type Connection, defaultIdleTimes, type PatProtocol } from './connection.ts';
import type { PatRule } from './rules.ts';
import { hosts, seedPlan, start } from './testing.ts';
import { type Opened, type TableLimits, TranslationTable } from './translation-table.ts';

const rule = seedPlan().rules[0] as PatRule;
const globalAddress = ipv4ToNumber(hosts.outside);
const headEnd = ipv4ToNumber(hosts.headEnd);
const host = (n: number) => ipv4ToNumber(hosts.client1) + n;

const packet = (
  localAddress: number,
  localPort: number,
  remotePort = 4500,
  protocol: PatProtocol = 'udp',
) => ({ protocol, localAddress, localPort, remoteAddress: headEnd, remotePort });

function connectionOf(opened: Opened): Connection {
  assert.equal(opened.kind, 'opened');
  return (opened as Extract<Opened, { kind: 'opened' }>).connection;
}

const reasonOf = (opened: Opened): string => (opened.kind === 'refused' ? opened.reason : 'opened');

test('a local endpoint keeps its global port towards every remote', () => {
  const table = new TranslationTable();
  const first = connectionOf(table.open(globalAddress, rule, packet(host(0), 4500, 4500), start));
  const second = connectionOf(table.open(globalAddress, rule, packet(host(0), 4500, 4501), start));
  assert.equal(first.xlate, second.xlate);
  assert.equal(table.inUse, 1);
  assert.equal(table.connections, 2);
});

test('only who was spoken to may answer', () => {
  const table = new TranslationTable();
  const { xlate } = connectionOf(table.open(globalAddress, rule, packet(host(0), 4500), start));
  const incoming = {
    protocol: 'udp' as const,
    globalAddress,
    globalPort: xlate.globalPort,
    remoteAddress: headEnd,
    remotePort: 4500,
  };
  assert.equal(table.findIncoming(incoming)?.xlate, xlate);
  assert.equal(table.findIncoming({ ...incoming, remotePort: 4501 }), undefined);
  assert.equal(table.findIncoming({ ...incoming, remoteAddress: headEnd + 1 }), undefined);
  assert.equal(table.findIncoming({ ...incoming, globalPort: xlate.globalPort + 1 }), undefined);
  assert.equal(table.findIncoming({ ...incoming, protocol: 'tcp' }), undefined);
  assert.equal(table.findIncoming({ ...incoming, globalAddress: headEnd }), undefined);
});

test('protocols have ports of their own', () => {
  const table = new TranslationTable();
  const ports = (['udp', 'tcp', 'icmp'] as const).map(
    (protocol) =>
      connectionOf(table.open(globalAddress, rule, packet(host(0), 4500, 1, protocol), start)).xlate
        .globalPort,
  );
  assert.deepEqual(ports, [1025, 1025, 1025]);
  assert.equal(table.inUse, 3);
});

/** Runs `table` until nothing is due before `until`, as its owner would. */
function runTo(table: TranslationTable, until: Instant): number {
  let ended = 0;
  for (let due = table.deadline(); due !== undefined && due <= until; due = table.deadline())
    ended += table.expire(due).length;
  return ended;
}

test('an idle UDP translation ends after 120 s, one with keepalives every 20 s never', () => {
  const table = new TranslationTable();
  const quiet = connectionOf(table.open(globalAddress, rule, packet(host(0), 4500), start));
  const kept = connectionOf(table.open(globalAddress, rule, packet(host(1), 4500), start));
  let now = start;
  for (let n = 0; n < 60; n += 1) {
    now = after(now, 20_000);
    runTo(table, now);
    table.touch(kept, now, true, 0);
    const alive = [...table.xlates()];
    assert.ok(alive.includes(kept.xlate));
    assert.equal(alive.includes(quiet.xlate), now - start < defaultIdleTimes.udpMs);
  }
  assert.equal(runTo(table, after(now, 119_999)), 0);
  assert.equal(runTo(table, after(now, 120_000)), 1);
  assert.equal(table.inUse, 0);
  assert.equal(table.mostUsed, 2);
  assert.equal(table.deadline(), undefined);
});

test('packets do not move the deadline, so that a timer costs nothing per packet', () => {
  const table = new TranslationTable();
  const connection = connectionOf(table.open(globalAddress, rule, packet(host(0), 1), start));
  const due = table.deadline();
  table.touch(connection, after(start, 60_000), true, 0);
  assert.equal(table.deadline(), due);
  assert.deepEqual(table.expire(due as Instant), []);
  assert.equal(table.deadline(), after(start, 180_000));
});

const { syn, ack, fin, rst } = tcpFlags;

/** A story of segments, `>` from inside and `<` from outside, and the idle time that follows. */
const tcpStories: readonly [string, readonly (readonly ['>' | '<', number])[], number][] = [
  ['a SYN alone', [['>', syn]], defaultIdleTimes.tcpTransitoryMs],
  [
    'a SYN answered but not confirmed',
    [
      ['>', syn],
      ['<', syn | ack],
    ],
    defaultIdleTimes.tcpTransitoryMs,
  ],
  [
    'an established connection',
    [
      ['>', syn],
      ['<', syn | ack],
      ['>', ack],
    ],
    defaultIdleTimes.tcpEstablishedMs,
  ],
  [
    'a connection that one side closed',
    [
      ['>', syn],
      ['<', syn | ack],
      ['>', ack],
      ['<', fin | ack],
      ['>', ack],
    ],
    defaultIdleTimes.tcpHalfClosedMs,
  ],
  [
    'a connection that both sides closed',
    [
      ['>', syn],
      ['<', syn | ack],
      ['>', ack],
      ['<', fin | ack],
      ['>', fin | ack],
      ['<', ack],
    ],
    defaultIdleTimes.tcpTransitoryMs,
  ],
  [
    'a connection that was reset',
    [
      ['>', syn],
      ['<', syn | ack],
      ['>', ack],
      ['<', rst],
    ],
    defaultIdleTimes.tcpTransitoryMs,
  ],
  [
    'a connection opened again after it was closed',
    [
      ['>', syn],
      ['<', rst | ack],
      ['>', syn],
      ['<', syn | ack],
      ['>', ack],
    ],
    defaultIdleTimes.tcpEstablishedMs,
  ],
];

for (const [title, segments, idleMs] of tcpStories)
  test(`TCP: ${title} ends after ${idleMs / 1000} s`, () => {
    const table = new TranslationTable();
    const opened = table.open(globalAddress, rule, packet(host(0), 4500, 80, 'tcp'), start);
    let now = start;
    for (const [direction, flags] of segments) {
      now = after(now, 1_000);
      table.touch(connectionOf(opened), now, direction === '>', flags);
    }
    assert.equal(runTo(table, after(now, idleMs - 1)), 0);
    assert.equal(runTo(table, after(now, idleMs)), 1);
  });

test('each limit refuses with its own reason and keeps what there is', () => {
  const limited = (limits: Partial<TableLimits>) => new TranslationTable(limits);
  const open = (table: TranslationTable, local: number, port: number, remotePort = 1) =>
    reasonOf(table.open(globalAddress, rule, packet(host(local), port, remotePort), start));

  const translations = limited({ translationsMax: 2 });
  assert.deepEqual(
    [1, 2, 3].map((port) => open(translations, 0, port)),
    ['opened', 'opened', 'translationLimit'],
  );
  // The endpoints that are translated already may still speak to others.
  assert.equal(open(translations, 0, 1, 2), 'opened');

  const connections = limited({ connectionsMax: 2 });
  assert.deepEqual(
    [1, 2, 3].map((port) => open(connections, 0, port)),
    ['opened', 'opened', 'connectionLimit'],
  );

  const perHost = limited({ connectionsPerHostMax: 1 });
  assert.deepEqual(
    [0, 0, 1].map((local, n) => open(perHost, local, n)),
    ['opened', 'hostLimit', 'opened'],
  );

  const low = limited({});
  const reasons = Array.from({ length: 512 }, (_, n) => open(low, n, 500));
  assert.equal(reasons.filter((reason) => reason === 'opened').length, 511);
  assert.equal(reasons.at(-1), 'portsExhausted');
  assert.equal(open(low, 600, 4500), 'opened');
});

test('limits of a nat command count TCP connections of that command', () => {
  const strict: PatRule = { ...rule, connectionsMax: 3, embryonicMax: 2 };
  const table = new TranslationTable();
  const open = (port: number) =>
    table.open(globalAddress, strict, packet(host(0), port, 80, 'tcp'), start);
  const first = connectionOf(open(1));
  connectionOf(open(2));
  assert.equal(reasonOf(open(3)), 'ruleEmbryonic');
  table.touch(first, start, false, syn | ack);
  table.touch(first, start, true, ack);
  connectionOf(open(3));
  assert.equal(reasonOf(open(4)), 'ruleConnections');
  assert.equal(
    reasonOf(table.open(globalAddress, strict, packet(host(0), 4, 53, 'udp'), start)),
    'opened',
  );
  runTo(table, after(start, defaultIdleTimes.tcpTransitoryMs));
  assert.equal(reasonOf(open(5)), 'opened');
  assert.equal(reasonOf(open(6)), 'opened');
  assert.equal(reasonOf(open(7)), 'ruleConnections');
});

test('limits of a nat command go on counting when a changed configuration says the command anew', () => {
  const table = new TranslationTable();
  const said = (): PatRule => ({ ...rule, connectionsMax: 2 });
  const open = (port: number) =>
    reasonOf(table.open(globalAddress, said(), packet(host(0), port, 80, 'tcp'), start));
  assert.deepEqual([1, 2, 3].map(open), ['opened', 'opened', 'ruleConnections']);
  runTo(table, after(start, defaultIdleTimes.tcpTransitoryMs));
  assert.deepEqual([4, 5, 6].map(open), ['opened', 'opened', 'ruleConnections']);
});

test('removing a translation frees its port and everything counted for it', () => {
  const table = new TranslationTable({ connectionsPerHostMax: 2 });
  const first = connectionOf(table.open(globalAddress, rule, packet(host(0), 500, 1), start));
  connectionOf(table.open(globalAddress, rule, packet(host(0), 500, 2), start));
  table.remove(first.xlate);
  assert.equal(table.inUse, 0);
  assert.equal(table.connections, 0);
  assert.equal(table.deadline(), undefined);
  connectionOf(table.open(globalAddress, rule, packet(host(0), 500, 1), start));
});

test('any order of opening, traffic, removal and time leaves the table consistent', () => {
  for (let seed = 0; seed < 40; seed += 1) {
    const random = new Prng(seed);
    const table = new TranslationTable({ translationsMax: 20, connectionsMax: 60 });
    const live = new Set<Connection>();
    let now = start;
    for (let n = 0; n < 2_000; n += 1) {
      const action = random.between(0, 9);
      if (action < 5) {
        const protocol = random.pick(['udp', 'tcp', 'icmp'] as const);
        const wanted = packet(
          host(random.between(0, 3)),
          random.pick([500, 4500, 4501]),
          random.between(1, 4),
          protocol,
        );
        const known = table.findOutgoing(globalAddress, wanted);
        const opened = known ?? table.open(globalAddress, rule, wanted, now);
        if ('xlate' in opened) table.touch(opened, now, random.chance(0.5), random.between(0, 63));
        else if (opened.kind === 'opened') live.add(opened.connection);
      } else if (action < 9) now = after(now, random.between(0, 100_000));
      else {
        const [victim] = table.xlates();
        if (victim) table.remove(victim);
      }
      table.expire(now);
      let connections = 0;
      const globals = new Set<string>();
      for (const xlate of table.xlates()) {
        connections += xlate.connections.size;
        assert.ok(xlate.connections.size > 0, `seed ${seed}: a translation without connections`);
        globals.add(`${xlate.protocol} ${xlate.globalPort}`);
      }
      assert.equal(globals.size, table.inUse, `seed ${seed}: two translations share a port`);
      assert.equal(connections, table.connections, `seed ${seed}`);
      assert.ok(table.inUse <= 20 && table.connections <= 60 && table.mostUsed >= table.inUse);
    }
    runTo(table, after(now, 10 * defaultIdleTimes.tcpEstablishedMs));
    assert.equal(table.inUse, 0);
    assert.equal(table.deadline(), undefined);
  }
});
