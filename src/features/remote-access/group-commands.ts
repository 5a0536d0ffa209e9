import { ipv4 } from '#config/address-tokens';
import { withEntry, withoutEntry } from '#config/configuration';
import { bracketed } from '#config/interface-tokens';
import { blockLine, keep, keptFindings, keptInside } from '#config/kept';
import { flag, optional } from '#config/path';
import type { Finding } from '#config/room';
import type { Declaration } from '#config/setting';
import { globalScope, headerOf, lineOf, mode, refuse, setting } from '#config/setting';
import { many, secret, word } from '#config/tokens';
import { aaaServerGroupNames, poolNames } from '#session/config';
import {
  BUILT_IN_GROUPS,
  DEFAULT_GROUP_POLICY,
  newTunnelGroup,
  remoteAccessSlice,
  type TunnelGroup,
  tunnelGroupNames,
  usualKeepalive,
} from './config.ts';
import { GENERAL_KEPT, IPSEC_KEPT } from './kept-attributes.ts';
import { groupType, keepalive } from './tokens.ts';

const remoteAccess = globalScope(remoteAccessSlice);

const groupName = word('name', 'Name of the tunnel group', 64, tunnelGroupNames);
const groupWords = { 'tunnel-group': 'Say how peers of one name are treated' };

const type = setting(remoteAccess)({
  path: ['tunnel-group', groupName, 'type', groupType],
  words: { ...groupWords, type: 'Make the group' },
  key: ['name'],
  help: 'Makes a tunnel group: the peers that call themselves by its name.',
  since: '003:199',
  get: (c) =>
    [...c.tunnelGroups.values()]
      .filter((g) => BUILT_IN_GROUPS.get(g.name) !== g.type)
      .map((g) => ({ name: g.name, type: g.type })),
  set(c, v) {
    const known = c.tunnelGroups.get(v.name);
    if (known && known.type !== v.type)
      return refuse(`"${v.name}" is of another type; "no tunnel-group ${v.name}" removes it`);
    const group = known ?? newTunnelGroup(v.name, v.type);
    return { ...c, tunnelGroups: withEntry(c.tunnelGroups, v.name, group) };
  },
  unset: (c, { name }) => ({ ...c, tunnelGroups: withoutEntry(c.tunnelGroups, name) }),
});

/** What the two modes of a group have in common; each resets its own part when it is negated. */
const groupMode = (
  attributes: `${'general' | 'ipsec' | 'ppp' | 'webvpn'}-attributes`,
  prompt: string,
  help: string,
  own: readonly (keyof TunnelGroup)[],
  kept = false,
) =>
  mode(remoteAccess)({
    name: `tunnel-group ${attributes}`,
    prompt,
    path: ['tunnel-group', groupName, attributes],
    words: { ...groupWords, [attributes]: help },
    help,
    since: '003:200, 003:274',
    hideEmpty: true,
    noEffect: kept,
    indentedOnly: kept,
    table: (c) => c.tunnelGroups,
    put: (c, tunnelGroups) => ({ ...c, tunnelGroups }),
    id: (v) => v.name,
    values: (name) => ({ name }),
    create({ name }) {
      const builtIn = BUILT_IN_GROUPS.get(name);
      if (builtIn) return newTunnelGroup(name, builtIn);
      return refuse(
        `there is no tunnel group "${name}"; "tunnel-group ${name} type remote-access" makes it`,
      );
    },
    fresh: ({ name }) => newTunnelGroup(name, 'remote-access'),
    remove(c, { name }) {
      const group = c.tunnelGroups.get(name);
      if (!group) return c;
      const fresh = newTunnelGroup(name, group.type);
      const reset = Object.fromEntries(own.map((field) => [field, fresh[field]]));
      return { ...c, tunnelGroups: withEntry(c.tunnelGroups, name, { ...group, ...reset }) };
    },
  });

/** Addresses, policy and authentication of a group. */
const generalMode = groupMode(
  'general-attributes',
  'config-tunnel-general',
  'Enters addresses, policy and authentication of a tunnel group.',
  [
    'addressPools',
    'defaultGroupPolicy',
    'authenticationServerGroup',
    'localFallback',
    'redirectTo',
    'keptGeneral',
  ],
);

/** Key and keepalives of a group. */
const ipsecMode = groupMode(
  'ipsec-attributes',
  'config-tunnel-ipsec',
  'Enters key and keepalives of a tunnel group.',
  ['preSharedKey', 'keepalive', 'natTraversal', 'keptIpsec'],
);

/** Attributes of a group about tunnels that are not built: their lines are kept as they are. */
function keptMode(
  attributes: 'ppp-attributes' | 'webvpn-attributes',
  field: 'keptPpp' | 'keptWebvpn',
  help: string,
): readonly Declaration[] {
  const entered = groupMode(attributes, `config-tunnel-${attributes}`, help, [field], true);
  const block = setting(entered)({
    path: [blockLine(0)],
    help: 'A line of the block, kept as it is.',
    get: (g) => (g[field] ?? []).map((line) => ({ line })),
    set: (g, { line }) => ({ ...g, [field]: [...(g[field] ?? []), line] }),
  });
  return [entered.mode, block];
}

const POOLS_MAX = 6;

const addressPool = setting(generalMode)({
  path: [
    'address-pool',
    optional(bracketed('interface', 'Interface, which makes no difference here')),
    many('pools', word('pool', 'Pools, in the order they are tried', 64, poolNames), POOLS_MAX),
  ],
  words: { 'address-pool': 'Name the pools that clients get addresses from' },
  help: 'The pools from which clients of the group get their address.',
  get: (g) => (g.addressPools.length === 0 ? undefined : { pools: g.addressPools }),
  set(g, { pools }) {
    const all = [...new Set([...g.addressPools, ...pools])];
    return all.length > POOLS_MAX
      ? refuse(`a group has at most ${POOLS_MAX} pools`)
      : { ...g, addressPools: all };
  },
  unset: (g, { pools }) => ({
    ...g,
    addressPools: pools ? g.addressPools.filter((p) => !pools.includes(p)) : [],
  }),
});

const defaultGroupPolicy = setting(generalMode)({
  path: [
    'default-group-policy',
    word('policy', 'Name of a group policy', 64, (configuration) => [
      ...remoteAccessSlice.of(configuration).groupPolicies.keys(),
    ]),
  ],
  words: { 'default-group-policy': 'Name the policy of users that have none of their own' },
  help: 'The group policy of users that have none of their own.',
  get: (g) => ({ policy: g.defaultGroupPolicy }),
  set: (g, { policy }) => ({ ...g, defaultGroupPolicy: policy }),
  unset: (g) => ({ ...g, defaultGroupPolicy: DEFAULT_GROUP_POLICY }),
});

const authentication = setting(generalMode)({
  path: [
    'authentication-server-group',
    optional(bracketed('interface', 'Interface, which makes no difference here')),
    word('group', 'LOCAL, or a group of servers', 64, aaaServerGroupNames),
    flag('fallback', 'LOCAL', 'Ask the users of this device where no server answers'),
  ],
  words: { 'authentication-server-group': 'Say who knows the users' },
  help: 'Who knows the users: LOCAL for those of this device, or a group of servers.',
  get: (g) => ({ group: g.authenticationServerGroup, fallback: g.localFallback }),
  set: (g, { group, fallback }) => ({
    ...g,
    authenticationServerGroup: group,
    localFallback: fallback && group !== 'LOCAL',
  }),
  unset: (g) => ({ ...g, authenticationServerGroup: 'LOCAL', localFallback: false }),
});

const redirectTo = setting(generalMode)({
  path: ['redirect-to', ipv4('address', 'Address of another head-end')],
  words: { 'redirect-to': 'Send clients to another head-end' },
  help: 'Sends IKEv1 clients that begin afresh to another head-end, before they say user and password.',
  get: (g) => g.redirectTo && { address: g.redirectTo },
  set: (g, { address }) => ({ ...g, redirectTo: address }),
  unset: (g) => ({ ...g, redirectTo: undefined }),
});

const preSharedKey = setting(ipsecMode)({
  path: ['ikev1 pre-shared-key', secret('key', 'The key')],
  also: [['pre-shared-key', secret('key', 'The key')]],
  words: {
    ikev1: 'Internet Key Exchange version 1',
    'pre-shared-key': 'Set the key that the group shares',
  },
  help: 'The key that this device and the peers of the group share.',
  get: (g) => g.preSharedKey && { key: g.preSharedKey },
  set: (g, { key }) => ({ ...g, preSharedKey: key }),
  unset: (g) => ({ ...g, preSharedKey: undefined }),
});

const keepaliveSetting = setting(ipsecMode)({
  path: ['isakmp keepalive', keepalive],
  words: {
    isakmp: 'Internet Key Exchange version 1',
    keepalive: 'Ask silent peers whether they live',
  },
  help: 'When a silent peer is asked whether it lives, and how often.',
  get: (g) => ({ keepalive: g.keepalive }),
  set: (g, v) => ({ ...g, keepalive: v.keepalive }),
  unset: (g) => ({ ...g, keepalive: usualKeepalive(g.type) }),
});

const natTraversal = setting(ipsecMode)({
  path: ['nat-t'],
  words: { 'nat-t': 'Let NAT traversal work for this tunnel' },
  help: 'Lets NAT traversal work for this LAN-to-LAN tunnel, if it is on at all.',
  since: '002:84',
  get: (g) => g.natTraversal,
  set: (g) => ({ ...g, natTraversal: true }),
  unset: (g) => ({ ...g, natTraversal: false }),
});

/** The commands of tunnel groups; the lines of one group stand together. */
export const groupCommands: readonly Declaration[] = [
  type,
  generalMode.mode,
  addressPool,
  authentication,
  defaultGroupPolicy,
  redirectTo,
  ipsecMode.mode,
  preSharedKey,
  keepaliveSetting,
  natTraversal,
  ...GENERAL_KEPT.flatMap((command) => keep(command, keptInside(generalMode, 'keptGeneral'))),
  ...IPSEC_KEPT.flatMap((command) => keep(command, keptInside(ipsecMode, 'keptIpsec'))),
  ...keptMode('ppp-attributes', 'keptPpp', 'L2TP.'),
  ...keptMode('webvpn-attributes', 'keptWebvpn', 'Tunnels over TLS.'),
];

/** What there is to say about lines of a group that are kept without effect. */
export const groupKeptFindings = (group: TunnelGroup): readonly Finding[] => [
  ...keptFindings(GENERAL_KEPT, group.keptGeneral ?? new Map(), [headerOf(generalMode, group)]),
  ...keptFindings(IPSEC_KEPT, group.keptIpsec ?? new Map(), [headerOf(ipsecMode, group)]),
];

const general = (g: TunnelGroup): string => headerOf(generalMode, { name: g.name });

/** Lines of a group, for findings. */
export const groupLines = {
  type: (g: TunnelGroup): readonly string[] => [lineOf(type, { name: g.name, type: g.type })],
  pools: (g: TunnelGroup): readonly string[] => [
    general(g),
    lineOf(addressPool, { pools: g.addressPools }),
  ],
  policy: (g: TunnelGroup): readonly string[] => [
    general(g),
    lineOf(defaultGroupPolicy, { policy: g.defaultGroupPolicy }),
  ],
  authentication: (g: TunnelGroup): readonly string[] => [
    general(g),
    lineOf(authentication, { group: g.authenticationServerGroup, fallback: g.localFallback }),
  ],
  redirectTo: (g: TunnelGroup): readonly string[] => [
    general(g),
    ...(g.redirectTo ? [lineOf(redirectTo, { address: g.redirectTo })] : []),
  ],
  preSharedKey: (g: TunnelGroup): readonly string[] => [
    headerOf(ipsecMode, { name: g.name }),
    ...(g.preSharedKey ? [lineOf(preSharedKey, { key: g.preSharedKey })] : []),
  ],
};
