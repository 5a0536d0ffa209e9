import { type Endpoint, sameEndpoint } from '#base/address';
import { type Arena, plainArena } from '#base/arena';
import type { Instant } from '#base/instant';
import type { RandomSource } from '#base/random';
import { nodeEspCiphers } from '#crypto/node-esp-ciphers';
import { ipProtocols } from '#wire/protocol-numbers';
import { addNonEspMarker, natKeepalive } from '#wire/udp-encapsulation';
import { PATH_COUNTER, pathCounters, readPathCounters } from './counters.ts';
import type {
  DataPlane,
  DataPlaneCounters,
  DataPlaneOptions,
  DataPlaneReport,
  ForwardingChange,
  InsideNetwork,
  SaCounters,
} from './data-plane.ts';
import { ENCAPSULATION_ROOM, TRAILER_ROOM } from './encapsulate.ts';
import type { EndpointWords } from './endpoint-words.ts';
import { ForwardingTable } from './forwarding-table.ts';
import { ipPacketOctets, MOST_IP_OCTETS } from './ip-packet.ts';
import { MssClamp } from './mss-clamp.ts';
import { OutboundAssociation } from './outbound-association.ts';
import {
  FRAGMENT_OCTETS,
  OutboundPath,
  outboundRules,
  type SealedPackets,
} from './outbound-path.ts';
import { Arrival, PacketPath } from './packet-path.ts';
import { ETHERNET_MTU, PathMtu } from './path-mtu.ts';
import { lastingReport } from './path-report.ts';
import { SaDirectory } from './sa-directory.ts';

/** A packet between head-ends and clients. */
export type OuterPacket = {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** What `bytes` are the payload of: UDP, or IP directly (ESP), where ports mean nothing. */
  readonly protocol: typeof ipProtocols.udp | typeof ipProtocols.esp;
  readonly bytes: Uint8Array;
  /** DSCP and ECN of the outer header. */
  readonly trafficClass: number;
  readonly dontFragment: boolean;
};

/** What can be told of a packet besides its ends and content; absent for UDP without marks. */
export type Marks = Partial<Pick<OuterPacket, 'protocol' | 'trafficClass'>>;

export type MemoryOptions = DataPlaneOptions & {
  readonly inside: InsideNetwork;
  /** Sends a packet; may call back into the data plane. */
  readonly output: (packet: OuterPacket) => void;
  /** For the IVs of CBC. */
  readonly random: RandomSource;
  /** What the paths to the peers carry, in octets of an IP packet; 1500 if absent. */
  readonly pathMtu?: number;
};

/**
 * The packet path without sockets, threads or a clock, for the simulator and the loopback demo. What
 * comes in enters by `receive` and `sendInside`; everything else happens before they return. Reports
 * are made when the work on a packet is done, so that the engine may call back, and before it is delivered,
 * so that what answers it finds what the engine made of them.
 */
export class MemoryDataPlane implements DataPlane {
  readonly #options: MemoryOptions;
  readonly #directory = new SaDirectory();
  readonly #counters = pathCounters();
  readonly #table: ForwardingTable;
  readonly #path: PacketPath;
  readonly #outboundPath: OutboundPath;
  readonly #arrival = new Arrival();
  readonly #source: Arena = plainArena(MOST_IP_OCTETS + TRAILER_ROOM);
  readonly #target: Arena = plainArena(MOST_IP_OCTETS + ENCAPSULATION_ROOM);
  readonly #reports: DataPlaneReport[] = [];
  #closed = false;

  constructor(options: MemoryOptions) {
    this.#options = options;
    this.#table = new ForwardingTable(nodeEspCiphers(options.random), this.#directory.counters);
    const rules = outboundRules(options);
    const pathMtu = new PathMtu(() => options.pathMtu ?? ETHERNET_MTU);
    this.#path = new PacketPath(
      this.#table,
      this.#counters,
      (report) => this.#reports.push(lastingReport(report)),
      rules.clampMss ? new MssClamp(pathMtu, rules.clampMss) : undefined,
    );
    const fragments = plainArena(FRAGMENT_OCTETS);
    this.#outboundPath = new OutboundPath(this.#path, pathMtu, rules, fragments, (answer) =>
      options.inside.deliver(answer),
    );
  }

  apply(changes: readonly ForwardingChange[]): void {
    if (!this.#closed) this.#table.apply(this.#directory.resolve(changes));
  }

  send(local: Endpoint, remote: Endpoint, bytes: Uint8Array, encapsulated: boolean): void {
    this.#output(local, remote, encapsulated ? addNonEspMarker(bytes) : bytes.slice());
  }

  sendKeepalive(local: Endpoint, remote: Endpoint): void {
    this.#output(local, remote, natKeepalive());
  }

  inboundCounters(spi: number): SaCounters | undefined {
    return this.#directory.inboundCounters(spi);
  }

  outboundCounters(pairedSpi: number): SaCounters | undefined {
    return this.#directory.outboundCounters(pairedSpi);
  }

  counters(): DataPlaneCounters {
    return readPathCounters(this.#counters);
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#table.close();
    return Promise.resolve();
  }

  /** A packet arrived from outside at `local`, from `remote`. */
  receive(
    local: Endpoint,
    remote: Endpoint,
    bytes: Uint8Array,
    now: Instant,
    marks: Marks = {},
  ): void {
    if (this.#closed) return;
    const inUdp = (marks.protocol ?? ipProtocols.udp) === ipProtocols.udp;
    const listener = this.#options.listen.find((l) => sameEndpoint(l.endpoint, local));
    if ((inUdp && !listener) || bytes.length > MOST_IP_OCTETS) {
      this.#path.count(PATH_COUNTER.malformed);
      return;
    }
    const arrival = this.#arrival;
    arrival.local.set(local);
    arrival.remote.set(remote);
    arrival.inUdp = inUdp;
    arrival.encapsulated = listener?.encapsulated ?? false;
    arrival.trafficClass = marks.trafficClass ?? 0;
    this.#source.bytes.set(bytes);
    const octets = inUdp
      ? this.#path.receiveDatagram(arrival, this.#source, 0, bytes.length, this.#target, 0, now)
      : this.#path.receiveEsp(arrival, this.#source, 0, bytes.length, this.#target, 0, now);
    const packet = octets > 0 ? this.#target.bytes.slice(0, octets) : undefined;
    this.#speak();
    if (packet) this.#options.inside.deliver(packet);
  }

  /** A packet of the inside network is to go into a tunnel. */
  sendInside(packet: Uint8Array): void {
    if (this.#closed) return;
    if (packet.length > MOST_IP_OCTETS) {
      this.#path.count(PATH_COUNTER.malformed);
      return;
    }
    const source = this.#source.bytes;
    source.set(packet);
    const sa = this.#path.route(source, 0, packet.length);
    if (sa instanceof OutboundAssociation) {
      const octets = ipPacketOctets(source, 0, packet.length);
      const packets: OuterPacket[] = [];
      this.#outboundPath.send(sa, this.#source, 0, octets, this.#sealed(sa, packets));
      for (const sealed of packets) this.#options.output(sealed);
    }
    this.#speak();
  }

  /** Where the packets of `sa` go: into `packets`, since whoever takes one may call back. */
  #sealed(sa: OutboundAssociation, packets: OuterPacket[]): SealedPackets {
    let dontFragment = false;
    return {
      arena: this.#target,
      reserve: (_octets, marked) => {
        dontFragment = marked;
        return 0;
      },
      commit: (remote: EndpointWords, octets, trafficClass) =>
        packets.push({
          local: sa.local.endpoint(),
          remote: remote.endpoint(),
          protocol: sa.inUdp ? ipProtocols.udp : ipProtocols.esp,
          bytes: this.#target.bytes.slice(0, octets),
          trafficClass,
          dontFragment,
        }),
    };
  }

  #output(local: Endpoint, remote: Endpoint, bytes: Uint8Array): void {
    if (this.#closed) return;
    const protocol = ipProtocols.udp;
    this.#options.output({ local, remote, protocol, bytes, trafficClass: 0, dontFragment: false });
  }

  #speak(): void {
    for (let report = this.#reports.shift(); report; report = this.#reports.shift())
      this.#options.report(report);
  }
}
