import { hostPrefix } from '#base/prefix';
import {
  type AddressMatch,
  type AddressTerm,
  addressTerm,
  entryOptions,
  icmpType,
  isInactive,
  type PortTerm,
  portTerm,
  protocolTerm,
  timeRangeOf,
} from './access-list-tokens.ts';
import {
  type Configuration,
  sameValue,
  slice,
  type Table,
  withEntry,
  withoutEntry,
} from './configuration.ts';
import { keptWords } from './kept.ts';
import { objectFindings, objectSection, objectsSlice, prefixesOfName } from './network-objects.ts';
import { optional, type ValuesOf } from './path.ts';
import type { Finding, Room } from './room.ts';
import { globalScope, lineOf, position, setting } from './setting.ts';
import { dialectOf, interfaceNamed } from './system.ts';
import { choice, rest, word } from './tokens.ts';

export type AccessEntry =
  | { readonly kind: 'remark'; readonly text: string }
  | {
      readonly kind: 'standard';
      readonly action: 'permit' | 'deny';
      readonly network: AddressTerm;
    }
  | {
      readonly kind: 'extended';
      readonly action: 'permit' | 'deny';
      /** `ip`, `tcp`, `udp`, `icmp` and so on, a protocol number in digits, or a service by its name. */
      readonly protocol: string;
      readonly source: AddressTerm;
      readonly sourcePorts?: PortTerm | undefined;
      readonly destination: AddressTerm;
      readonly destinationPorts?: PortTerm | undefined;
      readonly icmpType?: string | undefined;
      /** Whether it is logged, which nothing here does, and when it holds. */
      readonly options?: string | undefined;
    }
  | {
      readonly kind: OtherKind;
      /** All that stands behind the kind. */
      readonly text: string;
    };

/** Kinds of lists that speak of no tunnel: of frames, and of the pages of tunnels over TLS. */
type OtherKind = 'ethertype' | 'webtype';

/** Lists by name; the first entry that fits decides. */
export type AccessLists = Table<string, readonly AccessEntry[]>;

export const accessListSlice = slice<AccessLists>('accessLists', new Map());

/** The names of all lists, for completion. */
export const accessListNames = (configuration: Configuration): readonly string[] => [
  ...accessListSlice.of(configuration).keys(),
];

const action = choice('action', {
  permit: 'What fits is meant by the list',
  deny: 'What fits is not meant by the list',
});

const lists = globalScope(accessListSlice);
const list = word('list', 'Name of the access list', 241, accessListNames);

const append = (all: AccessLists, name: string, entry: AccessEntry): AccessLists => {
  const entries = all.get(name) ?? [];
  const known = entry.kind !== 'remark' && entries.some((e) => sameValue(e, entry));
  return known ? all : withEntry(all, name, [...entries, entry]);
};

const remove = (all: AccessLists, name: string, entry: AccessEntry): AccessLists => {
  const left = (all.get(name) ?? []).filter((e) => !sameValue(e, entry));
  return left.length === 0 ? withoutEntry(all, name) : withEntry(all, name, left);
};

const wordHelp = { 'access-list': 'Add an entry to an access list' };

/** The entries of one kind, each with its place in its list. */
function entriesOf<K extends AccessEntry['kind']>(all: AccessLists, kind: K) {
  type Entry = Extract<AccessEntry, { kind: K }>;
  return [...all].flatMap(([name, entries]) =>
    entries.flatMap((entry, index) =>
      entry.kind === kind ? [{ ...(entry as Entry), list: name, [position]: index }] : [],
    ),
  );
}

const remark = setting(lists)({
  path: ['access-list', list, 'remark', rest('text', 'A comment in the list', 100)],
  words: { ...wordHelp, remark: 'A comment' },
  dialects: ['asa', 'pix'],
  key: ['list', 'text'],
  help: 'A comment in an access list.',
  get: (all) => entriesOf(all, 'remark'),
  set: (all, v) => append(all, v.list, { kind: 'remark', text: v.text }),
  unset: (all, v) => remove(all, v.list, { kind: 'remark', text: v.text }),
});

const standard = setting(lists)({
  path: ['access-list', list, 'standard', action, addressTerm('network', 'Network')],
  words: { ...wordHelp, standard: 'An entry by network' },
  dialects: ['asa', 'pix'],
  key: ['list', 'action', 'network'],
  help: 'An entry that speaks of networks only, as split tunnelling uses it.',
  get: (all) => entriesOf(all, 'standard'),
  set: (all, { list: name, ...entry }) => append(all, name, { kind: 'standard', ...entry }),
  unset: (all, { list: name, ...entry }) => remove(all, name, { kind: 'standard', ...entry }),
});

/** Entries of a kind that nothing here looks at. */
const otherEntry = (kind: OtherKind, what: string) =>
  setting(lists)({
    path: ['access-list', list, kind, keptWords(`access-list ${kind}`)],
    words: { ...wordHelp, [kind]: what },
    dialects: ['asa'],
    key: ['list', 'text'],
    help: `${what}, kept without effect.`,
    noEffect: true,
    get: (all) => entriesOf(all, kind),
    set: (all, v) => append(all, v.list, { kind, text: v.text }),
    unset: (all, v) => remove(all, v.list, { kind, text: v.text }),
  });

const entryPath = [
  action,
  protocolTerm,
  addressTerm('source', 'Source'),
  optional(portTerm('sourcePorts', 'Source ports', 'without groups')),
  addressTerm('destination', 'Destination'),
  optional(portTerm('destinationPorts', 'Destination ports', 'with groups')),
  optional(icmpType),
  optional(entryOptions),
] as const;

type EntryValues = ValuesOf<typeof entryPath> & { readonly list: string };

/** Entries of an ASA, and those of a PIX, which does not call them extended. */
const common = {
  key: ['list', 'action', 'protocol', 'source', 'destination'],
  help: 'An entry that speaks of protocols, addresses and ports.',
  get: (all: AccessLists) => entriesOf(all, 'extended'),
  set: (all: AccessLists, { list: name, ...entry }: EntryValues) =>
    append(all, name, { kind: 'extended', ...entry }),
  unset: (
    all: AccessLists,
    {
      list: name,
      ...entry
    }: Partial<EntryValues> &
      Pick<EntryValues, 'list' | 'action' | 'protocol' | 'source' | 'destination'>,
  ) => remove(all, name, { kind: 'extended', ...entry }),
} as const;

const extended = setting(lists)({
  ...common,
  path: ['access-list', list, 'extended', ...entryPath],
  also: [['access-list', list, ...entryPath]],
  words: { ...wordHelp, extended: 'An entry by protocol, addresses and ports' },
  dialects: ['asa'],
  since: '003:38',
});

const pixEntry = setting(lists)({
  ...common,
  path: ['access-list', list, ...entryPath],
  also: [['access-list', list, 'extended', ...entryPath]],
  words: { ...wordHelp, extended: 'An entry by protocol, addresses and ports' },
  dialects: ['pix'],
});

/** An entry that permits or denies, with addresses in the place of names. */
export type ResolvedEntry = {
  readonly kind: 'standard' | 'extended';
  readonly action: 'permit' | 'deny';
  /** The networks of a standard entry, and what an extended one calls its source. */
  readonly source: readonly AddressMatch[];
  readonly destination: readonly AddressMatch[];
  /** `ip` for a standard entry. */
  readonly protocol: string;
  /** Whether it speaks of some ports only. */
  readonly ports: boolean;
};

/** Addresses in the place of a name; undefined when the name stands for none. */
function resolve(
  configuration: Configuration,
  term: AddressTerm,
): readonly AddressMatch[] | undefined {
  if (typeof term === 'string' || !('name' in term)) return [term];
  if (term.kind === 'interface') {
    const address = interfaceNamed(configuration, term.name)?.address?.address;
    return address && [hostPrefix(address)];
  }
  return prefixesOfName(configuration, term.kind, term.name);
}

/**
 * The entries of a list with addresses in the place of names, in order, without remarks and without those
 * that are `inactive`; entries with a name that stands for no addresses are left out, and `unresolved` has
 * the names.
 */
export function resolveAccessList(
  configuration: Configuration,
  name: string,
): { readonly entries: readonly ResolvedEntry[]; readonly unresolved: readonly string[] } {
  const entries: ResolvedEntry[] = [];
  const unresolved: string[] = [];
  const look = (term: AddressTerm): readonly AddressMatch[] => {
    const found = resolve(configuration, term);
    if (!found && typeof term === 'object' && 'name' in term) unresolved.push(term.name);
    return found ?? [];
  };
  for (const entry of accessListSlice.of(configuration).get(name) ?? []) {
    if (entry.kind !== 'standard' && entry.kind !== 'extended') continue;
    if (entry.kind === 'extended' && isInactive(entry.options)) continue;
    const source = look(entry.kind === 'standard' ? entry.network : entry.source);
    const destination = entry.kind === 'standard' ? ['any' as const] : look(entry.destination);
    if (source.length > 0 && destination.length > 0)
      entries.push({
        kind: entry.kind,
        action: entry.action,
        source,
        destination,
        protocol: entry.kind === 'standard' ? 'ip' : entry.protocol,
        ports:
          entry.kind === 'extended' &&
          (entry.sourcePorts !== undefined || entry.destinationPorts !== undefined),
      });
  }
  return { entries, unresolved };
}

/** A finding when there is no list of that name. */
export const unknownAccessList = (
  configuration: Configuration,
  name: string,
  at: readonly string[],
): readonly Finding[] =>
  accessListSlice.of(configuration).has(name)
    ? []
    : [{ severity: 'error', at, reason: `there is no access list "${name}"` }];

/** The first entry in force that holds at some times only on the other device. */
function timedFindings(configuration: Configuration): readonly Finding[] {
  const all = accessListSlice.of(configuration);
  const timed = entriesOf(all, 'extended').find(
    ({ options }) => timeRangeOf(options) !== undefined && !isInactive(options),
  );
  if (!timed) return [];
  return [
    {
      severity: 'warning',
      at: [lineOf(dialectOf(configuration) === 'pix' ? pixEntry : extended, timed)],
      reason: `nothing here looks at the clock: this entry holds always, not only in time range "${timeRangeOf(timed.options)}"`,
    },
  ];
}

/** The room of the access lists. */
export const accessListRoom: Room = {
  slices: [accessListSlice, objectsSlice],
  verify: (configuration) => [...objectFindings(configuration), ...timedFindings(configuration)],
  sections: [
    objectSection,
    {
      title: 'Access lists',
      place: 'access-lists',
      collated: true,
      commands: [
        remark,
        standard,
        extended,
        pixEntry,
        otherEntry('ethertype', 'An entry by type of frame'),
        otherEntry('webtype', 'An entry by address of a page'),
      ],
    },
  ],
};
