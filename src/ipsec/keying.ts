import type { Endpoint, IpAddress } from '#base/address';
import type { Prefix } from '#base/prefix';
import type { DhGroupName } from '#crypto/dh-groups';
import type { EspSuiteName } from '#crypto/esp-suites';
import type { HashName } from '#crypto/hashes';
import type { IsakmpCipherName } from '#crypto/isakmp-ciphers';
import type { ForwardingChange } from '#dataplane/data-plane';
import type { EventRecord } from '#events/event';
import type { KeyObject } from 'node:crypto';

/** One acceptable phase-1 transform, in order of preference; a `crypto ikev1 policy`. */
export type IsakmpPolicy = {
  readonly priority: number;
  readonly encryption: IsakmpCipherName;
  readonly hash: HashName;
  readonly authentication: 'pre-share';
  readonly group: DhGroupName;
  readonly lifetimeSeconds: number;
};

/** What phase 2 accepts or offers, in order of preference. */
export type IpsecPolicy = {
  readonly suites: readonly EspSuiteName[];
  readonly mode: 'tunnel' | 'transport';
  readonly lifetimeSeconds: number;
  readonly lifetimeKilobytes: number;
  /** Group for perfect forward secrecy; undefined accepts what the peer asks for, without demanding it. */
  readonly pfs?: DhGroupName | undefined;
  readonly replayWindow: number;
};

/** How to treat the peer that names itself by a phase-1 identity. */
export type PeerPolicy = {
  /** Tunnel group, for events and views. */
  readonly group: string;
  readonly preSharedKey: KeyObject;
  /** Whether XAUTH and Mode Config follow phase 1 (tunnel-group type remote-access). */
  readonly extendedAuthentication: boolean;
  readonly ipsec: IpsecPolicy;
  /** Seconds without traffic before an R-U-THERE is sent, and between its repetitions; RFC 3706. */
  readonly dpd: { readonly idleSeconds: number; readonly retrySeconds: number; readonly retries: number };
};

/**
 * Policy as data and total functions of data. The keying manager is handed it with each input, so a
 * committed configuration is in force with the next message.
 */
export type KeyingPolicy = {
  readonly isakmp: readonly IsakmpPolicy[];
  /** NAT traversal; undefined sends no NAT-T vendor ID (NAT-15). */
  readonly natTraversal?: { readonly keepaliveSeconds: number } | undefined;
  /** The peer of an identification payload; undefined is answered with a dummy key, never with silence. */
  readonly peer: (identity: PhaseOneIdentity) => PeerPolicy | undefined;
  readonly limits: KeyingLimits;
  /** XAUTH must be answered within this time (G-44). */
  readonly extendedAuthenticationTimeoutMs: number;
};

export type KeyingLimits = {
  /** SAs whose phase 1 is not complete, in all and per source address. */
  readonly halfOpen: number;
  readonly halfOpenPerAddress: number;
  readonly isakmpSas: number;
};

/** What a peer calls itself in phase 1; RFC 2407 section 4.6.2. */
export type PhaseOneIdentity =
  | { readonly kind: 'keyId'; readonly bytes: Uint8Array }
  | { readonly kind: 'fqdn' | 'userFqdn'; readonly name: string }
  | { readonly kind: 'address'; readonly address: IpAddress }
  | { readonly kind: 'other'; readonly idType: number; readonly bytes: Uint8Array };

/** Identifies an ISAKMP SA for as long as the process lives; never used twice. */
export type SaId = number & { readonly __saId: unique symbol };

/** A question whose answer takes long; it leaves as an effect and comes back as an `answer` with its id. */
export type KeyingQuestion =
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

export type KeyingAnswer =
  | { readonly kind: 'dhAgree'; readonly publicValue: Uint8Array; readonly sharedSecret: Uint8Array }
  | { readonly kind: 'dhGenerate'; readonly publicValue: Uint8Array; readonly privateKey: KeyObject }
  | { readonly kind: 'dhCombine'; readonly sharedSecret: Uint8Array }
  /** The peer's public value is not one of the group, or the operation failed. */
  | { readonly kind: 'failed'; readonly reason: string };

/** Why an ISAKMP SA ended; the words of the concentrator's delete reasons where they exist. */
export type CloseReason =
  | 'peer deleted'
  | 'administrator'
  | 'dead peer'
  | 'authentication failed'
  | 'negotiation failed'
  | 'negotiation timeout'
  | 'lifetime expired'
  | 'idle timeout'
  | 'replaced'
  | 'redirected'
  | 'shutdown';

/** What the owner of an SA (a feature) is told. It answers with a command of the keying manager. */
export type KeyingNotice =
  /** Phase 1 completed; for a group with extended authentication the XAUTH request has been sent. */
  | { readonly kind: 'phaseOneCompleted'; readonly sa: SaId }
  /** The peer answered the XAUTH request. Answer with `extendedAuthenticationResult`. */
  | {
      readonly kind: 'credentials';
      readonly sa: SaId;
      readonly user: string;
      readonly password: Uint8Array;
    }
  /** Initiator: the peer asks for credentials. Answer with `provideCredentials`. */
  | { readonly kind: 'credentialsWanted'; readonly sa: SaId; readonly message?: string | undefined }
  /** Initiator: the XAUTH status arrived. */
  | { readonly kind: 'credentialsJudged'; readonly sa: SaId; readonly accepted: boolean }
  /** The peer asked for configuration, after XAUTH only. Answer with `configurationReply`. */
  | {
      readonly kind: 'configurationRequested';
      readonly sa: SaId;
      readonly attributes: readonly ConfigurationAttribute[];
    }
  /** Initiator: the Mode Config reply arrived. */
  | {
      readonly kind: 'configurationReceived';
      readonly sa: SaId;
      readonly attributes: readonly ConfigurationAttribute[];
    }
  /** A pair of IPsec SAs was negotiated; its forwarding changes are in the same list of effects. */
  | { readonly kind: 'childCreated'; readonly sa: SaId; readonly child: ChildSummary }
  | { readonly kind: 'childDeleted'; readonly sa: SaId; readonly inboundSpi: number }
  /** The peer sent INITIAL-CONTACT in an authenticated message. */
  | { readonly kind: 'initialContact'; readonly sa: SaId }
  | { readonly kind: 'peerMoved'; readonly sa: SaId; readonly remote: Endpoint }
  | { readonly kind: 'closed'; readonly sa: SaId; readonly reason: CloseReason };

/** A data attribute of Mode Config: TV carries a number, TLV carries octets. */
export type ConfigurationAttribute = {
  readonly type: number;
  readonly value: number | Uint8Array;
};

/** A pair of IPsec SAs as views show it. */
export type ChildSummary = {
  readonly inboundSpi: number;
  readonly outboundSpi: number;
  readonly suite: EspSuiteName;
  readonly mode: 'tunnel' | 'transport';
  readonly encapsulation: 'udp' | 'none';
  readonly local: Prefix;
  readonly remote: Prefix;
  readonly lifetimeSeconds: number;
  readonly lifetimeKilobytes: number;
  readonly pfs?: DhGroupName | undefined;
};

/** Everything the keying manager wants done, in order. */
export type KeyingEffect =
  | {
      readonly kind: 'send';
      readonly local: Endpoint;
      readonly remote: Endpoint;
      readonly bytes: Uint8Array;
      readonly encapsulated: boolean;
    }
  | { readonly kind: 'keepalive'; readonly local: Endpoint; readonly remote: Endpoint }
  | { readonly kind: 'ask'; readonly id: number; readonly question: KeyingQuestion }
  | { readonly kind: 'forward'; readonly changes: readonly ForwardingChange[] }
  | { readonly kind: 'event'; readonly record: EventRecord }
  | { readonly kind: 'notice'; readonly notice: KeyingNotice };

/** One ISAKMP SA as views show it. */
export type IsakmpSaSummary = {
  readonly id: SaId;
  readonly role: 'initiator' | 'responder';
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly initiatorCookie: string;
  readonly responderCookie: string;
  /** IOS and ASA words: `AM_ACTIVE`, `AM_WAIT_MSG3`, `AM_TM_INIT_XAUTH_V6H` and so on. */
  readonly state: string;
  readonly group: string | undefined;
  readonly user: string | undefined;
  readonly encryption: string;
  readonly hash: string;
  readonly dhGroup: string;
  readonly authentication: string;
  readonly lifetimeSeconds: number;
  readonly natTraversal: 'none' | 'rfc3947' | 'draft-02' | 'draft-03';
  readonly localBehindNat: boolean;
  readonly remoteBehindNat: boolean;
  readonly children: readonly ChildSummary[];
};
