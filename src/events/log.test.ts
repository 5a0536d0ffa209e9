import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Instant, instant } from '#base/instant';
import { type EventRecord, event, occurred, type Severity } from './event.ts';
import { EventLog } from './log.ts';

const at = (seconds: number): Instant => instant(seconds * 1000);

const record = (eventClass: string, number: number, severity: Severity): EventRecord =>
  occurred(event({ class: eventClass, number, severity, text: 'x', why: '', remedy: '' }), {});

const everything = new Map(
  ['IKE', 'IKEDBG', 'IKEDECODE', 'IPSECDBG'].map((c) => [c, { from: 1, to: 13 }]),
);

test('G-07: severities 1 to 5 are logged unless a class says otherwise', () => {
  const log = new EventLog(10);
  assert.ok(log.wants('IKE', 1) && log.wants('IKE', 5));
  assert.ok(!log.wants('IKE', 6) && !log.wants('IKEDBG', 13));
  assert.equal(log.add(record('IKEDBG', 0, 8), at(1)), undefined);
  assert.equal(log.length, 0);

  log.setSeveritiesToLog(new Map([['IKEDBG', { from: 8, to: 13 }]]));
  assert.ok(log.wants('IKEDBG', 13) && !log.wants('IKEDBG', 7));
  assert.equal(log.add(record('IKEDBG', 0, 8), at(2))?.sequence, 1);
});

test('NAT-61: sequence numbers rise with every event, RPT by one per class and number', () => {
  const log = new EventLog(100, everything);
  const logged = [
    ['IKE', 49],
    ['IKEDBG', 0],
    ['IKE', 120],
    ['IKE', 49],
    ['IKEDBG', 0],
    ['IKEDBG', 0],
  ].map(([c, n]) => log.add(record(c as string, n as number, 4), at(1)));
  assert.deepEqual(
    logged.map((e) => e?.sequence),
    [1, 2, 3, 4, 5, 6],
  );
  assert.deepEqual(
    logged.map((e) => e?.repeat),
    [1, 1, 1, 2, 2, 3],
  );
  log.clear();
  assert.equal(log.length, 0);
  const next = log.add(record('IKEDBG', 0, 4), at(2));
  assert.deepEqual([next?.sequence, next?.repeat], [7, 4]);
});

test('NAT-60: a filter by class and severity returns just those events', () => {
  const log = new EventLog(100, everything);
  for (let severity = 1; severity <= 13; severity += 1)
    for (const c of everything.keys()) log.add(record(c, 0, severity as Severity), at(severity));
  for (const c of everything.keys())
    for (const [from, to] of [
      [1, 13],
      [4, 4],
      [8, 9],
    ] as const) {
      const found = log.select({ classes: [c], severity: { from, to }, limit: 100 });
      assert.equal(found.length, to - from + 1);
      for (const { record: r } of found) {
        assert.equal(r.definition.class, c);
        assert.ok(r.definition.severity >= from && r.definition.severity <= to);
      }
    }
  assert.equal(log.select({ classes: ['IKE', 'IKEDBG'], limit: 100 }).length, 26);
  assert.equal(log.select({ classes: ['NONE'], limit: 100 }).length, 0);
});

test('pages go back through the log without a gap and without repeating an event', () => {
  const log = new EventLog(100, everything);
  for (let i = 0; i < 95; i += 1) log.add(record('IKE', i, 4), at(i));
  const seen: number[] = [];
  let before: number | undefined;
  for (;;) {
    const page = log.select({ before, limit: 10 });
    if (page.length === 0) break;
    seen.push(...page.map((e) => e.sequence));
    before = page.at(-1)?.sequence;
    // What arrives meanwhile does not move the pages.
    log.add(record('IKE', 1, 13), at(200));
  }
  const firstPages = seen.filter((s) => s <= 95);
  assert.deepEqual(
    firstPages,
    [...firstPages].sort((a, b) => b - a),
  );
  assert.equal(new Set(seen).size, seen.length);
  assert.deepEqual(
    log.select({ after: log.lastSequence - 3, limit: 10 }).map((e) => e.sequence),
    [log.lastSequence, log.lastSequence - 1, log.lastSequence - 2],
  );
});

test('the log keeps the newest events up to its capacity', () => {
  const log = new EventLog(1000, everything);
  for (let i = 0; i < 12_345; i += 1) log.add(record('IKE', 1, 4), at(i));
  assert.equal(log.length, 1000);
  const all = [...log.newestFirst()].map((e) => e.sequence);
  assert.equal(all[0], 12_345);
  assert.equal(all.at(-1), 11_346);
});

test('a listener hears what is logged until it stops listening', () => {
  const log = new EventLog(10);
  const heard: number[] = [];
  const stop = log.listen((e) => heard.push(e.sequence));
  log.add(record('IKE', 1, 4), at(1));
  log.add(record('IKE', 1, 9), at(1));
  stop();
  log.add(record('IKE', 1, 4), at(1));
  assert.deepEqual(heard, [1]);
});

test('a line that strangers can cause is written so often only; RPT counts the others too', () => {
  const log = new EventLog(10_000);
  const definition = {
    class: 'IKE',
    number: 4,
    severity: 4,
    text: 'x',
    why: '',
    remedy: '',
  } as const;
  const refused = occurred(event({ ...definition, byStrangers: true }), {});
  for (let i = 0; i < 5000; i += 1) log.add(refused, at(1));
  assert.equal(log.length, 64);
  log.add(record('IKE', 49, 4), at(1));
  assert.equal(log.length, 65, 'other lines are written all the same');
  assert.equal(log.add(refused, at(2))?.repeat, 5001);
  for (let i = 0; i < 5000; i += 1) log.add(refused, at(2));
  assert.equal(log.length, 65 + 8, 'eight a second go on');
});
