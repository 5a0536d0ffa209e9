/**
 * IPv4 packets read and rewritten where they lie (RFC 791), with the checksums that follow a change
 * without a look at the rest of the packet (RFC 1624). Offsets are from the start of the IPv4 header.
 */
import { readUint16, readUint32, writeUint16 } from '#dataplane/octets';
import { checksumOf, sumOf } from '#wire/checksum';
import { ipProtocols } from '#wire/protocol-numbers';

const MOST = 0xffff;

/** Brings a sum of two or three 16-bit words back to 16 bits by end-around carry. */
function fold(sum: number): number {
  const once = (sum & MOST) + (sum >>> 16);
  return (once & MOST) + (once >>> 16);
}

/** What replacing one 16-bit word by another adds to a sum; RFC 1624 equation 3. */
export const wordDelta = (from: number, to: number): number => fold((~from & MOST) + to);

/** What replacing one address by another adds to a sum. */
export const addressDelta = (from: number, to: number): number =>
  fold(wordDelta(from >>> 16, to >>> 16) + wordDelta(from & MOST, to & MOST));

/** Brings the checksum at `at` up to date after a change of the sum it covers. */
export function adjustChecksum(b: Uint8Array, at: number, delta: number): void {
  writeUint16(b, at, ~fold((~readUint16(b, at) & MOST) + delta) & MOST);
}

/**
 * The same for UDP over IPv4, where zero means that the sender computed none and a computed zero is
 * sent as 0xFFFF; RFC 768.
 */
export function adjustUdpChecksum(b: Uint8Array, at: number, delta: number): void {
  if (readUint16(b, at) === 0) return;
  adjustChecksum(b, at, delta);
  if (readUint16(b, at) === 0) writeUint16(b, at, MOST);
}

/** Adds to a sum that is not yet complemented: a checksum that the network card would finish. */
export function adjustPartialSum(b: Uint8Array, at: number, delta: number): void {
  writeUint16(b, at, fold(readUint16(b, at) + delta));
}

/** The fixed part of a sound IPv4 header; addresses are unsigned 32-bit numbers. */
export type Ipv4Header = {
  readonly headerOctets: number;
  readonly totalOctets: number;
  readonly protocol: number;
  readonly timeToLive: number;
  readonly source: number;
  readonly destination: number;
  readonly identification: number;
  readonly doNotFragment: boolean;
  readonly moreFragments: boolean;
  /** In octets. */
  readonly fragmentOffset: number;
};

/**
 * Reads the header at `at`; undefined when it is not a whole, sound IPv4 header. The packet itself may
 * be cut short, as it is in an ICMP error.
 */
export function readIpv4(b: Uint8Array, at = 0): Ipv4Header | undefined {
  if (b.length - at < 20) return undefined;
  const first = b[at] as number;
  const headerOctets = (first & 0x0f) * 4;
  const totalOctets = readUint16(b, at + 2);
  if (first >>> 4 !== 4 || headerOctets < 20) return undefined;
  if (headerOctets > b.length - at || totalOctets < headerOctets) return undefined;
  const fragment = readUint16(b, at + 6);
  return {
    headerOctets,
    totalOctets,
    protocol: b[at + 9] as number,
    timeToLive: b[at + 8] as number,
    source: readUint32(b, at + 12),
    destination: readUint32(b, at + 16),
    identification: readUint16(b, at + 4),
    doNotFragment: (fragment & 0x4000) !== 0,
    moreFragments: (fragment & 0x2000) !== 0,
    fragmentOffset: (fragment & 0x1fff) * 8,
  };
}

/**
 * Computes the checksum of a whole TCP or UDP packet that its sender left to the network card, whose
 * field holds the pseudo-header's sum only; RFC 9293 section 3.1.
 */
export function finishChecksum(b: Uint8Array, header: Ipv4Header): void {
  const isUdp = header.protocol === ipProtocols.udp;
  if (!isUdp && header.protocol !== ipProtocols.tcp) return;
  const { headerOctets, totalOctets } = header;
  const at = headerOctets + (isUdp ? 6 : 16);
  if (at + 2 > totalOctets) return;
  writeUint16(b, at, 0);
  const pseudoHeader = sumOf(b, 12, 20, header.protocol + totalOctets - headerOctets);
  const checksum = checksumOf(b, headerOctets, totalOctets, pseudoHeader);
  writeUint16(b, at, isUdp && checksum === 0 ? MOST : checksum);
}

/** Computes the header checksum anew, after fields were written. */
export function finishHeaderChecksum(b: Uint8Array, headerOctets: number): void {
  writeUint16(b, 10, 0);
  writeUint16(b, 10, checksumOf(b, 0, headerOctets));
}

/** Takes one from the time to live and keeps the header checksum right; RFC 1812 section 5.3.1. */
export function decrementTimeToLive(b: Uint8Array): void {
  const before = readUint16(b, 8);
  b[8] = (b[8] as number) - 1;
  adjustChecksum(b, 10, wordDelta(before, readUint16(b, 8)));
}

/** Sources that no single host can have: 0/8, loopback, multicast, class E; RFC 1812 section 5.3.7. */
export const isMartian = (address: number): boolean =>
  address >>> 24 === 0 || address >>> 24 === 127 || address >= 0xe0000000;
