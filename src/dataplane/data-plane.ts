import type { Endpoint } from '#base/address';
import type { Prefix } from '#base/prefix';
import type { EspSuiteName } from '#crypto/esp-suites';

/** The networks a pair of SAs carries, seen from this end; RFC 4301 section 4.4.1. */
export type TrafficSelectors = { readonly local: Prefix; readonly remote: Prefix };

/** What both directions of a security association have in common. */
type SaCommon = {
  /** Unsigned 32-bit, 256 or more. For an inbound SA ours, for an outbound SA the peer's. */
  readonly spi: number;
  readonly suite: EspSuiteName;
  /** Encryption key, then integrity key or salt, in the order of IKE's KEYMAT. */
  readonly keyMaterial: Uint8Array;
  readonly mode: 'tunnel' | 'transport';
  /** Whether ESP travels in UDP (RFC 3948) or as IP protocol 50. */
  readonly encapsulation: 'udp' | 'none';
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly selectors: TrafficSelectors;
  /** Octets of inner packets after which the SA is reported as `expiring`; absent for no limit. */
  readonly softLimitOctets?: number;
  /**
   * Octets of inner packets that the SA carries at most, after which it carries nothing more and is
   * reported as `expired`; absent for no limit. RFC 4301 section 4.4.2.1.
   */
  readonly hardLimitOctets?: number;
  /** 64-bit sequence numbers, of which the lower half travels; RFC 4303 section 2.2.1. */
  readonly extendedSequenceNumbers?: boolean;
};

export type InboundSa = SaCommon & {
  readonly direction: 'inbound';
  /** Size of the replay window in packets, 32 to 4096; RFC 4303 section 3.4.3. */
  readonly replayWindow: number;
};

export type OutboundSa = SaCommon & {
  readonly direction: 'outbound';
  /**
   * Of the inbound SA of the pair, whose worker handles this SA too. It names this SA, since it is ours:
   * a peer chooses its own SPIs, and could choose those of another.
   */
  readonly pairedSpi: number;
};

/** One change of the forwarding table. A transaction is a list of changes, applied whole or not at all. */
export type ForwardingChange =
  | { readonly kind: 'addInbound'; readonly sa: InboundSa }
  /** Also routes `selectors.remote` to this SA, in place of an older SA with the same selectors. */
  | { readonly kind: 'addOutbound'; readonly sa: OutboundSa }
  | { readonly kind: 'removeInbound'; readonly spi: number }
  | { readonly kind: 'removeOutbound'; readonly pairedSpi: number }
  /**
   * The peer's NAT gave it another port or address. SAs move one by one: when a NAT deals its ports out
   * anew, what one peer leaves another may have taken already.
   */
  | { readonly kind: 'moveInbound'; readonly spi: number; readonly to: Endpoint }
  | { readonly kind: 'moveOutbound'; readonly pairedSpi: number; readonly to: Endpoint };

/** Where the packet path listens. */
export type Listener = {
  readonly endpoint: Endpoint;
  /** Whether ESP, keepalives and marked control datagrams share the endpoint. */
  readonly encapsulated: boolean;
  /** An address that this machine has only now and then, such as that of a cluster. */
  readonly floating?: boolean;
};

/** What the packet path tells the engine. */
export type DataPlaneReport =
  /** A control datagram (IKE); the non-ESP marker is already removed and `encapsulated` says it was there. */
  | {
      readonly kind: 'datagram';
      readonly local: Endpoint;
      readonly remote: Endpoint;
      readonly bytes: Uint8Array;
      readonly encapsulated: boolean;
      /** It has no responder cookie; `again` when the path has seen this beginning from this source before. */
      readonly begins?: 'first' | 'again';
    }
  /** A NAT keepalive (one octet 0xFF) arrived; RFC 3948 section 2.3. */
  | { readonly kind: 'keepalive'; readonly local: Endpoint; readonly remote: Endpoint }
  /** The first packet of an inbound SA passed its integrity check. */
  | { readonly kind: 'inboundActive'; readonly spi: number }
  /** An authenticated packet came from another endpoint than the SA's: its NAT mapping changed. */
  | { readonly kind: 'peerMoved'; readonly spi: number; readonly remote: Endpoint }
  /** The soft limit in octets was passed, or sequence numbers run out. */
  | { readonly kind: 'expiring'; readonly spi: number; readonly direction: 'inbound' | 'outbound' }
  /** The hard limit in octets or the last sequence number was reached: the SA carries nothing more. */
  | { readonly kind: 'expired'; readonly spi: number; readonly direction: 'inbound' | 'outbound' }
  /** ESP for an SPI that is not installed; at most one report a second and source. */
  | { readonly kind: 'unknownSpi'; readonly spi: number; readonly remote: Endpoint }
  /**
   * A packet worker died and another took over, which has every SA in place with its numbers going on:
   * nothing is to be installed.
   */
  | { readonly kind: 'lost'; readonly reason: string }
  /** A packet worker is gone for good, and what came to it is lost from now on. */
  | { readonly kind: 'failed'; readonly reason: string };

/** Counters of one SA, since it was installed. */
export type SaCounters = {
  readonly packets: number;
  /** Octets of inner packets. */
  readonly octets: number;
  /** Packets that came after the SA had carried all it may. */
  readonly expired: number;
  /** Inbound only: packets refused, by reason. */
  readonly replayed: number;
  readonly authenticationFailed: number;
  readonly malformed: number;
  readonly selectorMismatch: number;
};

/** Counters of all packets since the start, whichever SA they belong to; kept, not summed up. */
export type DataPlaneCounters = {
  readonly unknownSpi: number;
  /** Neither ESP of an SA nor anything else that may come, control datagrams above 16 KiB among it. */
  readonly malformed: number;
  readonly noPolicy: number;
  readonly queueFull: number;
  /** Packets that one worker took for another, on their way between the two. */
  readonly handedOver: number;
  readonly replayed: number;
  readonly authenticationFailed: number;
  readonly selectorMismatch: number;
  /** Packets of SAs that had carried all they may. */
  readonly expired: number;
  /** Inner packets that came out of tunnels, and those that went into them. */
  readonly packetsRx: number;
  readonly octetsRx: number;
  readonly packetsTx: number;
  readonly octetsTx: number;
};

/**
 * The packet path behind one interface: `memory` for the simulator and the loopback demo, `userspace`
 * for TUN and worker threads. Nothing here waits; what happens later comes back as a report.
 */
export type DataPlane = {
  /** Applies a transaction; an addition whose SPI, or pair, exists replaces it. */
  apply(changes: readonly ForwardingChange[]): void;
  /** Sends a control datagram; `encapsulated` puts the non-ESP marker before it. */
  send(local: Endpoint, remote: Endpoint, bytes: Uint8Array, encapsulated: boolean): void;
  /** Sends a NAT keepalive. */
  sendKeepalive(local: Endpoint, remote: Endpoint): void;
  /** Counters of an SA; undefined when it is not installed. */
  inboundCounters(spi: number): SaCounters | undefined;
  outboundCounters(pairedSpi: number): SaCounters | undefined;
  counters(): DataPlaneCounters;
  close(): Promise<void>;
};

/** What a back end needs to start. */
export type DataPlaneOptions = {
  /** Where IKE and ESP in UDP arrive; port 4500 style endpoints are `encapsulated`. */
  readonly listen: readonly Listener[];
  readonly report: (report: DataPlaneReport) => void;
  /** What becomes of DF in the outer IPv4 header; `copy` from the inner one if absent. RFC 4301 section 8.1. */
  readonly dontFragment?: 'copy' | 'set' | 'clear';
  /**
   * What becomes of packets too large for a tunnel, NAT-19: 1 encapsulated, then fragmented (the
   * default); 2 fragmented before encapsulation, or refused with ICMP when DF is set; 3 fragmented
   * before encapsulation whatever DF says. IPv6, which routers never fragment, is refused in 2 and 3.
   */
  readonly fragmentationPolicy?: 1 | 2 | 3;
  /**
   * Whether TCP connections are made to use segments that fit; they are if absent. A number makes them
   * use no longer ones than so many octets, too.
   */
  readonly clampMss?: boolean | number;
};

/** Where plaintext packets of the inside network come from and go to in the `memory` back end. */
export type InsideNetwork = {
  /** Takes one IP packet that left a tunnel. */
  deliver(packet: Uint8Array): void;
};
