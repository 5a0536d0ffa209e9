import type { Instant } from '#base/instant';
import { tcpFlags } from '#wire/tcp';
import type { PatRule } from './rules.ts';

export type PatProtocol = 'icmp' | 'tcp' | 'udp';

/**
 * How far a TCP connection is. `opening`: a SYN went out; `answered`: the SYN and ACK came back;
 * `halfClosed`: one side sent FIN; `closing`: both did, or one sent RST.
 */
export type TcpPhase = 'opening' | 'answered' | 'established' | 'halfClosed' | 'closing';

/** One translation: a local endpoint and the global port that stands for it. */
export type Xlate = {
  readonly protocol: PatProtocol;
  readonly localAddress: number;
  /** UDP or TCP port, or identifier of an ICMP query. */
  readonly localPort: number;
  readonly globalAddress: number;
  readonly globalPort: number;
  /** Connections by remote endpoint; the translation ends with its last one. */
  readonly connections: Map<number, Connection>;
};

/** Traffic between a translated local endpoint and one remote endpoint: what may come back in. */
export type Connection = {
  readonly xlate: Xlate;
  readonly remoteAddress: number;
  /** 0 for ICMP. */
  readonly remotePort: number;
  readonly rule: PatRule;
  usedAt: Instant;
  /** Present for TCP only. */
  phase: TcpPhase | undefined;
  insideClosed: boolean;
  outsideClosed: boolean;
};

/**
 * Idle times. UDP and half-closed TCP as a PIX 6.3 has them, which for UDP is also the least that
 * RFC 4787 (REQ-5) allows; ICMP by RFC 5508 (REQ-2), established and transitory TCP by RFC 5382 (REQ-5),
 * since a shorter time cuts connections that are merely quiet. UDP 500 and 4500 need no time of their
 * own: NAT keepalives and DPD come every 9 to 20 seconds.
 */
export const defaultIdleTimes = {
  udpMs: 120_000,
  icmpMs: 60_000,
  tcpTransitoryMs: 240_000,
  tcpEstablishedMs: 7_440_000,
  tcpHalfClosedMs: 600_000,
} as const;

export type IdleTimes = { readonly [K in keyof typeof defaultIdleTimes]: number };

/** How long a connection may be idle. */
export function idleMsOf(connection: Connection, times: IdleTimes): number {
  const { protocol } = connection.xlate;
  if (protocol === 'udp') return times.udpMs;
  if (protocol === 'icmp') return times.icmpMs;
  if (connection.phase === 'established') return times.tcpEstablishedMs;
  return connection.phase === 'halfClosed' ? times.tcpHalfClosedMs : times.tcpTransitoryMs;
}

export const isEmbryonic = (phase: TcpPhase | undefined): boolean =>
  phase === 'opening' || phase === 'answered';

/**
 * The phase after a segment with `flags`; also notes which side has closed. Sequence numbers are not
 * followed, so a forged RST shortens the idle time but does not end the connection at once; data that
 * still flows afterwards keeps it.
 */
export function phaseAfter(connection: Connection, flags: number, fromInside: boolean): TcpPhase {
  const { phase } = connection;
  const syn = (flags & tcpFlags.syn) !== 0;
  const ack = (flags & tcpFlags.ack) !== 0;
  if ((flags & tcpFlags.rst) !== 0) return 'closing';
  if (syn && fromInside && !ack && (phase === 'closing' || phase === 'halfClosed')) {
    connection.insideClosed = false;
    connection.outsideClosed = false;
    return 'opening';
  }
  if ((flags & tcpFlags.fin) !== 0) {
    if (fromInside) connection.insideClosed = true;
    else connection.outsideClosed = true;
  }
  if (connection.insideClosed && connection.outsideClosed) return 'closing';
  if (connection.insideClosed || connection.outsideClosed) return 'halfClosed';
  if (phase === 'opening' && !fromInside && syn && ack) return 'answered';
  if (phase === 'answered' && fromInside && ack && !syn) return 'established';
  return phase ?? 'opening';
}
