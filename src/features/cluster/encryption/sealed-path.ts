import { familyOf, type IpAddress } from '#base/address';
import type { Instant } from '#base/instant';
import type { RandomSource } from '#base/random';
import type { DataPlaneReport, ForwardingChange, SaCounters } from '#dataplane/data-plane';
import { MemoryDataPlane } from '#dataplane/memory-data-plane';
import { Ipv4Packet } from '#wire/ipv4';
import { Ipv6Packet } from '#wire/ipv6';
import { ipProtocols } from '#wire/protocol-numbers';
import { decodeUdp, encodeUdp } from '#wire/udp';

const TIME_TO_LIVE = 64;

/** What came out of an ESP packet of a member. */
export type Opened = { readonly from: IpAddress; readonly octets: Uint8Array };

/**
 * The packet path between the private addresses of members, within this process: what they say becomes
 * UDP in IP, and that ESP in tunnel mode. ESP of members travels in UDP on the cluster port, so that the
 * packet path of clients never sees it; see decision 006.
 */
export class SealedPath {
  readonly #own: IpAddress;
  readonly #port: number;
  readonly #isakmpPort: number;
  readonly #plane: MemoryDataPlane;
  #reports: DataPlaneReport[] = [];
  #sealed: Uint8Array | undefined;
  #inner: Uint8Array | undefined;

  /** `port` is that of the cluster on both ends; the SAs were negotiated between `isakmpPort`s. */
  constructor(own: IpAddress, port: number, isakmpPort: number, random: RandomSource) {
    this.#own = own;
    this.#port = port;
    this.#isakmpPort = isakmpPort;
    this.#plane = new MemoryDataPlane({
      listen: [],
      report: (report) => this.#reports.push(report),
      inside: {
        deliver: (packet) => {
          this.#inner = packet;
        },
      },
      output: ({ bytes }) => {
        this.#sealed = bytes;
      },
      random,
      clampMss: false,
    });
  }

  apply(changes: readonly ForwardingChange[]): void {
    this.#plane.apply(changes);
  }

  inboundCounters(spi: number): SaCounters | undefined {
    return this.#plane.inboundCounters(spi);
  }

  outboundCounters(pairedSpi: number): SaCounters | undefined {
    return this.#plane.outboundCounters(pairedSpi);
  }

  /** What the SAs had to tell since this was asked last. */
  takeReports(): readonly DataPlaneReport[] {
    const reports = this.#reports;
    this.#reports = [];
    return reports;
  }

  /** The ESP packet that carries `octets` to a member; undefined when there is no SA with it. */
  seal(to: IpAddress, octets: Uint8Array): Uint8Array | undefined {
    this.#sealed = undefined;
    this.#plane.sendInside(this.#packet(to, octets));
    return this.#sealed;
  }

  /** What an ESP packet carries; undefined when it is not authentic, was replayed, or is no VCL1. */
  open(from: IpAddress, packet: Uint8Array, now: Instant): Opened | undefined {
    this.#inner = undefined;
    // By these ends the keying manager finds the peer when an SPI is unknown.
    const end = (address: IpAddress) => ({ address, port: this.#isakmpPort });
    const protocol = { protocol: ipProtocols.esp };
    this.#plane.receive(end(this.#own), end(from), packet, now, protocol);
    return this.#inner && this.#read(this.#inner);
  }

  #packet(to: IpAddress, payload: Uint8Array): Uint8Array {
    const ends = { source: this.#own, destination: to };
    const ports = { sourcePort: this.#port, destinationPort: this.#port };
    const datagram = encodeUdp({ ...ports, payload }, ends);
    const common = { ...ends, dscp: 0, ecn: 0, payload: datagram };
    return familyOf(to) === 4
      ? Ipv4Packet.encode({
          ...common,
          identification: 0,
          dontFragment: true,
          moreFragments: false,
          fragmentOffset: 0,
          timeToLive: TIME_TO_LIVE,
          protocol: ipProtocols.udp,
          options: new Uint8Array(0),
        })
      : Ipv6Packet.encode({
          ...common,
          flowLabel: 0,
          nextHeader: ipProtocols.udp,
          hopLimit: TIME_TO_LIVE,
        });
  }

  /** The selectors of the SA have made sure of the addresses. */
  #read(packet: Uint8Array): Opened | undefined {
    const inner = innerPacket(packet);
    if (inner?.protocol !== ipProtocols.udp) return undefined;
    const udp = decodeUdp(inner.payload);
    if (!udp.ok || udp.value.destinationPort !== this.#port) return undefined;
    return { from: inner.source, octets: udp.value.payload.slice() };
  }
}

function innerPacket(packet: Uint8Array) {
  if ((packet[0] ?? 0) >>> 4 === 6) {
    const decoded = Ipv6Packet.decode(packet);
    return decoded.ok ? { ...decoded.value, protocol: decoded.value.nextHeader } : undefined;
  }
  const decoded = Ipv4Packet.decode(packet);
  const isWhole = decoded.ok && decoded.value.fragmentOffset === 0 && !decoded.value.moreFragments;
  return isWhole ? decoded.value : undefined;
}
