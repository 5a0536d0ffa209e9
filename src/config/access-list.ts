import { familyOf, type IpAddress, ipv4FromNumber, parseAddress } from '#base/address';
import { hostPrefix, lengthOfMask, maskOf, type Prefix, prefixOf } from '#base/prefix';
import { err, ok } from '#base/result';
import {
  type Configuration,
  sameValue,
  slice,
  type Table,
  withEntry,
  withoutEntry,
} from './configuration.ts';
import { optional, type Reading, type Token } from './path.ts';
import type { Finding, Room } from './room.ts';
import { globalScope, position, setting } from './setting.ts';
import { choice, incomplete, oneWord, rest, word } from './tokens.ts';

/** The addresses an entry speaks of; `any` is both families, the others are one. */
export type AddressMatch = 'any' | 'any4' | 'any6' | Prefix;

/** The ports an entry speaks of, both ends included. */
export type PortRange = { readonly first: number; readonly last: number };

export type AccessEntry =
  | { readonly kind: 'remark'; readonly text: string }
  | {
      readonly kind: 'standard';
      readonly action: 'permit' | 'deny';
      readonly network: AddressMatch;
    }
  | {
      readonly kind: 'extended';
      readonly action: 'permit' | 'deny';
      /** `ip`, `tcp`, `udp`, `icmp` and so on, or a protocol number in digits. */
      readonly protocol: string;
      readonly source: AddressMatch;
      readonly sourcePorts?: PortRange | undefined;
      readonly destination: AddressMatch;
      readonly destinationPorts?: PortRange | undefined;
    };

/** Lists by name; the first entry that fits decides. */
export type AccessLists = Table<string, readonly AccessEntry[]>;

export const accessListSlice = slice<AccessLists>('accessLists', new Map());

/** The names of all lists, for completion. */
export const accessListNames = (configuration: Configuration): readonly string[] => [
  ...accessListSlice.of(configuration).keys(),
];

const ANY = { any: 'Every address', any4: 'Every IPv4 address', any6: 'Every IPv6 address' };

/** `any`, `host A.B.C.D`, or an address and a mask. */
const addressMatch = <const N extends string>(name: N, help: string): Token<N, AddressMatch> => ({
  kind: 'token',
  name,
  help,
  placeholder: '{any | any4 | any6 | host A.B.C.D | A.B.C.D A.B.C.D}',
  free: false,
  read(line, from): Reading<AddressMatch> {
    const [first, second] = [line.words[from]?.text.toLowerCase(), line.words[from + 1]?.text];
    if (first === undefined) return incomplete('an address is missing');
    if (first === 'any' || first === 'any4' || first === 'any6')
      return ok({ value: first, words: 1 });
    const text = first === 'host' ? second : first;
    if (text === undefined) return incomplete('the address of the host is missing');
    const address = parseAddress(text);
    if (!address.ok) return err({ kind: 'invalid', reason: address.error });
    if (first === 'host') return ok({ value: hostPrefix(address.value), words: 2 });
    if (second === undefined) return incomplete('a network mask is missing');
    const length = lengthOfMask(second);
    if (familyOf(address.value) !== 4 || !length.ok)
      return err({ kind: 'invalid', reason: `"${second}" is not a network mask` });
    return ok({ value: prefixOf(address.value, length.value), words: 2 });
  },
  write(value) {
    if (typeof value === 'string') return value;
    const host = familyOf(value.address) === 4 ? 32 : 128;
    return value.length === host
      ? `host ${value.address}`
      : `${value.address} ${maskOf(value.length)}`;
  },
  sample: (prng) =>
    prng.chance(0.3)
      ? prng.pick(Object.keys(ANY) as (keyof typeof ANY)[])
      : prefixOf(ipv4FromNumber(prng.uint32()) as IpAddress, prng.between(1, 32)),
});

/** Names that the port of a well-known service goes by. */
const PORT_NAMES: Readonly<Record<string, number>> = {
  'ftp-data': 20,
  ftp: 21,
  ssh: 22,
  telnet: 23,
  smtp: 25,
  domain: 53,
  bootps: 67,
  bootpc: 68,
  tftp: 69,
  www: 80,
  http: 80,
  pop3: 110,
  ntp: 123,
  imap4: 143,
  snmp: 161,
  ldap: 389,
  https: 443,
  isakmp: 500,
  syslog: 514,
  ldaps: 636,
};

const portOf = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const number = PORT_NAMES[text.toLowerCase()] ?? (/^\d{1,5}$/.test(text) ? Number(text) : -1);
  return number >= 0 && number <= 65535 ? number : undefined;
};

/** `eq PORT` or `range PORT PORT`. */
const ports = <const N extends string>(name: N, help: string): Token<N, PortRange> => ({
  kind: 'token',
  name,
  help,
  placeholder: '{eq PORT | range PORT PORT}',
  free: false,
  read(line, from) {
    const kind = line.words[from]?.text.toLowerCase();
    const [a, b] = [line.words[from + 1]?.text, line.words[from + 2]?.text];
    if (kind !== 'eq' && kind !== 'range')
      return err({ kind: 'invalid', reason: `"${kind}" is neither "eq" nor "range"` });
    if (a === undefined || (kind === 'range' && b === undefined))
      return incomplete('a port is missing');
    const first = portOf(a);
    const last = kind === 'eq' ? first : portOf(b);
    if (first === undefined || last === undefined)
      return err({ kind: 'invalid', reason: `"${first === undefined ? a : b}" is not a port` });
    if (last < first) return err({ kind: 'invalid', reason: `${last} comes before ${first}` });
    return ok({ value: { first, last }, words: kind === 'eq' ? 2 : 3 });
  },
  write: ({ first, last }) => (first === last ? `eq ${first}` : `range ${first} ${last}`),
  sample(prng) {
    const first = prng.between(1, 60000);
    return { first, last: prng.chance(0.5) ? first : first + prng.between(1, 5000) };
  },
});

const protocol = oneWord({
  name: 'protocol',
  help: 'ip, tcp, udp, icmp, esp, gre or a protocol number',
  placeholder: 'PROTOCOL',
  parse: (text) =>
    /^(ip|tcp|udp|icmp|icmp6|esp|ah|gre|igmp|ospf|eigrp|ipinip)$/i.test(text) ||
    (/^\d{1,3}$/.test(text) && Number(text) <= 255)
      ? ok(text.toLowerCase())
      : err(`"${text}" is not a protocol`),
  sample: (prng) => prng.pick(['ip', 'tcp', 'udp', 'icmp', '47']),
});

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
  path: ['access-list', list, 'standard', action, addressMatch('network', 'Network')],
  words: { ...wordHelp, standard: 'An entry by network' },
  dialects: ['asa', 'pix'],
  key: ['list', 'action', 'network'],
  help: 'An entry that speaks of networks only, as split tunnelling uses it.',
  get: (all) => entriesOf(all, 'standard'),
  set: (all, { list: name, ...entry }) => append(all, name, { kind: 'standard', ...entry }),
  unset: (all, { list: name, ...entry }) => remove(all, name, { kind: 'standard', ...entry }),
});

const extended = setting(lists)({
  path: [
    'access-list',
    list,
    'extended',
    action,
    protocol,
    addressMatch('source', 'Source'),
    optional(ports('sourcePorts', 'Source ports')),
    addressMatch('destination', 'Destination'),
    optional(ports('destinationPorts', 'Destination ports')),
  ],
  words: { ...wordHelp, extended: 'An entry by protocol, addresses and ports' },
  dialects: ['asa', 'pix'],
  key: ['list', 'action', 'protocol', 'source', 'destination'],
  help: 'An entry that speaks of protocols, addresses and ports.',
  since: '003:38',
  get: (all) => entriesOf(all, 'extended'),
  set: (all, { list: name, ...entry }) => append(all, name, { kind: 'extended', ...entry }),
  unset: (all, { list: name, ...entry }) => remove(all, name, { kind: 'extended', ...entry }),
});

/** A finding when there is no list of that name. */
export const unknownAccessList = (
  configuration: Configuration,
  name: string,
  at: readonly string[],
): readonly Finding[] =>
  accessListSlice.of(configuration).has(name)
    ? []
    : [{ severity: 'error', at, reason: `there is no access list "${name}"` }];

/** The room of the access lists. */
export const accessListRoom: Room = {
  slices: [accessListSlice],
  sections: [
    {
      title: 'Access lists',
      place: 'access-lists',
      collated: true,
      commands: [remark, standard, extended],
    },
  ],
};
