import type { KeyObject } from 'node:crypto';
import type { Endpoint } from '#base/address';
import type { Instant } from '#base/instant';
import type { Prefix } from '#base/prefix';
import type { DhGroupName } from '#crypto/dh-groups';
import type { EspSuiteName } from '#crypto/esp-suites';
import type { Child, Retiring } from './child.ts';
import type { NatTraversal } from './nat-detection.ts';
import type { PhaseOneTerms } from './phase-one-proposals.ts';
import type {
  Agreeing,
  AwaitingAnswer,
  AwaitingProof,
  Common,
  Generating,
  MainMode,
  PeerExtensions,
} from './phase-one-state.ts';
import type { PhaseTwoChoice } from './phase-two-proposals.ts';
import type {
  ChildSelectors,
  ConfigurationAttribute,
  PeerPolicy,
  PhaseOneExchange,
} from './policy.ts';
import type { Retransmission } from './retransmission.ts';
import type { Secured } from './seal.ts';
import type { CloseReason } from './turn.ts';

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

/** Pairs that were taken over from an older SA, by inbound SPI, and when. */
export type Adopted = { readonly at: Instant; readonly inboundSpis: readonly number[] };

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
  /** What this SA took over from an older one; undefined if nothing, or once that is settled. */
  readonly adopted: Adopted | undefined;
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
