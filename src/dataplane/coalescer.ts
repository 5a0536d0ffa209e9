import type { Arena } from '#base/arena';
import { IPV4_HEADER_OCTETS } from '#wire/ipv4';
import { IPV6_HEADER_OCTETS } from '#wire/ipv6';
import { ipProtocols } from '#wire/protocol-numbers';
import { TCP_HEADER_OCTETS, tcpFlags } from '#wire/tcp';
import { UDP_HEADER_OCTETS } from '#wire/udp';
import { fold, sumOctets } from './checksum.ts';
import { ipVersion, MOST_IP_OCTETS } from './ip-packet.ts';
import { readUint16, readUint32, writeUint16 } from './octets.ts';
import { IPV4, IPV6, LAST_ONLY, TCP, UDP } from './transport-fields.ts';
import {
  NEEDS_CHECKSUM,
  SEGMENTATION,
  VIRTIO_HEADER_OCTETS,
  writeVirtioHeader,
} from './virtio-header.ts';

/** The first packet of a frame lies here, aligned for sums, its virtio header before it. */
const START = 12;
/** What every kernel with UDP segmentation takes. */
const MOST_DATAGRAMS = 64;
/** IP without options and TCP with all of them. */
const MOST_HEADER_OCTETS = IPV6_HEADER_OCTETS + 60;
const ALL_ONES = 0xffff;

/** Octets that an arena of a coalescer needs for packets of up to `octets` octets. */
export const coalescerOctets = (octets: number): number => START + MOST_IP_OCTETS + octets;

/**
 * Collects packets that left tunnels and hands them to a TUN interface with offloads: consecutive
 * segments of one TCP connection, or datagrams of one UDP flow, become one frame that the kernel takes
 * in a single step. Cutting that frame up again yields the very packets that went in; whatever cannot
 * be merged without a trace, damaged checksums included, is a frame of its own. Order is kept.
 *
 * Each packet is decrypted to where its payload continues the payload collected so far, so that
 * merging moves nothing: its header falls on the end of that payload, whose octets are kept and put
 * back once the header has been judged.
 */
export class Coalescer {
  readonly #arena: Arena;
  readonly #emit: (at: number, octets: number, packets: number) => void;
  readonly #mergesUdp: boolean;
  readonly #covered = new Uint8Array(MOST_HEADER_OCTETS);
  readonly #fresh = new Uint8Array(MOST_HEADER_OCTETS);

  /** Packets in the present frame, and where it ends. */
  #packets = 0;
  #end = START;
  /** Whether another packet may follow. */
  #open = false;
  #four = true;
  #isTcp = true;
  #headerOctets = 0;
  #transport = 0;
  /** Payload of each packet but the last. */
  #segmentOctets = 0;
  #nextSequence = 0;
  #lastFlags = 0;
  /** Where the packet being decrypted begins. */
  #placed = START;

  /** `emit` writes the frame of `octets` octets at `at` in `arena`, which holds `packets` packets. */
  constructor(
    arena: Arena,
    mergesUdp: boolean,
    emit: (at: number, octets: number, packets: number) => void,
  ) {
    this.#arena = arena;
    this.#mergesUdp = mergesUdp;
    this.#emit = emit;
  }

  /** Where to decrypt a packet of at most `octets` octets to; `accept` or `refuse` must follow. */
  place(octets: number): number {
    const to = this.#end - this.#headerOctets;
    if (!this.#open || to + octets > this.#arena.bytes.length) {
      this.flush();
      this.#placed = START;
      return START;
    }
    const { bytes } = this.#arena;
    for (let i = 0; i < this.#headerOctets; i += 1) this.#covered[i] = bytes[to + i] as number;
    this.#placed = to;
    return to;
  }

  /** There is no packet where `place` said. */
  refuse(): void {
    if (this.#packets > 0) this.#uncover();
  }

  /** There is an IP packet of `octets` octets, whose length field agrees. */
  accept(octets: number): void {
    if (this.#packets === 0) this.#begin(octets);
    else if (this.#continues(octets)) this.#merge(octets);
    else this.#separate(octets);
  }

  /** Emits what was collected. */
  flush(): void {
    if (this.#packets === 0) return;
    const { bytes } = this.#arena;
    const header = START - VIRTIO_HEADER_OCTETS;
    if (this.#packets === 1) writeVirtioHeader(bytes, header, 0, SEGMENTATION.none, 0, 0, 0, 0);
    else this.#finish(header);
    const octets = this.#end - header;
    const packets = this.#packets;
    this.#packets = 0;
    this.#open = false;
    this.#end = START;
    this.#emit(header, octets, packets);
  }

  #uncover(): void {
    const { bytes } = this.#arena;
    for (let i = 0; i < this.#headerOctets; i += 1)
      bytes[this.#placed + i] = this.#covered[i] as number;
  }

  /** A packet that does not belong to the frame: the frame leaves, the packet begins another. */
  #separate(octets: number): void {
    const { bytes } = this.#arena;
    const from = this.#placed;
    const covered = Math.min(this.#headerOctets, octets);
    for (let i = 0; i < covered; i += 1) this.#fresh[i] = bytes[from + i] as number;
    this.#uncover();
    this.flush();
    bytes.copyWithin(START + covered, from + covered, from + octets);
    for (let i = 0; i < covered; i += 1) bytes[START + i] = this.#fresh[i] as number;
    this.#begin(octets);
  }

  #begin(octets: number): void {
    this.#packets = 1;
    this.#end = START + octets;
    this.#open = this.#isCandidate(octets);
  }

  /** Whether the packet at the start may be the first of several; notes what the others must agree with. */
  #isCandidate(octets: number): boolean {
    const { bytes } = this.#arena;
    this.#four = ipVersion(bytes, START) === 4;
    if (this.#four && (bytes[START] !== 0x45 || !this.#isWholeIpv4())) return false;
    const protocol = bytes[START + (this.#four ? IPV4.protocol : IPV6.nextHeader)] as number;
    this.#isTcp = protocol === ipProtocols.tcp;
    this.#transport = this.#four ? IPV4_HEADER_OCTETS : IPV6_HEADER_OCTETS;
    const mergeable = this.#isTcp
      ? this.#isTcpCandidate(octets)
      : protocol === ipProtocols.udp && this.#mergesUdp && this.#isUdpCandidate(octets);
    return mergeable && this.#isIntact(START, octets);
  }

  #isWholeIpv4(): boolean {
    // Neither a fragment nor reserved bits; DF alone is fine.
    return (readUint16(this.#arena.bytes, START + IPV4.fragment) & 0xbfff) === 0;
  }

  #isTcpCandidate(octets: number): boolean {
    const { bytes } = this.#arena;
    const tcp = START + this.#transport;
    if (octets < this.#transport + TCP_HEADER_OCTETS) return false;
    const header = ((bytes[tcp + TCP.dataOffset] as number) >>> 4) * 4;
    this.#headerOctets = this.#transport + header;
    this.#segmentOctets = octets - this.#headerOctets;
    this.#nextSequence = (readUint32(bytes, tcp + TCP.sequence) + this.#segmentOctets) >>> 0;
    this.#lastFlags = 0;
    return (
      header >= TCP_HEADER_OCTETS &&
      this.#segmentOctets > 0 &&
      bytes[tcp + TCP.flags] === tcpFlags.ack
    );
  }

  #isUdpCandidate(octets: number): boolean {
    const { bytes } = this.#arena;
    const udp = START + this.#transport;
    this.#headerOctets = this.#transport + UDP_HEADER_OCTETS;
    this.#segmentOctets = octets - this.#headerOctets;
    return (
      this.#segmentOctets > 0 &&
      readUint16(bytes, udp + UDP.length) === octets - this.#transport &&
      readUint16(bytes, udp + UDP.checksum) !== 0
    );
  }

  /** Whether the checksums of the packet at `at` are right: merging would make wrong ones right. */
  #isIntact(at: number, octets: number): boolean {
    if (this.#four && sumOctets(this.#arena, at, at + IPV4_HEADER_OCTETS) !== ALL_ONES)
      return false;
    const transport = at + this.#transport;
    const sum = sumOctets(this.#arena, transport, at + octets);
    return fold(this.#pseudoSum(at, octets - this.#transport) + sum) === ALL_ONES;
  }

  #pseudoSum(at: number, transportOctets: number): number {
    const addresses = at + (this.#four ? IPV4.addresses : IPV6.addresses);
    return fold(
      sumOctets(this.#arena, addresses, addresses + (this.#four ? 8 : 32)) +
        (this.#isTcp ? ipProtocols.tcp : ipProtocols.udp) +
        transportOctets,
    );
  }

  /** Whether the packet just placed is the one that cutting up a longer frame would yield next. */
  #continues(octets: number): boolean {
    const { bytes } = this.#arena;
    const at = this.#placed;
    const payload = octets - this.#headerOctets;
    return (
      payload > 0 &&
      payload <= this.#segmentOctets &&
      this.#end + payload - START <= MOST_IP_OCTETS &&
      (this.#isTcp || this.#packets < MOST_DATAGRAMS) &&
      this.#sameNetworkHeader(bytes, at) &&
      (this.#isTcp ? this.#sameTcpHeader(bytes, at) : this.#sameUdpHeader(bytes, at, octets)) &&
      this.#isIntact(at, octets)
    );
  }

  #sameNetworkHeader(bytes: Uint8Array, at: number): boolean {
    if (!this.#four)
      return (
        same(bytes, at, START, 0, IPV6.payloadLength) &&
        same(bytes, at, START, IPV6.nextHeader, IPV6_HEADER_OCTETS)
      );
    const first = readUint16(bytes, START + IPV4.identification);
    return (
      same(bytes, at, START, 0, IPV4.totalLength) &&
      same(bytes, at, START, IPV4.fragment, IPV4.checksum) &&
      same(bytes, at, START, IPV4.addresses, IPV4_HEADER_OCTETS) &&
      readUint16(bytes, at + IPV4.identification) === ((first + this.#packets) & 0xffff)
    );
  }

  #sameTcpHeader(bytes: Uint8Array, at: number): boolean {
    const tcp = at + this.#transport;
    const first = START + this.#transport;
    const flags = (bytes[tcp + TCP.flags] as number) & ~LAST_ONLY;
    return (
      flags === tcpFlags.ack &&
      readUint32(bytes, tcp + TCP.sequence) === this.#nextSequence &&
      same(bytes, tcp, first, 0, TCP.sequence) &&
      same(bytes, tcp, first, TCP.sequence + 4, TCP.flags) &&
      same(bytes, tcp, first, TCP.flags + 1, TCP.checksum) &&
      same(bytes, tcp, first, TCP.checksum + 2, this.#headerOctets - this.#transport)
    );
  }

  #sameUdpHeader(bytes: Uint8Array, at: number, octets: number): boolean {
    const udp = at + this.#transport;
    const first = START + this.#transport;
    return (
      same(bytes, udp, first, 0, UDP.length) &&
      readUint16(bytes, udp + UDP.length) === octets - this.#transport &&
      readUint16(bytes, udp + UDP.checksum) !== 0
    );
  }

  #merge(octets: number): void {
    const payload = octets - this.#headerOctets;
    const flags = this.#arena.bytes[this.#placed + this.#transport + TCP.flags] as number;
    this.#lastFlags = this.#isTcp ? flags & LAST_ONLY : 0;
    this.#uncover();
    this.#end += payload;
    this.#packets += 1;
    this.#nextSequence = (this.#nextSequence + payload) >>> 0;
    this.#open = payload === this.#segmentOctets && this.#lastFlags === 0;
  }

  /** Makes one packet of the headers of the first, and tells the kernel how to take it apart. */
  #finish(header: number): void {
    const { bytes } = this.#arena;
    const octets = this.#end - START;
    const transport = START + this.#transport;
    if (this.#four) {
      writeUint16(bytes, START + IPV4.totalLength, octets);
      writeUint16(bytes, START + IPV4.checksum, 0);
      const sum = sumOctets(this.#arena, START, START + IPV4_HEADER_OCTETS);
      writeUint16(bytes, START + IPV4.checksum, ~sum & 0xffff);
    } else writeUint16(bytes, START + IPV6.payloadLength, octets - IPV6_HEADER_OCTETS);
    const transportOctets = octets - this.#transport;
    if (this.#isTcp)
      bytes[transport + TCP.flags] = (bytes[transport + TCP.flags] as number) | this.#lastFlags;
    else writeUint16(bytes, transport + UDP.length, transportOctets);
    const checksumOffset = this.#isTcp ? TCP.checksum : UDP.checksum;
    writeUint16(bytes, transport + checksumOffset, this.#pseudoSum(START, transportOctets));
    const tcp = this.#four ? SEGMENTATION.tcp4 : SEGMENTATION.tcp6;
    writeVirtioHeader(
      bytes,
      header,
      NEEDS_CHECKSUM,
      this.#isTcp ? tcp : SEGMENTATION.udp,
      this.#headerOctets,
      this.#segmentOctets,
      this.#transport,
      checksumOffset,
    );
  }
}

/** Whether two headers agree from offset `from` to offset `end`. */
function same(bytes: Uint8Array, a: number, b: number, from: number, end: number): boolean {
  for (let i = from; i < end; i += 1) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
}
