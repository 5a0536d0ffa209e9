import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogue } from '#events/catalogue';
import { occurred } from '#events/event';
import { EventLog } from '#events/log';
import * as remoteAccessEvents from '#features/remote-access/events';
import { clientIdentified } from '#features/remote-access/events';
import { Concentrator } from '#features/remote-access/testing';
import type { SessionQuery } from '#views/views';
import {
  countersView,
  eventsPage,
  ipsecSaPage,
  isakmpSaPage,
  sessionDetail,
  sessionsPage,
  summaryView,
} from './head-end-views.ts';

const query: SessionQuery = { sort: 'index', descending: false, limit: 50 };

/** Clients whose traffic rises with their number. */
function busy(clients: number): Concentrator {
  const world = new Concentrator('', 1000);
  for (let i = 1; i <= clients; i += 1)
    world
      .connects({ user: `vpnclient${1 + (i % 2)}`, port: 1024 + i })
      .carries([i, 100 * i], [i, 10 * i]);
  return world;
}

const several = 'group-policy ciscovpn attributes\n vpn-simultaneous-logins 1000\n';

test('a page of sessions holds their traffic, which only its own rows are asked for', () => {
  const world = new Concentrator(several, 1000);
  for (let i = 1; i <= 60; i += 1)
    world.connects({ user: 'vpnclient1', port: 1024 + i }).carries([i, 100 * i], [i, 10 * i]);
  let looks = 0;
  const needs = {
    ...world.needs,
    remoteAccess: {
      traffic: (session: Parameters<typeof world.remoteAccess.traffic>[0]) => {
        looks += 1;
        return world.remoteAccess.traffic(session);
      },
      idleMs: world.remoteAccess.idleMs.bind(world.remoteAccess),
    },
  };
  const page = sessionsPage(needs, { ...query, limit: 5 });
  assert.ok(page.ok);
  assert.deepEqual(
    page.value.items.map((s) => [s.index, s.bytesTx, s.bytesRx, s.publicPort]),
    [1, 2, 3, 4, 5].map((i) => [i, 100 * i, 10 * i, 1024 + i]),
  );
  assert.equal(page.value.total, 60);
  assert.equal(looks, 5);
  const next = sessionsPage(needs, { ...query, limit: 5, cursor: page.value.nextCursor });
  assert.ok(next.ok);
  assert.equal(next.value.items[0]?.index, 6);
  const byBytes = sessionsPage(needs, { ...query, sort: 'bytesTx', descending: true, limit: 2 });
  assert.ok(byBytes.ok);
  assert.deepEqual(
    byBytes.value.items.map((s) => s.bytesTx),
    [6000, 5900],
  );
  assert.equal(sessionsPage(needs, { ...query, cursor: 'not ours' }).ok, false);
});

test('SAs are read page by page, each once, though some go meanwhile', () => {
  const world = new Concentrator('', 1000);
  const clients = Array.from({ length: 25 }, (_, i) => {
    const client = world.arrives({ user: 'vpnclient1', port: 2000 + i });
    client.makesChild();
    client.makesChild();
    return client;
  });
  const isakmp: number[] = [];
  let cursor: string | undefined;
  do {
    const page = isakmpSaPage(world.needs, { limit: 10, cursor });
    assert.ok(page.ok);
    isakmp.push(...page.value.items.map((sa) => sa.id));
    cursor = page.value.nextCursor;
    clients[9]?.ends();
  } while (cursor !== undefined);
  assert.deepEqual(
    isakmp,
    Array.from({ length: 25 }, (_, i) => i + 1),
  );
  const pairs: string[] = [];
  let total: number | undefined;
  do {
    const page = ipsecSaPage(world.needs, { limit: 7, cursor });
    assert.ok(page.ok);
    total ??= page.value.total;
    pairs.push(...page.value.items.map((sa) => `${sa.isakmpSaId}:${sa.inboundSpi}`));
    cursor = page.value.nextCursor;
  } while (cursor !== undefined);
  assert.equal(total, 48);
  assert.equal(new Set(pairs).size, 48);
  for (const wrong of ['x', '1:2:3', '-1'])
    assert.equal(ipsecSaPage(world.needs, { limit: 7, cursor: wrong }).ok, false);
  assert.equal(isakmpSaPage(world.needs, { limit: 7, cursor: '1:2' }).ok, false);
});

test('details of a session, and the summary', () => {
  const world = busy(2);
  const detail = sessionDetail(world.needs, 2);
  assert.equal(detail?.session.bytesTx, 200);
  assert.deepEqual(
    [detail?.isakmpSas.length, detail?.ipsecSas.map((sa) => sa.outbound.octets)],
    [1, [200]],
  );
  assert.equal(sessionDetail(world.needs, 9), undefined);
  assert.deepEqual(summaryView(world.needs), {
    activeLanToLan: 0,
    activeRemoteAccess: 2,
    activeManagement: 0,
    totalActive: 2,
    peakConcurrent: 2,
    concurrentLimit: 1000,
    totalCumulative: 2,
  });
});

test('counters hold logins, refusals by reason, totals of the packet path and drops by reason', () => {
  const world = busy(2);
  world.arrives({ user: 'vpnclient1', port: 4000 }).logsIn('wrong');
  const path = {
    unknownSpi: 1,
    malformed: 2,
    noPolicy: 3,
    handedOver: 0,
    queueFull: 4,
    replayed: 5,
    authenticationFailed: 6,
    selectorMismatch: 7,
    packetsRx: 8,
    octetsRx: 9,
    packetsTx: 10,
    octetsTx: 11,
    expired: 12,
  };
  const { accounting, keying } = world;
  assert.deepEqual(countersView({ accounting, keying, dataPlane: { counters: () => path } }), {
    logins: 2,
    loginFailures: { 'wrong password or unknown user': 1 },
    octetsTx: 11,
    octetsRx: 9,
    packetsTx: 10,
    packetsRx: 8,
    packetsDropped: {
      'unknown SPI': 1,
      malformed: 2,
      'no tunnel': 3,
      'queue full': 4,
      'end of lifetime': 12,
      replayed: 5,
      'failed verification': 6,
      'outside the selectors': 7,
    },
    halfOpenSas: 0,
    isakmpSas: 3,
    ipsecSas: 2,
  });
});

test('a page of events is newest first, with the classes of the catalogue', () => {
  const world = busy(1);
  const log = new EventLog(10);
  const user = 'vpnclient1';
  log.add(occurred(clientIdentified, { type: 'WinNT', version: '3.6.1 (Rel)' }), world.now);
  log.add(occurred(clientIdentified, { type: 'Linux', version: '0.5.3' }, { user }), world.now);
  const page = eventsPage({ log, catalogue: catalogue(remoteAccessEvents) }, { limit: 1 });
  assert.deepEqual(page.classes, ['AUTH', 'IKE']);
  assert.equal(page.lastSeq, 2);
  assert.deepEqual(
    page.items.map((e) => [e.username, e.text]),
    [['vpnclient1', 'Client Type: Linux\nClient Application Version: 0.5.3']],
  );
});
