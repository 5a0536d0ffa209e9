import { type AddressWithLength, ipv4, ipv6WithLength, mask } from './address-tokens.ts';
import { sameValue } from './configuration.ts';
import { filterName, NO_FILTER } from './filters.ts';
import { hardware } from './interface-tokens.ts';
import { keptWords } from './kept.ts';
import { optional } from './path.ts';
import type { Declaration } from './setting.ts';
import { globalScope, mode, setting } from './setting.ts';
import { type Interface, systemSlice } from './system.ts';
import { int, rest, word } from './tokens.ts';

const system = globalScope(systemSlice);

/** An interface of that hardware before any command. */
export const newInterface = (name: string): Interface => ({
  hardware: name,
  ipv6: [],
  enabled: true,
  fragmentationPolicy: 1,
  kept: new Set(),
});

/** What an interface of that name is trusted with when nothing says so. */
export const usualLevel = (name: string): number => (name === 'inside' ? 100 : 0);

const named = (target: Interface, name: string): Interface => ({
  ...target,
  name,
  securityLevel: target.securityLevel ?? usualLevel(name),
});

/** The commands of one interface; a dialect with names for interfaces adds its own. */
export const interfaceMode = mode(system)({
  name: 'interface',
  prompt: 'config-if',
  path: ['interface', hardware('interface', 'Name of the hardware')],
  words: { interface: 'Configure an interface' },
  dialects: ['asa', 'ios'],
  help: 'Enters the configuration of an interface.',
  since: '003:706, 004:161',
  table: (c) => c.interfaces,
  put: (c, interfaces) => ({ ...c, interfaces }),
  id: (v) => v.interface,
  values: (_, target) => ({ interface: target.hardware }),
  create: (v) => newInterface(v.interface),
});

const description = setting(interfaceMode)({
  path: ['description', rest('text', 'Text that describes the interface', 200)],
  words: { description: 'Describe the interface' },
  help: 'A text about the interface.',
  get: (i) => (i.description === undefined ? undefined : { text: i.description }),
  set: (i, { text }) => ({ ...i, description: text }),
  unset: (i) => ({ ...i, description: undefined }),
});

const shutdown = setting(interfaceMode)({
  path: ['shutdown'],
  words: { shutdown: 'Put the interface out of service' },
  help: 'Puts the interface out of service.',
  since: '004:192',
  get: (i) => !i.enabled,
  set: (i) => ({ ...i, enabled: false }),
  unset: (i) => ({ ...i, enabled: true }),
});

const nameif = setting(interfaceMode)({
  path: ['nameif', word('name', 'Name of the interface', 48)],
  words: { nameif: 'Name the interface' },
  dialects: ['asa'],
  help: 'The name by which other commands call the interface; "inside" starts at security level 100.',
  since: '003:708',
  get: (i) => (i.name === undefined ? undefined : { name: i.name }),
  set: (i, { name }) => named(i, name),
  unset: (i) => ({ ...i, name: undefined, securityLevel: undefined }),
});

const securityLevel = setting(interfaceMode)({
  path: ['security-level', int('level', 0, 100, 'How far the network is trusted')],
  words: { 'security-level': 'Say how far the network is trusted' },
  dialects: ['asa'],
  help: 'How far the network behind the interface is trusted.',
  get: (i) => (i.securityLevel === undefined ? undefined : { level: i.securityLevel }),
  set: (i, { level }) => ({ ...i, securityLevel: level }),
  unset: (i) => ({
    ...i,
    securityLevel: i.name === undefined ? undefined : usualLevel(i.name),
  }),
});

const addressOf = (c: AddressWithLength | undefined) => c && { address: c.address, mask: c.length };

const ipAddress = setting(interfaceMode)({
  path: [
    'ip address',
    ipv4('address', 'Address'),
    mask('mask', 'Mask of its network'),
    optional('standby', ipv4('standby', 'Address of a second device, which has no effect')),
  ],
  words: {
    ip: 'Internet protocol',
    address: 'Address of the interface',
    standby: 'Address of a second device',
  },
  help: 'The IPv4 address of the interface.',
  since: '001:131, 003:707',
  get: (i) => {
    const address = addressOf(i.address);
    return address && { ...address, standby: i.standby };
  },
  set: (i, v) => ({
    ...i,
    address: { address: v.address, length: v.mask },
    standby: v.standby,
  }),
  unset: (i) => ({ ...i, address: undefined, standby: undefined }),
});

const ipv6Address = setting(interfaceMode)({
  path: ['ipv6 address', ipv6WithLength('address', 'Address and length of its prefix')],
  words: { ipv6: 'Internet protocol version 6', address: 'Address of the interface' },
  key: ['address'],
  help: 'An IPv6 address of the interface; there may be several.',
  get: (i) => i.ipv6.map((address) => ({ address })),
  set: (i, { address }) =>
    i.ipv6.some((a) => sameValue(a, address)) ? i : { ...i, ipv6: [...i.ipv6, address] },
  unset: (i, { address }) => ({ ...i, ipv6: i.ipv6.filter((a) => !sameValue(a, address)) }),
});

const fragmentationPolicy = setting(interfaceMode)({
  path: [
    'fragmentation-policy',
    int('policy', 1, 3, '1 encrypts first, 2 fragments first, 3 fragments first whatever DF says'),
  ],
  words: { 'fragmentation-policy': 'Say how packets that do not fit are sent' },
  dialects: ['asa'],
  help: 'How packets are sent that are too long once encrypted; 2 and 3 pass NAT devices that drop fragments.',
  since: '002:90',
  get: (i) => ({ policy: i.fragmentationPolicy }),
  set: (i, { policy }) => ({ ...i, fragmentationPolicy: policy as 1 | 2 | 3 }),
  unset: (i) => ({ ...i, fragmentationPolicy: 1 }),
});

const filter = setting(interfaceMode)({
  path: ['filter', filterName('filter', 'Name of the filter, or "none"', NO_FILTER)],
  words: { filter: 'Apply a filter to what members of a cluster say' },
  dialects: ['asa'],
  help: 'The filter that judges what members of a cluster say through this interface.',
  since: '000:110',
  get: (i) => (i.filter === undefined ? undefined : { filter: i.filter }),
  set: (i, v) => ({ ...i, filter: v.filter }),
  unset: (i) => ({ ...i, filter: undefined }),
});

/** The lines that are kept, without some of them. */
export const others = (kept: ReadonlySet<string>, isMine: (line: string) => boolean) =>
  new Set([...kept].filter((line) => !isMine(line)));

/** A line of an interface that Linux, or nobody, takes care of. */
const keptLine = (leading: string, help: string) => {
  const isMine = (line: string) => line === leading || line.startsWith(`${leading} `);
  return setting(interfaceMode)({
    path: [leading, optional(keptWords(leading))],
    words: { [leading.split(' ')[0] as string]: help },
    help,
    noEffect: true,
    get: (i) =>
      [...i.kept]
        .filter(isMine)
        .map((line) => ({ text: line.slice(leading.length + 1) || undefined })),
    set: (i, { text }) => ({
      ...i,
      kept: new Set([...i.kept, text === undefined ? leading : `${leading} ${text}`]),
    }),
    unset: (i) => ({ ...i, kept: others(i.kept, isMine) }),
  });
};

const interfaceKept = [
  keptLine('speed', 'Speed of the port, which Linux sets.'),
  keptLine('duplex', 'Duplex mode of the port, which Linux sets.'),
  keptLine('management-only', 'Carries no transit traffic.'),
  keptLine('vlan', 'The VLAN of a subinterface, which Linux sets up.'),
  keptLine('switchport', 'Mode of a switch port.'),
  ...['ip address dhcp', 'ip address pppoe'].map((words) =>
    keptLine(words, 'An address from elsewhere: Linux has it, and "ip address" has to say it.'),
  ),
  ...[
    'channel-group',
    'member-interface',
    'port-channel',
    'lacp',
    'mac-address',
    'media-type',
    'flowcontrol',
    'delay',
    'hold-time',
    'poll-interval',
    'failover polltime',
    'ospf',
    'rip',
    'authentication key',
    'authentication mode',
    'igmp',
    'pim',
    'multicast',
    'pppoe client',
    'dhcp client',
    'ipv6 enable',
    'ipv6 nd',
    'ipv6 address autoconfig',
    'bridge-group',
    'backup interface',
    'forward interface',
    'allow-ssc-mgmt',
    'cts',
    'nve-only',
    'service-policy',
  ].map((words) => keptLine(words, 'A line about hardware or routing, which Linux takes care of.')),
];

/** The commands of interfaces, in the order of a listing. */
export const interfaceCommands: readonly Declaration[] = [
  interfaceMode.mode,
  description,
  nameif,
  securityLevel,
  ipAddress,
  ipv6Address,
  fragmentationPolicy,
  filter,
  ...interfaceKept,
  shutdown,
];
