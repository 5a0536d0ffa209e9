import type { IpAddress } from '#base/address';
import { type Prefix, rangePrefixes } from '#base/prefix';
import type { Configuration } from '#config/configuration';
import { interfaceNamed } from '#config/system';
import type { DataPlaneOptions, Listener } from '#dataplane/data-plane';
import { addressesOf, loadBalancingOf } from '#features/cluster/config';
import { sitesOf } from '#features/lan-to-lan/sites';
import { remoteAccessSlice } from '#features/remote-access/config';
import { ipsecSlice } from '#ipsec/config';
import { sessionSlice } from '#session/config';

/** What the packet path of a head-end is opened with; a configuration says it once, at the start. */

/** The UDP ports of IKE; the demo moves them up, where no privilege is needed. */
export type IkePorts = { readonly isakmp: number; readonly natTraversal: number };
export const IKE_PORTS: IkePorts = { isakmp: 500, natTraversal: 4500 };

/**
 * Where clients may reach a configuration: the addresses of the interfaces on which IKE is enabled, and
 * those of the cluster, which may be the answer to its name.
 */
export function listenersOf(
  configuration: Configuration,
  ports: IkePorts,
  ofCluster: readonly IpAddress[] = addressesOf(loadBalancingOf(configuration).cluster),
): DataPlaneOptions['listen'] {
  const { isakmpInterfaces, natTraversal } = ipsecSlice.of(configuration);
  const ends = (address: IpAddress, floating: boolean): Listener[] => {
    const end = (port: number, encapsulated: boolean): Listener => ({
      endpoint: { address, port },
      encapsulated,
      ...(floating ? { floating } : {}),
    });
    // NAT-15: without NAT traversal nothing listens there.
    return [end(ports.isakmp, false), ...(natTraversal ? [end(ports.natTraversal, true)] : [])];
  };
  const own = isakmpInterfaces.flatMap((name) => {
    const found = interfaceNamed(configuration, name);
    return [found?.address, ...(found?.ipv6 ?? [])].flatMap((a) => a?.address ?? []);
  });
  return [
    ...own.flatMap((address) => ends(address, false)),
    // Also of a cluster that it takes no part in yet: `participate` may be typed at any time.
    ...ofCluster.flatMap((address) => ends(address, true)),
  ];
}

/** `crypto ipsec df-bit` of the first interface on which IKE is enabled. */
export function dfBitOf(configuration: Configuration): DataPlaneOptions['dontFragment'] & string {
  const { isakmpInterfaces, dfBit } = ipsecSlice.of(configuration);
  return isakmpInterfaces.map((name) => dfBit.get(name)).find((bit) => bit !== undefined) ?? 'copy';
}

/** NAT-19: `fragmentation policy` of the first interface on which IKE is enabled. */
export function fragmentationPolicyOf(configuration: Configuration): 1 | 2 | 3 {
  const { isakmpInterfaces } = ipsecSlice.of(configuration);
  const found = isakmpInterfaces.flatMap((name) => interfaceNamed(configuration, name) ?? []);
  return found[0]?.fragmentationPolicy ?? 1;
}

/** `sysopt connection tcpmss`: how long segments of TCP are at most; true for what fits. */
export function clampMssOf(configuration: Configuration): true | number {
  return ipsecSlice.of(configuration).tcpSegmentOctets || true;
}

/** The networks behind tunnels: every address that a client may be given, and those of other sites. */
export function tunnelNetworks(configuration: Configuration): Prefix[] {
  const groups = remoteAccessSlice.of(configuration).tunnelGroups;
  const sites = sitesOf(configuration, groups).flatMap((s) => s.selectors.map((x) => x.remote));
  return [...poolNetworks(configuration), ...sites];
}

function poolNetworks(configuration: Configuration): Prefix[] {
  const { pools, users } = sessionSlice.of(configuration);
  const fixed = [...users.values()].flatMap(({ framedAddress: f }) => f?.address ?? []);
  return [
    ...[...pools.values()].flatMap(({ range }) => rangePrefixes(range.first, range.last)),
    ...fixed.flatMap((address) => rangePrefixes(address, address)),
  ];
}
