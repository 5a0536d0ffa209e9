import { ip } from '#config/address-tokens';
import { optional } from '#config/path';
import { globalScope, headerOf, lineOf, mode, setting } from '#config/setting';
import { interfaceName } from '#config/system';
import { choice, int, secret } from '#config/tokens';
import {
  clusterSlice,
  DEFAULT_CLUSTER_PORT,
  type LoadBalancing,
  newLoadBalancing,
} from './config.ts';
import { PLATFORM_MODELS } from './platform.ts';
import { addressesOrName, clusterPort } from './tokens.ts';

const cluster = globalScope(clusterSlice);

/** GEN-62: everything that makes this device a member of a virtual cluster. */
const balancing = mode(cluster)({
  name: 'vpn load-balancing',
  prompt: 'config-load-balancing',
  path: ['vpn load-balancing'],
  words: {
    vpn: 'What this device shares with others',
    'load-balancing': 'Spread clients over a cluster',
  },
  help: 'Enters the virtual cluster: several devices behind one address, which spread clients among them.',
  since: '003:556',
  table: (c) => c.loadBalancing,
  put: (c, loadBalancing) => ({ ...c, loadBalancing }),
  id: () => 'vpn' as const,
  values: () => ({}),
  create: () => newLoadBalancing,
});

const interfaceWords = { interface: 'Name an interface of this device' };

const publicInterface = setting(balancing)({
  path: ['interface lbpublic', interfaceName('name', 'Interface towards the clients')],
  words: { ...interfaceWords, lbpublic: 'The one towards the clients' },
  help: 'The interface on which clients reach this device and, while it is master, the cluster.',
  since: '003:557',
  get: ({ publicInterface: name }) => ({ name }),
  set: (b, { name }) => ({ ...b, publicInterface: name }),
  unset: (b) => ({ ...b, publicInterface: newLoadBalancing.publicInterface }),
});

const privateInterface = setting(balancing)({
  path: ['interface lbprivate', interfaceName('name', 'Interface towards the other members')],
  words: { ...interfaceWords, lbprivate: 'The one towards the other members' },
  help: 'The interface on which the members of the cluster speak to each other.',
  since: '003:564',
  get: ({ privateInterface: name }) => ({ name }),
  set: (b, { name }) => ({ ...b, privateInterface: name }),
  unset: (b) => ({ ...b, privateInterface: newLoadBalancing.privateInterface }),
});

const priority = setting(balancing)({
  path: ['priority', int('value', 1, 10, 'Likelihood of becoming master, 10 the highest')],
  words: { priority: 'Set the priority of this device in the election' },
  help: 'How likely this device becomes master, when all start at once or a master fails.',
  since: '003:572',
  get: ({ priority: value }) => (value === undefined ? undefined : { value }),
  set: (b, { value }) => ({ ...b, priority: value }),
  unset: (b) => ({ ...b, priority: undefined }),
});

const nat = setting(balancing)({
  path: ['nat', addressesOrName('as', 'What clients see: IPv4, then IPv6, or a name', 2)],
  words: { nat: 'Say what this device is translated to' },
  help: 'The address that a translator before this device gives it: what clients are redirected to.',
  since: '003:584',
  get: ({ nat: as }) => as && { as },
  set: (b, { as }) => {
    // LB-45: the concentrator writes "no translation" as this address.
    const isNone = as.kind === 'addresses' && as.addresses[0] === '0.0.0.0';
    return { ...b, nat: isNone ? undefined : as };
  },
  unset: (b) => ({ ...b, nat: undefined }),
});

const redirectFqdn = setting(balancing)({
  path: ['redirect-fqdn', choice('state', { enable: 'By name', disable: 'By address' })],
  words: { 'redirect-fqdn': 'Redirect clients by name, so that certificates fit' },
  help: 'Whether clients are redirected to the name that DNS has for a member; IKEv1 has room for its address only.',
  since: '003:684',
  get: (b) => ({ state: b.redirectsToName ? ('enable' as const) : ('disable' as const) }),
  set: (b, { state }) => ({ ...b, redirectsToName: state === 'enable' }),
  unset: (b) => ({ ...b, redirectsToName: false }),
});

const clusterWords = { cluster: 'What all members have alike' };

const clusterAddress = setting(balancing)({
  path: ['cluster ip address', addressesOrName('address', 'IPv4, IPv6, or a name of DNS', 2)],
  words: { ...clusterWords, ip: 'The address of the cluster', address: 'Set it' },
  help: 'The address that clients are given: one of the public network, or one of each family, or a name.',
  since: '003:608',
  get: ({ cluster: address }) => address && { address },
  set: (b, { address }) => ({ ...b, cluster: address }),
  unset: (b) => ({ ...b, cluster: undefined }),
});

const port = setting(balancing)({
  path: ['cluster port', clusterPort('port', 'UDP port of the members')],
  words: { ...clusterWords, port: 'The port by which members speak to each other' },
  help: `The UDP port by which members speak to each other, ${DEFAULT_CLUSTER_PORT} unless said.`,
  since: '003:620',
  get: ({ port: value }) => ({ port: value }),
  set: (b, v) => ({ ...b, port: v.port }),
  unset: (b) => ({ ...b, port: DEFAULT_CLUSTER_PORT }),
});

const key = setting(balancing)({
  path: ['cluster key', secret('key', 'The secret that all members share')],
  words: { ...clusterWords, key: 'The secret that all members share' },
  help: 'The secret of the cluster: members prove themselves by it, and encryption starts from it.',
  since: '003:652',
  get: ({ key: value }) => value && { key: value },
  set: (b, v) => ({ ...b, key: v.key }),
  unset: (b) => ({ ...b, key: undefined }),
});

const encryption = setting(balancing)({
  path: ['cluster encryption'],
  words: { ...clusterWords, encryption: 'Encrypt what members say to each other' },
  help: 'Carries what members say to each other in IPsec between their private addresses.',
  since: '003:634',
  get: (b) => b.encryption,
  set: (b) => ({ ...b, encryption: true }),
  unset: (b) => ({ ...b, encryption: false }),
});

const minimumMembers = setting(balancing)({
  path: ['cluster minimum-members', int('count', 1, 25, 'Members, this one included')],
  words: { ...clusterWords, 'minimum-members': 'How many must be there to serve' },
  help: 'How many members must see each other before one serves the address; 1 serves alone.',
  get: ({ minimumMembers: count }) => ({ count }),
  set: (b, { count }) => ({ ...b, minimumMembers: count }),
  unset: (b) => ({ ...b, minimumMembers: newLoadBalancing.minimumMembers }),
});

const timer = setting(balancing)({
  path: [
    'cluster timer',
    choice('preset', {
      fast: 'Probes decide, within two seconds',
      vpn3000: 'Three keepalives, one a second',
      asa: 'Four keepalives, one every five seconds',
    }),
    optional('hello', int('ms', 100, 60_000, 'Milliseconds between two keepalives')),
  ],
  words: { ...clusterWords, timer: 'How soon a failure is noticed', hello: 'Set the interval' },
  help: 'How often members speak to each other, and how a silent one is found out.',
  get: ({ timerPreset: preset, helloMs: ms }) => ({ preset, ms }),
  set: (b, { preset, ms }) => ({ ...b, timerPreset: preset, helloMs: ms }),
  unset: (b) => ({ ...b, timerPreset: newLoadBalancing.timerPreset, helloMs: undefined }),
});

const unredirectable = setting(balancing)({
  path: [
    'cluster unredirectable',
    choice('treatment', {
      drop: 'Nobody answers them at the cluster address',
      'serve-direct': 'The master serves them itself',
    }),
  ],
  words: { ...clusterWords, unredirectable: 'Clients that no redirect reaches' },
  help: 'What becomes of clients at the cluster address that do not understand a redirect.',
  get: ({ unredirectable: treatment }) => ({ treatment }),
  set: (b, { treatment }) => ({ ...b, unredirectable: treatment }),
  unset: (b) => ({ ...b, unredirectable: newLoadBalancing.unredirectable }),
});

/** Members without multicast between them are few. */
const MEMBERS_MAX = 25;

const member = setting(balancing)({
  path: ['member', ip('address', 'Private address of another member')],
  words: { member: 'Name a member that multicast does not reach' },
  key: ['address'],
  help: 'The private address of a member that is asked although no multicast reaches it.',
  get: ({ members }) => members.map((address) => ({ address })),
  set: (b, { address }) => ({
    ...b,
    members: [...new Set([...b.members, address])].slice(0, MEMBERS_MAX),
  }),
  unset: (b, { address }) => ({ ...b, members: b.members.filter((m) => m !== address) }),
});

const emptyPools = setting(balancing)({
  path: ['redirect-to-empty-pools'],
  words: { 'redirect-to-empty-pools': 'Choose members without a free address too' },
  help: 'Chooses a member by its load alone, as an ASA does, even when it has no address left for clients.',
  since: '003:724',
  get: (b) => b.choosesEmptyPools,
  set: (b) => ({ ...b, choosesEmptyPools: true }),
  unset: (b) => ({ ...b, choosesEmptyPools: false }),
});

const participate = setting(balancing)({
  path: ['participate'],
  words: { participate: 'Take part in the cluster' },
  help: 'Makes this device a member of the cluster.',
  since: '003:662',
  get: (b) => b.participates,
  set: (b) => ({ ...b, participates: true }),
  unset: (b) => ({ ...b, participates: false }),
});

const personality = setting(cluster)({
  path: [
    'load-balancing personality',
    choice('personality', {
      asa: 'Percentages are rounded, the master counts as the others',
      vpn3000: 'Percentages are cut, the master counts as 1 percent busier',
    }),
  ],
  words: {
    'load-balancing': 'How clients are spread over a cluster',
    personality: 'Whose rules are followed',
  },
  help: 'Whose rules choose a member: those of the ASA, or those of the VPN 3000. Alike on all members.',
  get: (c) => ({ personality: c.personality }),
  set: (c, v) => ({ ...c, personality: v.personality }),
  unset: (c) => ({ ...c, personality: 'asa' }),
});

const modelHelp = Object.fromEntries(
  [...PLATFORM_MODELS.values()].map((m) => [m.name, `${m.deviceType}, ${m.sessions} sessions`]),
);

const model = setting(cluster)({
  path: ['platform model', choice('model', modelHelp)],
  words: { platform: 'The device this one stands for', model: 'Name its model' },
  help: 'The model whose priority and number of sessions count here when nothing else is set.',
  since: '000:205',
  get: (c) => (c.model === undefined ? undefined : { model: c.model }),
  set: (c, v) => ({ ...c, model: v.model }),
  unset: (c) => ({ ...c, model: undefined }),
});

const vrrp = setting(cluster)({
  path: ['vrrp enable'],
  words: { vrrp: 'Takeover of addresses by VRRP', enable: 'Say that another program does it' },
  help: 'Says that VRRP takes addresses of this device over, which excludes load balancing.',
  since: '000:51',
  get: (c) => c.vrrp,
  set: (c) => ({ ...c, vrrp: true }),
  unset: (c) => ({ ...c, vrrp: false }),
});

/** The mode and its commands, in the order of a listing. */
export const balancingCommands = [
  balancing.mode,
  publicInterface,
  privateInterface,
  priority,
  nat,
  redirectFqdn,
  member,
  emptyPools,
  clusterAddress,
  port,
  timer,
  minimumMembers,
  unredirectable,
  key,
  encryption,
  participate,
];

/** What stands outside the mode. */
export const deviceCommands = [model, personality, vrrp];

const inside = (line: string): readonly string[] => [headerOf(balancing, {}), line];

/** The lines that verification speaks about. */
export const clusterLines = {
  publicInterface: (b: LoadBalancing) =>
    inside(lineOf(publicInterface, { name: b.publicInterface })),
  privateInterface: (b: LoadBalancing) =>
    inside(lineOf(privateInterface, { name: b.privateInterface })),
  address: (b: LoadBalancing) =>
    b.cluster ? inside(lineOf(clusterAddress, { address: b.cluster })) : [headerOf(balancing, {})],
  encryption: inside('cluster encryption'),
  participate: inside('participate'),
} as const;
