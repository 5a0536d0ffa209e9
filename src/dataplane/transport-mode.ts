import type { Arena } from '#base/arena';
import { ipProtocols } from '#wire/protocol-numbers';
import { fold, sumOctets } from './checksum.ts';
import type { InboundAssociation } from './inbound-association.ts';
import { writeUint16 } from './octets.ts';
import { IPV4, IPV6, TCP, UDP } from './transport-fields.ts';

/** The socket that took the packet has not told what was left of it. */
const TIME_TO_LIVE = 64;

/**
 * Puts an IP header before the `payload` octets that came out of ESP in transport mode; RFC 4303
 * section 3.1.1. The header that travelled is with the kernel, so this one is made anew, between the
 * ends of the SA. `at` is where it goes, `sa.bareHeaderOctets` before the payload.
 */
export function writeBareHeader(
  sa: InboundAssociation,
  arena: Arena,
  at: number,
  payload: number,
  protocol: number,
  trafficClass: number,
): void {
  const { bytes } = arena;
  const header = sa.bareHeaderOctets;
  bytes.fill(0, at, at + header);
  if (sa.local.family === 4) {
    bytes[at] = 0x45;
    bytes[at + 1] = trafficClass;
    writeUint16(bytes, at + IPV4.totalLength, header + payload);
    bytes[at + 8] = TIME_TO_LIVE;
    bytes[at + IPV4.protocol] = protocol;
    sa.remote.write(bytes, at + IPV4.addresses);
    sa.local.write(bytes, at + IPV4.addresses + 4);
    writeUint16(bytes, at + IPV4.checksum, ~sumOctets(arena, at, at + header) & 0xffff);
  } else {
    bytes[at] = 0x60 | (trafficClass >>> 4);
    bytes[at + 1] = trafficClass << 4;
    writeUint16(bytes, at + IPV6.payloadLength, payload);
    bytes[at + IPV6.nextHeader] = protocol;
    bytes[at + 7] = TIME_TO_LIVE;
    sa.remote.write(bytes, at + IPV6.addresses);
    sa.local.write(bytes, at + IPV6.addresses + 16);
  }
  if (sa.inUdp) renewChecksum(sa, arena, at, payload, protocol);
}

/**
 * A NAT on the way has changed addresses that the checksums of TCP and UDP cover. The ICV has proved
 * the content, so they are made anew; RFC 3948 section 3.1.2.
 */
function renewChecksum(
  sa: InboundAssociation,
  arena: Arena,
  at: number,
  payload: number,
  protocol: number,
): void {
  const isTcp = protocol === ipProtocols.tcp;
  if (!isTcp && protocol !== ipProtocols.udp) return;
  const start = at + sa.bareHeaderOctets;
  const field = start + (isTcp ? TCP.checksum : UDP.checksum);
  if (field + 2 > start + payload) return;
  const addresses = at + (sa.local.family === 4 ? IPV4.addresses : IPV6.addresses);
  writeUint16(arena.bytes, field, 0);
  const pseudo = sumOctets(arena, addresses, start) + protocol + payload;
  const sum = ~fold(pseudo + sumOctets(arena, start, start + payload)) & 0xffff;
  // Zero would mean that a UDP datagram has no checksum.
  writeUint16(arena.bytes, field, sum === 0 && !isTcp ? 0xffff : sum);
}
