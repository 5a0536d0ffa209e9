import type { IpAddress } from '#base/address';
import type { Secret } from '#base/secret';
import { type Configuration, slice, type Table } from '#config/configuration';
import type { Keeps } from '#config/kept';

/** A limit in minutes, or none. */
export type Minutes = number | 'none';

/** What `group-policy NAME attributes` says; undefined is inherited from `DfltGrpPolicy`. */
export type GroupPolicy = Keeps & {
  readonly name: string;
  readonly dnsServers?: readonly IpAddress[] | undefined;
  readonly winsServers?: readonly IpAddress[] | undefined;
  /** A domain, or `none`. */
  readonly defaultDomain?: string | undefined;
  readonly splitDns?: readonly string[] | undefined;
  readonly banner?: readonly string[] | undefined;
  readonly idleTimeoutMinutes?: Minutes | undefined;
  readonly sessionTimeoutMinutes?: Minutes | undefined;
  readonly simultaneousLogins?: number | undefined;
  readonly tunnelProtocols?: readonly TunnelProtocol[] | undefined;
  readonly splitTunnelPolicy?: SplitTunnelPolicy | undefined;
  /** Name of an access list, or `none`. */
  readonly splitTunnelList?: string | undefined;
  readonly addressPools?: readonly string[] | undefined;
  readonly passwordStorage?: boolean | undefined;
  readonly pfs?: boolean | undefined;
  readonly ipsecUdp?: boolean | undefined;
  readonly ipsecUdpPort?: number | undefined;
  /** The only tunnel group through which its members may log in, or `none`. */
  readonly groupLock?: string | undefined;
};

export type TunnelProtocol = 'ikev1' | 'ikev2' | 'l2tp-ipsec' | 'ssl-client' | 'ssl-clientless';
export type SplitTunnelPolicy = 'tunnelall' | 'tunnelspecified' | 'excludespecified';

/** A group policy with nothing left to inherit. */
export type ResolvedGroupPolicy = {
  readonly name: string;
  readonly dnsServers: readonly IpAddress[];
  readonly winsServers: readonly IpAddress[];
  readonly defaultDomain: string | undefined;
  readonly splitDns: readonly string[];
  readonly banner: readonly string[];
  readonly idleTimeoutMinutes: Minutes;
  readonly sessionTimeoutMinutes: Minutes;
  readonly simultaneousLogins: number;
  readonly tunnelProtocols: readonly TunnelProtocol[];
  readonly splitTunnelPolicy: SplitTunnelPolicy;
  readonly splitTunnelList: string | undefined;
  readonly addressPools: readonly string[];
  readonly passwordStorage: boolean;
  readonly pfs: boolean;
  readonly ipsecUdp: boolean;
  readonly ipsecUdpPort: number;
  readonly groupLock: string | undefined;
};

/** Keepalives of `isakmp keepalive`, or none. */
export type Keepalive =
  | { readonly thresholdSeconds: number; readonly retrySeconds: number }
  | 'disabled';

/** What `tunnel-group` says about the peers that name it. */
export type TunnelGroup = {
  /** Lines that are kept without effect, by the mode that they stand in. */
  readonly keptGeneral?: Keeps['kept'];
  readonly keptIpsec?: Keeps['kept'];
  readonly keptPpp?: readonly string[] | undefined;
  readonly keptWebvpn?: readonly string[] | undefined;
  readonly name: string;
  readonly type: 'remote-access' | 'ipsec-l2l';
  /** Names of pools, in the order they are tried. */
  readonly addressPools: readonly string[];
  readonly defaultGroupPolicy: string;
  /** `LOCAL`, or the name of a group of servers. */
  readonly authenticationServerGroup: string;
  /** Whether the users of this device are asked where no server answers. */
  readonly localFallback: boolean;
  readonly preSharedKey?: Secret | undefined;
  readonly keepalive: Keepalive;
  /** Where clients that begin afresh are sent, in place of being served. */
  readonly redirectTo?: IpAddress | undefined;
  /** NAT-16: a LAN-to-LAN tunnel has its own switch, which counts only while NAT traversal is on. */
  readonly natTraversal: boolean;
};

export type RemoteAccessConfiguration = {
  readonly groupPolicies: Table<string, GroupPolicy>;
  readonly tunnelGroups: Table<string, TunnelGroup>;
};

/** The group policy that all others inherit from; it always exists. */
export const DEFAULT_GROUP_POLICY = 'DfltGrpPolicy';

export const remoteAccessSlice = slice<RemoteAccessConfiguration>('remoteAccess', {
  groupPolicies: new Map([[DEFAULT_GROUP_POLICY, { name: DEFAULT_GROUP_POLICY }]]),
  tunnelGroups: new Map(),
});

/** The names of all tunnel groups, for completion. */
export const tunnelGroupNames = (configuration: Configuration): readonly string[] => [
  ...remoteAccessSlice.of(configuration).tunnelGroups.keys(),
];

/** What a policy is that nothing configures. */
const builtIn: ResolvedGroupPolicy = {
  name: DEFAULT_GROUP_POLICY,
  dnsServers: [],
  winsServers: [],
  defaultDomain: undefined,
  splitDns: [],
  banner: [],
  idleTimeoutMinutes: 30,
  sessionTimeoutMinutes: 'none',
  simultaneousLogins: 3,
  tunnelProtocols: ['ikev1', 'ikev2', 'l2tp-ipsec', 'ssl-clientless'],
  splitTunnelPolicy: 'tunnelall',
  splitTunnelList: undefined,
  addressPools: [],
  passwordStorage: false,
  pfs: false,
  ipsecUdp: false,
  ipsecUdpPort: 10000,
  groupLock: undefined,
};

const given = <T extends object>(value: T): Partial<T> =>
  Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as Partial<T>;

/** Made once for each table of policies: a login asks half a dozen times. */
const RESOLVED = new WeakMap<Table<string, GroupPolicy>, Map<string, ResolvedGroupPolicy>>();

/** The policy of that name with everything inherited filled in; undefined when there is none of the name. */
export function resolveGroupPolicy(
  configuration: Configuration,
  name: string,
): ResolvedGroupPolicy | undefined {
  const { groupPolicies } = remoteAccessSlice.of(configuration);
  const own = groupPolicies.get(name);
  if (!own) return undefined;
  const known = RESOLVED.get(groupPolicies) ?? new Map<string, ResolvedGroupPolicy>();
  RESOLVED.set(groupPolicies, known);
  const resolved = known.get(name) ?? resolve(groupPolicies, own);
  known.set(name, resolved);
  return resolved;
}

function resolve(groupPolicies: Table<string, GroupPolicy>, own: GroupPolicy): ResolvedGroupPolicy {
  const base = groupPolicies.get(DEFAULT_GROUP_POLICY);
  const resolved = { ...builtIn, ...given(base ?? {}), ...given(own), name: own.name };
  const { defaultDomain, splitTunnelList, groupLock } = resolved;
  return {
    ...resolved,
    defaultDomain: defaultDomain === 'none' ? undefined : defaultDomain,
    splitTunnelList: splitTunnelList === 'none' ? undefined : splitTunnelList,
    groupLock: groupLock === 'none' ? undefined : groupLock,
  } as ResolvedGroupPolicy;
}

/** How long a silent peer is waited for before it is asked, by the type of its group. */
export const usualKeepalive = (type: TunnelGroup['type']): Keepalive => ({
  thresholdSeconds: type === 'remote-access' ? 300 : 10,
  retrySeconds: 2,
});

/** The groups that every ASA has: of peers that name no other one. */
export const BUILT_IN_GROUPS: ReadonlyMap<string, TunnelGroup['type']> = new Map([
  ['DefaultRAGroup', 'remote-access'],
  ['DefaultWEBVPNGroup', 'remote-access'],
  ['DefaultL2LGroup', 'ipsec-l2l'],
]);

/** A tunnel group before anything is said about it. */
export const newTunnelGroup = (name: string, type: TunnelGroup['type']): TunnelGroup => ({
  name,
  type,
  addressPools: [],
  defaultGroupPolicy: DEFAULT_GROUP_POLICY,
  authenticationServerGroup: 'LOCAL',
  localFallback: false,
  keepalive: usualKeepalive(type),
  natTraversal: false,
});
