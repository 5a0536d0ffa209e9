import { IPV4_HEADER_OCTETS } from '#wire/ipv4';
import { IPV6_HEADER_OCTETS } from '#wire/ipv6';
import { ipProtocols } from '#wire/protocol-numbers';
import { TCP_HEADER_OCTETS, tcpFlags } from '#wire/tcp';
import type { Association } from './association.ts';
import { fold } from './checksum.ts';
import { ipVersion } from './ip-packet.ts';
import { readUint16, writeUint16 } from './octets.ts';
import type { PathMtu } from './path-mtu.ts';
import { IPV4, IPV6, TCP } from './transport-fields.ts';

/** Kinds of TCP options; RFC 9293 section 3.2. */
const OPTION = { end: 0, none: 1, maximumSegmentSize: 2 } as const;
const MSS_OPTION_OCTETS = 4;
/** What every host takes; RFC 9293 section 3.7.1. A path that looks narrower is not believed. */
const LEAST_SEGMENT_OCTETS = 536;

/** Where the TCP header of the packet at `at` lies when it opens a connection; 0 when it does not. */
function synAt(bytes: Uint8Array, at: number, octets: number): number {
  const four = ipVersion(bytes, at) === 4;
  const protocol = bytes[at + (four ? IPV4.protocol : IPV6.nextHeader)];
  if (protocol !== ipProtocols.tcp) return 0;
  const header = four ? 4 * ((bytes[at] as number) & 15) : IPV6_HEADER_OCTETS;
  if (octets < header + TCP_HEADER_OCTETS) return 0;
  if (((bytes[at + header + TCP.flags] as number) & tcpFlags.syn) === 0) return 0;
  // Of a fragment there is only the first that has a TCP header, and no SYN is ever that long.
  if (four && (readUint16(bytes, at + IPV4.fragment) & 0x3fff) !== 0) return 0;
  return at + header;
}

/** Where the value of the maximum segment size option lies; 0 when there is none. */
function segmentSizeAt(bytes: Uint8Array, tcp: number, end: number): number {
  const header = 4 * ((bytes[tcp + TCP.dataOffset] as number) >>> 4);
  const last = Math.min(end, tcp + header);
  let at = tcp + TCP_HEADER_OCTETS;
  while (at + 1 < last) {
    const kind = bytes[at] as number;
    if (kind === OPTION.end) return 0;
    if (kind === OPTION.none) {
      at += 1;
      continue;
    }
    const length = bytes[at + 1] as number;
    if (length < 2 || at + length > last) return 0;
    if (kind === OPTION.maximumSegmentSize) return length === MSS_OPTION_OCTETS ? at + 2 : 0;
    at += length;
  }
  return 0;
}

/**
 * Lowers the maximum segment size that a connection is opened with to `most`, if it is larger; the
 * checksum follows by RFC 1624.
 */
function lowerSegmentSize(bytes: Uint8Array, tcp: number, end: number, most: number): void {
  const at = segmentSizeAt(bytes, tcp, end);
  if (at === 0) return;
  const before = readUint16(bytes, at);
  if (before <= most) return;
  writeUint16(bytes, at, most);
  const sum = ~readUint16(bytes, tcp + TCP.checksum) & 0xffff;
  // The option may begin at an odd offset, and then its octets belong to two words of the sum.
  const odd = ((at - tcp) & 1) === 1;
  const word = (value: number) => (odd ? ((value & 0xff) << 8) | (value >>> 8) : value);
  const updated = fold(sum + (~word(before) & 0xffff) + word(most));
  writeUint16(bytes, tcp + TCP.checksum, ~updated & 0xffff);
}

/**
 * Makes the ends of TCP connections through tunnels agree on segments that fit, whatever becomes of
 * ICMP on their way.
 */
export class MssClamp {
  readonly #pathMtu: PathMtu;
  readonly #most: number;

  /** `rule` is `clampMss` of the packet path: true, or the most octets of a segment. */
  constructor(pathMtu: PathMtu, rule: true | number = true) {
    this.#pathMtu = pathMtu;
    this.#most = rule === true ? Number.POSITIVE_INFINITY : rule;
  }

  /** Looks at the whole IP packet of `octets` octets at `at`, which goes through the tunnel of `sa`. */
  apply(sa: Association, bytes: Uint8Array, at: number, octets: number): void {
    const tcp = synAt(bytes, at, octets);
    if (tcp === 0) return;
    const header = ipVersion(bytes, at) === 4 ? IPV4_HEADER_OCTETS : IPV6_HEADER_OCTETS;
    const fits = Math.min(this.#pathMtu.innerOctets(sa) - header - TCP_HEADER_OCTETS, this.#most);
    lowerSegmentSize(bytes, tcp, at + octets, Math.max(fits, LEAST_SEGMENT_OCTETS));
  }
}
