import { familyOf, type IpAddress } from '#base/address';
import { contains, formatPrefix, type Prefix } from '#base/prefix';
import type { Message } from '#wire/vcl/message';
import type { Policy } from './policy.ts';

/** An address in none of our networks of its family; undefined where that cannot be said of any. */
const stray = (
  addresses: readonly IpAddress[],
  networks: readonly Prefix[],
): { readonly address: IpAddress; readonly ours: Prefix } | undefined => {
  for (const address of addresses) {
    const alike = networks.filter((n) => familyOf(n.address) === familyOf(address));
    const [ours] = alike;
    if (ours && !alike.some((network) => contains(network, address))) return { address, ours };
  }
  return undefined;
};

/** LB-17: what of a member's addresses lies outside of the networks that all members share, in words. */
export function outsideOurNetworks({ device }: Policy, message: Message): string | undefined {
  const { networks } = device;
  if (!networks) return undefined;
  for (const side of ['private', 'public'] as const) {
    const addresses = side === 'private' ? message.privateAddresses : message.publicAddresses;
    const found = stray(addresses ?? [], networks[side]);
    if (found)
      return `its ${side} address ${found.address} is not in the ${side} network ${formatPrefix(found.ours)}`;
  }
  return undefined;
}
