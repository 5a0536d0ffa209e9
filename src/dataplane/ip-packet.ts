import { IPV4_HEADER_OCTETS } from '#wire/ipv4';
import { IPV6_HEADER_OCTETS } from '#wire/ipv6';
import { UDP_HEADER_OCTETS } from '#wire/udp';
import { readUint16, writeUint16 } from './octets.ts';

/** What the length field of an IPv4 packet can say. */
export const MOST_IP_OCTETS = 65_535;
/** The largest payload of a UDP datagram over IPv4. */
export const MOST_UDP_OCTETS = MOST_IP_OCTETS - IPV4_HEADER_OCTETS - UDP_HEADER_OCTETS;

/** What every link of IPv6 carries; RFC 8200 section 5. */
export const LEAST_IPV6_MTU = 1280;

/** Lower two bits of the traffic class; RFC 3168 section 5. */
export const ECN = { notCapable: 0, capable1: 1, capable0: 2, congested: 3 } as const;

const ECN_MASK = 3;

/** Octets of a header without options or extensions. */
export const ipHeaderOctets = (family: number): number =>
  family === 4 ? IPV4_HEADER_OCTETS : IPV6_HEADER_OCTETS;

/** 4, 6, or whatever a packet claims. */
export const ipVersion = (bytes: Uint8Array, at: number): number => (bytes[at] as number) >> 4;

/**
 * The length that an IP packet at `at` gives itself, when it has a whole header and fits into
 * `available` octets; 0 otherwise. What lies behind it is traffic flow confidentiality padding;
 * RFC 4303 section 2.7.
 */
export function ipPacketOctets(bytes: Uint8Array, at: number, available: number): number {
  const version = available === 0 ? 0 : ipVersion(bytes, at);
  if (version === 4 && available >= IPV4_HEADER_OCTETS) {
    const header = 4 * ((bytes[at] as number) & 15);
    const total = readUint16(bytes, at + 2);
    return header >= IPV4_HEADER_OCTETS && total >= header && total <= available ? total : 0;
  }
  if (version === 6 && available >= IPV6_HEADER_OCTETS) {
    const total = IPV6_HEADER_OCTETS + readUint16(bytes, at + 4);
    return total <= available ? total : 0;
  }
  return 0;
}

/** Where the source address of the packet at `at` lies; the destination follows it. */
export const sourceAddressAt = (bytes: Uint8Array, at: number): number =>
  at + (ipVersion(bytes, at) === 4 ? 12 : 8);

export const destinationAddressAt = (bytes: Uint8Array, at: number): number =>
  at + (ipVersion(bytes, at) === 4 ? 16 : 24);

/** Octets of the header of the packet at `at`, with the options of IPv4. */
export const headerOctets = (bytes: Uint8Array, at: number): number =>
  ipVersion(bytes, at) === 4 ? 4 * ((bytes[at] as number) & 15) : IPV6_HEADER_OCTETS;

/** What the packet at `at` carries, by its number among IP protocols. */
export const protocolOf = (bytes: Uint8Array, at: number): number =>
  bytes[at + (ipVersion(bytes, at) === 4 ? 9 : 6)] as number;

/** Extension headers that routers look at come before ESP, where we cannot put them; RFC 4303 section 3.1.1. */
const BEFORE_ESP = { hopByHop: 0, routing: 43, fragment: 44 } as const;

/**
 * Whether the packet at `at` may travel in transport mode, which carries no fragments (RFC 4301
 * section 4.1).
 */
export function isBareable(bytes: Uint8Array, at: number): boolean {
  if (ipVersion(bytes, at) === 4) return (readUint16(bytes, at + 6) & 0x3fff) === 0;
  const next = protocolOf(bytes, at);
  return (
    next !== BEFORE_ESP.hopByHop && next !== BEFORE_ESP.routing && next !== BEFORE_ESP.fragment
  );
}

/** DSCP and ECN. */
export const trafficClassOf = (bytes: Uint8Array, at: number): number =>
  ipVersion(bytes, at) === 4 ? (bytes[at + 1] as number) : (readUint16(bytes, at) >> 4) & 0xff;

/** Whether routers may not fragment the packet; IPv6 routers never do. */
export const mustNotFragment = (bytes: Uint8Array, at: number): boolean =>
  ipVersion(bytes, at) !== 4 || ((bytes[at + 6] as number) & 0x40) !== 0;

/** Replaces the ECN bits; the IPv4 header checksum follows them by RFC 1624. */
export function setEcn(bytes: Uint8Array, at: number, ecn: number): void {
  if (ipVersion(bytes, at) === 6) {
    bytes[at + 1] = ((bytes[at + 1] as number) & ~(ECN_MASK << 4)) | (ecn << 4);
    return;
  }
  const before = readUint16(bytes, at);
  bytes[at + 1] = ((bytes[at + 1] as number) & ~ECN_MASK) | ecn;
  const sum = (~readUint16(bytes, at + 10) & 0xffff) + (~before & 0xffff) + readUint16(bytes, at);
  const folded = (sum & 0xffff) + (sum >>> 16);
  writeUint16(bytes, at + 10, ~((folded & 0xffff) + (folded >>> 16)));
}

/**
 * The ECN bits of a packet that leaves a tunnel, from its own and those of the outer header; below 0
 * when it has to be dropped, because congestion was marked on a packet that cannot say so. RFC 6040
 * section 4.2.
 */
export function combinedEcn(inner: number, outer: number): number {
  if (outer === ECN.congested) return inner === ECN.notCapable ? -1 : ECN.congested;
  return inner === ECN.capable0 && outer === ECN.capable1 ? ECN.capable1 : inner;
}
