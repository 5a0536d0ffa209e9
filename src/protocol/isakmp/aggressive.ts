import type { KeyObject } from 'node:crypto';
import type { Endpoint } from '#base/address';
import { after } from '#base/instant';
import { hashI, hashR, phaseOneIv, phaseOneKeys, preSharedSkeyid } from '#crypto/keymat';
import type { EventSubject } from '#events/event';
import { encodePayloads, GENERIC_HEADER_LENGTH } from '#wire/isakmp/message';
import type { Payload, VendorId } from '#wire/isakmp/payload';
import { knownVendorId, type VendorIdName, vendorId } from '#wire/isakmp/vendor-ids';
import { natDetected } from './events.ts';
import type { NatTraversal } from './nat-detection.ts';
import type { PhaseOneChoice } from './phase-one-proposals.ts';
import type { PeerPolicy } from './policy.ts';
import type { Cookies, Secured } from './seal.ts';
import type { Established, PeerExtensions } from './state.ts';
import type { Path, Turn } from './turn.ts';

/** What both ends of aggressive mode have in common; RFC 2409 section 5.4. */

export const vendorIdPayload = (name: VendorIdName): VendorId => ({
  type: 'vid',
  data: vendorId(name),
});

/** What the peer's vendor IDs announce. */
export function extensionsOf(vendorIds: readonly Uint8Array[]): PeerExtensions {
  const names = new Set(vendorIds.map((data) => knownVendorId(data)?.name));
  return { deadPeerDetection: names.has('dpd') };
}

/** The body of a payload that is not sent yet. */
export const encodedBody = (payload: Payload): Uint8Array =>
  encodePayloads([payload]).slice(GENERIC_HEADER_LENGTH);

/** Everything that goes into the keys of phase 1. */
export type Agreement = {
  readonly cookies: Cookies;
  readonly choice: PhaseOneChoice;
  readonly preSharedKey: KeyObject;
  readonly sharedSecret: Uint8Array;
  readonly initiatorPublic: Uint8Array;
  readonly responderPublic: Uint8Array;
  readonly initiatorNonceBody: Uint8Array;
  readonly responderNonceBody: Uint8Array;
  /** Body of the initiator's SA payload. */
  readonly saBody: Uint8Array;
  readonly initiatorIdentityBody: Uint8Array;
  readonly responderIdentityBody: Uint8Array;
};

/** Derives the keys, the first vector and the hashes of both ends. */
export function phaseOneSecrets(a: Agreement): {
  readonly secured: Secured;
  readonly hashI: Uint8Array;
  readonly hashR: Uint8Array;
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
    hashI: hashI(proof, a.initiatorIdentityBody),
    hashR: hashR(proof, a.responderIdentityBody),
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
    adoptedAt: undefined,
    configuration: { stage: 'idle' },
    configurationWanted: undefined,
    forceEncapsulation: false,
    assigned: [],
    quickModes: [],
    children: [],
    retiring: [],
    deadPeerDetection: { stage: 'off' },
    lastPeerQuestion: undefined,
    keepaliveAt: undefined,
    responderLifetimeAt: undefined,
    answered: [],
    establishedAt: turn.now,
    expiresAt: after(turn.now, terms.lifetimeSeconds * 1000),
  };
}
