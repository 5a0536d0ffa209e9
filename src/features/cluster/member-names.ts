import type { IpAddress } from '#base/address';
import type { Policy } from '#protocol/vcl/policy';
import type { Member } from '#protocol/vcl/state';

/** What people call a member, by its private address, which is what decisions know it by. */
export type MemberNames = (privateAddress: IpAddress) => string;

type Named = Pick<
  Policy['device'],
  'hostName' | 'privateAddress' | 'natAddresses' | 'publicAddresses'
>;

/** `n3030 (172.18.124.130)`: its name, and where clients are sent, rather than where members meet. */
function nameOf({ hostName, privateAddress, natAddresses, publicAddresses }: Named): string {
  const [address = privateAddress] = [...natAddresses, ...publicAddresses];
  // Members prove to hold the key, not to have names that a terminal may be given.
  const name = hostName.replace(/\p{Cc}/gu, '');
  return name === '' ? address : `${name} (${address})`;
}

/** The names of the members that are known now; one that was forgotten keeps its private address. */
export function memberNames(
  cluster: { readonly member: Member; readonly policy: Policy } | undefined,
): MemberNames {
  if (!cluster) return (privateAddress) => privateAddress;
  const { member, policy } = cluster;
  const all: readonly Named[] = [
    policy.device,
    ...[...member.peers.values()].map(({ description }) => description),
  ];
  const names = new Map(all.map((each) => [each.privateAddress, nameOf(each)]));
  return (privateAddress) => names.get(privateAddress) ?? privateAddress;
}
