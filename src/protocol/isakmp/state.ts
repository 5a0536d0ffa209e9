import type { KeyObject } from 'node:crypto';
import type { Endpoint } from '#base/address';
import type { Instant } from '#base/instant';
import type { Prefix } from '#base/prefix';
import type { DhGroupName } from '#crypto/dh-groups';
import type { EspSuiteName } from '#crypto/esp-suites';
import type { PhaseOneProof } from '#crypto/keymat';
import type { EventSubject } from '#events/event';
import type { VendorIdName } from '#wire/isakmp/vendor-ids';
import type { Child, Retiring } from './child.ts';
import type { NatTraversal, NatTraversalVersion } from './nat-detection.ts';
import type { PhaseOneChoice, PhaseOneTerms } from './phase-one-proposals.ts';
import type { PhaseTwoChoice } from './phase-two-proposals.ts';
import type {
  ChildSelectors,
  ConfigurationAttribute,
  PeerPolicy,
  PhaseOneExchange,
  PhaseOneIdentity,
} from './policy.ts';
import type { Retransmission } from './retransmission.ts';
import type { Cookies, Secured } from './seal.ts';
import type { CloseReason, Path } from './turn.ts';
import type { Exchanged } from './unproven.ts';

/** What every state has. */
type Common = {
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

/** An exchange of the transaction type that goes on: its id, identifier and vector. */
export type Transaction = {
  readonly messageId: number;
  readonly identifier: number;
  readonly iv: Uint8Array;
};

/** Where extended authentication stands; draft-beaulieu-ike-xauth-02. */
export type ExtendedAuthentication =
  /** Over, or not asked for. */
  | { readonly stage: 'done' }
  /** Responder: the owner was asked whether the peer, whose message 3 has this key, is served here. */
  | {
      readonly stage: 'admitting';
      readonly requestKey: string;
      readonly expiresAt: Instant;
    }
  /** Responder: the request is out; a person may be typing. */
  | {
      readonly stage: 'requested';
      readonly transaction: Transaction;
      readonly retransmission: Retransmission | undefined;
      readonly expiresAt: Instant;
    }
  /** Responder: the owner judges the credentials. */
  | { readonly stage: 'judging'; readonly expiresAt: Instant }
  /** Responder: the status is out. A peer that goes on has read it, acknowledged or not. */
  | {
      readonly stage: 'judged';
      readonly accepted: boolean;
      readonly transaction: Transaction;
      readonly retransmission: Retransmission;
    }
  /** Initiator: message 3 of phase 1 is out, which only the request acknowledges. */
  | {
      readonly stage: 'awaitingRequest';
      readonly retransmission: Retransmission;
    }
  /** Initiator: the owner was asked for credentials. */
  | {
      readonly stage: 'asking';
      readonly transaction: Transaction;
      readonly requestKey: string;
      readonly expiresAt: Instant;
    }
  /** Initiator: the reply is out. */
  | {
      readonly stage: 'replied';
      readonly transaction: Transaction;
      readonly retransmission: Retransmission;
    };

/** Where Mode Config stands; draft-dukes-ike-mode-cfg-02. */
export type Configuration =
  | { readonly stage: 'idle' }
  /** Responder: the owner was asked. */
  | {
      readonly stage: 'asked';
      readonly transaction: Transaction;
      readonly requestKey: string;
    }
  /** Initiator: the request is out. */
  | {
      readonly stage: 'requested';
      readonly transaction: Transaction;
      readonly retransmission: Retransmission;
    };

/** What both ends of a Quick Mode know once message 2 is made; enough to make the keys. */
export type ChildPlan = {
  readonly choice: PhaseTwoChoice;
  readonly selectors: ChildSelectors;
  readonly inboundSpi: number;
  readonly replaces: number | undefined;
};

type QuickCommon = { readonly messageId: number; readonly iv: Uint8Array };

/** A Quick Mode under way; RFC 2409 section 5.5. */
export type QuickMode = QuickCommon &
  (
    | {
        /** Responder: message 1 is in, the key agreement for PFS was asked for. */
        readonly stage: 'agreeing';
        readonly plan: ChildPlan;
        readonly identityBodies: readonly Uint8Array[];
        readonly initiatorNonceBody: Uint8Array;
        readonly requestKey: string;
        readonly expiresAt: Instant;
      }
    | {
        /** Responder: message 2 is out. */
        readonly stage: 'awaitingHash';
        readonly child: Child;
        readonly expectedHash: Uint8Array;
        readonly retransmission: Retransmission;
      }
    | {
        /** Initiator: the key pair for PFS was asked for. */
        readonly stage: 'generating';
        readonly offer: QuickOffer;
        readonly expiresAt: Instant;
      }
    | {
        /** Initiator: message 1 is out. */
        readonly stage: 'awaitingAnswer';
        readonly offer: QuickOffer;
        readonly nonceBody: Uint8Array;
        readonly privateKey: KeyObject | undefined;
        readonly retransmission: Retransmission;
      }
    | {
        /** Initiator: message 2 is in and authentic, its shared secret was asked for. */
        readonly stage: 'combining';
        readonly plan: ChildPlan;
        readonly initiatorNonceBody: Uint8Array;
        readonly responderNonceBody: Uint8Array;
        readonly requestKey: string;
        readonly expiresAt: Instant;
      }
  );

/** What an initiator of Quick Mode asks for. */
export type QuickOffer = {
  readonly selectors: ChildSelectors;
  readonly suites: readonly EspSuiteName[];
  readonly encapsulation: 'udp' | 'none';
  readonly group: DhGroupName | undefined;
  readonly lifetimeSeconds: number;
  readonly inboundSpi: number;
  readonly replaces: number | undefined;
};

/** Watching whether the peer lives; RFC 3706. */
export type DeadPeerDetection =
  /** The peer did not announce it. */
  | { readonly stage: 'off' }
  /** If nothing came for the idle time, the peer is asked; `checkAt` is when that is looked into. */
  | {
      readonly stage: 'watching';
      readonly packets: number;
      /** Of the last question; they count up from a random start. */
      readonly sequence: number;
      /** The last sign of life, as far as is known. */
      readonly aliveAt: Instant;
      readonly checkAt: Instant;
    }
  | {
      readonly stage: 'asking';
      readonly packets: number;
      readonly sequence: number;
      readonly asked: number;
      readonly nextAt: Instant;
    };

/** A message whose exchange is over: its repetition gets the identical answer, or none. */
export type Answered = { readonly key: string; readonly answer: Uint8Array | undefined };

/** Phase 1 is complete. */
export type Established = Common & {
  readonly phase: 'established';
  readonly role: 'initiator' | 'responder';
  readonly exchange: PhaseOneExchange;
  readonly secured: Secured;
  readonly terms: PhaseOneTerms;
  readonly peer: PeerPolicy;
  readonly extensions: PeerExtensions;
  readonly natTraversal: NatTraversal | undefined;
  readonly initialContact: boolean;
  /** Where the peer began phase 1 from; behind a NAT it goes on from another port. */
  readonly origin: Endpoint;
  /** When this SA took over the pairs of an older one; undefined if it did not. */
  readonly adoptedAt: Instant | undefined;
  readonly extendedAuthentication: ExtendedAuthentication;
  readonly configuration: Configuration;
  /** Initiator: what to ask for once extended authentication is over. */
  readonly configurationWanted: readonly ConfigurationAttribute[] | undefined;
  /** Initiator: encapsulate in UDP even where no NAT was found. */
  readonly forceEncapsulation: boolean;
  /** Networks that the peer was given, and may therefore name in Quick Mode. */
  readonly assigned: readonly Prefix[];
  readonly quickModes: readonly QuickMode[];
  /** Message ids of every Quick Mode so far, of both ends; one that comes again is an old message. */
  readonly messageIds: readonly number[];
  readonly children: readonly Child[];
  readonly retiring: readonly Retiring[];
  readonly deadPeerDetection: DeadPeerDetection;
  /** Number of the peer's newest R-U-THERE; they rise, so that an old one repeated is recognized. */
  readonly lastPeerQuestion: number | undefined;
  /** When the peer was last told that we do not have a pair it uses. */
  readonly unknownSpiAt: Instant | undefined;
  /** When the next NAT keepalive is due. */
  readonly keepaliveAt: Instant | undefined;
  /** When the phase-1 lifetime is announced, or again; undefined before XAUTH is over, and when all is said. */
  readonly responderLifetimeAt: Instant | undefined;
  readonly answered: readonly Answered[];
  /** Phase 1 counts its lifetime from here. */
  readonly establishedAt: Instant;
  readonly expiresAt: Instant;
};

/**
 * Responder: the peer was sent to another gateway. Nothing is left of the SA but the message that says
 * so, for a peer that repeats its message 3.
 */
export type Redirected = Common & {
  readonly phase: 'redirected';
  readonly role: 'responder';
  readonly requestKey: string;
  readonly answer: Uint8Array;
  readonly expiresAt: Instant;
};

export type Closed = Common & {
  readonly phase: 'closed';
  readonly role: 'initiator' | 'responder';
  readonly reason: CloseReason;
};

/** One ISAKMP SA. Nothing after `established` depends on how phase 1 was done. */
export type State =
  | Agreeing
  | AwaitingProof
  | Generating
  | AwaitingAnswer
  | MainMode
  | Established
  | Redirected
  | Closed;

/** Pairs that are negotiated but for the peer's last message; they receive already. */
export const unconfirmedPairs = (sa: Established): readonly Child[] =>
  sa.quickModes.flatMap((q) => (q.stage === 'awaitingHash' ? [q.child] : []));

export const closed = (state: State, reason: CloseReason): Closed => ({
  phase: 'closed',
  role: state.role,
  cookies: state.cookies,
  path: state.path,
  subject: state.subject,
  reason,
});
