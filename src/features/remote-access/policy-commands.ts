import { accessListNames } from '#config/access-list';
import { ipv4 } from '#config/address-tokens';
import { withEntry, withoutEntry } from '#config/configuration';
import { keep, keptFindings, keptInside } from '#config/kept';
import type { Finding } from '#config/room';
import type { Declaration } from '#config/setting';
import { globalScope, headerOf, lineOf, mode, refuse, setting } from '#config/setting';
import { choice, int, many, word } from '#config/tokens';
import { poolNames } from '#session/config';
import { DEFAULT_GROUP_POLICY, type GroupPolicy, remoteAccessSlice } from './config.ts';
import { POLICY_KEPT } from './kept-attributes.ts';
import { bannerLine, minutes, tunnelProtocol, valueOrNone, valuesOrNone } from './tokens.ts';

const remoteAccess = globalScope(remoteAccessSlice);

const policyName = word('name', 'Name of the group policy', 64, (configuration) => [
  ...remoteAccessSlice.of(configuration).groupPolicies.keys(),
]);
const policyWords = { 'group-policy': 'Say what the members of a group get' };

const internal = setting(remoteAccess)({
  path: ['group-policy', policyName, 'internal'],
  words: { ...policyWords, internal: 'A policy that this device holds itself' },
  key: ['name'],
  help: 'A group policy that this device holds itself.',
  get: (c) =>
    [...c.groupPolicies.keys()].flatMap((name) => (name === DEFAULT_GROUP_POLICY ? [] : { name })),
  set: (c, { name }) =>
    c.groupPolicies.has(name)
      ? c
      : { ...c, groupPolicies: withEntry(c.groupPolicies, name, { name }) },
  unset: (c, { name }) =>
    name === DEFAULT_GROUP_POLICY
      ? refuse('the other policies inherit from this one, so it stays')
      : { ...c, groupPolicies: withoutEntry(c.groupPolicies, name) },
});

/** The attributes of a group policy. */
const policyMode = mode(remoteAccess)({
  name: 'group-policy attributes',
  prompt: 'config-group-policy',
  path: ['group-policy', policyName, 'attributes'],
  words: { ...policyWords, attributes: 'Enter the attributes of a policy' },
  help: 'Enters the attributes of a group policy. What is not set is inherited from DfltGrpPolicy.',
  hideEmpty: true,
  table: (c) => c.groupPolicies,
  put: (c, groupPolicies) => ({ ...c, groupPolicies }),
  id: (v) => v.name,
  values: (name) => ({ name }),
  create: ({ name }) =>
    refuse(`there is no group policy "${name}"; "group-policy ${name} internal" makes it`),
  fresh: ({ name }) => ({ name }),
  remove: (c, { name }) => ({
    ...c,
    groupPolicies: withEntry(c.groupPolicies, name, { name }),
  }),
});

const switchOf = { enable: 'Yes', disable: 'No' } as const;
const switched = (value: boolean) => (value ? ('enable' as const) : ('disable' as const));

/** An attribute that is on, off or inherited. */
const toggle = (leading: string, field: 'passwordStorage' | 'pfs' | 'ipsecUdp', help: string) =>
  setting(policyMode)({
    path: [leading, choice('state', switchOf)],
    words: { [leading]: help },
    help,
    get: (p) => {
      const value = p[field];
      return value === undefined ? undefined : { state: switched(value) };
    },
    set: (p, { state }) => ({ ...p, [field]: state === 'enable' }),
    unset: (p) => ({ ...p, [field]: undefined }),
  });

/** Name servers, of DNS or of WINS. */
const servers = (leading: string, field: 'dnsServers' | 'winsServers', help: string) =>
  setting(policyMode)({
    path: [leading, valuesOrNone('servers', ipv4('server', 'Addresses of the servers'), 2)],
    words: { [leading]: help },
    help,
    get: (p) => {
      const value = p[field];
      return value && { servers: value };
    },
    set: (p, v) => ({ ...p, [field]: v.servers }),
    unset: (p) => ({ ...p, [field]: undefined }),
  });

/** A time limit. */
const timeout = (
  leading: string,
  field: 'idleTimeoutMinutes' | 'sessionTimeoutMinutes',
  help: string,
) =>
  setting(policyMode)({
    path: [leading, minutes],
    words: { [leading]: help },
    help,
    get: (p) => {
      const value = p[field];
      return value === undefined ? undefined : { minutes: value };
    },
    set: (p, v) => ({ ...p, [field]: v.minutes }),
    unset: (p) => ({ ...p, [field]: undefined }),
  });

const simultaneousLogins = setting(policyMode)({
  path: ['vpn-simultaneous-logins', int('logins', 0, 2147483647, 'Logins at a time')],
  words: { 'vpn-simultaneous-logins': 'Limit the logins of a user at a time' },
  help: 'How many sessions a user may have at a time; 0 shuts the group out.',
  get: (p) => (p.simultaneousLogins === undefined ? undefined : { logins: p.simultaneousLogins }),
  set: (p, { logins }) => ({ ...p, simultaneousLogins: logins }),
  unset: (p) => ({ ...p, simultaneousLogins: undefined }),
});

const tunnelProtocols = setting(policyMode)({
  path: ['vpn-tunnel-protocol', many('protocols', tunnelProtocol, 5)],
  words: { 'vpn-tunnel-protocol': 'Set the ways to build a tunnel' },
  help: 'The ways in which members of the group may build a tunnel.',
  get: (p) => p.tunnelProtocols && { protocols: p.tunnelProtocols },
  set: (p, { protocols }) => ({ ...p, tunnelProtocols: [...new Set(protocols)] }),
  unset: (p) => ({ ...p, tunnelProtocols: undefined }),
});

const splitTunnelPolicy = setting(policyMode)({
  path: [
    'split-tunnel-policy',
    choice('policy', {
      tunnelall: 'Everything goes through the tunnel',
      tunnelspecified: 'Only the networks of the list go through the tunnel',
      excludespecified: 'The networks of the list stay outside',
    }),
  ],
  words: { 'split-tunnel-policy': 'Say what goes through the tunnel' },
  help: 'What the client sends through the tunnel.',
  get: (p) => p.splitTunnelPolicy && { policy: p.splitTunnelPolicy },
  set: (p, { policy }) => ({ ...p, splitTunnelPolicy: policy }),
  unset: (p) => ({ ...p, splitTunnelPolicy: undefined }),
});

/** The access list whose networks the split tunnel policy means. */
const splitTunnelList = setting(policyMode)({
  path: [
    'split-tunnel-network-list',
    valueOrNone('list', word('list', 'Name of an access list', 241, accessListNames)),
  ],
  words: { 'split-tunnel-network-list': 'Name the list of networks' },
  help: 'The access list with the networks that "split-tunnel-policy" means.',
  get: (p) => (p.splitTunnelList === undefined ? undefined : { list: p.splitTunnelList }),
  set: (p, { list }) => ({ ...p, splitTunnelList: list }),
  unset: (p) => ({ ...p, splitTunnelList: undefined }),
});

const defaultDomain = setting(policyMode)({
  path: ['default-domain', valueOrNone('domain', word('domain', 'Domain', 253))],
  words: { 'default-domain': 'Set the domain of the client' },
  help: 'The domain that the client completes short names with.',
  get: (p) => (p.defaultDomain === undefined ? undefined : { domain: p.defaultDomain }),
  set: (p, { domain }) => ({ ...p, defaultDomain: domain }),
  unset: (p) => ({ ...p, defaultDomain: undefined }),
});

const splitDns = setting(policyMode)({
  path: ['split-dns', valuesOrNone('domains', word('domain', 'Domains', 253), 16)],
  words: { 'split-dns': 'Name the domains that are resolved through the tunnel' },
  help: 'The domains whose names the client resolves through the tunnel.',
  get: (p) => p.splitDns && { domains: p.splitDns },
  set: (p, { domains }) => ({ ...p, splitDns: domains }),
  unset: (p) => ({ ...p, splitDns: undefined }),
});

const addressPools = setting(policyMode)({
  path: ['address-pools', valuesOrNone('pools', word('pool', 'Pools', 64, poolNames), 6)],
  words: { 'address-pools': 'Name the pools that members get addresses from' },
  help: 'The pools of the group, which go before those of the tunnel group.',
  get: (p) => p.addressPools && { pools: p.addressPools },
  set: (p, { pools }) => ({ ...p, addressPools: pools }),
  unset: (p) => ({ ...p, addressPools: undefined }),
});

const banner = setting(policyMode)({
  path: ['banner', bannerLine],
  words: { banner: 'Greet the user' },
  help: 'A line of the text that the client shows at login; each command adds one.',
  get: ({ banner: lines }) =>
    lines && (lines.length === 0 ? { line: undefined } : lines.map((line) => ({ line }))),
  set: (p, { line }) => ({
    ...p,
    banner: line === undefined ? [] : [...(p.banner ?? []), line],
  }),
  unset: (p) => ({ ...p, banner: undefined }),
});

const groupLock = setting(policyMode)({
  path: ['group-lock', valueOrNone('group', word('group', 'Name of a tunnel group'))],
  words: { 'group-lock': 'Bind the members to a tunnel group' },
  help: 'The only tunnel group through which members may log in.',
  get: (p) => (p.groupLock === undefined ? undefined : { group: p.groupLock }),
  set: (p, { group }) => ({ ...p, groupLock: group }),
  unset: (p) => ({ ...p, groupLock: undefined }),
});

/** The UDP port of the older way through a NAT. */
const ipsecUdpPort = setting(policyMode)({
  path: ['ipsec-udp-port', int('port', 1, 65535, 'UDP port')],
  words: { 'ipsec-udp-port': 'Set the port of IPsec over UDP' },
  help: 'The UDP port of the older IPsec over UDP; not 4500 while NAT traversal is on.',
  since: '002:89',
  get: (p) => (p.ipsecUdpPort === undefined ? undefined : { port: p.ipsecUdpPort }),
  set: (p, { port }) => ({ ...p, ipsecUdpPort: port }),
  unset: (p) => ({ ...p, ipsecUdpPort: undefined }),
});

/** The commands of group policies; the lines of one policy stand together. */
export const policyCommands: readonly Declaration[] = [
  internal,
  policyMode.mode,
  banner,
  servers('wins-server', 'winsServers', 'The WINS servers of the client.'),
  servers('dns-server', 'dnsServers', 'The DNS servers of the client.'),
  simultaneousLogins,
  timeout(
    'vpn-idle-timeout',
    'idleTimeoutMinutes',
    'Ends a session after minutes without traffic.',
  ),
  timeout('vpn-session-timeout', 'sessionTimeoutMinutes', 'Ends a session after minutes.'),
  tunnelProtocols,
  toggle('password-storage', 'passwordStorage', 'Lets the client store the password.'),
  toggle('pfs', 'pfs', 'Asks the client for perfect forward secrecy.'),
  toggle('ipsec-udp', 'ipsecUdp', 'Offers the older IPsec over UDP to the client.'),
  ipsecUdpPort,
  splitTunnelPolicy,
  splitTunnelList,
  defaultDomain,
  splitDns,
  addressPools,
  groupLock,
  ...POLICY_KEPT.flatMap((command) => keep(command, keptInside(policyMode, 'kept'))),
];

/** What there is to say about lines of a policy that are kept without effect. */
export const policyKeptFindings = (policy: GroupPolicy): readonly Finding[] =>
  keptFindings(POLICY_KEPT, policy.kept ?? new Map(), [headerOf(policyMode, policy)]);

/** The line that names the UDP port of a policy, or the one that enters its attributes, for findings. */
export const ipsecUdpLines = (policy: GroupPolicy | undefined, name: string): readonly string[] => [
  headerOf(policyMode, { name }),
  ...(policy?.ipsecUdpPort === undefined
    ? []
    : [lineOf(ipsecUdpPort, { port: policy.ipsecUdpPort })]),
];

/** The line that names the split tunnel list of a policy. */
export const splitTunnelListLines = (name: string, list: string): readonly string[] => [
  headerOf(policyMode, { name }),
  lineOf(splitTunnelList, { list }),
];

/** The line that names the pools of a policy. */
export const policyPoolLines = (name: string, pools: readonly string[]): readonly string[] => [
  headerOf(policyMode, { name }),
  lineOf(addressPools, { pools }),
];
