import type { IpAddress } from '#base/address';
import type { Prefix } from '#base/prefix';
import type { DhGroupName } from '#crypto/dh-groups';
import type { EspSuiteName } from '#crypto/esp-suites';
import type { HashName } from '#crypto/hashes';
import type { IsakmpCipherName } from '#crypto/isakmp-ciphers';
import type { SecretKey } from '#crypto/secret-key';

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
  /** Which feature is told of its SAs, in a word of the device's own; absent for remote access. */
  readonly owner?: string | undefined;
  readonly preSharedKey: SecretKey;
  /** Whether XAUTH and Mode Config follow phase 1 (tunnel-group type remote-access). */
  readonly extendedAuthentication: boolean;
  /** Responder: whether the owner is asked, before anything follows phase 1, if it serves this peer. */
  readonly asksAdmission?: boolean | undefined;
  readonly ipsec: IpsecPolicy;
  /**
   * The networks that the peer may protect besides those assigned to it, seen from this end; each pair
   * allows what lies within it. Absent for a peer that only gets what Mode Config assigns.
   */
  readonly selectors?: readonly ChildSelectors[] | undefined;
  /** NAT-16: whether this peer may use NAT traversal where it is on at all; absent for yes. */
  readonly natTraversal?: boolean | undefined;
  /** Seconds without traffic before an R-U-THERE is sent, and between its repetitions; RFC 3706. */
  readonly dpd: {
    readonly idleSeconds: number;
    readonly retrySeconds: number;
    readonly retries: number;
  };
};

/** What becomes of a peer that has proven its key; `target` is the IPv4 address of another gateway. */
export type Admission =
  | { readonly kind: 'serve' }
  | { readonly kind: 'redirect'; readonly target: IpAddress }
  | { readonly kind: 'refuse' };

/** How phase 1 is done; RFC 2409 section 5. */
export type PhaseOneExchange = 'aggressive' | 'main';

/** What a peer calls itself in phase 1; RFC 2407 section 4.6.2. */
export type PhaseOneIdentity =
  | { readonly kind: 'keyId'; readonly bytes: Uint8Array }
  | { readonly kind: 'fqdn' | 'userFqdn'; readonly name: string }
  | { readonly kind: 'address'; readonly address: IpAddress }
  | { readonly kind: 'other'; readonly idType: number; readonly bytes: Uint8Array };

/** Policy as data and total functions of data; a committed configuration is in force with the next message. */
export type NegotiationPolicy = {
  readonly isakmp: readonly IsakmpPolicy[];
  /** `crypto ikev1 am-disable`: no policy is in force for those who begin in aggressive mode. */
  readonly aggressiveModeDisabled?: boolean | undefined;
  /** NAT traversal; undefined sends no NAT-T vendor ID (NAT-15). */
  readonly natTraversal?: { readonly keepaliveSeconds: number } | undefined;
  /** The peer of an identification payload; undefined is answered with a dummy key, never with silence. */
  readonly peer: (identity: PhaseOneIdentity) => PeerPolicy | undefined;
  /**
   * Main mode: the peer of an address, whose key is needed before it can say who it is. Undefined is
   * answered with a dummy key. Absent where nobody is expected: then main mode is not answered at all.
   */
  readonly peerAt?: ((address: IpAddress) => PeerPolicy | undefined) | undefined;
  /** XAUTH must be answered within this time (G-44). */
  readonly extendedAuthenticationTimeoutMs: number;
};

/** A data attribute of Mode Config: TV carries a number, TLV carries octets. */
export type ConfigurationAttribute = {
  readonly type: number;
  readonly value: number | Uint8Array;
};

/** The networks of a pair of IPsec SAs, seen from this end. */
export type ChildSelectors = { readonly local: Prefix; readonly remote: Prefix };
