import { familyOf, type IpAddress } from '#base/address';
import { contains, formatPrefix, type Prefix, prefixOf } from '#base/prefix';
import { type ResolvedEntry, resolveAccessList } from '#config/access-list';
import type { AddressMatch } from '#config/access-list-tokens';
import type { Configuration } from '#config/configuration';
import { interfaceNamed } from '#config/system';
import {
  type CryptoMapEntry,
  type IpsecConfiguration,
  ipsecSlice,
  type TransformSet,
} from './config.ts';
import type { ChildSelectors } from './keying.ts';

/** The networks that an access list of a crypto map names, and why some of its entries do not count. */
export type MapSelectors = {
  readonly selectors: readonly ChildSelectors[];
  readonly refused: readonly string[];
};

const networkOf = (match: AddressMatch, family: 4 | 6): Prefix => {
  if (typeof match !== 'string') return match;
  return prefixOf((family === 4 ? '0.0.0.0' : '::') as IpAddress, 0);
};

const familyOfMatch = (match: AddressMatch): 4 | 6 | undefined => {
  if (match === 'any4') return 4;
  if (match === 'any6') return 6;
  return match === 'any' ? undefined : familyOf(match.address);
};

const textOf = (match: AddressMatch): string =>
  typeof match === 'string' ? match : formatPrefix(match);

/** One entry: from our networks to those of the peer. The error says why it cannot be negotiated. */
function selectorsOfEntry(entry: ResolvedEntry): readonly (ChildSelectors | string)[] {
  if (entry.kind === 'standard') return ['an entry without a destination protects nothing'];
  const named = (matches: readonly AddressMatch[]) => matches.map(textOf).join(',');
  const text = `${entry.action} ${entry.protocol} ${named(entry.source)} ${named(entry.destination)}`;
  if (entry.action === 'deny') return [`"${text}": only permit entries can be negotiated`];
  if (entry.protocol !== 'ip' || entry.ports)
    return [`"${text}": only \`permit ip\` can be negotiated, without protocols and ports`];
  return entry.source.flatMap((source) =>
    entry.destination.map((destination) => {
      const [a, b] = [familyOfMatch(source), familyOfMatch(destination)];
      if (a !== undefined && b !== undefined && a !== b)
        return `"${text}": addresses of two families`;
      const family = a ?? b ?? 4;
      return { local: networkOf(source, family), remote: networkOf(destination, family) };
    }),
  );
}

/** What `match address` of a crypto map protects; a group of networks makes one pair for each of them. */
export function selectorsOf(configuration: Configuration, list: string): MapSelectors {
  const { entries, unresolved } = resolveAccessList(configuration, list);
  const read = entries.flatMap(selectorsOfEntry);
  return {
    selectors: read.filter((s): s is ChildSelectors => typeof s === 'object'),
    refused: [
      ...read.filter((s): s is string => typeof s === 'string'),
      ...unresolved.map((name) => `"${name}" stands for no addresses`),
    ],
  };
}

/** The transform sets of an entry that exist, the best first; the mode of the first one counts. */
export const transformSetsOf = (
  { transformSets }: IpsecConfiguration,
  entry: CryptoMapEntry,
): readonly TransformSet[] => entry.transformSets.flatMap((name) => transformSets.get(name) ?? []);

/** Our address for a peer, on the first of these interfaces that answers IKEv1. */
export function ownAddressFor(
  configuration: Configuration,
  interfaces: readonly string[],
  peer: IpAddress,
): IpAddress | undefined {
  const { isakmpInterfaces } = ipsecSlice.of(configuration);
  for (const name of interfaces.filter((i) => isakmpInterfaces.includes(i))) {
    const found = interfaceNamed(configuration, name);
    const own = [found?.address, ...(found?.ipv6 ?? [])].flatMap((a) => a?.address ?? []);
    const fitting = own.find((address) => familyOf(address) === familyOf(peer));
    if (fitting) return fitting;
  }
  return undefined;
}

/**
 * The networks of an entry of a map that is applied to these interfaces. Transport mode carries only
 * what passes between the two ends themselves, RFC 4301 section 4.1, so that their addresses lie in
 * the networks that it can carry.
 */
export function entrySelectors(
  configuration: Configuration,
  interfaces: readonly string[],
  entry: CryptoMapEntry,
): { readonly carried: readonly ChildSelectors[]; readonly uncarried: readonly ChildSelectors[] } {
  const { peer, accessList } = entry;
  const { selectors } = selectorsOf(configuration, accessList ?? '');
  const [set] = transformSetsOf(ipsecSlice.of(configuration), entry);
  if (peer === undefined || set?.mode !== 'transport') return { carried: selectors, uncarried: [] };
  const own = ownAddressFor(configuration, interfaces, peer);
  const isCarried = ({ local, remote }: ChildSelectors): boolean =>
    contains(remote, peer) && (own === undefined || contains(local, own));
  return {
    carried: selectors.filter(isCarried),
    uncarried: selectors.filter((s) => !isCarried(s)),
  };
}
