import { type Configuration, withEntry, withoutEntry } from '#config/configuration';
import type { Finding } from '#config/room';
import type { Declaration } from '#config/setting';
import { globalScope, lineOf, setting } from '#config/setting';
import { interfaceName, unknownInterface } from '#config/system';
import { int, word } from '#config/tokens';
import { type CryptoMap, type IpsecConfiguration, ipsecSlice } from './config.ts';
import { dynamicMapNames } from './dynamic-map-commands.ts';
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

const mapEntry = setting(ipsec)({
  path: [
    'crypto map',
    mapName,
    int('sequence', 1, 65535, 'Order of the entry, the smaller first'),
    'ipsec-isakmp dynamic',
    word('dynamic', 'Dynamic map', 64, dynamicMapNames),
  ],
  words: mapWords,
  key: ['name', 'sequence'],
  help: 'An entry of a crypto map that lets peers of any address in, by a dynamic map.',
  get: (c) =>
    [...c.maps.values()].flatMap(({ name, entries }) =>
      [...entries.values()]
        .sort((a, b) => a.sequence - b.sequence)
        .map((e) => ({ name, sequence: e.sequence, dynamic: e.dynamicMap })),
    ),
  set: (c, { name, sequence, dynamic }) =>
    withMap(c, name, (m) => ({
      entries: withEntry(m.entries, sequence, { sequence, dynamicMap: dynamic }),
    })),
  unset: (c, { name, sequence }) =>
    withMap(c, name, (m) => ({ entries: withoutEntry(m.entries, sequence) })),
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
export const cryptoMapCommands: readonly Declaration[] = [mapEntry, mapInterface];

/** Crypto maps that lead nowhere, or from nowhere. */
export function cryptoMapFindings(configuration: Configuration): readonly Finding[] {
  const { maps, dynamicMaps } = ipsecSlice.of(configuration);
  return [...maps.values()].flatMap(({ name, entries, interfaces }) => [
    ...[...entries.values()]
      .filter((e) => !dynamicMaps.has(e.dynamicMap))
      .map((e) => ({
        severity: 'error' as const,
        at: [lineOf(mapEntry, { name, sequence: e.sequence, dynamic: e.dynamicMap })],
        reason: `there is no dynamic map "${e.dynamicMap}"`,
      })),
    ...interfaces.flatMap((i) =>
      unknownInterface(configuration, i, [lineOf(mapInterface, { name, interface: i })]),
    ),
  ]);
}
