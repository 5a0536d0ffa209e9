import { err, ok } from '#base/result';
import { Secret } from '#base/secret';
import { ip, network } from '#config/address-tokens';
import { type Configuration, sameValue, withEntry, withoutEntry } from '#config/configuration';
import { flag, optional } from '#config/path';
import type { Finding, Room } from '#config/room';
import { globalScope, lineOf, refuse, setting } from '#config/setting';
import { interfaceName, unknownInterface } from '#config/system';
import { choice, int, oneWord, secret } from '#config/tokens';
import type { SeverityRange } from '#events/log';
import { ipsecSlice } from '#ipsec/config';
import { enableLine } from '#ipsec/isakmp-commands';
import { deviceAccess, knownPassword, sessionSlice } from '#session/config';
import { formatVerifier, parseVerifier } from '#session/verifier-text';
import {
  type AccessRule,
  type EnablePassword,
  type HttpServer,
  managementSlice,
  SYSLOG_SEVERITIES,
} from './config.ts';

const management = globalScope(managementSlice);

const httpWords = { http: 'Web console and API', server: 'The server of both' };

const httpServer = setting(management)({
  path: ['http server enable', optional(int('port', 1, 65535, 'TCP port'))],
  words: { ...httpWords, enable: 'Serve them' },
  help: 'Kept without effect: the web console and the API listen on loopback, on the port of --web-port.',
  since: '002:112',
  get: ({ http }) =>
    http.enabled ? { port: http.port === 443 ? undefined : http.port } : undefined,
  set: (c, { port }) => ({ ...c, http: { ...c.http, enabled: true, port: port ?? 443 } }),
  unset: (c) => ({ ...c, http: { ...c.http, enabled: false, port: 443 } }),
});

const httpListen = setting(management)({
  path: ['http server listen', ip('address', 'Address of this device')],
  words: { ...httpWords, listen: 'Say where' },
  help: 'Kept without effect: the web console and the API listen on loopback.',
  get: ({ http }) => (http.listen === undefined ? undefined : { address: http.listen }),
  set: (c, { address }) => ({ ...c, http: { ...c.http, listen: address } }),
  unset: (c) => ({ ...c, http: { ...c.http, listen: undefined } }),
});

const sameRule = (a: AccessRule, b: AccessRule): boolean => sameValue(a, b);
const including = (rules: readonly AccessRule[], rule: AccessRule) =>
  rules.some((r) => sameRule(r, rule)) ? rules : [...rules, rule];
const excluding = (rules: readonly AccessRule[], rule: AccessRule) =>
  rules.filter((r) => !sameRule(r, rule));

const from = network('prefix', 'Network of the clients');

const httpAccess = setting(management)({
  path: ['http', from, interfaceName('interface')],
  words: httpWords,
  key: ['prefix', 'interface'],
  help: 'Kept without effect: only this machine reaches the web console and the API.',
  since: '002:113',
  get: (c) => c.http.allowed,
  set: (c, v) => ({ ...c, http: { ...c.http, allowed: including(c.http.allowed, v) } }),
  unset: (c, v) => ({ ...c, http: { ...c.http, allowed: excluding(c.http.allowed, v) } }),
});

const sshAccess = setting(management)({
  path: ['ssh', from, interfaceName('interface')],
  words: { ssh: 'Command line over SSH' },
  dialects: ['asa', 'pix'],
  key: ['prefix', 'interface'],
  help: 'Kept without effect: there is no command line over SSH.',
  since: '003:58',
  get: (c) => c.ssh,
  set: (c, v) => ({ ...c, ssh: including(c.ssh, v) }),
  unset: (c, v) => ({ ...c, ssh: excluding(c.ssh, v) }),
});

const loggingWords = { logging: 'Event log' };

const loggingEnable = setting(management)({
  path: ['logging enable'],
  also: [['logging on']],
  words: { ...loggingWords, enable: 'Write the log', on: 'Write the log' },
  help: 'Kept without effect: the event log is always written.',
  noEffect: true,
  get: (c) => c.logging.enabled,
  set: (c) => ({ ...c, logging: { ...c.logging, enabled: true } }),
  unset: (c) => ({ ...c, logging: { ...c.logging, enabled: false } }),
});

const loggingTimestamp = setting(management)({
  path: ['logging timestamp'],
  words: { ...loggingWords, timestamp: 'Put the time before each line' },
  help: 'Kept without effect: each line of the event log has its time.',
  noEffect: true,
  get: (c) => c.logging.timestamp,
  set: (c) => ({ ...c, logging: { ...c.logging, timestamp: true } }),
  unset: (c) => ({ ...c, logging: { ...c.logging, timestamp: false } }),
});

/** A severity of syslog, by its name or its number. */
const syslogSeverity = oneWord({
  name: 'severity',
  help: 'The finest severity',
  placeholder: '{SEVERITY | <0-7>}',
  choices: Object.fromEntries(
    SYSLOG_SEVERITIES.map((name, number) => [name, `Severity ${number}`]),
  ),
  parse(text) {
    const lower = text.toLowerCase();
    const number = /^[0-7]$/.test(lower)
      ? Number(lower)
      : SYSLOG_SEVERITIES.findIndex((name) => name.startsWith(lower));
    return number < 0 ? err(`"${text}" is not a severity`) : ok(number);
  },
  write: (value) => SYSLOG_SEVERITIES[value] as string,
  sample: (prng) => prng.between(0, 7),
});

const loggingBuffered = setting(management)({
  path: ['logging buffered', syslogSeverity],
  words: { ...loggingWords, buffered: 'Keep lines for "show logging"' },
  help: 'Kept without effect: "event class" says which severities the event log has.',
  noEffect: true,
  get: ({ logging: { bufferedSeverity: severity } }) =>
    severity === undefined ? undefined : { severity },
  set: (c, { severity }) => ({ ...c, logging: { ...c.logging, bufferedSeverity: severity } }),
  unset: (c) => ({ ...c, logging: { ...c.logging, bufferedSeverity: undefined } }),
});

/** `1-5`, or one number. */
export const severityRange = oneWord({
  name: 'severities',
  help: 'From the gravest (1) to the finest (13)',
  placeholder: '<1-13>-<1-13>',
  parse(text) {
    const [, a, b = a] = /^(\d{1,2})(?:-(\d{1,2}))?$/.exec(text) ?? [];
    const [low, high] = [Number(a), Number(b)];
    return low >= 1 && high <= 13 && low <= high
      ? ok<SeverityRange>({ from: low, to: high })
      : err(`"${text}" is not a range of severities from 1 to 13`);
  },
  write: (value) => `${value.from}-${value.to}`,
  sample(prng): SeverityRange {
    const low = prng.between(1, 13);
    return { from: low, to: prng.between(low, 13) };
  },
});

/** The name of an event class; names are written in capitals. */
export const eventClass = oneWord({
  name: 'class',
  help: 'Event class, such as IKE or IPSECDBG',
  placeholder: 'CLASS',
  free: true,
  parse: (text) =>
    /^[A-Za-z][\w-]{0,31}$/.test(text) ? ok(text.toUpperCase()) : err(`"${text}" is not a class`),
  sample: (prng) => prng.pick(['IKE', 'IKEDBG', 'IKEDECODE', 'IPSECDBG', 'AUTH']),
});

const severityOfClass = setting(management)({
  path: ['event class', eventClass, 'severity-to-log', severityRange],
  words: {
    event: 'Events of the log',
    class: 'Those of one class',
    'severity-to-log': 'Say which of them are written',
  },
  key: ['class'],
  help: 'The severities of a class that are written to the log; 1-5 when nothing is said.',
  since: '000:450',
  get: (c) => [...c.logging.classes].map(([name, severities]) => ({ class: name, severities })),
  set: (c, v) => ({
    ...c,
    logging: { ...c.logging, classes: withEntry(c.logging.classes, v.class, v.severities) },
  }),
  unset: (c, v) => ({
    ...c,
    logging: { ...c.logging, classes: withoutEntry(c.logging.classes, v.class) },
  }),
});

/** How the enable password is written. */
const format = choice('format', {
  hashed: 'The password is a salted scrypt hash of this program',
  encrypted: 'The password is a hash of an ASA or PIX',
  pbkdf2: 'The password is a hash of an ASA of release 9.6 or later',
});

function written(password: EnablePassword) {
  if (password.kind === 'clear') return { password: password.password };
  if (password.kind === 'foreign') return { password: password.hash, format: 'encrypted' as const };
  return { password: new Secret(formatVerifier(password.verifier)), format: 'hashed' as const };
}

const enablePassword = setting(management)({
  path: [
    'enable password',
    secret('password', 'The password, or a hash of it', 256),
    optional(format),
  ],
  words: { enable: 'Rights to change the configuration', password: 'Set the password for them' },
  help: 'The password for the right to change the configuration, kept as a salted scrypt hash.',
  get: ({ enablePassword: password }) => password && written(password),
  set(c, { password, format: how }) {
    if (how === undefined) return { ...c, enablePassword: { kind: 'clear', password } };
    if (how !== 'hashed') return { ...c, enablePassword: { kind: 'foreign', hash: password } };
    const verifier = parseVerifier(password.reveal());
    if (!verifier) return refuse('this is not a hash that this program wrote');
    return { ...c, enablePassword: { kind: 'verifier', verifier } };
  },
  unset: (c) => ({ ...c, enablePassword: undefined }),
});

const telnetPassword = setting(management)({
  path: [
    'passwd',
    secret('password', 'The password'),
    flag('encrypted', 'encrypted', 'It is a hash'),
  ],
  words: { passwd: 'Password of Telnet, which is not served' },
  dialects: ['asa', 'pix'],
  help: 'The password of Telnet on the other device.',
  noEffect: true,
  get: (c) => c.telnetPassword,
  set: (c, v) => ({ ...c, telnetPassword: v }),
  unset: (c) => ({ ...c, telnetPassword: undefined }),
});

/** A head-end whose web console nobody can log in to. */
function administratorFindings(configuration: Configuration): readonly Finding[] {
  const [enabled] = ipsecSlice.of(configuration).isakmpInterfaces;
  const users = [...sessionSlice.of(configuration).users.values()];
  const someone = users.some(
    (user) => knownPassword(user) !== undefined && deviceAccess(user) !== undefined,
  );
  if (enabled === undefined || someone) return [];
  return [
    {
      severity: 'info',
      at: [enableLine(enabled)],
      reason: 'nobody can log in to the web console',
      remedy: '"username NAME password PASSWORD privilege 15" adds an administrator',
    },
  ];
}

/** The lines about the web console, as a listing has them. */
const httpLines = ({ enabled, port, listen, allowed }: HttpServer): readonly string[] => [
  ...(enabled ? [lineOf(httpServer, { port: port === 443 ? undefined : port })] : []),
  ...(listen === undefined ? [] : [lineOf(httpListen, { address: listen })]),
  ...allowed.map((rule) => lineOf(httpAccess, rule)),
];

function verify(configuration: Configuration): readonly Finding[] {
  const { http, ssh, enablePassword: password } = managementSlice.of(configuration);
  const findings: Finding[] = [
    ...http.allowed.flatMap((rule) =>
      unknownInterface(configuration, rule.interface, [lineOf(httpAccess, rule)]),
    ),
    ...ssh.flatMap((rule) =>
      unknownInterface(configuration, rule.interface, [lineOf(sshAccess, rule)]),
    ),
  ];
  const [httpLine] = httpLines(http);
  if (httpLine !== undefined)
    findings.push({
      severity: 'warning',
      at: [httpLine],
      reason:
        'this line and other "http" lines have no effect: the web console listens on loopback',
      remedy: 'choose its port with --web-port PORT of "headend run", 0 for none',
    });
  if (ssh[0])
    findings.push({
      severity: 'warning',
      at: [lineOf(sshAccess, ssh[0])],
      reason: '"ssh" lines have no effect: there is no command line over SSH',
      remedy: 'log in to this machine and use "headend console"',
    });
  findings.push(...administratorFindings(configuration));
  if (password?.kind === 'foreign')
    findings.push({
      severity: 'warning',
      at: [lineOf(enablePassword, written(password))],
      reason: 'only the other device can check this hash',
      remedy: 'set the password anew with "enable password"',
    });
  return findings;
}

/** The room of the device's own services. */
export const managementRoom: Room = {
  slices: [managementSlice],
  verify,
  sections: [
    {
      title: 'Passwords of the device',
      place: 'names',
      commands: [enablePassword, telnetPassword],
    },
    {
      title: 'Event log',
      place: 'logging',
      commands: [loggingEnable, loggingTimestamp, loggingBuffered, severityOfClass],
    },
    {
      title: 'Access to the device',
      place: 'management',
      commands: [httpServer, httpListen, httpAccess, sshAccess],
    },
  ],
};
