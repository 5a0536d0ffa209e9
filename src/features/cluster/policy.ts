import { familyOf, type IpAddress } from '#base/address';
import { toHex, toUtf8 } from '#base/bytes';
import { contains, type Prefix, prefixOf } from '#base/prefix';
import type { Configuration } from '#config/configuration';
import { interfaceNamed, systemSlice } from '#config/system';
import { digest } from '#crypto/hashes';
import { clusterId, clusterTag, type SenderKeys } from '#protocol/vcl/keys';
import { type Policy, timing } from '#protocol/vcl/policy';
import { sessionSlice } from '#session/config';
import type { AddressesOrName, LoadBalancing, Personality } from './config.ts';
import { clusterSlice, loadBalancingOf } from './config.ts';
import { publicStop } from './filters.ts';
import { PLATFORM_MODELS, type PlatformModel } from './platform.ts';
import type { ClusterEnds } from './port.ts';

/** Discovery and announcements on the private side; ours, of the ranges that sites use as they like. */
const GROUPS: Readonly<Record<4 | 6, IpAddress>> = {
  4: '239.255.90.23' as IpAddress,
  6: 'ff02::9023' as IpAddress,
};

/** The addresses that names of the configuration have, as far as they are known. */
export type Resolved = ReadonlyMap<string, readonly IpAddress[]>;

/** What does not stand in the configuration. */
export type Surroundings = {
  readonly softwareVersion: string;
  /** What this machine counts as when no model is named. */
  readonly machine: PlatformModel;
  readonly resolved: Resolved;
};

/** The model that a device stands for. */
export const platformOf = (configuration: Configuration, machine: PlatformModel): PlatformModel =>
  PLATFORM_MODELS.get(clusterSlice.of(configuration).model ?? '') ?? machine;

/** The names that must be resolved before a member can begin. */
export const namesOf = (b: LoadBalancing): readonly string[] =>
  [b.cluster, b.nat].flatMap((ends) => (ends?.kind === 'name' ? [ends.name] : []));

const addressesOf = (ends: AddressesOrName | undefined, resolved: Resolved) =>
  ends === undefined
    ? []
    : ends.kind === 'addresses'
      ? ends.addresses
      : (resolved.get(ends.name) ?? []);

/** One of each family, IPv4 first. */
const onePerFamily = (addresses: readonly IpAddress[]): IpAddress[] =>
  ([4, 6] as const).flatMap((family) => addresses.find((a) => familyOf(a) === family) ?? []);

const addressesOfInterface = (configuration: Configuration, name: string): IpAddress[] => {
  const found = interfaceNamed(configuration, name);
  return onePerFamily([found?.address, ...(found?.ipv6 ?? [])].flatMap((a) => a?.address ?? []));
};

const networksOfInterface = (configuration: Configuration, name: string): Prefix[] => {
  const found = interfaceNamed(configuration, name);
  const own = [...(found?.address ? [found.address] : []), ...(found?.ipv6 ?? [])];
  return own.map(({ address, length }) => prefixOf(address, length));
};

/** The addresses of the cluster, as far as they are known. */
export const clusterAddresses = (b: LoadBalancing, resolved: Resolved): IpAddress[] =>
  onePerFamily(addressesOf(b.cluster, resolved));

/**
 * An address of a cluster that cannot be served: of another network than the public one, or a device's own
 * (GEN-66). Of a name this shows only when it has been looked up.
 */
export function strayAddress(
  configuration: Configuration,
  addresses: readonly IpAddress[],
): IpAddress | undefined {
  const { publicInterface } = loadBalancingOf(configuration);
  const networks = networksOfInterface(configuration, publicInterface);
  const own = addressesOfInterface(configuration, publicInterface);
  return addresses.find(
    (address) => own.includes(address) || !networks.some((network) => contains(network, address)),
  );
}

/** Where a member of this configuration speaks; undefined while it has no private address. */
export function endsOf(configuration: Configuration, resolved: Resolved): ClusterEnds | undefined {
  const b = loadBalancingOf(configuration);
  const [privateAddress] = addressesOfInterface(configuration, b.privateInterface);
  if (privateAddress === undefined) return undefined;
  return {
    privateAddress,
    publicAddresses: addressesOfInterface(configuration, b.publicInterface),
    clusterAddresses: clusterAddresses(b, resolved),
    port: b.port,
    group: GROUPS[familyOf(privateAddress)],
  };
}

/** LB-16, LB-24: what all members must have alike, as one number that they compare. */
const commonDigest = (b: LoadBalancing, personality: Personality): string =>
  toHex(
    digest(
      'sha2-256',
      toUtf8(
        [
          'vpn-cluster/1 common',
          personality,
          b.encryption,
          b.unredirectable,
          b.minimumMembers,
        ].join('|'),
      ),
    ),
  ).slice(0, 32);

/** LB-36: the last in an election. */
const LEAST_PRIORITY = 1;

/** What the cluster protocol is told, from the configuration; undefined while addresses are missing. */
export function memberPolicy(
  configuration: Configuration,
  { softwareVersion, machine, resolved }: Surroundings,
  keys: SenderKeys,
): Policy | undefined {
  const b = loadBalancingOf(configuration);
  const ends = endsOf(configuration, resolved);
  if (ends === undefined || ends.clusterAddresses.length === 0) return undefined;
  const addresses = ends.clusterAddresses;
  const { personality } = clusterSlice.of(configuration);
  const model = platformOf(configuration, machine);
  const pools = [...sessionSlice.of(configuration).pools.values()].map(({ range }) => range);
  return {
    cluster: {
      addresses,
      tag: clusterTag(clusterId(addresses, b.port)),
      port: b.port,
      digest: commonDigest(b, personality),
      minMembers: b.minimumMembers,
    },
    device: {
      hostName: systemSlice.of(configuration).hostname,
      model: model.deviceType,
      softwareVersion,
      priority: publicStop(configuration) ? LEAST_PRIORITY : (b.priority ?? model.priority),
      privateAddress: ends.privateAddress,
      publicAddresses: ends.publicAddresses,
      networks: {
        private: networksOfInterface(configuration, b.privateInterface),
        public: networksOfInterface(configuration, b.publicInterface),
      },
      natAddresses: onePerFamily(addressesOf(b.nat, resolved)),
      fqdn: undefined,
      pools: pools.map(({ first, last }) => ({ first, last })),
    },
    timing: timing(b.timerPreset, b.helloMs),
    neighbourhood: { group: ends.group, members: b.members, publicCheck: true },
    keys,
    sendKeyId: 0,
    addressRefreshMs: undefined,
  };
}

/**
 * What a member cannot change while it takes part: where and how it speaks, what the cluster is, the secret, and names
 * that have no address yet. Two policies with the same text differ only in what can be changed in place.
 */
export function foundationOf(configuration: Configuration, resolved: Resolved): string {
  const b = loadBalancingOf(configuration);
  const secret = b.key && toHex(digest('sha2-256', toUtf8(`foundation|${b.key.reveal()}`)));
  const unresolved = namesOf(b).filter((name) => !resolved.has(name));
  return JSON.stringify([endsOf(configuration, resolved), unresolved, secret, b.encryption]);
}
