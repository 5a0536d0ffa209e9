import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LiveUpdate, SessionChange } from '#views/live-views';
import type { EventView, SystemView } from '#views/views';
import {
  applyUpdate,
  currentRate,
  initialState,
  rateHistory,
  withOlderEvents,
} from './live-state.ts';

const row = (index: number, bytesTx = 0): SessionChange => ({
  index,
  kind: 'remoteAccess',
  state: 'active',
  username: `user${index}`,
  group: 'ciscovpn',
  publicAddress: '171.69.89.78',
  protocol: 'IPSec',
  encryption: '3DES-168',
  hash: 'MD5',
  loginAt: 0,
  bytesTx,
  bytesRx: 0,
  packetsTx: 0,
  packetsRx: 0,
  legacy: [],
});

const update = (asOf: number, changes: Partial<LiveUpdate> = {}): LiveUpdate => ({
  asOf,
  throughput: [],
  ...changes,
});

const whole = (asOf: number, ...rows: SessionChange[]) =>
  update(asOf, {
    sessions: { whole: true, rows, order: rows.map(({ index }) => index), total: rows.length },
  });

const shown = (state: typeof initialState) =>
  state.sessions?.rows.map(({ index, bytesTx }) => [index, bytesTx]);

test('rows change by field, come, go and change places', () => {
  let state = applyUpdate(initialState, whole(1000, row(1), row(2)));
  assert.equal(state.status, 'live');
  state = applyUpdate(
    state,
    update(2000, { sessions: { whole: false, rows: [{ index: 2, bytesTx: 9 }], total: 2 } }),
  );
  assert.deepEqual(shown(state), [
    [1, 0],
    [2, 9],
  ]);
  assert.equal(state.sessions?.rows[1]?.username, 'user2');
  state = applyUpdate(
    state,
    update(3000, { sessions: { whole: false, rows: [row(3)], order: [3, 2], total: 2 } }),
  );
  assert.deepEqual(shown(state), [
    [3, 0],
    [2, 9],
  ]);
  state = applyUpdate(state, whole(4000, row(7)));
  assert.deepEqual(shown(state), [[7, 0]]);
  assert.equal(state.sessions?.stale, false);
});

test('what is left of a query that is no longer asked is not shown', () => {
  const late = update(1000, { sessions: { whole: false, rows: [row(1)], order: [1], total: 1 } });
  assert.equal(applyUpdate(initialState, late).sessions, undefined);
});

test('the traffic of a session is sampled about once a second and kept for a minute', () => {
  let state = applyUpdate(initialState, whole(0, row(1)));
  state = applyUpdate(state, update(300));
  assert.equal(state.sessions?.traffic.get(1)?.length, 1);
  for (let second = 1; second <= 100; second += 1)
    state = applyUpdate(
      state,
      update(1000 * second, {
        sessions: { whole: false, rows: [{ index: 1, bytesTx: 125 * second }], total: 1 },
      }),
    );
  const samples = state.sessions?.traffic.get(1) ?? [];
  assert.equal(samples.length, 61);
  assert.deepEqual(currentRate(samples), { tx: 1000, rx: 0 });
  assert.equal(rateHistory(samples).length, 60);
  state = applyUpdate(state, update(101_000));
  assert.deepEqual(currentRate(state.sessions?.traffic.get(1) ?? []), { tx: 0, rx: 0 });
});

test('a counter that went back is no rate', () => {
  const samples = [
    { at: 0, tx: 900, rx: 5 },
    { at: 1000, tx: 0, rx: 5 },
  ];
  assert.deepEqual(currentRate(samples), { tx: 0, rx: 0 });
});

test('before there are two samples there is no rate', () => {
  assert.equal(currentRate([]), undefined);
  assert.equal(currentRate([{ at: 0, tx: 900, rx: 5 }]), undefined);
});

test('events come in front of those that are known, and at most five hundred are kept', () => {
  const event = (seq: number) => ({ seq }) as EventView;
  let state = applyUpdate(initialState, update(0, { events: [event(1)] }));
  assert.equal(state.events, undefined);
  state = applyUpdate(state, update(0, { events: [event(2), event(1)], eventClasses: ['IKE'] }));
  state = applyUpdate(state, update(0, { events: [event(3)] }));
  assert.deepEqual(
    state.events?.map(({ seq }) => seq),
    [3, 2, 1],
  );
  const many = Array.from({ length: 600 }, (_, i) => event(1000 - i));
  assert.equal(applyUpdate(state, update(0, { events: many })).events?.length, 500);
});

test('older events go on where those before ended, and nothing is left out when more come or all are replaced', () => {
  const events = (newest: number, oldest: number) =>
    Array.from({ length: newest - oldest + 1 }, (_, i) => ({ seq: newest - i }) as EventView);
  const ends = ({ events: all = [] }: typeof initialState) => [all[0]?.seq, all.at(-1)?.seq];
  const isWhole = ({ events: all = [] }: typeof initialState) =>
    all.every(({ seq }, i) => i === 0 || seq === (all[i - 1]?.seq ?? 0) - 1);
  const classes = { eventClasses: ['IKE'] };
  let state = applyUpdate(initialState, update(0, { events: events(500, 401), ...classes }));
  const run = state.eventsRun;
  state = withOlderEvents(state, run, 401, events(400, 301));
  assert.deepEqual(ends(state), [500, 301]);
  assert.equal(withOlderEvents(state, run, 401, events(400, 301)), state, 'asked for twice');
  for (let newest = 590; newest <= 950; newest += 90)
    state = applyUpdate(state, update(0, { events: events(newest, newest - 89) }));
  assert.deepEqual(ends(state), [950, 351], 'a hundred more are kept than without older ones');
  assert.ok(isWhole(state));
  state = applyUpdate(state, update(0, { events: events(1300, 1201), ...classes }));
  assert.deepEqual(ends(state), [1300, 1201], 'replaced, since some in between were not told');
  assert.ok(isWhole(state));
  assert.equal(withOlderEvents(state, run, 1201, events(1200, 1101)), state, 'of another run');
  assert.deepEqual(ends(withOlderEvents(state, run + 1, 1201, events(1200, 1101))), [1300, 1101]);
});

test('the start of the device follows from its uptime, and fields of the system by and by', () => {
  const system = { hostname: 'concentrator', uptimeMs: 400, cpuPercent: 1 } as SystemView;
  let state = applyUpdate(initialState, update(1000, { system }));
  state = applyUpdate(state, update(9000, { system: { cpuPercent: 5 } }));
  assert.equal(state.startedAt, 600);
  assert.equal(state.system?.hostname, 'concentrator');
  assert.equal(state.system?.cpuPercent, 5);
});
