import type { Arena } from '#base/arena';
import { IPV4_HEADER_OCTETS } from '#wire/ipv4';
import { IPV6_HEADER_OCTETS } from '#wire/ipv6';
import { ipProtocols } from '#wire/protocol-numbers';
import { TCP_HEADER_OCTETS, tcpFlags } from '#wire/tcp';
import { UDP_HEADER_OCTETS } from '#wire/udp';
import { fold, sumOctets } from './checksum.ts';
import { TRAILER_ROOM } from './encapsulate.ts';
import { headerOctets, ipVersion } from './ip-packet.ts';
import { readUint16, readUint32, writeUint16, writeUint32 } from './octets.ts';
import { IPV4, IPV6, LAST_ONLY, TCP, UDP } from './transport-fields.ts';
import {
  NEEDS_CHECKSUM,
  SEGMENTATION,
  VIRTIO_HEADER_OCTETS,
  virtioField,
} from './virtio-header.ts';

/** The largest headers that are cut up; others are refused. */
const MOST_HEADER_OCTETS = 256;

/**
 * Turns what a TUN interface with offloads hands over into packets that can travel: cuts a super-packet
 * into segments, in place and without moving payload, and finishes checksums.
 *
 * The header of each segment is written right before its payload, over the end of the segment before,
 * which is encrypted by then. In turn the trailer that encapsulation puts behind a segment lies over
 * the payload of the next; those octets are kept and put back.
 */
export class Segmenter {
  /** The present packet, until `next` is called again. */
  at = 0;
  octets = 0;

  #arena: Arena;
  readonly #header = new Uint8Array(MOST_HEADER_OCTETS);
  readonly #covered = new Uint8Array(TRAILER_ROOM);
  #headerOctets = 0;
  /** Where the transport header begins in the packet. */
  #transport = 0;
  #isTcp = false;
  /** Sum of the addresses and the protocol, which all segments share. */
  #pseudo = 0;
  #segmentOctets = 0;
  #payloadAt = 0;
  #end = 0;
  #index = 0;

  /** Works on frames in `arena`, behind whose packets there are `TRAILER_ROOM` octets to spare. */
  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /**
   * Starts with the frame of `octets` octets at `frame`, virtio header and packet. Whether it makes
   * sense; then `next` yields its packets.
   */
  begin(frame: number, octets: number): boolean {
    const { bytes } = this.#arena;
    if (octets <= VIRTIO_HEADER_OCTETS) return false;
    this.at = frame + VIRTIO_HEADER_OCTETS;
    this.#end = frame + octets;
    this.#index = 0;
    const needsChecksum = ((bytes[frame] as number) & NEEDS_CHECKSUM) !== 0;
    const type = (bytes[frame + 1] as number) & ~SEGMENTATION.congestionBit;
    if (type !== SEGMENTATION.none) return this.#beginTrain(frame, type);
    this.#segmentOctets = 0;
    return !needsChecksum || this.#finishChecksum(frame);
  }

  /** Moves on to the next packet; false after the last. */
  next(): boolean {
    const { bytes } = this.#arena;
    if (this.#segmentOctets === 0) {
      this.octets = this.#end - this.at;
      this.#index += 1;
      return this.#index === 1;
    }
    if (this.#index > 0) bytes.set(this.#covered, this.#payloadAt);
    const payload = Math.min(this.#segmentOctets, this.#end - this.#payloadAt);
    if (payload === 0) return false;
    this.at = this.#payloadAt - this.#headerOctets;
    this.octets = this.#headerOctets + payload;
    for (let i = 0; i < this.#headerOctets; i += 1) bytes[this.at + i] = this.#header[i] as number;
    this.#payloadAt += payload;
    this.#patch(this.#payloadAt === this.#end);
    for (let i = 0; i < TRAILER_ROOM; i += 1)
      this.#covered[i] = bytes[this.#payloadAt + i] as number;
    this.#index += 1;
    return true;
  }

  #beginTrain(frame: number, type: number): boolean {
    const { bytes } = this.#arena;
    const { at } = this;
    const available = this.#end - at;
    const version = ipVersion(bytes, at);
    const four = version === 4;
    const fits =
      (type === SEGMENTATION.tcp4 && four) ||
      (type === SEGMENTATION.tcp6 && version === 6) ||
      (type === SEGMENTATION.udp && (four || version === 6));
    this.#isTcp = type !== SEGMENTATION.udp;
    this.#transport = virtioField(bytes, frame, 'checksumStart');
    this.#segmentOctets = virtioField(bytes, frame, 'segmentOctets');
    const transportOctets = this.#isTcp ? TCP_HEADER_OCTETS : UDP_HEADER_OCTETS;
    if (!fits || this.#transport + transportOctets > available) return false;
    // Options of IPv4 are counted in its header; what IPv6 has instead follows its own.
    const network = headerOctets(bytes, at);
    const agrees = four ? this.#transport === network : this.#transport >= network;
    if (!agrees || network < IPV4_HEADER_OCTETS) return false;
    this.#headerOctets =
      this.#transport +
      (this.#isTcp
        ? ((bytes[at + this.#transport + TCP.dataOffset] as number) >>> 4) * 4
        : UDP_HEADER_OCTETS);
    if (
      this.#segmentOctets === 0 ||
      this.#headerOctets < this.#transport + transportOctets ||
      this.#headerOctets > MOST_HEADER_OCTETS ||
      this.#headerOctets >= available
    )
      return false;
    for (let i = 0; i < this.#headerOctets; i += 1) this.#header[i] = bytes[at + i] as number;
    const addresses = at + (four ? IPV4.addresses : IPV6.addresses);
    this.#pseudo =
      sumOctets(this.#arena, addresses, addresses + (four ? 8 : 32)) +
      (this.#isTcp ? ipProtocols.tcp : ipProtocols.udp);
    this.#payloadAt = at + this.#headerOctets;
    return true;
  }

  /** Makes lengths, numbers, flags and checksums of the present segment its own. */
  #patch(last: boolean): void {
    const { bytes } = this.#arena;
    const { at, octets } = this;
    if (ipVersion(bytes, at) === 4) {
      writeUint16(bytes, at + IPV4.totalLength, octets);
      const identification = readUint16(bytes, at + IPV4.identification) + this.#index;
      writeUint16(bytes, at + IPV4.identification, identification & 0xffff);
      writeUint16(bytes, at + IPV4.checksum, 0);
      const end = at + 4 * ((bytes[at] as number) & 15);
      writeUint16(bytes, at + IPV4.checksum, ~sumOctets(this.#arena, at, end) & 0xffff);
    } else writeUint16(bytes, at + IPV6.payloadLength, octets - IPV6_HEADER_OCTETS);
    const transport = at + this.#transport;
    if (this.#isTcp) {
      const sequence = readUint32(bytes, transport + TCP.sequence);
      writeUint32(bytes, transport + TCP.sequence, sequence + this.#index * this.#segmentOctets);
      const none = (last ? 0 : LAST_ONLY) | (this.#index > 0 ? tcpFlags.cwr : 0);
      bytes[transport + TCP.flags] = (bytes[transport + TCP.flags] as number) & ~none;
    } else writeUint16(bytes, transport + UDP.length, octets - this.#transport);
    const field = transport + (this.#isTcp ? TCP.checksum : UDP.checksum);
    writeUint16(bytes, field, 0);
    const pseudo = this.#pseudo + octets - this.#transport;
    const sum = ~fold(pseudo + sumOctets(this.#arena, transport, at + octets)) & 0xffff;
    // Zero would mean that the sender of a UDP datagram made no checksum.
    writeUint16(bytes, field, sum === 0 && !this.#isTcp ? 0xffff : sum);
  }

  /** Completes the checksum of a single packet, whose field holds what its sender summed so far. */
  #finishChecksum(frame: number): boolean {
    const { bytes } = this.#arena;
    const start = this.at + virtioField(bytes, frame, 'checksumStart');
    const offset = virtioField(bytes, frame, 'checksumOffset');
    if (start + offset + 2 > this.#end) return false;
    const sum = ~sumOctets(this.#arena, start, this.#end) & 0xffff;
    writeUint16(bytes, start + offset, sum === 0 && offset === UDP.checksum ? 0xffff : sum);
    return true;
  }
}
