import { type Configuration, withEntry, withoutEntry } from '#config/configuration';
import { optional } from '#config/path';
import type { Finding } from '#config/room';
import type { Declaration } from '#config/setting';
import { globalScope, setting } from '#config/setting';
import { int, rest, word } from '#config/tokens';
import { type IpsecConfiguration, ipsecSlice } from './config.ts';
import { cryptoWords } from './words.ts';

const ipsec = globalScope(ipsecSlice);

const mapName = word('name', 'Name of the crypto map', 64, (configuration) => [
  ...ipsecSlice.of(configuration).maps.keys(),
]);

const linesOf = (c: IpsecConfiguration, name: string): readonly string[] =>
  c.mapClients.get(name) ?? [];

const begins = (line: string, words: string): boolean =>
  line === words || line.startsWith(`${words} `);

/** PIX and IOS: what a crypto map says about clients, which headend does for all of them. */
const clientLine = (words: string, help: string): Declaration =>
  setting(ipsec)({
    path: ['crypto map', mapName, words, optional(rest('text', 'Kept as it is'))],
    words: { ...cryptoWords, map: 'Say which traffic is protected' },
    dialects: ['pix', 'ios'],
    key: ['name'],
    help,
    noEffect: true,
    get: (c) =>
      [...c.mapClients].flatMap(([name, lines]) =>
        lines
          .filter((line) => begins(line, words))
          .map((line) => ({ name, text: line.slice(words.length + 1) || undefined })),
      ),
    set: (c, { name, text }) => {
      const line = text === undefined ? words : `${words} ${text}`;
      const others = linesOf(c, name).filter((other) => other !== line);
      return { ...c, mapClients: withEntry(c.mapClients, name, [...others, line].sort()) };
    },
    unset: (c, { name }) => {
      const left = linesOf(c, name).filter((line) => !begins(line, words));
      const mapClients =
        left.length === 0 ? withoutEntry(c.mapClients, name) : withEntry(c.mapClients, name, left);
      return { ...c, mapClients };
    },
  });

/** The head of an entry, which says nothing beyond what its other lines say. */
const entryHead = setting(ipsec)({
  path: ['crypto map', mapName, int('sequence', 1, 65535, 'Order of the entry'), 'ipsec-isakmp'],
  words: {
    ...cryptoWords,
    map: 'Say which traffic is protected',
    'ipsec-isakmp': 'Negotiate keys',
  },
  dialects: ['pix'],
  help: 'The head of an entry of a crypto map, which its other lines make.',
  noEffect: true,
  get: () => undefined,
  set: (c) => c,
});

export const clientMapCommands: readonly Declaration[] = [
  clientLine('client accounting', 'Servers that are told of sessions.'),
  clientLine('client authentication', 'Users are asked for a password: always here.'),
  clientLine('client configuration', 'Clients are told an address: those that ask for it.'),
  clientLine('client token', 'Users are asked for a token.'),
  clientLine('isakmp authorization', 'Where the groups are: on this device.'),
  entryHead,
];

const LOCAL = /^client authentication( list)? (LOCAL|local)$/;

/** Users that only servers know, where a PIX names the servers. */
export const clientMapFindings = (configuration: Configuration): readonly Finding[] =>
  [...ipsecSlice.of(configuration).mapClients].flatMap(([name, lines]) =>
    lines
      .filter(
        (line) =>
          line.startsWith('client authentication ') && !/ list /.test(line) && !LOCAL.test(line),
      )
      .map((line) => ({
        severity: 'warning' as const,
        at: [`crypto map ${name} ${line}`],
        reason: 'no server is asked yet: the users of this device are asked',
        remedy: 'give them a password with "username NAME password"',
      })),
  );
