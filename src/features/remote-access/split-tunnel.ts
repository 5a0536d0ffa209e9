import { address } from '#base/address';
import { type Prefix, prefixOf } from '#base/prefix';
import { resolveAccessList } from '#config/access-list';
import type { AddressMatch } from '#config/access-list-tokens';
import type { Configuration } from '#config/configuration';
import type { ResolvedGroupPolicy } from './config.ts';

const everyIpv4 = prefixOf(address('0.0.0.0'), 0);

const networkOf = (match: AddressMatch): Prefix[] =>
  match === 'any6' ? [] : [typeof match === 'string' ? everyIpv4 : match];

/**
 * The networks that clients of a policy reach through the tunnel; empty for everything. A standard list
 * names them as its networks; an extended one, being written from the inside, as its sources.
 */
export function splitNetworks(configuration: Configuration, policy: ResolvedGroupPolicy): Prefix[] {
  if (policy.splitTunnelPolicy !== 'tunnelspecified' || policy.splitTunnelList === undefined)
    return [];
  return resolveAccessList(configuration, policy.splitTunnelList)
    .entries.filter((entry) => entry.action === 'permit')
    .flatMap((entry) => entry.source.flatMap(networkOf));
}
