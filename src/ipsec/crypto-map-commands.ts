import type { IpAddress } from '#base/address';
import { formatPrefix } from '#base/prefix';
import { accessListNames, unknownAccessList } from '#config/access-list';
import { ip } from '#config/address-tokens';
import { type Configuration, sameValue, withEntry, withoutEntry } from '#config/configuration';
import { optional } from '#config/path';
import type { Finding } from '#config/room';
import type { Declaration } from '#config/setting';
import { globalScope, lineOf, setting } from '#config/setting';
import { interfaceName, unknownInterface } from '#config/system';
import { choice, int, many, word } from '#config/tokens';
import {
  type CryptoMap,
  type CryptoMapEntry,
  type IpsecConfiguration,
  ipsecSlice,
} from './config.ts';
import {
  dynamicMapNames,
  lifetimeKilobytes,
  lifetimeSeconds,
  lifetimeWords,
} from './dynamic-map-commands.ts';
import { type LegacyNeed, legacyOfGroup } from './legacy.ts';
import { entrySelectors, selectorsOf, transformSetsOf } from './map-selectors.ts';
import { pfsGroup } from './tokens.ts';
import { transformModeLine, transformSetNames } from './transform-set-commands.ts';
import { cryptoWords } from './words.ts';

const ipsec = globalScope(ipsecSlice);

const mapWords = {
  ...cryptoWords,
  map: 'Say which traffic is protected',
  'ipsec-isakmp': 'Negotiate the keys',
  dynamic: 'By an entry of a dynamic map',
  interface: 'Apply the map to an interface',
};
const mapName = word('name', 'Name of the crypto map', 64, (configuration) => [
  ...ipsecSlice.of(configuration).maps.keys(),
]);

/** Changes a map; one of which nothing is left is removed. */
function withMap(
  c: IpsecConfiguration,
  name: string,
  change: (map: CryptoMap) => Partial<CryptoMap>,
): IpsecConfiguration {
  const before: CryptoMap = c.maps.get(name) ?? { name, entries: new Map(), interfaces: [] };
  const map = { ...before, ...change(before) };
  const empty = map.entries.size === 0 && map.interfaces.length === 0;
  return { ...c, maps: empty ? withoutEntry(c.maps, name) : withEntry(c.maps, name, map) };
}

export const newMapEntry = (sequence: number): CryptoMapEntry => ({
  sequence,
  transformSets: [],
  reverseRoute: false,
  connectionType: 'bidirectional',
});

type EntryKey = { readonly name: string; readonly sequence: number };

/** Changes one entry of a map; an entry of which nothing is left is removed. */
function withMapEntry(
  c: IpsecConfiguration,
  { name, sequence }: EntryKey,
  change: Partial<CryptoMapEntry>,
): IpsecConfiguration {
  return withMap(c, name, ({ entries }) => {
    const entry = { ...(entries.get(sequence) ?? newMapEntry(sequence)), ...change };
    return {
      entries: sameValue(entry, newMapEntry(sequence))
        ? withoutEntry(entries, sequence)
        : withEntry(entries, sequence, entry),
    };
  });
}

/** Every entry of every map, in the order of the listing. */
export const mapEntriesOf = (
  c: IpsecConfiguration,
): (EntryKey & { readonly entry: CryptoMapEntry })[] =>
  [...c.maps.values()].flatMap(({ name, entries }) =>
    [...entries.values()]
      .sort((a, b) => a.sequence - b.sequence)
      .map((entry) => ({ name, sequence: entry.sequence, entry })),
  );

const sequence = int('sequence', 1, 65535, 'Order of the entry, the smaller first');

const mapEntry = setting(ipsec)({
  path: [
    'crypto map',
    mapName,
    sequence,
    'ipsec-isakmp dynamic',
    word('dynamic', 'Dynamic map', 64, dynamicMapNames),
  ],
  words: mapWords,
  key: ['name', 'sequence'],
  help: 'An entry of a crypto map that lets peers of any address in, by a dynamic map.',
  get: (c) =>
    mapEntriesOf(c).flatMap(({ entry, ...key }) =>
      entry.dynamicMap === undefined ? [] : { ...key, dynamic: entry.dynamicMap },
    ),
  set: (c, { dynamic, ...key }) => withMapEntry(c, key, { dynamicMap: dynamic }),
  unset: (c, { name, sequence: at }) =>
    withMapEntry(c, { name, sequence: at }, { dynamicMap: undefined }),
});

const setWords = {
  ...mapWords,
  match: 'Say what is protected',
  set: 'Set a parameter of the entry',
};

const mapAddress = setting(ipsec)({
  path: [
    'crypto map',
    mapName,
    sequence,
    'match address',
    word('list', 'Access list', 64, accessListNames),
  ],
  words: { ...setWords, address: 'By an access list, from our networks to those of the peer' },
  key: ['name', 'sequence'],
  help: 'The networks that a LAN-to-LAN tunnel joins: each permit entry from ours to those of the peer.',
  get: (c) =>
    mapEntriesOf(c).flatMap(({ entry, ...key }) =>
      entry.accessList === undefined ? [] : { ...key, list: entry.accessList },
    ),
  set: (c, { list, ...key }) => withMapEntry(c, key, { accessList: list }),
  unset: (c, { name, sequence: at }) =>
    withMapEntry(c, { name, sequence: at }, { accessList: undefined }),
});

const mapPeer = setting(ipsec)({
  path: ['crypto map', mapName, sequence, 'set peer', ip('peer', 'Address of the peer')],
  words: { ...setWords, peer: 'Name the other end of the tunnel' },
  key: ['name', 'sequence'],
  help: 'The other end of a LAN-to-LAN tunnel; a tunnel group of this name has its key.',
  get: (c) =>
    mapEntriesOf(c).flatMap(({ entry, ...key }) =>
      entry.peer === undefined ? [] : { ...key, peer: entry.peer },
    ),
  set: (c, { peer, ...key }) => withMapEntry(c, key, { peer }),
  unset: (c, { name, sequence: at }) =>
    withMapEntry(c, { name, sequence: at }, { peer: undefined }),
});

const CONNECTION_TYPES = {
  bidirectional: 'Begin, and let the peer begin',
  'originate-only': 'Begin',
  'answer-only': 'Let the peer begin',
} as const;

const mapConnectionType = setting(ipsec)({
  path: ['crypto map', mapName, sequence, 'set connection-type', choice('type', CONNECTION_TYPES)],
  words: { ...setWords, 'connection-type': 'Say which end begins' },
  key: ['name', 'sequence'],
  help: 'Which end of a LAN-to-LAN tunnel begins; either one unless said otherwise.',
  get: (c) =>
    mapEntriesOf(c).flatMap(({ entry, ...key }) =>
      entry.connectionType === 'bidirectional' ? [] : { ...key, type: entry.connectionType },
    ),
  set: (c, { type, ...key }) => withMapEntry(c, key, { connectionType: type }),
  unset: (c, { name, sequence: at }) =>
    withMapEntry(c, { name, sequence: at }, { connectionType: 'bidirectional' }),
});

const transformSets = many('sets', word('set', 'Transform set', 64, transformSetNames), 11);

const mapTransforms = setting(ipsec)({
  path: ['crypto map', mapName, sequence, 'set ikev1 transform-set', transformSets],
  also: [['crypto map', mapName, sequence, 'set transform-set', transformSets]],
  words: { ...setWords, 'transform-set': 'Name the transform sets, the best first' },
  key: ['name', 'sequence'],
  help: 'The transform sets that both ends may choose from, the best first.',
  get: (c) =>
    mapEntriesOf(c).flatMap(({ entry, ...key }) =>
      entry.transformSets.length === 0 ? [] : { ...key, sets: entry.transformSets },
    ),
  set: (c, { sets, ...key }) => withMapEntry(c, key, { transformSets: sets }),
  unset: (c, { name, sequence: at }) =>
    withMapEntry(c, { name, sequence: at }, { transformSets: [] }),
});

const mapPfs = setting(ipsec)({
  path: ['crypto map', mapName, sequence, 'set pfs', optional(pfsGroup)],
  words: { ...setWords, pfs: 'Demand a fresh Diffie-Hellman exchange in phase 2' },
  key: ['name', 'sequence'],
  help: 'Demands a Diffie-Hellman exchange in phase 2; group 2 when none is named.',
  get: (c) =>
    mapEntriesOf(c).flatMap(({ entry, ...key }) =>
      entry.pfs === undefined ? [] : { ...key, group: entry.pfs },
    ),
  set: (c, { group: pfs, ...key }) => withMapEntry(c, key, { pfs: pfs ?? 'modp1024' }),
  unset: (c, { name, sequence: at }) => withMapEntry(c, { name, sequence: at }, { pfs: undefined }),
});

const mapSeconds = setting(ipsec)({
  path: [
    'crypto map',
    mapName,
    sequence,
    'set security-association lifetime seconds',
    lifetimeSeconds,
    optional('kilobytes', lifetimeKilobytes),
  ],
  words: { ...setWords, ...lifetimeWords },
  key: ['name', 'sequence'],
  help: 'How long SAs of this entry last.',
  get: (c) =>
    mapEntriesOf(c).flatMap(({ entry, ...key }) =>
      entry.lifetimeSeconds === undefined ? [] : { ...key, seconds: entry.lifetimeSeconds },
    ),
  set: (c, { seconds, kilobytes, ...key }) =>
    withMapEntry(c, key, {
      lifetimeSeconds: seconds,
      ...(kilobytes === undefined ? {} : { lifetimeKilobytes: kilobytes }),
    }),
  unset: (c, { name, sequence: at }) =>
    withMapEntry(c, { name, sequence: at }, { lifetimeSeconds: undefined }),
});

const mapKilobytes = setting(ipsec)({
  path: [
    'crypto map',
    mapName,
    sequence,
    'set security-association lifetime kilobytes',
    lifetimeKilobytes,
  ],
  words: { ...setWords, ...lifetimeWords },
  key: ['name', 'sequence'],
  help: 'How much traffic SAs of this entry carry before they are renewed.',
  get: (c) =>
    mapEntriesOf(c).flatMap(({ entry, ...key }) =>
      entry.lifetimeKilobytes === undefined ? [] : { ...key, kilobytes: entry.lifetimeKilobytes },
    ),
  set: (c, { kilobytes, ...key }) => withMapEntry(c, key, { lifetimeKilobytes: kilobytes }),
  unset: (c, { name, sequence: at }) =>
    withMapEntry(c, { name, sequence: at }, { lifetimeKilobytes: undefined }),
});

const mapReverseRoute = setting(ipsec)({
  path: ['crypto map', mapName, sequence, 'set reverse-route'],
  words: { ...setWords, 'reverse-route': 'Add a route to the networks of the peer' },
  key: ['name', 'sequence'],
  help: 'Adds a route to the networks of the peer, which is always there.',
  get: (c) => mapEntriesOf(c).flatMap(({ entry, ...key }) => (entry.reverseRoute ? key : [])),
  set: (c, key) => withMapEntry(c, key, { reverseRoute: true }),
  unset: (c, key) => withMapEntry(c, key, { reverseRoute: false }),
});

const mapInterface = setting(ipsec)({
  path: ['crypto map', mapName, 'interface', interfaceName('interface')],
  words: mapWords,
  key: ['name', 'interface'],
  help: 'Applies a crypto map to an interface.',
  get: (c) =>
    [...c.maps.values()].flatMap(({ name, interfaces }) =>
      interfaces.map((i) => ({ name, interface: i })),
    ),
  set: (c, v) =>
    withMap(c, v.name, (m) => ({ interfaces: [...new Set([...m.interfaces, v.interface])] })),
  unset: (c, v) =>
    withMap(c, v.name, (m) => ({ interfaces: m.interfaces.filter((i) => i !== v.interface) })),
});

/** The commands of crypto maps; the lines of one map stand together. */
export const cryptoMapCommands: readonly Declaration[] = [
  mapAddress,
  mapPfs,
  mapPeer,
  mapConnectionType,
  mapTransforms,
  mapSeconds,
  mapKilobytes,
  mapReverseRoute,
  mapEntry,
  mapInterface,
];

/** Lines of an entry, for findings. */
export const mapEntryLines = {
  address: (key: EntryKey, list: string): readonly string[] => [
    lineOf(mapAddress, { ...key, list }),
  ],
  peer: (key: EntryKey, peer: IpAddress): readonly string[] => [lineOf(mapPeer, { ...key, peer })],
};

/** What the entries of crypto maps need from behind the fence. */
export const cryptoMapNeeds = (c: IpsecConfiguration): readonly LegacyNeed[] =>
  mapEntriesOf(c).flatMap(({ entry, ...key }) =>
    entry.pfs === undefined
      ? []
      : { at: [lineOf(mapPfs, { ...key, group: entry.pfs })], items: legacyOfGroup(entry.pfs) },
  );

function entryFindings(
  configuration: Configuration,
  key: EntryKey,
  entry: CryptoMapEntry,
): readonly Finding[] {
  const { dynamicMaps, maps, transformSets: sets } = ipsecSlice.of(configuration);
  const { dynamicMap, accessList, peer } = entry;
  const error = (at: readonly string[], reason: string, remedy?: string): Finding => ({
    severity: 'error',
    at,
    reason,
    ...(remedy === undefined ? {} : { remedy }),
  });
  const findings: Finding[] = [];
  if (dynamicMap !== undefined && !dynamicMaps.has(dynamicMap))
    findings.push(
      error(
        [lineOf(mapEntry, { ...key, dynamic: dynamicMap })],
        `there is no dynamic map "${dynamicMap}"`,
      ),
    );
  for (const name of entry.transformSets.filter((set) => !sets.has(set)))
    findings.push(
      error(
        [lineOf(mapTransforms, { ...key, sets: entry.transformSets })],
        `there is no transform set "${name}"`,
      ),
    );
  if (accessList !== undefined) {
    const at = mapEntryLines.address(key, accessList);
    findings.push(...unknownAccessList(configuration, accessList, at));
    for (const reason of selectorsOf(configuration, accessList).refused)
      findings.push(error(at, `access list "${accessList}": ${reason}`));
    const interfaces = maps.get(key.name)?.interfaces ?? [];
    const [set] = transformSetsOf(ipsecSlice.of(configuration), entry);
    for (const { local, remote } of entrySelectors(configuration, interfaces, entry).uncarried)
      findings.push(
        error(
          at,
          `transport mode carries only what passes between the two ends, not ${formatPrefix(local)} to ${formatPrefix(remote)}`,
          `"${transformModeLine({ name: set?.name ?? '', mode: 'tunnel' })}" carries networks`,
        ),
      );
  }
  const prefix = `crypto map ${key.name} ${key.sequence}`;
  if (peer !== undefined && dynamicMap === undefined)
    for (const [missing, line] of [
      [accessList === undefined, 'match address'],
      [entry.transformSets.length === 0, 'set ikev1 transform-set'],
    ] as const)
      if (missing)
        findings.push({
          ...error(
            mapEntryLines.peer(key, peer),
            'the entry is not complete, so no tunnel is made',
          ),
          severity: 'warning',
          remedy: `"${prefix} ${line}" is missing`,
        });
  return findings;
}

/** Crypto maps that lead nowhere, or from nowhere. */
export function cryptoMapFindings(configuration: Configuration): readonly Finding[] {
  const c = ipsecSlice.of(configuration);
  return [
    ...mapEntriesOf(c).flatMap(({ entry, ...key }) => entryFindings(configuration, key, entry)),
    ...[...c.maps.values()].flatMap(({ name, interfaces }) =>
      interfaces.flatMap((i) =>
        unknownInterface(configuration, i, [lineOf(mapInterface, { name, interface: i })]),
      ),
    ),
  ];
}
