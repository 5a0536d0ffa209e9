import type { Arena } from '#base/arena';
import type { Instant } from '#base/instant';
import { classifyEncapsulated, NON_ESP_MARKER_OCTETS } from '#wire/udp-encapsulation';
import type { Association } from './association.ts';
import { PATH_COUNTER } from './counters.ts';
import { decapsulate, REFUSED } from './decapsulate.ts';
import { encapsulate, sequenceRunsOut } from './encapsulate.ts';
import { EndpointWords } from './endpoint-words.ts';
import type { ForeignOutbound, ForwardingTable } from './forwarding-table.ts';
import type { InboundAssociation } from './inbound-association.ts';
import { ipPacketOctets, isBareable } from './ip-packet.ts';
import type { MssClamp } from './mss-clamp.ts';
import { readUint32 } from './octets.ts';
import { OutboundAssociation } from './outbound-association.ts';
import type { PathReport } from './path-report.ts';
import { RepeatedBeginnings } from './repeated-beginnings.ts';
import { ReportLimiter } from './report-limiter.ts';

/**
 * Longer control datagrams are dropped, and counted as malformed, before anybody copies them; ours. A message
 * of IKEv1 with certificates has less than half of it.
 */
export const MOST_CONTROL_OCTETS = 16 * 1024;

/** How a packet came in from outside; filled in anew for each by the back end that received it. */
export class Arrival {
  readonly local = new EndpointWords();
  readonly remote = new EndpointWords();
  /** In UDP, or as IP protocol 50. */
  inUdp = true;
  /** Whether ESP, keepalives and marked control datagrams share this endpoint. */
  encapsulated = true;
  /** Which socket it was, by a number that only the back end understands. */
  port = 0;
  /** DSCP and ECN of the outer header; 0 where the back end cannot see them. */
  trafficClass = 0;
}

/**
 * Takes an ESP packet whose SPI is not installed here to the worker that it belongs to; false when
 * that is this one.
 */
export type EspElsewhere = (
  spi: number,
  arrival: Arrival,
  source: Arena,
  from: number,
  octets: number,
) => boolean;

/**
 * The way of a packet through a head-end, between the reading and the writing that back ends do.
 * Works on one packet at a time, in arenas, and speaks to the engine by reports. One worker owns it.
 */
export class PacketPath {
  readonly #table: ForwardingTable;
  readonly #counters: Float64Array;
  readonly #report: (report: PathReport) => void;
  readonly #clamp: MssClamp | undefined;
  readonly #elsewhere: EspElsewhere | undefined;
  readonly #limiter = new ReportLimiter();
  readonly #beginnings = new RepeatedBeginnings();

  /**
   * `counters` are those of `pathCounters`. `report` must not call back into this object. `clamp` sees
   * the packets that leave tunnels; `elsewhere` is there when there are several workers.
   */
  constructor(
    table: ForwardingTable,
    counters: Float64Array,
    report: (report: PathReport) => void,
    clamp?: MssClamp,
    elsewhere?: EspElsewhere,
  ) {
    this.#table = table;
    this.#clamp = clamp;
    this.#elsewhere = elsewhere;
    this.#counters = counters;
    this.#report = report;
  }

  /** Adds to a counter of `PATH_COUNTER`. */
  count(counter: number, amount = 1): void {
    this.#counters[counter] = (this.#counters[counter] as number) + amount;
  }

  /**
   * Takes the payload of a UDP datagram; RFC 3948 section 2. The length of the inner packet that is
   * now at `to` in `target`, or below 1 when there is none to deliver.
   */
  receiveDatagram(
    arrival: Arrival,
    source: Arena,
    from: number,
    octets: number,
    target: Arena,
    to: number,
    now: Instant,
  ): number {
    if (!arrival.encapsulated) {
      this.#reportDatagram(arrival, source.bytes.subarray(from, from + octets));
      return 0;
    }
    if (octets >= 8 && readUint32(source.bytes, from) !== 0)
      return this.receiveEsp(arrival, source, from, octets, target, to, now);
    const datagram = source.bytes.subarray(from, from + octets);
    const kind = classifyEncapsulated(datagram);
    if (kind === 'isakmp') this.#reportDatagram(arrival, datagram.subarray(NON_ESP_MARKER_OCTETS));
    else if (kind === 'keepalive')
      this.#report({ kind: 'keepalive', local: arrival.local, remote: arrival.remote });
    else this.count(PATH_COUNTER.malformed);
    return 0;
  }

  /** Takes an ESP packet; returns as `receiveDatagram` does. */
  receiveEsp(
    arrival: Arrival,
    source: Arena,
    from: number,
    octets: number,
    target: Arena,
    to: number,
    now: Instant,
  ): number {
    if (octets < 8) {
      this.count(PATH_COUNTER.malformed);
      return 0;
    }
    const spi = readUint32(source.bytes, from);
    const sa = this.#table.inbound(spi);
    if (!sa) {
      if (!this.#elsewhere?.(spi, arrival, source, from, octets))
        this.#refuseUnknown(spi, arrival, now);
      return 0;
    }
    if (sa.inUdp !== arrival.inUdp) {
      this.count(PATH_COUNTER.malformed);
      return 0;
    }
    const outcome = decapsulate(sa, source, from, octets, target, to, arrival.trafficClass);
    if (outcome >= 0) this.#afterAuthentic(sa, arrival);
    else if (outcome === REFUSED.expired) this.#end(sa, 'inbound');
    if (outcome > 0) this.#clamp?.apply(sa, target.bytes, to, outcome);
    this.#countInbound(outcome);
    return outcome;
  }

  /**
   * The SA that carries the IP packet of up to `octets` octets at `from`; undefined, and counted, when
   * it is none or belongs to none. The length to encapsulate is what the packet says of itself.
   */
  route(
    bytes: Uint8Array,
    from: number,
    octets: number,
  ): OutboundAssociation | ForeignOutbound | undefined {
    if (ipPacketOctets(bytes, from, octets) === 0) {
      this.count(PATH_COUNTER.malformed);
      return undefined;
    }
    const sa = this.#table.outbound(bytes, from);
    if (sa instanceof OutboundAssociation && sa.bareHeaderOctets > 0 && !isBareable(bytes, from)) {
      this.count(PATH_COUNTER.malformed);
      return undefined;
    }
    if (!sa) this.count(PATH_COUNTER.noPolicy);
    return sa;
  }

  /**
   * `encapsulate`, with the announcement of the SA's end when that comes near, and when it has come.
   */
  seal(
    sa: OutboundAssociation,
    source: Arena,
    from: number,
    octets: number,
    target: Arena,
    to: number,
  ): number {
    const length = encapsulate(sa, source, from, octets, target, to);
    if (!sa.expiring && (sa.nearsItsLimit || sequenceRunsOut(sa)))
      this.#announceEnd(sa, 'outbound');
    if (length === 0) {
      this.count(PATH_COUNTER.expired);
      this.#end(sa, 'outbound');
    } else {
      this.count(PATH_COUNTER.packetsTx);
      this.count(PATH_COUNTER.octetsTx, octets);
    }
    return length;
  }

  #countInbound(outcome: number): void {
    if (outcome > 0) {
      this.count(PATH_COUNTER.packetsRx);
      this.count(PATH_COUNTER.octetsRx, outcome);
    } else if (outcome === REFUSED.replayed) this.count(PATH_COUNTER.replayed);
    else if (outcome === REFUSED.authenticationFailed)
      this.count(PATH_COUNTER.authenticationFailed);
    else if (outcome === REFUSED.selectorMismatch) this.count(PATH_COUNTER.selectorMismatch);
    else if (outcome === REFUSED.malformed) this.count(PATH_COUNTER.malformed);
    else if (outcome === REFUSED.expired) this.count(PATH_COUNTER.expired);
  }

  #reportDatagram({ local, remote, encapsulated }: Arrival, bytes: Uint8Array): void {
    if (bytes.length > MOST_CONTROL_OCTETS) {
      this.count(PATH_COUNTER.malformed);
      return;
    }
    const begins = this.#beginnings.see(remote, bytes);
    this.#report({ kind: 'datagram', local, remote, bytes, encapsulated, begins });
  }

  #refuseUnknown(spi: number, arrival: Arrival, now: Instant): void {
    this.count(PATH_COUNTER.unknownSpi);
    if (this.#limiter.admits(arrival.remote, now))
      this.#report({ kind: 'unknownSpi', spi, remote: arrival.remote });
  }

  /** What an authentic packet tells about the SA and its peer, beyond its content. */
  #afterAuthentic(sa: InboundAssociation, arrival: Arrival): void {
    if (!sa.active) {
      sa.active = true;
      this.#report({ kind: 'inboundActive', spi: sa.spi });
    }
    if (sa.inUdp && !arrival.remote.equals(sa.announced)) this.#announceMove(sa, arrival);
    if (!sa.expiring && sa.nearsItsLimit) this.#announceEnd(sa, 'inbound');
  }

  #announceMove(sa: InboundAssociation, arrival: Arrival): void {
    // A packet that was overtaken may still come from the old place; only the newest tells the way.
    if (!sa.advanced) return;
    sa.announce(arrival.remote);
    if (arrival.remote.equals(sa.remote)) return;
    this.#report({ kind: 'peerMoved', spi: sa.spi, remote: arrival.remote });
  }

  #announceEnd(sa: Association, direction: 'inbound' | 'outbound'): void {
    sa.expiring = true;
    this.#report({ kind: 'expiring', spi: sa.spi, direction });
  }

  /** A packet came that the SA may not carry: neither may any after it. */
  #end(sa: Association, direction: 'inbound' | 'outbound'): void {
    if (sa.expired) return;
    if (!sa.expiring) this.#announceEnd(sa, direction);
    sa.expired = true;
    this.#report({ kind: 'expired', spi: sa.spi, direction });
  }
}
