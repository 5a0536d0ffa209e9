import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { instant } from '#base/instant';
import { CommandLine } from '#config/command-line';
import { emptyConfiguration } from '#config/configuration';
import { grammarOf } from '#config/grammar';
import { catalogue } from '#events/catalogue';
import { event, occurred } from '#events/event';
import { EventLog } from '#events/log';
import type { SystemView } from '#views/views';
import { managementRoom } from './commands.ts';
import * as managementEvents from './events.ts';
import { logCleared } from './events.ts';
import { type ManagementNeeds, managementCommands } from './show.ts';
import { formatUptime } from './system-text.ts';

const phaseTwo = event({
  class: 'IKE',
  number: 120,
  severity: 4,
  text: 'PHASE 2 COMPLETED (msgid={id})',
  why: 'A pair of IPsec SAs works.',
  remedy: 'None.',
});
const hash = event({
  ...phaseTwo,
  class: 'IKEDBG',
  number: 0,
  severity: 9,
  text: 'processing hash',
});

const system: SystemView = {
  hostname: 'asa4',
  version: '0.1.0',
  asOf: 0,
  uptimeMs: (9 * 24 + 3) * 3_600_000 + 59_000,
  cpuPercent: 3.2,
  processors: 2,
  memoryBytes: 142 * 1_048_576,
  memoryTotalBytes: 7976 * 1_048_576,
  dataPlane: 'userspace',
  loadPercent: 12.5,
  legacyPermitted: ['3DES', 'DH group 2'],
  groups: [],
};

const now = instant(Date.UTC(2002, 9, 20, 20, 22, 42, 390));

function device() {
  const log = new EventLog(100, new Map([['IKEDBG', { from: 1, to: 13 }]]));
  const needs: ManagementNeeds = {
    now: () => now,
    log,
    catalogue: catalogue({ phaseTwo, hash }, managementEvents),
    system: () => system,
  };
  const line = new CommandLine({
    grammar: grammarOf([managementRoom]),
    commands: managementCommands,
    needs,
    owner: {
      running: () => emptyConfiguration,
      startup: () => undefined,
      apply: () => undefined,
    },
  });
  const peer = address('171.69.89.78');
  const subject = { peer, group: 'ciscovpn', user: 'vpnclient2' };
  const happen = () => {
    log.add(occurred(hash, {}, subject), now);
    log.add(occurred(phaseTwo, { id: '1b050792' }, subject), now);
  };
  const say = (text: string): string => {
    const outcome = line.execute(text);
    return outcome.kind === 'view'
      ? outcome.view.text()
      : outcome.kind === 'request'
        ? assert.fail('a request')
        : outcome.text;
  };
  return { log, happen, say, line };
}

test("NAT-60 NAT-61: show logging filters by class and severity, in the concentrator's form", () => {
  const { happen, say } = device();
  happen();
  happen();
  const header = (seq: number, rest: string) =>
    `${seq} 10/20/2002 20:22:42.390 ${rest} 171.69.89.78\nGroup [ciscovpn] User [vpnclient2]`;
  assert.equal(
    say('show logging'),
    [
      'Event log: 4 of 100 events, newest 4\n',
      `${header(1, 'SEV=9 IKEDBG/0 RPT=1')}\nprocessing hash`,
      `${header(2, 'SEV=4 IKE/120 RPT=1')}\nPHASE 2 COMPLETED (msgid=1b050792)`,
      `${header(3, 'SEV=9 IKEDBG/0 RPT=2')}\nprocessing hash`,
      `${header(4, 'SEV=4 IKE/120 RPT=2')}\nPHASE 2 COMPLETED (msgid=1b050792)`,
    ].join('\n'),
  );
  const numbers = (text: string) => [...say(text).matchAll(/^(\d+) 10/gm)].map((m) => Number(m[1]));
  assert.deepEqual(numbers('show logging class ike'), [2, 4]);
  assert.deepEqual(numbers('show logging severity 1-8'), [2, 4]);
  assert.deepEqual(numbers('show logging severity 9'), [1, 3]);
  assert.deepEqual(numbers('show logging class IKE,IKEDBG severity 1-13 last 3'), [2, 3, 4]);
  assert.deepEqual(numbers('show logging class AUTH'), []);
  assert.deepEqual(numbers('sh logg cl ikedbg sev 1-13 la 1'), [3]);
});

test('the options of show logging come in any order, each once', () => {
  const { happen, say, line } = device();
  happen();
  happen();
  const straight = say('show logging class IKE severity 1-13 last 1 explain');
  assert.match(straight, /^4 10/m);
  for (const order of [
    'show logging explain last 1 severity 1-13 class IKE',
    'show logging last 1 class IKE explain severity 1-13',
    'sh log sev 1-13 expl cl ike la 1',
  ])
    assert.equal(say(order), straight, order);
  assert.match(say('show logging last 1 class IKE last 2'), /Invalid input/);
  const offered = line.help('show logging explain last 1 ');
  assert.match(offered, /class[\s\S]*form[\s\S]*severity[\s\S]*<cr>/);
  assert.doesNotMatch(offered, /explain|last/);
});

test('show logging says when nothing matches, and when there is no such class', () => {
  const { happen, say } = device();
  happen();
  assert.match(
    say('show logging class CONFIG'),
    /^Event log: 2 of 100[^\n]*\n\nNo event matches\.$/,
  );
  assert.match(
    say('show logging class foo'),
    /^% There is no event class FOO\. There are CONFIG, IKE/,
  );
});

test('show logging in other forms, explained, and as data', () => {
  const { happen, say } = device();
  happen();
  assert.match(say('show logging class IKE form asa'), /%ASA-5-713120: Group = ciscovpn/);
  const [line] = say('show logging class IKE form json').split('\n');
  assert.equal(JSON.parse(line as string).remedy, 'None.');
  assert.match(
    say('show logging class IKE explain'),
    /msgid=1b050792\)\n {2}Why: {4}A pair of IPsec SAs works\.\n {2}Remedy: None\.$/,
  );
  const data = JSON.parse(say('show logging class IKE | json'));
  assert.deepEqual([data.kept, data.capacity, data.lastSeq], [2, 100, 2]);
  assert.equal(data.items[0].username, 'vpnclient2');
});

test('a class or a severity that cannot be is refused', () => {
  const { say } = device();
  assert.match(say('show logging severity 0-5'), /not a range of severities/);
  assert.match(say('show logging severity 5-14'), /not a range of severities/);
  assert.match(say('show logging class I_K$E'), /not a class/);
});

test('clear logging forgets the events, says so in the log, and numbers go on', () => {
  const { happen, say, log } = device();
  happen();
  assert.equal(say('clear logging'), '');
  const [cleared, ...rest] = log.newestFirst();
  assert.equal(cleared?.record.definition, logCleared);
  assert.equal(cleared?.sequence, 3);
  assert.deepEqual(rest, []);
  assert.match(say('show logging'), /The event log was cleared: 2 events are gone$/);
});

test('show event catalogue tells what each event means and whether it is logged', () => {
  const { say } = device();
  assert.equal(
    say('show event catalogue class IKE'),
    'IKE/120 SEV=4 (logged)\nPHASE 2 COMPLETED (msgid={id})\n' +
      '  Why:    A pair of IPsec SAs works.\n  Remedy: None.',
  );
  assert.match(say('show event catalogue'), /^CONFIG\/1 SEV=5 \(logged\)\n/);
});

test('show version, clock and uptime', () => {
  const { say } = device();
  assert.equal(
    say('show version'),
    [
      'headend Version 0.1.0',
      'asa4 up 9 days 3 hours',
      '',
      'Hardware       : 2 processors, 7976 MB RAM',
      'In use         : 3 % of the processors, 142 MB',
      'Packet path    : userspace',
      'Session load   : 13 % of the limit',
      'Old algorithms : 3DES, DH group 2',
    ].join('\n'),
  );
  assert.equal(say('show clock'), '20:22:42.390 UTC Sun Oct 20 2002');
  assert.equal(say('show uptime'), 'asa4 up 9 days 3 hours');
  assert.equal(formatUptime((3 * 60 + 1) * 60_000), '3 hours 1 min');
  assert.equal(formatUptime(61_000), '1 min 1 sec');
});

test('? and Tab know these commands', () => {
  const { line } = device();
  assert.match(line.help('show '), /logging +The event log/);
  assert.match(line.help('show logging '), /explain +Say what each event means/);
  assert.equal(line.complete('show logg').text, 'show logging ');
});
