import type { Instant } from '#base/instant';
import { err, ok } from '#base/result';
import { exec, view } from '#config/exec';
import { flag, optional } from '#config/path';
import { choice, int, oneWord } from '#config/tokens';
import { classesOf } from '#events/catalogue';
import { type EventDef, occurred } from '#events/event';
import type { EventLog } from '#events/log';
import type { SystemView } from '#views/views';
import { eventClass, severityRange } from './commands.ts';
import { logCleared } from './events.ts';
import { catalogueText, catalogueView, logText, logView } from './log-view.ts';
import { clockText, uptimeText, versionText } from './system-text.ts';

/** What the commands of the event log read. */
export type LogNeeds = {
  readonly now: () => Instant;
  readonly log: EventLog;
  /** Every event that this device can log. */
  readonly catalogue: readonly EventDef[];
};

/** What all commands of this feature read. */
export type ManagementNeeds = LogNeeds & { readonly system: () => SystemView };

const logCommand = exec<LogNeeds>();
const command = exec<ManagementNeeds>();

/** Events that one answer holds at most. */
const MOST_EVENTS = 100_000;

/** Names of event classes, separated by commas. */
const eventClasses = oneWord({
  name: 'classes',
  help: 'Event classes, such as IKE or IKE,IKEDBG,IPSECDBG',
  placeholder: 'CLASS[,CLASS]',
  free: true,
  parse(text) {
    const names = text.toUpperCase().split(',');
    const wrong = names.find((name) => !/^[A-Z][\w-]{0,31}$/.test(name));
    return wrong === undefined ? ok(names) : err(`"${wrong}" is not a class`);
  },
  write: (names) => names.join(','),
  sample: (prng) => (prng.chance(0.5) ? ['IKE'] : ['IKE', 'AUTH']),
});

const form = choice('form', {
  vpn3000: 'As the VPN 3000 concentrator writes it',
  asa: 'As an ASA writes it to syslog',
  ios: 'As IOS writes it',
  json: 'One JSON value per line',
});

const showLogging = logCommand({
  path: [
    'show logging',
    optional('class', eventClasses),
    optional('severity', severityRange),
    optional('last', int('count', 1, MOST_EVENTS, 'How many of the newest')),
    optional('form', form),
    flag('explain', 'explain', 'Say what each event means, and what to do'),
  ],
  anyOrder: true,
  words: {
    show: 'Show something',
    logging: 'The event log',
    class: 'Only these event classes',
    severity: 'Only these severities, from the gravest (1) to the finest (13)',
    last: 'Only the newest',
    form: 'Choose the form of the lines',
  },
  help: 'Shows the event log, the oldest event first.',
  since: '002:445',
  run({ log, catalogue }, { classes, severities, count, form: chosen, explain }) {
    const known = classesOf(catalogue);
    const unknown = classes?.find((name) => !known.includes(name));
    if (unknown !== undefined)
      return {
        kind: 'error',
        text: `% There is no event class ${unknown}. There are ${known.join(', ')}`,
      };
    const query = { classes, severity: severities, limit: count ?? MOST_EVENTS };
    const events = log.select(query).reverse();
    const text = () => logText(log, events, { form: chosen ?? 'vpn3000', explain });
    return { kind: 'view', view: view('logging', logView(log, events), text) };
  },
});

const showCatalogue = logCommand({
  path: ['show event catalogue', optional('class', eventClass)],
  words: {
    event: 'Events of the log',
    catalogue: 'Every event there is',
    class: 'Only one event class',
  },
  help: 'Lists every event this device can log, with its meaning and what to do about it.',
  run: ({ log, catalogue }, values) => ({
    kind: 'view',
    view: view('event catalogue', catalogueView(log, catalogue, values.class), catalogueText),
  }),
});

const clearLogging = logCommand({
  path: ['clear logging'],
  also: [['clear logging buffer']],
  words: {
    clear: 'Clear something',
    logging: 'The event log',
    buffer: 'The events in memory',
  },
  help: 'Forgets the events of the log; their numbers go on.',
  run({ log, now }) {
    const count = log.length;
    log.clear();
    log.add(occurred(logCleared, { count }), now());
    return { kind: 'text', text: '' };
  },
});

const showVersion = command({
  path: ['show version'],
  words: { version: 'Version, hardware and load' },
  help: 'Shows the version, how long the device runs, its hardware and load.',
  since: '003:798',
  run: ({ system }) => ({ kind: 'view', view: view('version', system(), versionText) }),
});

const showClock = logCommand({
  path: ['show clock'],
  words: { clock: 'Date and time' },
  help: 'Shows the date and the time, in UTC as in the event log.',
  run({ now }) {
    const text = ({ at }: { readonly at: number }) => clockText(at);
    return { kind: 'view', view: view('clock', { at: now() as number }, text) };
  },
});

const showUptime = command({
  path: ['show uptime'],
  words: { uptime: 'Since when the device runs' },
  help: 'Shows how long the device runs.',
  run: ({ system }) => ({ kind: 'view', view: view('uptime', system(), uptimeText) }),
});

/** The commands of every device that has an event log. */
export const logCommands = [showLogging, showCatalogue, clearLogging, showClock] as const;

/** The commands that look at the device itself. */
export const managementCommands = [...logCommands, showVersion, showUptime] as const;
