import { address } from '#base/address';
import { type Prefix, prefixOf } from '#base/prefix';
import { type AddressMatch, accessListSlice } from '#config/access-list';
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
  const entries = accessListSlice.of(configuration).get(policy.splitTunnelList) ?? [];
  return entries.flatMap((entry) => {
    if (entry.kind === 'remark' || entry.action === 'deny') return [];
    return networkOf(entry.kind === 'standard' ? entry.network : entry.source);
  });
}
