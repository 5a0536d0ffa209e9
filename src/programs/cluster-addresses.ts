import { NameLookups } from '#adapters/cluster/name-lookups';
import type { IpAddress } from '#base/address';
import type { Configuration } from '#config/configuration';
import { systemSlice } from '#config/system';
import { addressesOf, loadBalancingOf } from '#features/cluster/config';
import { clusterAddresses } from '#features/cluster/policy';

/** A start waits so long for a name server, and goes on without it. */
const NAME_WAIT_MS = 5000;

/**
 * The addresses of the cluster at which the packet path is to listen: those of the configuration, or what
 * its name stands for now (GEN-66). None where no name server answers in time; whoever takes part then says
 * that nothing listens there.
 */
export async function clusterAddressesOf(
  configuration: Configuration,
): Promise<readonly IpAddress[]> {
  const b = loadBalancingOf(configuration);
  if (b.cluster?.kind !== 'name') return addressesOf(b.cluster);
  const { name } = b.cluster;
  const servers = systemSlice.of(configuration).nameServers;
  const { promise: late, resolve: giveUp } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => giveUp(undefined), NAME_WAIT_MS);
  const answer = await Promise.race([
    new NameLookups().ask({ kind: 'resolveName', name, servers }),
    late,
  ]);
  clearTimeout(timer);
  return answer?.kind === 'nameResolved'
    ? clusterAddresses(b, new Map([[name, answer.addresses]]))
    : [];
}
