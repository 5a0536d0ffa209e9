import type { IpAddress } from '#base/address';
import type { Secret } from '#base/secret';
import { type Configuration, slice, type Table } from '#config/configuration';

/** The rules by which load is counted and a member chosen: those of the concentrator, or of the ASA. */
export type Personality = 'vpn3000' | 'asa';

/** How soon a silent member is given up; `protocol/vcl` knows the intervals. */
export type TimerPreset = 'fast' | 'vpn3000' | 'asa';

/** What becomes of clients that cannot be redirected but come to the cluster address; G-09. */
export type Unredirectable = 'drop' | 'serve-direct';

/** What a client is redirected to by: addresses, or a name of DNS that stands for them. */
export type AddressesOrName =
  | { readonly kind: 'addresses'; readonly addresses: readonly IpAddress[] }
  | { readonly kind: 'name'; readonly name: string };

/** What `vpn load-balancing` says. The fields from `cluster` on must be alike on all members (LB-24). */
export type LoadBalancing = {
  readonly participates: boolean;
  /** Names of interfaces; GEN-63. */
  readonly publicInterface: string;
  readonly privateInterface: string;
  /** 1 to 10; undefined for that of the model. */
  readonly priority?: number | undefined;
  /** What this member is translated to before clients see it; undefined for nothing (LB-45). */
  readonly nat?: AddressesOrName | undefined;
  /** GEN-74: whether clients are redirected to names instead of addresses. */
  readonly redirectsToName: boolean;
  /** Private addresses of members that are asked although no multicast reaches them. */
  readonly members: readonly IpAddress[];
  /** Whether a member that has no address left for clients is chosen all the same; GEN-78. */
  readonly choosesEmptyPools: boolean;
  /** The address of the cluster, one of each family at most, or the name that has it; LB-27, GEN-66. */
  readonly cluster?: AddressesOrName | undefined;
  readonly port: number;
  readonly encryption: boolean;
  readonly key?: Secret | undefined;
  readonly timerPreset: TimerPreset;
  /** Between two keepalives; undefined for that of the preset. */
  readonly helloMs?: number | undefined;
  /** Members that must be seen before one of them serves the cluster address. */
  readonly minimumMembers: number;
  readonly unredirectable: Unredirectable;
};

/** UDP; LB-31. */
export const DEFAULT_CLUSTER_PORT = 9023;

export const newLoadBalancing: LoadBalancing = {
  participates: false,
  publicInterface: 'outside',
  privateInterface: 'inside',
  redirectsToName: false,
  members: [],
  choosesEmptyPools: false,
  port: DEFAULT_CLUSTER_PORT,
  encryption: false,
  timerPreset: 'fast',
  minimumMembers: 1,
  unredirectable: 'drop',
};

/** The one element of the mode; a device is a member of one cluster at most. */
export type TheCluster = 'vpn';

/** What this device is in a virtual cluster. */
export type ClusterConfiguration = {
  readonly loadBalancing: Table<TheCluster, LoadBalancing>;
  readonly personality: Personality;
  /** `platform model`; undefined for what the machine can carry. */
  readonly model?: string | undefined;
  /** LB-04: address takeover by VRRP, which excludes load balancing. */
  readonly vrrp: boolean;
};

export const clusterSlice = slice<ClusterConfiguration>('cluster', {
  loadBalancing: new Map(),
  personality: 'asa',
  vrrp: false,
});

/** What the mode says, or its defaults. */
export const loadBalancingOf = (configuration: Configuration): LoadBalancing =>
  clusterSlice.of(configuration).loadBalancing.get('vpn') ?? newLoadBalancing;

/** The addresses among `ends`; none while only a name is known. */
export const addressesOf = (ends: AddressesOrName | undefined): readonly IpAddress[] =>
  ends?.kind === 'addresses' ? ends.addresses : [];
