import type { KeyObject } from 'node:crypto';
import type { Endpoint } from '#base/address';
import type { Instant } from '#base/instant';
import type { PhaseOneProof } from '#crypto/keymat';
import type { EventSubject } from '#events/event';
import type { VendorIdName } from '#wire/isakmp/vendor-ids';
import type { NatTraversal, NatTraversalVersion } from './nat-detection.ts';
import type { PhaseOneChoice } from './phase-one-proposals.ts';
import type {
  ConfigurationAttribute,
  PeerPolicy,
  PhaseOneExchange,
  PhaseOneIdentity,
} from './policy.ts';
import type { Retransmission } from './retransmission.ts';
import type { Cookies, Secured } from './seal.ts';
import type { Path } from './turn.ts';
import type { Exchanged } from './unproven.ts';

/** What every state has. */
export type Common = {
  readonly cookies: Cookies;
  readonly path: Path;
  /** Whom events are about. */
  readonly subject: EventSubject;
};

/** Extensions that the peer announced by vendor IDs. */
export type PeerExtensions = {
  readonly deadPeerDetection: boolean;
  /** All vendor IDs that are known here: what the peer is, for whoever has to judge it (LB-06). */
  readonly vendorIds: readonly VendorIdName[];
};

/** What the responder read in the first aggressive mode message. */
export type AggressiveOffer = {
  readonly choice: PhaseOneChoice;
  readonly identity: PhaseOneIdentity;
  /** Undefined for a name that nobody configured; the exchange goes on with a dummy key. */
  readonly peer: PeerPolicy | undefined;
  readonly natTraversal: NatTraversalVersion | undefined;
  readonly extensions: PeerExtensions;
  readonly publicValue: Uint8Array;
  readonly nonceBody: Uint8Array;
  readonly saBody: Uint8Array;
  readonly identityBody: Uint8Array;
};

/** Responder: message 1 is in, the key agreement was asked for. */
export type Agreeing = Common & {
  readonly phase: 'agreeing';
  readonly role: 'responder';
  readonly offer: AggressiveOffer;
  readonly exchanged: Exchanged;
  readonly expiresAt: Instant;
};

/** Responder: message 2 is out. */
export type AwaitingProof = Common & {
  readonly phase: 'awaitingProof';
  readonly role: 'responder';
  readonly offer: AggressiveOffer;
  readonly secured: Secured;
  /** What message 3 must prove; it is made in advance so that every message 3 costs the same. */
  readonly expectedHash: Uint8Array;
  readonly retransmission: Retransmission | undefined;
  readonly exchanged: Exchanged;
  readonly expiresAt: Instant;
  /** A refused message 3 is reported once; a stranger can send as many as they like. */
  readonly refusalReported: boolean;
};

/** What an initiator was asked to do. */
export type InitiatorRequest = {
  readonly exchange: PhaseOneExchange;
  readonly identity: PhaseOneIdentity;
  readonly peer: PeerPolicy;
  /** Where the exchange goes on once a NAT was found. */
  readonly encapsulatedPath: Path;
  readonly configuration: readonly ConfigurationAttribute[];
  readonly forceEncapsulation: boolean;
  /** Whether what the gateway has of us from before is to go; not when phase 1 is only negotiated anew. */
  readonly initialContact: boolean;
};

/** Initiator: the key pair was asked for. */
export type Generating = Common & {
  readonly phase: 'generating';
  readonly role: 'initiator';
  readonly request: InitiatorRequest;
  readonly expiresAt: Instant;
};

/** What an initiator needs again when message 2 arrives. */
export type AggressiveSent = {
  readonly privateKey: KeyObject;
  readonly publicValue: Uint8Array;
  readonly nonceBody: Uint8Array;
  readonly saBody: Uint8Array;
  readonly identityBody: Uint8Array;
};

/** Initiator: message 1 is out. */
export type AwaitingAnswer = Common & {
  readonly phase: 'awaitingAnswer';
  readonly role: 'initiator';
  readonly request: InitiatorRequest;
  readonly sent: AggressiveSent;
  readonly retransmission: Retransmission;
  /** A message 2 whose shared secret was asked for; it is not authenticated yet. */
  readonly candidate: AnswerCandidate | undefined;
  /** Whether a message 2 came that proved nothing, which was reported. */
  readonly refusalReported: boolean;
};

export type AnswerCandidate = {
  readonly octets: Uint8Array;
  readonly cookies: Cookies;
  readonly choice: PhaseOneChoice;
  readonly natTraversal: NatTraversal | undefined;
  readonly extensions: PeerExtensions;
  readonly publicValue: Uint8Array;
  readonly nonceBody: Uint8Array;
  readonly identityBody: Uint8Array;
  readonly hash: Uint8Array;
};

/** Main mode: what both ends know once the proposal is settled. */
export type MainTerms = {
  readonly choice: PhaseOneChoice;
  readonly natTraversal: NatTraversalVersion | undefined;
  readonly extensions: PeerExtensions;
  /** Body of the initiator's SA payload. */
  readonly saBody: Uint8Array;
};

/** What a main mode exchange is authenticated and protected by once both public values are known. */
export type MainKeys = {
  readonly secured: Secured;
  readonly proof: PhaseOneProof;
  readonly natTraversal: NatTraversal | undefined;
  /** Where the peer began phase 1 from. */
  readonly origin: Endpoint;
  /** A message that proves nothing is reported once; a stranger can send as many as they like. */
  readonly refusalReported: boolean;
};

type MainResponder = Common & {
  readonly role: 'responder';
  readonly terms: MainTerms;
  /** Undefined for an address that nobody configured; the exchange goes on with a dummy key. */
  readonly peer: PeerPolicy | undefined;
  readonly expiresAt: Instant;
};

/** Responder: message 2 is out. It is sent again only when message 1 is, since anybody may have sent that. */
export type MainProposed = MainResponder & {
  readonly phase: 'mainProposed';
  readonly answer: Uint8Array;
};

/** Responder: message 3 is in, the key agreement was asked for. */
export type MainAgreeing = MainResponder & {
  readonly phase: 'mainAgreeing';
  readonly publicValue: Uint8Array;
  readonly nonceBody: Uint8Array;
  readonly natTraversal: NatTraversal | undefined;
  readonly requestKey: string;
};

/** Responder: message 4 is out. It is sent again when message 3 is. */
export type MainAnswered = MainResponder & {
  readonly phase: 'mainAnswered';
  readonly keys: MainKeys;
  readonly requestKey: string;
  readonly answer: Uint8Array;
};

type MainInitiator = Common & { readonly role: 'initiator'; readonly request: InitiatorRequest };

/** Initiator: message 1 is out. */
export type MainOffered = MainInitiator & {
  readonly phase: 'mainOffered';
  readonly saBody: Uint8Array;
  readonly retransmission: Retransmission;
};

/** Initiator: message 2 is in, the key pair was asked for. */
export type MainGenerating = MainInitiator & {
  readonly phase: 'mainGenerating';
  readonly terms: MainTerms;
  readonly expiresAt: Instant;
};

/** Initiator: message 3 is out. */
export type MainExchanging = MainInitiator & {
  readonly phase: 'mainExchanging';
  readonly terms: MainTerms;
  readonly privateKey: KeyObject;
  readonly publicValue: Uint8Array;
  readonly nonceBody: Uint8Array;
  readonly retransmission: Retransmission;
};

/** Initiator: message 4 is in, the shared secret was asked for. */
export type MainCombining = MainInitiator & {
  readonly phase: 'mainCombining';
  readonly terms: MainTerms;
  readonly publicValue: Uint8Array;
  readonly nonceBody: Uint8Array;
  readonly peerPublic: Uint8Array;
  readonly peerNonceBody: Uint8Array;
  readonly natTraversal: NatTraversal | undefined;
  readonly expiresAt: Instant;
};

/** Initiator: message 5 is out. */
export type MainProving = MainInitiator & {
  readonly phase: 'mainProving';
  readonly terms: MainTerms;
  readonly keys: MainKeys;
  readonly retransmission: Retransmission;
};

/** Main mode under way; RFC 2409 section 5.4. */
export type MainMode =
  | MainProposed
  | MainAgreeing
  | MainAnswered
  | MainOffered
  | MainGenerating
  | MainExchanging
  | MainCombining
  | MainProving;
