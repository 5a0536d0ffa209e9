import type { KeyObject } from 'node:crypto';
import type { Endpoint, IpAddress } from '#base/address';
import type { Instant } from '#base/instant';
import type { Prefix } from '#base/prefix';
import type { RandomSource } from '#base/random';
import type { DhGroupName } from '#crypto/dh-groups';
import type { SecretKey } from '#crypto/secret-key';
import {
  type Arguments,
  type EventDef,
  type EventRecord,
  type EventSubject,
  occurred,
} from '#events/event';
import type { Header } from '#wire/isakmp/header';
import type { VendorIdName } from '#wire/isakmp/vendor-ids';
import type { Child, Retiring } from './child.ts';
import type {
  Admission,
  ChildSelectors,
  ConfigurationAttribute,
  NegotiationPolicy,
} from './policy.ts';

/** Between which endpoints a message travels, and whether the non-ESP marker precedes it. */
export type Path = {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly encapsulated: boolean;
};

/** A question whose answer takes long; it leaves as an effect and comes back as an input with its ticket. */
export type KeyAgreementQuestion =
  /** Make a key pair of ours and combine it with the peer's public value (responder). */
  | { readonly kind: 'dhAgree'; readonly group: DhGroupName; readonly peerPublic: Uint8Array }
  /** Make a key pair (initiator); the private half stays with the answer as an opaque KeyObject. */
  | { readonly kind: 'dhGenerate'; readonly group: DhGroupName }
  | {
      readonly kind: 'dhCombine';
      readonly group: DhGroupName;
      readonly privateKey: KeyObject;
      readonly peerPublic: Uint8Array;
    };

export type KeyAgreementAnswer =
  | {
      readonly kind: 'dhAgree';
      readonly publicValue: Uint8Array;
      readonly sharedSecret: Uint8Array;
    }
  | {
      readonly kind: 'dhGenerate';
      readonly publicValue: Uint8Array;
      readonly privateKey: KeyObject;
    }
  | { readonly kind: 'dhCombine'; readonly sharedSecret: Uint8Array }
  /** The peer's public value is not one of the group, or the operation failed. */
  | { readonly kind: 'failed'; readonly reason: string };

/** Why an ISAKMP SA ended; the words of the concentrator's delete reasons where they exist. */
export type CloseReason =
  | 'peer deleted'
  | 'administrator'
  | 'dead peer'
  | 'authentication failed'
  /** Of an initiator: the gateway answered, and never proved to know the group and its key. */
  | 'wrong group or group key'
  | 'negotiation failed'
  | 'no address'
  | 'negotiation timeout'
  | 'lifetime expired'
  | 'idle timeout'
  | 'replaced'
  | 'preempted'
  | 'redirected'
  | 'refused'
  | 'shutdown';

/** Everything that one ISAKMP SA can be told. */
export type Input =
  | {
      readonly kind: 'datagram';
      readonly path: Path;
      readonly header: Header;
      readonly octets: Uint8Array;
    }
  /** Responder: the message that began this negotiation came again, of so many octets. */
  | { readonly kind: 'firstMessageAgain'; readonly octets: number }
  | { readonly kind: 'answer'; readonly ticket: number; readonly answer: KeyAgreementAnswer }
  | { readonly kind: 'tick' }
  /** Responder: whether the peer is served here. */
  | { readonly kind: 'admission'; readonly admission: Admission }
  /** Responder: the owner judged the credentials of the XAUTH reply. */
  | { readonly kind: 'credentialsJudged'; readonly accepted: boolean }
  /** Responder: what the Mode Config reply says, and the networks that the peer may use. */
  | {
      readonly kind: 'configurationReply';
      readonly attributes: readonly ConfigurationAttribute[];
      readonly assigned: readonly Prefix[];
    }
  /** Initiator: the answer to the XAUTH request. */
  | { readonly kind: 'credentials'; readonly user: string; readonly password: Uint8Array }
  /** Negotiate a pair of IPsec SAs. */
  | { readonly kind: 'createChild'; readonly selectors: ChildSelectors }
  | { readonly kind: 'close'; readonly reason: CloseReason }
  /** An ESP packet passed the integrity check of an inbound SA for the first time. */
  | { readonly kind: 'inboundActive'; readonly spi: number }
  /** An authenticated ESP packet came from elsewhere. */
  | { readonly kind: 'peerMoved'; readonly remote: Endpoint }
  /** ESP came from the peer under an SPI that nothing is installed for. */
  | { readonly kind: 'unknownSpi'; readonly spi: number }
  /** A child reached the soft limit of its octets or sequence numbers. */
  | { readonly kind: 'expiring'; readonly spi: number }
  /** A child has carried all it may, and carries nothing more. */
  | { readonly kind: 'expired'; readonly spi: number }
  /** A newer ISAKMP SA of the same peer takes over the children of an older one, and gives them up. */
  | {
      readonly kind: 'adopt';
      readonly children: readonly Child[];
      readonly retiring: readonly Retiring[];
      readonly assigned: readonly Prefix[];
    }
  | { readonly kind: 'release' };

/** What the owner of an SA is told; it answers with an input. */
export type Notice =
  /** Phase 1 completed; for a group with extended authentication the XAUTH request has been sent. */
  | { readonly kind: 'phaseOneCompleted' }
  /**
   * A peer that the policy says to ask about has proven its key, and nothing else was asked of it. One
   * that does not begin afresh, by its own words, may have a tunnel already, and could be sent nowhere.
   * Answer with `admission`.
   */
  | {
      readonly kind: 'admissionWanted';
      readonly beginsAfresh: boolean;
      /** Those of the peer that are known here: what it is, and whether it would follow a redirect. */
      readonly vendorIds: readonly VendorIdName[];
    }
  /** The peer answered the XAUTH request. Answer with `credentialsJudged`. */
  | { readonly kind: 'credentials'; readonly user: string; readonly password: Uint8Array }
  /** Initiator: the peer asks for credentials. Answer with `credentials`. */
  | { readonly kind: 'credentialsWanted'; readonly message?: string | undefined }
  /** Initiator: the XAUTH status arrived. */
  | { readonly kind: 'credentialsJudged'; readonly accepted: boolean }
  /** The peer asked for configuration, after XAUTH only. Answer with `configurationReply`. */
  | {
      readonly kind: 'configurationRequested';
      readonly attributes: readonly ConfigurationAttribute[];
    }
  /** Initiator: the Mode Config reply arrived. */
  | {
      readonly kind: 'configurationReceived';
      readonly attributes: readonly ConfigurationAttribute[];
    }
  /** The peer sent INITIAL-CONTACT in an authenticated message. */
  | { readonly kind: 'initialContact' }
  | { readonly kind: 'peerMoved'; readonly remote: Endpoint }
  | { readonly kind: 'closed'; readonly reason: CloseReason };

/** What one ISAKMP SA wants done, in order. */
export type Effect =
  | { readonly kind: 'send'; readonly path: Path; readonly octets: Uint8Array }
  | { readonly kind: 'keepalive'; readonly path: Path }
  | { readonly kind: 'ask'; readonly ticket: number; readonly question: KeyAgreementQuestion }
  | { readonly kind: 'event'; readonly record: EventRecord }
  | { readonly kind: 'notice'; readonly notice: Notice }
  /** Install both directions of a negotiated pair. */
  | { readonly kind: 'install'; readonly child: Child }
  | { readonly kind: 'remove'; readonly child: Child }
  /** Receive by a pair whose negotiation the peer has still to confirm; `install` or `abandon` follows. */
  | { readonly kind: 'prepare'; readonly child: Child }
  | { readonly kind: 'abandon'; readonly child: Child }
  /** What these pairs carry goes to `to` from now on. */
  | {
      readonly kind: 'movePeer';
      readonly to: Endpoint;
      readonly children: readonly Child[];
    }
  /** Extended authentication of the peer succeeded, or is not asked of it. */
  | { readonly kind: 'authenticated'; readonly initialContact: boolean }
  /** Responder: the peer was sent to another gateway by `answer`, and hears that again when it repeats its request. */
  | { readonly kind: 'sentElsewhere'; readonly requestKey: string; readonly answer: Uint8Array }
  /** Initiator: an authenticated peer sends us to another address. */
  | { readonly kind: 'redirected'; readonly target: IpAddress };

/** What a step takes from outside: policy, randomness, and questions that have an answer at once. */
export type Environment = {
  readonly policy: NegotiationPolicy;
  readonly random: RandomSource;
  /** Stands in for the pre-shared key of a group that does not exist; different in every process. */
  readonly dummyKey: SecretKey;
  /** An SPI that no inbound SA has, to be handled by the same packet worker as `like` if given. */
  readonly newSpi: (like?: number) => number;
  /** Packets that the inbound SA of this SPI accepted so far. */
  readonly inboundPackets: (spi: number) => number;
  /** Whether anybody reads events of this class and severity. */
  readonly wants: (eventClass: string, severity: number) => boolean;
};

/** One step under way: the moment, the surroundings, and the effects collected so far. */
export class Turn {
  readonly now: Instant;
  readonly environment: Environment;
  readonly effects: Effect[] = [];

  constructor(now: Instant, environment: Environment) {
    this.now = now;
    this.environment = environment;
  }

  emit(effect: Effect): void {
    this.effects.push(effect);
  }

  notify(notice: Notice): void {
    this.effects.push({ kind: 'notice', notice });
  }

  /** Reports an event; its arguments are made only when somebody reads it. */
  log<T extends string>(
    definition: EventDef<T>,
    subject: EventSubject,
    args: () => Arguments<T>,
  ): void {
    if (this.environment.wants(definition.class, definition.severity))
      this.effects.push({ kind: 'event', record: occurred(definition, args(), subject) });
  }
}
