import type { IpAddress } from '#base/address';
import { after, type Instant } from '#base/instant';
import type { ConnectRequest, IsakmpSaSummary, PeerPolicy, SaId } from './keying.ts';

/** What features have in common that keep tunnels with other gateways up. */

/** The ISAKMP SAs with one peer. */
export type KeptSas = {
  /** Complete or not, of either role. */
  readonly sas: readonly SaId[];
  /** The SA that takes over from another one. */
  readonly rekeying: SaId | undefined;
};

/** Part of its lifetime after which the initiator of an ISAKMP SA negotiates it anew; ours. */
const REKEY_PART = 0.85;

/** When the initiator of an SA negotiates it anew; undefined for the responder, and before it is established. */
export const rekeyAt = (
  sa: Pick<IsakmpSaSummary, 'role' | 'expiresAt' | 'lifetimeSeconds'>,
): Instant | undefined =>
  sa.role === 'initiator' && sa.expiresAt !== undefined
    ? after(sa.expiresAt, -Math.round(sa.lifetimeSeconds * 1000 * (1 - REKEY_PART)))
    : undefined;

/** What is left when an SA has ended. */
export const without = <Kept extends KeptSas>(kept: Kept, sa: SaId): Kept => ({
  ...kept,
  sas: kept.sas.filter((known) => known !== sa),
  rekeying: kept.rekeying === sa ? undefined : kept.rekeying,
});

/** Begins main mode with a peer that is known by its address; RFC 2409 section 5.4. */
export function mainModeRequest(
  own: IpAddress,
  peer: IpAddress,
  policy: PeerPolicy,
  { isakmp, natTraversal }: { readonly isakmp: number; readonly natTraversal: number },
): ConnectRequest {
  return {
    exchange: 'main',
    local: { address: own, port: isakmp },
    localEncapsulated: { address: own, port: natTraversal },
    remote: { address: peer, port: isakmp },
    remoteEncapsulated: { address: peer, port: natTraversal },
    identity: { kind: 'address', address: own },
    peer: policy,
    configuration: [],
  };
}
