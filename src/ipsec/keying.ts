import type { Endpoint, IpAddress } from '#base/address';
import type { Instant } from '#base/instant';
import type { Prefix } from '#base/prefix';
import type { DhGroupName } from '#crypto/dh-groups';
import type { EspSuiteName } from '#crypto/esp-suites';
import type { ForwardingChange } from '#dataplane/data-plane';
import type { EventRecord } from '#events/event';
import type {
  ConfigurationAttribute,
  NegotiationPolicy,
  PeerPolicy,
  PhaseOneExchange,
  PhaseOneIdentity,
} from '#protocol/isakmp/policy';
import type { KeyAgreementQuestion, Notice } from '#protocol/isakmp/turn';

export type {
  Admission,
  ChildSelectors,
  ConfigurationAttribute,
  IpsecPolicy,
  IsakmpPolicy,
  PeerPolicy,
  PhaseOneIdentity,
} from '#protocol/isakmp/policy';
export type {
  CloseReason,
  KeyAgreementAnswer as KeyingAnswer,
  KeyAgreementQuestion as KeyingQuestion,
} from '#protocol/isakmp/turn';

/** Policy of negotiations, and how much strangers may make us keep. */
export type KeyingPolicy = NegotiationPolicy & {
  readonly limits: KeyingLimits;
  /**
   * Whether strangers may begin at an address of ours now; absent for always. Those that may not are left
   * to repeat their first message, to whoever has the address then.
   */
  readonly takesNewcomers?: ((local: IpAddress) => boolean) | undefined;
};

export type KeyingLimits = {
  /** SAs whose phase 1 is not complete, in all and per source address. */
  readonly halfOpen: number;
  readonly halfOpenPerAddress: number;
  readonly isakmpSas: number;
  /** SAs that wait for a user, and whose peer has shown a group key only; as many as `isakmpSas` if absent. */
  readonly unauthenticated?: number | undefined;
};

/** Identifies an ISAKMP SA for as long as the process lives; never used twice. */
export type SaId = number & { readonly __saId: unique symbol };

/** What the owner of an SA (a feature) is told. It answers with a command of the keying manager. */
export type KeyingNotice = {
  readonly sa: SaId;
  /** `owner` of the peer's policy. */
  readonly owner?: string | undefined;
} & (
  | Notice
  /** A pair of IPsec SAs was negotiated; its forwarding changes are in the same list of effects. */
  | { readonly kind: 'childCreated'; readonly child: ChildSummary }
  | { readonly kind: 'childDeleted'; readonly inboundSpi: number }
  /** Phase 1 was negotiated anew: `sa` has taken over the children of `replaces`, which ends soon. */
  | { readonly kind: 'rekeyed'; readonly replaces: SaId }
  /** Initiator: the peer sent us to another address, where `to` is being negotiated; `sa` ends. */
  | { readonly kind: 'redirected'; readonly target: IpAddress; readonly to: SaId }
);

/** What an initiator connects to, and as whom. */
export type ConnectRequest = {
  /** Where phase 1 begins (port 500), and where it floats to behind a NAT (port 4500). */
  readonly local: Endpoint;
  readonly localEncapsulated: Endpoint;
  readonly remote: Endpoint;
  readonly remoteEncapsulated: Endpoint;
  /** Absent for aggressive mode. */
  readonly exchange?: PhaseOneExchange | undefined;
  readonly identity: PhaseOneIdentity;
  readonly peer: PeerPolicy;
  /** Sent as the Mode Config request once phase 1, and XAUTH if asked for, are done. */
  readonly configuration: readonly ConfigurationAttribute[];
  /** Encapsulate in UDP even where no NAT is found. */
  readonly forceEncapsulation?: boolean | undefined;
  /** Absent for yes: what the gateway has of us from before is to go. */
  readonly initialContact?: boolean | undefined;
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
  readonly expiresAt: Instant;
  readonly replayWindow: number;
  readonly pfs?: DhGroupName | undefined;
};

/** How many SAs there are; kept, not counted, so that asking costs nothing. */
export type KeyingCounts = {
  /** ISAKMP SAs of strangers whose phase 1 is not complete, and all others. */
  readonly halfOpen: number;
  readonly isakmpSas: number;
  /** Pairs of IPsec SAs, those that are being replaced included. */
  readonly ipsecSas: number;
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
  | { readonly kind: 'ask'; readonly id: number; readonly question: KeyAgreementQuestion }
  | {
      readonly kind: 'forward';
      readonly changes: readonly ForwardingChange[];
      /** Of the SA, as in its notices: a feature may have a packet path of its own. */
      readonly owner?: string | undefined;
    }
  | { readonly kind: 'event'; readonly record: EventRecord }
  | { readonly kind: 'notice'; readonly notice: KeyingNotice };

/** One ISAKMP SA as views show it. */
export type IsakmpSaSummary = {
  readonly id: SaId;
  readonly role: 'initiator' | 'responder';
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Where the peer began phase 1 from; behind a NAT, or with another socket, it goes on from elsewhere. */
  readonly origin: Endpoint;
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
  /** Undefined before phase 1 is complete. */
  readonly expiresAt: Instant | undefined;
  readonly natTraversal: 'none' | 'rfc3947' | 'draft-02' | 'draft-03';
  readonly localBehindNat: boolean;
  readonly remoteBehindNat: boolean;
  readonly children: readonly ChildSummary[];
};
