import type { Endpoint } from '#base/address';
import { after } from '#base/instant';
import { type PhaseOneProof, phaseOneIv, phaseOneKeys, preSharedSkeyid } from '#crypto/keymat';
import type { SecretKey } from '#crypto/secret-key';
import type { EventSubject } from '#events/event';
import { encodeMessage, encodePayloads, GENERIC_HEADER_LENGTH } from '#wire/isakmp/message';
import { doi, exchangeTypes, notifyTypes, protocolIds } from '#wire/isakmp/numbers';
import type { Notification, Payload, VendorId } from '#wire/isakmp/payload';
import { knownVendorId, type VendorIdName, vendorId } from '#wire/isakmp/vendor-ids';
import { COOKIE_OCTETS } from './constants.ts';
import { natDetected } from './events.ts';
import type { NatTraversal } from './nat-detection.ts';
import type { PhaseOneChoice } from './phase-one-proposals.ts';
import type { InitiatorRequest, PeerExtensions } from './phase-one-state.ts';
import type { PeerPolicy, PhaseOneExchange } from './policy.ts';
import { bothCookies, type Cookies, type Secured } from './seal.ts';
import type { Established } from './state.ts';
import type { Path, Turn } from './turn.ts';

/** What both ends of main and of aggressive mode have in common; RFC 2409 section 5.4. */

export const vendorIdPayload = (name: VendorIdName): VendorId => ({
  type: 'vid',
  data: vendorId(name),
});

/** What the peer's vendor IDs announce. */
export function extensionsOf(vendorIds: readonly Uint8Array[]): PeerExtensions {
  const names = new Set(vendorIds.flatMap((data) => knownVendorId(data)?.name ?? []));
  return { deadPeerDetection: names.has('dpd'), vendorIds: [...names] };
}

/** The body of a payload that is not sent yet. */
export const encodedBody = (payload: Payload): Uint8Array =>
  encodePayloads([payload]).slice(GENERIC_HEADER_LENGTH);

/** The responder's cookie in the first message. */
export const NO_COOKIE = new Uint8Array(COOKIE_OCTETS);

/** Initiator: where the rest happens, on the other ports once a NAT is known to be on the way. */
export const pathAfter = (
  path: Path,
  { forceEncapsulation, encapsulatedPath }: InitiatorRequest,
  nat: NatTraversal | undefined,
): Path => {
  const needed = nat && (nat.localBehindNat || nat.remoteBehindNat || forceEncapsulation);
  return needed ? encapsulatedPath : path;
};

/** The notification that what the peer has of us from before is to go; RFC 2407 section 4.6.3.3. */
export const initialContact = (cookies: Cookies): Notification => ({
  type: 'notify',
  doi: doi.ipsec,
  protocolId: protocolIds.isakmp,
  notifyType: notifyTypes.initialContact,
  spi: bothCookies(cookies),
  data: new Uint8Array(0),
});

/** A message of phase 1 before there are keys. */
export const clearMessage = (
  exchangeType: number,
  cookies: Cookies,
  payloads: readonly Payload[],
): Uint8Array =>
  encodeMessage(
    {
      initiatorCookie: cookies.initiator,
      responderCookie: cookies.responder,
      exchangeType,
      flags: 0,
      messageId: 0,
    },
    payloads,
  );

/** An unprotected notification that no proposal is acceptable, shorter than the message that caused it. */
export function sendNoProposal(turn: Turn, path: Path, cookies: Cookies): void {
  const octets = clearMessage(exchangeTypes.informational, cookies, [
    {
      type: 'notify',
      doi: doi.ipsec,
      protocolId: protocolIds.isakmp,
      notifyType: notifyTypes.noProposalChosen,
      spi: new Uint8Array(0),
      data: new Uint8Array(0),
    },
  ]);
  turn.emit({ kind: 'send', path, octets });
}

/** Everything that goes into the keys of phase 1. */
export type Agreement = {
  readonly cookies: Cookies;
  readonly choice: PhaseOneChoice;
  readonly preSharedKey: SecretKey;
  readonly sharedSecret: Uint8Array;
  readonly initiatorPublic: Uint8Array;
  readonly responderPublic: Uint8Array;
  readonly initiatorNonceBody: Uint8Array;
  readonly responderNonceBody: Uint8Array;
  /** Body of the initiator's SA payload. */
  readonly saBody: Uint8Array;
};

/** Derives the keys, the first vector, and what HASH_I and HASH_R are made of besides an identity. */
export function phaseOneSecrets(a: Agreement): {
  readonly secured: Secured;
  readonly proof: PhaseOneProof;
} {
  const { hash, encryption: cipher } = a.choice.policy;
  const secrets = {
    hash,
    cipher,
    initiatorCookie: a.cookies.initiator,
    responderCookie: a.cookies.responder,
    initiatorNonceBody: a.initiatorNonceBody,
    responderNonceBody: a.responderNonceBody,
    sharedSecret: a.sharedSecret,
  };
  const keys = phaseOneKeys(secrets, preSharedSkeyid(secrets, a.preSharedKey));
  const proof = {
    ...secrets,
    skeyid: keys.skeyid,
    initiatorPublic: a.initiatorPublic,
    responderPublic: a.responderPublic,
    saBody: a.saBody,
  };
  return {
    secured: {
      cookies: a.cookies,
      hash,
      cipher,
      skeyidA: keys.skeyidA,
      skeyidD: keys.skeyidD,
      encryption: keys.encryption,
      lastBlock: phaseOneIv(hash, cipher, a.initiatorPublic, a.responderPublic),
    },
    proof,
  };
}

/** What is known of an SA in the moment phase 1 completes. */
export type Completion = {
  readonly role: 'initiator' | 'responder';
  readonly cookies: Cookies;
  readonly path: Path;
  readonly subject: EventSubject;
  readonly secured: Secured;
  readonly choice: PhaseOneChoice;
  readonly peer: PeerPolicy;
  readonly extensions: PeerExtensions;
  readonly natTraversal: NatTraversal | undefined;
  readonly initialContact: boolean;
  readonly origin: Endpoint;
  readonly exchange: PhaseOneExchange;
};

/** The state that phase 1 ends in, before anything follows it. */
export function established(turn: Turn, c: Completion): Established {
  const { choice, ...rest } = c;
  const { natTraversal: nat } = rest;
  // The offered transform is a view of a whole datagram, which must not live as long as the SA.
  const { transform: _, proposalNumber: __, ...terms } = choice;
  if (nat)
    turn.log(natDetected, c.subject, () => ({
      remote: nat.remoteBehindNat ? 'IS' : 'is NOT',
      local: nat.localBehindNat ? 'IS' : 'is NOT',
    }));
  return {
    ...rest,
    terms,
    phase: 'established',
    extendedAuthentication: { stage: 'done' },
    adopted: undefined,
    configuration: { stage: 'idle' },
    configurationWanted: undefined,
    forceEncapsulation: false,
    assigned: [],
    quickModes: [],
    messageIds: [],
    children: [],
    retiring: [],
    deadPeerDetection: { stage: 'off' },
    lastPeerQuestion: undefined,
    unknownSpiAt: undefined,
    keepaliveAt: undefined,
    responderLifetimeAt: undefined,
    answered: [],
    establishedAt: turn.now,
    expiresAt: after(turn.now, terms.lifetimeSeconds * 1000),
  };
}
