import { addressBytes, type Endpoint } from '#base/address';
import { equalBytes } from '#base/bytes';
import { digest, type HashName } from '#crypto/hashes';
import { encapsulationModes } from '#wire/isakmp/numbers';
import type { NatDetection, Payload } from '#wire/isakmp/payload';
import { knownVendorId, type VendorIdName, vendorId } from '#wire/isakmp/vendor-ids';
import type { Path } from './turn.ts';

/** A version of NAT traversal, under the vendor ID that announces it; RFC 3947 and its drafts. */
export type NatTraversalVersion = {
  readonly vendorId: VendorIdName;
  readonly label: 'rfc3947' | 'draft-03' | 'draft-02';
  /** Drafts use other payload and encapsulation mode numbers. */
  readonly draft: boolean;
};

/** Best first. Drafts 00 and 01 encapsulate differently and are not offered. */
const VERSIONS: readonly NatTraversalVersion[] = [
  { vendorId: 'natTraversal', label: 'rfc3947', draft: false },
  { vendorId: 'natTraversalDraft03', label: 'draft-03', draft: true },
  { vendorId: 'natTraversalDraft02n', label: 'draft-02', draft: true },
  { vendorId: 'natTraversalDraft02', label: 'draft-02', draft: true },
];

/** What both ends found out about the way between them. */
export type NatTraversal = {
  readonly version: NatTraversalVersion;
  readonly localBehindNat: boolean;
  readonly remoteBehindNat: boolean;
};

/** The vendor IDs that an initiator offers. */
export const natTraversalOffer = (): Uint8Array[] => VERSIONS.map((v) => vendorId(v.vendorId));

/** The best version among vendor IDs that the peer sent. */
export function bestNatTraversal(
  vendorIds: readonly Uint8Array[],
): NatTraversalVersion | undefined {
  const names = new Set(vendorIds.map((data) => knownVendorId(data)?.name));
  return VERSIONS.find((v) => names.has(v.vendorId));
}

/** `hash(CKY-I | CKY-R | address | port)`; RFC 3947 section 3.2. */
export function natHash(
  hash: HashName,
  initiatorCookie: Uint8Array,
  responderCookie: Uint8Array,
  endpoint: Endpoint,
): Uint8Array {
  const port = new Uint8Array([endpoint.port >> 8, endpoint.port & 255]);
  return digest(hash, initiatorCookie, responderCookie, addressBytes(endpoint.address), port);
}

/** What the NAT-D payloads of a message are made of. */
export type NatHashInput = {
  readonly hash: HashName;
  readonly initiatorCookie: Uint8Array;
  readonly responderCookie: Uint8Array;
};

const hashOf = (n: NatHashInput, endpoint: Endpoint): Uint8Array =>
  natHash(n.hash, n.initiatorCookie, n.responderCookie, endpoint);

/** Our NAT-D payloads: where the message goes to first, then where it comes from. */
export const natDetectionPayloads = (
  version: NatTraversalVersion,
  input: NatHashInput,
  path: Path,
  /** Makes the peer see a NAT where there is none. */
  pretend: boolean,
): readonly NatDetection[] => {
  const own = hashOf(input, path.local);
  if (pretend) own[0] = (own[0] as number) ^ 1;
  return [hashOf(input, path.remote), own].map((data) => ({
    type: 'nat-d',
    draft: version.draft,
    data,
  }));
};

/**
 * What the peer's NAT-D payloads say: its first is the hash of our end as it sees it, the others of its
 * own ends. `paths` are those the exchange took: an initiator may have floated to another port
 * between making the hash and sending it. Undefined without at least two payloads.
 */
export function detectNat(
  payloads: readonly Payload[],
  input: NatHashInput,
  paths: readonly Path[],
): { readonly localBehindNat: boolean; readonly remoteBehindNat: boolean } | undefined {
  const hashes = payloads.filter((p) => p.type === 'nat-d').map((p) => p.data);
  const [ours, ...theirs] = hashes;
  if (!ours || theirs.length === 0) return undefined;
  const matches = (candidates: readonly Uint8Array[], endpoints: readonly Endpoint[]) =>
    endpoints.some((e) => candidates.some((h) => equalBytes(h, hashOf(input, e))));
  return {
    localBehindNat: !matches(
      [ours],
      paths.map((p) => p.local),
    ),
    remoteBehindNat: !matches(
      theirs,
      paths.map((p) => p.remote),
    ),
  };
}

/** Value of the encapsulation mode attribute; RFC 2407 section 4.5, RFC 3947 section 5.1. */
export function encapsulationMode(
  mode: 'tunnel' | 'transport',
  encapsulation: 'udp' | 'none',
  version: NatTraversalVersion | undefined,
): number {
  if (encapsulation === 'none') return encapsulationModes[mode];
  if (version?.draft)
    return mode === 'tunnel'
      ? encapsulationModes.udpTunnelDraft
      : encapsulationModes.udpTransportDraft;
  return mode === 'tunnel' ? encapsulationModes.udpTunnel : encapsulationModes.udpTransport;
}
