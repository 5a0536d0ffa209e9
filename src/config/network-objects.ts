import { compareAddresses, familyOf, type IpAddress } from '#base/address';
import { hostPrefix, type Prefix, rangePrefixes } from '#base/prefix';
import { ip, ipv6WithLength, network } from './address-tokens.ts';
import { type Configuration, sameValue, slice, type Table } from './configuration.ts';
import { type Keeps, type KeptCommand, keep, keptFindings, keptInside, warns } from './kept.ts';
import type { Token } from './path.ts';
import type { Finding, Section } from './room.ts';
import { globalScope, headerOf, mode, refuse, setting } from './setting.ts';
import { rest, word } from './tokens.ts';

/** `object network`: addresses that have a name. */
export type NetworkObject = {
  readonly name: string;
  readonly addresses?:
    | { readonly kind: 'host'; readonly address: IpAddress }
    | { readonly kind: 'subnet'; readonly prefix: Prefix }
    | { readonly kind: 'range'; readonly first: IpAddress; readonly last: IpAddress }
    | undefined;
  readonly description?: string | undefined;
  readonly kept?: Keeps['kept'];
};

/** A member of a group of networks: addresses, an object, or another group. */
export type GroupMember =
  | { readonly kind: 'prefix'; readonly prefix: Prefix }
  | { readonly kind: 'object' | 'group'; readonly name: string };

/** `object-group network`: several networks under one name. */
export type NetworkGroup = {
  readonly name: string;
  readonly members: readonly GroupMember[];
  readonly description?: string | undefined;
};

export type NetworkObjects = {
  readonly objects: Table<string, NetworkObject>;
  readonly groups: Table<string, NetworkGroup>;
};

export const objectsSlice = slice<NetworkObjects>('objects', {
  objects: new Map(),
  groups: new Map(),
});

/** Names of the objects and of the groups, for completion. */
export const objectNames = (c: Configuration): readonly string[] => [
  ...objectsSlice.of(c).objects.keys(),
];
export const groupNames = (c: Configuration): readonly string[] => [
  ...objectsSlice.of(c).groups.keys(),
];

const prefixesOfObject = ({ addresses }: NetworkObject): readonly Prefix[] | undefined => {
  switch (addresses?.kind) {
    case 'host':
      return [hostPrefix(addresses.address)];
    case 'subnet':
      return [addresses.prefix];
    case 'range':
      return rangePrefixes(addresses.first, addresses.last);
    case undefined:
      return undefined;
  }
};

/**
 * The networks that a name stands for, groups within groups included; undefined when a part of them is
 * not known: there is no such name, it has no addresses of its own, or a group holds itself.
 */
export function prefixesOfName(
  configuration: Configuration,
  kind: 'object' | 'group',
  name: string,
  within: readonly string[] = [],
): readonly Prefix[] | undefined {
  const { objects, groups } = objectsSlice.of(configuration);
  if (kind === 'object') {
    const found = objects.get(name);
    return found && prefixesOfObject(found);
  }
  const group = groups.get(name);
  if (!group || within.includes(name)) return undefined;
  const parts = group.members.map((member) =>
    member.kind === 'prefix'
      ? [member.prefix]
      : prefixesOfName(configuration, member.kind, member.name, [...within, name]),
  );
  return parts.some((part) => part === undefined) ? undefined : parts.flatMap((part) => part ?? []);
}

const objects = globalScope(objectsSlice);
const objectWords = {
  object: 'Give addresses a name',
  'object-group': 'Put networks together under a name',
  network: 'Networks and hosts',
};

const objectMode = mode(objects)({
  name: 'object network',
  prompt: 'config-network-object',
  path: ['object network', word('name', 'Name of the object', 64, objectNames)],
  words: objectWords,
  dialects: ['asa', 'pix'],
  help: 'Enters an object: addresses that access lists call by a name.',
  since: '003:98',
  table: (c) => c.objects,
  put: (c, table) => ({ ...c, objects: table }),
  id: (v) => v.name,
  values: (name) => ({ name }),
  create: ({ name }) => ({ name }) as NetworkObject,
});

/** An IPv4 network as address and mask, or an IPv6 prefix. */
const subnetToken: Token<'prefix', Prefix> = (() => {
  const four = network('prefix', 'Network');
  const six = ipv6WithLength('prefix', 'Network');
  return {
    ...four,
    placeholder: '{A.B.C.D A.B.C.D | X:X::X/<0-128>}',
    read: (line, from) =>
      line.words[from]?.text.includes(':') ? six.read(line, from) : four.read(line, from),
    write: (value, audience) =>
      familyOf(value.address) === 6 ? six.write(value, audience) : four.write(value, audience),
  };
})();

const host = setting(objectMode)({
  path: ['host', ip('address', 'Address')],
  words: { host: 'One address' },
  help: 'The object is one address.',
  get: ({ addresses }) => (addresses?.kind === 'host' ? { address: addresses.address } : undefined),
  set: (o, { address }) => ({ ...o, addresses: { kind: 'host', address } }),
  unset: (o) => ({ ...o, addresses: undefined }),
});

const subnet = setting(objectMode)({
  path: ['subnet', subnetToken],
  words: { subnet: 'A network' },
  help: 'The object is a network.',
  since: '003:99',
  get: ({ addresses }) => (addresses?.kind === 'subnet' ? { prefix: addresses.prefix } : undefined),
  set: (o, { prefix }) => ({ ...o, addresses: { kind: 'subnet', prefix } }),
  unset: (o) => ({ ...o, addresses: undefined }),
});

const rangeOf = setting(objectMode)({
  path: ['range', ip('first', 'First address'), ip('last', 'Last address')],
  words: { range: 'Addresses one after the other' },
  help: 'The object is every address from the first to the last.',
  get: ({ addresses }) =>
    addresses?.kind === 'range' ? { first: addresses.first, last: addresses.last } : undefined,
  set: (o, v) =>
    familyOf(v.first) !== familyOf(v.last) || compareAddresses(v.first, v.last) > 0
      ? refuse(`${v.last} does not come after ${v.first}`)
      : { ...o, addresses: { kind: 'range', ...v } },
  unset: (o) => ({ ...o, addresses: undefined }),
});

const description = setting(objectMode)({
  path: ['description', rest('text', 'Text that describes the object', 200)],
  words: { description: 'Describe the object' },
  help: 'A text about the object.',
  get: (o) => (o.description === undefined ? undefined : { text: o.description }),
  set: (o, { text }) => ({ ...o, description: text }),
  unset: (o) => ({ ...o, description: undefined }),
});

const OBJECT_KEPT: readonly KeptCommand[] = [
  { words: 'fqdn', help: 'A name in DNS, which is not looked up.', dialects: ['asa', 'pix'] },
  {
    words: 'nat',
    help: 'Translates the addresses of the object.',
    dialects: ['asa', 'pix'],
    judge: warns(
      'a head-end translates nothing: what this line does to other traffic is for nftables to do',
    ),
  },
];

const groupMode = mode(objects)({
  name: 'object-group network',
  prompt: 'config-network-object-group',
  path: ['object-group network', word('name', 'Name of the group', 64, groupNames)],
  words: objectWords,
  dialects: ['asa', 'pix'],
  help: 'Enters a group: several networks that access lists call by one name.',
  table: (c) => c.groups,
  put: (c, table) => ({ ...c, groups: table }),
  id: (v) => v.name,
  values: (name) => ({ name }),
  create: ({ name }) => ({ name, members: [] }) as NetworkGroup,
});

const groupDescription = setting(groupMode)({
  path: ['description', rest('text', 'Text that describes the group', 200)],
  words: { description: 'Describe the group' },
  help: 'A text about the group.',
  get: (g) => (g.description === undefined ? undefined : { text: g.description }),
  set: (g, { text }) => ({ ...g, description: text }),
  unset: (g) => ({ ...g, description: undefined }),
});

/** Networks before objects before groups, as a listing has them. */
const ORDER: readonly GroupMember['kind'][] = ['prefix', 'object', 'group'];
const inOrder = (members: readonly GroupMember[]): readonly GroupMember[] =>
  [...members].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));

const including = (g: NetworkGroup, member: GroupMember): NetworkGroup =>
  g.members.some((m) => sameValue(m, member))
    ? g
    : { ...g, members: inOrder([...g.members, member]) };
const excluding = (g: NetworkGroup, member: GroupMember): NetworkGroup => ({
  ...g,
  members: g.members.filter((m) => !sameValue(m, member)),
});

/** `host A.B.C.D`, an address and a mask, or an IPv6 prefix. */
const memberToken: Token<'prefix', Prefix> = {
  ...subnetToken,
  placeholder: '{host A.B.C.D | A.B.C.D A.B.C.D | X:X::X/<0-128>}',
  read(line, from) {
    if (line.words[from]?.text.toLowerCase() !== 'host') return subnetToken.read(line, from);
    const reading = ip('address', 'Address').read(line, from + 1);
    return reading.ok
      ? {
          ok: true,
          value: { value: hostPrefix(reading.value.value), words: reading.value.words + 1 },
        }
      : reading;
  },
  write(value, audience) {
    const whole = familyOf(value.address) === 4 ? 32 : 128;
    return value.length === whole ? `host ${value.address}` : subnetToken.write(value, audience);
  },
};

const member = setting(groupMode)({
  path: ['network-object', memberToken],
  words: { 'network-object': 'Add a network, a host or an object' },
  key: ['prefix'],
  help: 'A network or a host of the group.',
  get: (g) => g.members.flatMap((m) => (m.kind === 'prefix' ? { prefix: m.prefix } : [])),
  set: (g, { prefix }) => including(g, { kind: 'prefix', prefix }),
  unset: (g, { prefix }) => excluding(g, { kind: 'prefix', prefix }),
});

const named = (leading: string, kind: 'object' | 'group', help: string) =>
  setting(groupMode)({
    path: [leading, word('name', 'Name', 64, kind === 'object' ? objectNames : groupNames)],
    words: { 'group-object': 'Add another group', object: 'By the name of an object' },
    key: ['name'],
    help,
    get: (g) => g.members.flatMap((m) => (m.kind === kind ? { name: m.name } : [])),
    set: (g, { name }) => including(g, { kind, name }),
    unset: (g, { name }) => excluding(g, { kind, name }),
  });

/** The commands of objects and their groups. */
export const objectSection: Section = {
  title: 'Networks with a name',
  place: 'access-lists',
  commands: [
    objectMode.mode,
    host,
    subnet,
    rangeOf,
    description,
    ...OBJECT_KEPT.flatMap((command) => keep(command, keptInside(objectMode, 'kept'))),
    groupMode.mode,
    groupDescription,
    member,
    named('network-object object', 'object', 'An object of the group.'),
    named('group-object', 'group', 'Another group, whose networks are of this one too.'),
  ],
};

/** What there is to say about lines of objects that have no effect; said once for all objects. */
export function objectFindings(configuration: Configuration): readonly Finding[] {
  const findings = [...objectsSlice.of(configuration).objects.values()].flatMap((object) =>
    keptFindings(OBJECT_KEPT, object.kept ?? new Map(), [headerOf(objectMode, object)]),
  );
  return findings.slice(0, 1);
}
