import {
  type Configuration,
  sameValue,
  type Table,
  withEntry,
  withoutEntry,
} from '#config/configuration';
import { optional } from '#config/path';
import type { Finding } from '#config/room';
import type { Declaration } from '#config/setting';
import { globalScope, lineOf, setting } from '#config/setting';
import { int, many, rest, word } from '#config/tokens';
import { type DynamicMapEntry, type IpsecConfiguration, ipsecSlice } from './config.ts';
import { type LegacyNeed, legacyOfGroup } from './legacy.ts';
import { pfsGroup } from './tokens.ts';
import { transformSetNames } from './transform-set-commands.ts';
import { cryptoWords } from './words.ts';

const ipsec = globalScope(ipsecSlice);

/** Names of the dynamic maps, for completion. */
export const dynamicMapNames = (configuration: Configuration): readonly string[] => [
  ...ipsecSlice.of(configuration).dynamicMaps.keys(),
];
const dynamicMapName = word('name', 'Name of the dynamic map', 64, dynamicMapNames);
const sequence = int('sequence', 1, 65535, 'Order of the entry, the smaller first');
const dynamicWords = {
  ...cryptoWords,
  'dynamic-map': 'Say what a peer of any address may negotiate',
  set: 'Set a parameter of the entry',
};

type EntryKey = { readonly name: string; readonly sequence: number };

const newEntry = (at: number): DynamicMapEntry => ({
  sequence: at,
  transformSets: [],
  reverseRoute: false,
});

/** Changes one entry of a dynamic map; an entry of which nothing is left is removed. */
function withDynamic(
  c: IpsecConfiguration,
  key: EntryKey,
  change: Partial<DynamicMapEntry>,
): IpsecConfiguration {
  const entries = c.dynamicMaps.get(key.name) ?? new Map<number, DynamicMapEntry>();
  const entry = { ...(entries.get(key.sequence) ?? newEntry(key.sequence)), ...change };
  const left = sameValue(entry, newEntry(key.sequence))
    ? withoutEntry(entries, key.sequence)
    : withEntry(entries, key.sequence, entry);
  const dynamicMaps =
    left.size === 0
      ? withoutEntry(c.dynamicMaps, key.name)
      : withEntry(c.dynamicMaps, key.name, left);
  return { ...c, dynamicMaps };
}

/** Every entry of every dynamic map, in the order of the listing. */
const dynamicEntriesOf = (c: IpsecConfiguration): (EntryKey & { entry: DynamicMapEntry })[] =>
  [...c.dynamicMaps].flatMap(([name, entries]) =>
    sorted(entries).map((entry) => ({ name, sequence: entry.sequence, entry })),
  );

const sorted = <T extends { readonly sequence: number }>(entries: Table<number, T>): T[] =>
  [...entries.values()].sort((a, b) => a.sequence - b.sequence);

const transformSets = many('sets', word('set', 'Transform set', 64, transformSetNames), 11);

const dynamicTransforms = setting(ipsec)({
  path: ['crypto dynamic-map', dynamicMapName, sequence, 'set ikev1 transform-set', transformSets],
  also: [['crypto dynamic-map', dynamicMapName, sequence, 'set transform-set', transformSets]],
  words: { ...dynamicWords, 'transform-set': 'Name the transform sets, the best first' },
  key: ['name', 'sequence'],
  help: 'The transform sets that a peer may choose from, the best first.',
  get: (c) =>
    dynamicEntriesOf(c).flatMap(({ entry, ...key }) =>
      entry.transformSets.length === 0 ? [] : { ...key, sets: entry.transformSets },
    ),
  set: (c, { sets, ...key }) => withDynamic(c, key, { transformSets: sets }),
  unset: (c, { name, sequence: at }) =>
    withDynamic(c, { name, sequence: at }, { transformSets: [] }),
});

const dynamicPfs = setting(ipsec)({
  path: ['crypto dynamic-map', dynamicMapName, sequence, 'set pfs', optional(pfsGroup)],
  words: { ...dynamicWords, pfs: 'Demand a fresh Diffie-Hellman exchange in phase 2' },
  key: ['name', 'sequence'],
  help: 'Demands a Diffie-Hellman exchange in phase 2; group 2 when none is named.',
  get: (c) =>
    dynamicEntriesOf(c).flatMap(({ entry, ...key }) =>
      entry.pfs === undefined ? [] : { ...key, group: entry.pfs },
    ),
  set: (c, { group: pfs, ...key }) => withDynamic(c, key, { pfs: pfs ?? 'modp1024' }),
  unset: (c, { name, sequence: at }) => withDynamic(c, { name, sequence: at }, { pfs: undefined }),
});

export const lifetimeSeconds = int('seconds', 120, 2147483647, 'Seconds');
export const lifetimeKilobytes = int('kilobytes', 10, 2147483647, 'Kilobytes');
export const lifetimeWords = {
  lifetime: 'Set how long SAs last',
  seconds: 'By time',
  kilobytes: 'By traffic',
};

const dynamicSeconds = setting(ipsec)({
  path: [
    'crypto dynamic-map',
    dynamicMapName,
    sequence,
    'set security-association lifetime seconds',
    lifetimeSeconds,
    optional('kilobytes', lifetimeKilobytes),
  ],
  words: { ...dynamicWords, ...lifetimeWords },
  key: ['name', 'sequence'],
  help: 'How long SAs of this entry last.',
  get: (c) =>
    dynamicEntriesOf(c).flatMap(({ entry, ...key }) =>
      entry.lifetimeSeconds === undefined ? [] : { ...key, seconds: entry.lifetimeSeconds },
    ),
  set: (c, { seconds, kilobytes, ...key }) =>
    withDynamic(c, key, {
      lifetimeSeconds: seconds,
      ...(kilobytes === undefined ? {} : { lifetimeKilobytes: kilobytes }),
    }),
  unset: (c, { name, sequence: at }) =>
    withDynamic(c, { name, sequence: at }, { lifetimeSeconds: undefined }),
});

const dynamicKilobytes = setting(ipsec)({
  path: [
    'crypto dynamic-map',
    dynamicMapName,
    sequence,
    'set security-association lifetime kilobytes',
    lifetimeKilobytes,
  ],
  words: { ...dynamicWords, ...lifetimeWords },
  key: ['name', 'sequence'],
  help: 'How much traffic SAs of this entry carry before they are renewed.',
  get: (c) =>
    dynamicEntriesOf(c).flatMap(({ entry, ...key }) =>
      entry.lifetimeKilobytes === undefined ? [] : { ...key, kilobytes: entry.lifetimeKilobytes },
    ),
  set: (c, { kilobytes, ...key }) => withDynamic(c, key, { lifetimeKilobytes: kilobytes }),
  unset: (c, { name, sequence: at }) =>
    withDynamic(c, { name, sequence: at }, { lifetimeKilobytes: undefined }),
});

const dynamicReverseRoute = setting(ipsec)({
  path: ['crypto dynamic-map', dynamicMapName, sequence, 'set reverse-route'],
  words: { ...dynamicWords, 'reverse-route': 'Add a route to each peer' },
  key: ['name', 'sequence'],
  help: 'Adds a route to each peer while it is connected.',
  get: (c) => dynamicEntriesOf(c).flatMap(({ entry, ...key }) => (entry.reverseRoute ? key : [])),
  set: (c, key) => withDynamic(c, key, { reverseRoute: true }),
  unset: (c, key) => withDynamic(c, key, { reverseRoute: false }),
});

/** A line of an entry that is kept without effect. */
const dynamicKept = (words: string, help: string) => {
  const isMine = (line: string) => line === words || line.startsWith(`${words} `);
  return setting(ipsec)({
    path: [
      'crypto dynamic-map',
      dynamicMapName,
      sequence,
      words,
      optional(rest('text', 'Kept as it is')),
    ],
    words: dynamicWords,
    key: ['name', 'sequence'],
    help,
    noEffect: true,
    get: (c) =>
      dynamicEntriesOf(c).flatMap(({ entry, ...key }) =>
        (entry.kept ?? [])
          .filter(isMine)
          .map((line) => ({ ...key, text: line.slice(words.length + 1) || undefined })),
      ),
    set: (c, { text, ...key }) => {
      const line = text === undefined ? words : `${words} ${text}`;
      const others = keptOf(c, key).filter((other) => other !== line);
      return withDynamic(c, key, { kept: [...others, line].sort() });
    },
    unset: (c, { name, sequence: at }) => {
      const left = keptOf(c, { name, sequence: at }).filter((line) => !isMine(line));
      const kept = left.length === 0 ? undefined : left;
      return withDynamic(c, { name, sequence: at }, { kept });
    },
  });
};

const keptOf = (c: IpsecConfiguration, { name, sequence: at }: EntryKey): readonly string[] =>
  c.dynamicMaps.get(name)?.get(at)?.kept ?? [];

/** In the order of their words, as the lines of an entry are kept. */
const keptSettings = [
  dynamicKept('match address', 'The traffic that an entry is for; clients have an address each.'),
  dynamicKept('set connection-type', 'Who begins.'),
  dynamicKept('set df-bit', 'The DF bit of an entry.'),
  dynamicKept('set ikev2', 'Proposals of IKEv2, which is not answered.'),
  dynamicKept('set nat-t-disable', 'Switches NAT traversal off for an entry.'),
  dynamicKept('set peer', 'Peers that an entry is for.'),
  dynamicKept('set phase1-mode', 'The exchange that begins phase 1.'),
  dynamicKept('set trustpoint', 'Certificate for an entry.'),
];

/** The commands of dynamic maps; the lines of one map stand together. */
export const dynamicMapCommands: readonly Declaration[] = [
  dynamicPfs,
  dynamicTransforms,
  dynamicSeconds,
  dynamicKilobytes,
  dynamicReverseRoute,
  ...keptSettings,
];

/** What the dynamic maps need from behind the fence. */
export const dynamicMapNeeds = (c: IpsecConfiguration): readonly LegacyNeed[] =>
  dynamicEntriesOf(c).flatMap(({ entry, ...key }) =>
    entry.pfs === undefined
      ? []
      : { at: [lineOf(dynamicPfs, { ...key, group: entry.pfs })], items: legacyOfGroup(entry.pfs) },
  );

/** Transform sets that dynamic maps name and nobody made. */
export const dynamicMapFindings = (c: IpsecConfiguration): readonly Finding[] => [
  ...unknownTransforms(c),
  ...dynamicEntriesOf(c).flatMap(({ entry, ...key }) =>
    (entry.kept ?? [])
      .filter((line) => /^(match address|set peer) /.test(line))
      .map((line) => ({
        severity: 'warning' as const,
        at: [`crypto dynamic-map ${key.name} ${key.sequence} ${line}`],
        reason: 'the entry is for clients from anywhere, each with its one address',
      })),
  ),
];

const unknownTransforms = (c: IpsecConfiguration): readonly Finding[] =>
  dynamicEntriesOf(c).flatMap(({ entry, ...key }) =>
    entry.transformSets
      .filter((name) => !c.transformSets.has(name))
      .map((name) => ({
        severity: 'error' as const,
        at: [lineOf(dynamicTransforms, { ...key, sets: entry.transformSets })],
        reason: `there is no transform set "${name}"`,
      })),
  );
