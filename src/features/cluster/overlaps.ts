import { compareAddresses, familyOf } from '#base/address';
import type { AddressRange } from '#config/address-tokens';
import { isAlive } from '#protocol/vcl/peers';
import type { Policy } from '#protocol/vcl/policy';
import type { Member } from '#protocol/vcl/state';
import type { MemberId } from '#wire/vcl/fields';

/** Two members that would give the same address to two clients; GEN-79. */
export type Overlap = {
  readonly member: MemberId;
  readonly address: string;
  readonly own: string;
  readonly other: string;
};

const text = ({ first, last }: AddressRange): string => `${first}-${last}`;

const overlap = (a: AddressRange, b: AddressRange): boolean =>
  familyOf(a.first) === familyOf(b.first) &&
  compareAddresses(a.first, b.last) <= 0 &&
  compareAddresses(b.first, a.last) <= 0;

/** The first overlap with each member that is in the cluster. */
export const poolOverlaps = (member: Member, { device }: Policy): Overlap[] =>
  [...member.peers.values()].filter(isAlive).flatMap(({ identity, description }) => {
    for (const own of device.pools)
      for (const other of description.pools)
        if (overlap(own, other))
          return [
            {
              member: identity.member,
              address: description.privateAddress,
              own: text(own),
              other: text(other),
            },
          ];
    return [];
  });
