import { type Configuration, sameValue, withEntry, withoutEntry } from './configuration.ts';
import type { Dialect } from './dialect.ts';
import { optional } from './path.ts';
import type { Finding, Room } from './room.ts';
import { globalScope, lineOf, mode, type Refusal, refuse, setting } from './setting.ts';
import {
  type Interface,
  interfaceName,
  type Route,
  type System,
  systemSlice,
  unknownInterface,
} from './system.ts';
import {
  type AddressWithLength,
  hardware,
  int,
  ip,
  ipv4,
  ipv6WithLength,
  many,
  mask,
  network,
  rest,
  securityWord,
  word,
} from './tokens.ts';

const system = globalScope(systemSlice);

const versionOf = (dialect: Dialect, leading: string) =>
  setting(system)({
    path: [leading, word('number', 'Version of the listing')],
    words: { [leading.split(' ')[0] as string]: 'Version line of a listing', Version: 'Version' },
    dialects: [dialect],
    filesOnly: true,
    help: 'Says which dialect and release a listing was written by.',
    since: '002:100, 004:259',
    get: ({ version }) => (version?.dialect === dialect ? { number: version.number } : undefined),
    set: (c, { number }) => ({ ...c, version: { dialect, number } }),
  });

const hostname = setting(system)({
  path: ['hostname', word('name', 'Name of this device', 63)],
  words: { hostname: 'Set the name of this device' },
  help: 'The name of this device, which the prompt shows.',
  since: '004:264',
  get: (c) => ({ name: c.hostname }),
  set: (c, { name }) => ({ ...c, hostname: name }),
  unset: (c) => ({ ...c, hostname: systemSlice.empty.hostname }),
});

const domainName = setting(system)({
  path: ['domain-name', word('name', 'Domain', 253)],
  words: { 'domain-name': 'Set the domain of this device' },
  help: 'The domain that this device is in.',
  get: (c) => (c.domainName === undefined ? undefined : { name: c.domainName }),
  set: (c, { name }) => ({ ...c, domainName: name }),
  unset: (c) => ({ ...c, domainName: undefined }),
});

const newInterface = (name: string): Interface => ({
  hardware: name,
  ipv6: [],
  enabled: true,
  fragmentationPolicy: 1,
  kept: new Set(),
});

/** What an interface of that name is trusted with when nothing says so. */
const usualLevel = (name: string): number => (name === 'inside' ? 100 : 0);

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
  path: ['ip address', ipv4('address', 'Address'), mask('mask', 'Mask of its network')],
  words: { ip: 'Internet protocol', address: 'Address of the interface' },
  help: 'The IPv4 address of the interface.',
  since: '001:131, 003:707',
  get: (i) => addressOf(i.address),
  set: (i, v) => ({ ...i, address: { address: v.address, length: v.mask } }),
  unset: (i) => ({ ...i, address: undefined }),
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

/** A line of an interface that Linux, or nobody, takes care of. */
const keptLine = (leading: string, help: string) => {
  const isMine = (line: string) => line === leading || line.startsWith(`${leading} `);
  return setting(interfaceMode)({
    path: [leading, optional(rest('text', 'Kept as it is'))],
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
    unset: (i) => ({ ...i, kept: new Set([...i.kept].filter((line) => !isMine(line))) }),
  });
};

const interfaceKept = [
  keptLine('speed', 'Speed of the port, which Linux sets.'),
  keptLine('duplex', 'Duplex mode of the port, which Linux sets.'),
  keptLine('management-only', 'Carries no transit traffic.'),
  keptLine('vlan', 'The VLAN of a subinterface, which Linux sets up.'),
  keptLine('switchport', 'Mode of a switch port.'),
];

const pixInterface = (c: System, name: string): [string, Interface] | undefined =>
  [...c.interfaces].find(([, i]) => i.name === name);

/** PIX: `nameif ethernet0 outside security0`. */
const pixNameif = setting(system)({
  path: [
    'nameif',
    hardware('hardware', 'Name of the hardware'),
    word('name', 'Name of the interface', 48),
    securityWord('level', 'How far the network is trusted'),
  ],
  words: { nameif: 'Name an interface' },
  dialects: ['pix'],
  key: ['hardware'],
  help: 'Names an interface and says how far its network is trusted.',
  since: '002:103',
  get: (c) =>
    [...c.interfaces.values()].flatMap((i) =>
      i.name === undefined
        ? []
        : { hardware: i.hardware, name: i.name, level: i.securityLevel ?? usualLevel(i.name) },
    ),
  set: (c, v) => ({
    ...c,
    interfaces: withEntry(c.interfaces, v.hardware, {
      ...(c.interfaces.get(v.hardware) ?? newInterface(v.hardware)),
      name: v.name,
      securityLevel: v.level,
    }),
  }),
  unset: (c, v) => ({ ...c, interfaces: withoutEntry(c.interfaces, v.hardware) }),
});

/** PIX: `ip address outside 171.69.89.78 255.255.254.0`. */
const pixAddress = setting(system)({
  path: [
    'ip address',
    interfaceName('interface'),
    ipv4('address', 'Address'),
    mask('mask', 'Mask of its network'),
  ],
  words: { ip: 'Internet protocol', address: 'Address of an interface' },
  dialects: ['pix'],
  key: ['interface'],
  help: 'The IPv4 address of an interface that has a name.',
  since: '002:105',
  get: (c) =>
    [...c.interfaces.values()].flatMap(({ name, address }) =>
      name === undefined || !address
        ? []
        : { interface: name, address: address.address, mask: address.length },
    ),
  set: (c, v) => withAddress(c, v.interface, { address: v.address, length: v.mask }),
  unset: (c, v) => withAddress(c, v.interface, undefined),
});

function withAddress(
  c: System,
  name: string,
  address: AddressWithLength | undefined,
): System | Refusal {
  const found = pixInterface(c, name);
  if (!found) return refuse(`no interface has the name "${name}"; "nameif" gives it one`);
  const [hardwareName, target] = found;
  return { ...c, interfaces: withEntry(c.interfaces, hardwareName, { ...target, address }) };
}

const sameRoute = (a: Pick<Route, 'interface' | 'prefix' | 'gateway'>, b: typeof a): boolean =>
  a.interface === b.interface && sameValue(a.prefix, b.prefix) && a.gateway === b.gateway;

const addRoute = (c: System, route: Route): System => ({
  ...c,
  routes: [...c.routes.filter((r) => !sameRoute(r, route)), route],
});

/** ASA and PIX: `route outside 0.0.0.0 0.0.0.0 171.69.88.1 1`. */
const route = setting(system)({
  path: [
    'route',
    interfaceName('interface'),
    network('prefix', 'Network'),
    ipv4('gateway', 'Next hop'),
    optional(int('metric', 1, 255, 'Distance, the smaller the better')),
  ],
  words: { route: 'Add a static route' },
  dialects: ['asa', 'pix'],
  key: ['interface', 'prefix', 'gateway'],
  help: 'A static route through an interface.',
  since: '002:111',
  get: (c) =>
    c.routes.flatMap((r) => (r.interface === undefined ? [] : { ...r, interface: r.interface })),
  set: (c, v) => addRoute(c, { ...v, metric: v.metric ?? 1 }),
  unset: (c, v) => ({ ...c, routes: c.routes.filter((r) => !sameRoute(r, v)) }),
});

const NAME_SERVERS_MAX = 6;

const nameServer = setting(system)({
  path: [
    'dns name-server',
    many('servers', ip('server', 'Address of a name server'), NAME_SERVERS_MAX),
  ],
  words: { dns: 'Name resolution', 'name-server': 'Set the name servers' },
  dialects: ['asa'],
  help: 'The name servers that this device asks.',
  since: '003:699',
  get: (c) => (c.nameServers.length === 0 ? undefined : { servers: c.nameServers }),
  set(c, { servers }) {
    const all = [...new Set([...c.nameServers, ...servers])];
    return all.length > NAME_SERVERS_MAX
      ? refuse(`there are at most ${NAME_SERVERS_MAX} name servers`)
      : { ...c, nameServers: all };
  },
  unset: (c, { servers }) => ({
    ...c,
    nameServers: servers ? c.nameServers.filter((s) => !servers.includes(s)) : [],
  }),
});

const domainLookup = setting(system)({
  path: ['dns domain-lookup', interfaceName('interface')],
  words: { 'domain-lookup': 'Look names up through an interface' },
  dialects: ['asa'],
  key: ['interface'],
  help: 'Lets this device look names up through an interface.',
  since: '003:696',
  get: (c) => c.domainLookup.map((name) => ({ interface: name })),
  set: (c, v) => ({ ...c, domainLookup: [...new Set([...c.domainLookup, v.interface])] }),
  unset: (c, v) => ({ ...c, domainLookup: c.domainLookup.filter((i) => i !== v.interface) }),
});

/** Two interfaces of one name, routes through no interface: what every device would trip over. */
function verify(configuration: Configuration): readonly Finding[] {
  const findings: Finding[] = [];
  const { interfaces, routes } = systemSlice.of(configuration);
  const seen = new Map<string, string>();
  for (const i of interfaces.values()) {
    if (i.name === undefined) continue;
    const other = seen.get(i.name);
    if (other !== undefined)
      findings.push({
        severity: 'error',
        at: [`interface ${i.hardware}`, `nameif ${i.name}`],
        reason: `${other} has this name already`,
      });
    seen.set(i.name, i.hardware);
  }
  for (const r of routes)
    if (r.interface !== undefined)
      findings.push(
        ...unknownInterface(configuration, r.interface, [
          lineOf(route, { ...r, interface: r.interface }),
        ]),
      );
  return findings;
}

/** The room of what every device has. */
export const systemRoom: Room = {
  slices: [systemSlice],
  verify,
  sections: [
    {
      title: 'Identity',
      place: 'identity',
      commands: [
        versionOf('asa', 'ASA Version'),
        versionOf('pix', 'PIX Version'),
        versionOf('ios', 'version'),
        hostname,
        domainName,
      ],
    },
    {
      title: 'Interfaces',
      place: 'interfaces',
      commands: [
        interfaceMode.mode,
        description,
        nameif,
        securityLevel,
        ipAddress,
        ipv6Address,
        fragmentationPolicy,
        ...interfaceKept,
        shutdown,
        pixNameif,
        pixAddress,
      ],
    },
    { title: 'Name resolution', place: 'names', commands: [domainLookup, nameServer] },
    { title: 'Routes', place: 'routes', commands: [route] },
  ],
};
