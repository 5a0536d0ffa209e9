import type { Arena } from '#base/arena';
import { NOT_EXTENDED } from '#crypto/esp-cipher';
import { ESP_TRAILER_OCTETS } from '#wire/esp';
import { ipProtocols } from '#wire/protocol-numbers';
import { SA_COUNTER } from './counters.ts';
import type { InboundAssociation } from './inbound-association.ts';
import {
  combinedEcn,
  destinationAddressAt,
  ECN,
  ipPacketOctets,
  ipVersion,
  setEcn,
  sourceAddressAt,
  trafficClassOf,
} from './ip-packet.ts';
import { readUint32 } from './octets.ts';
import { writeBareHeader } from './transport-mode.ts';

/** Why there is no inner packet. None is a length, and all below 0 are faults. */
export const REFUSED = {
  /** Authentic, but sent to be thrown away; RFC 4303 section 2.6. */
  dummy: 0,
  replayed: -1,
  authenticationFailed: -2,
  malformed: -3,
  selectorMismatch: -4,
  expired: -5,
} as const;

const TWO_TO_32 = 2 ** 32;

/**
 * Opens the ESP packet of `octets` octets at `packet` in `source`, which belongs to `sa`, into
 * `target` from `to` on, and returns the length of the inner packet there or a member of `REFUSED`.
 * The order is that of RFC 4303 section 3.4: length, replay, integrity, replay window, decryption,
 * trailer; then RFC 4301 section 5.2: the inner packet against the selectors. `target` has room for
 * `octets` octets and an IP header from `to` on; what is there after a refusal is garbage.
 */
export function decapsulate(
  sa: InboundAssociation,
  source: Arena,
  packet: number,
  octets: number,
  target: Arena,
  to: number,
  outerTrafficClass: number,
): number {
  if (sa.expired) {
    sa.count(SA_COUNTER.expired);
    return REFUSED.expired;
  }
  const body = octets - sa.frameOctets;
  if (body < sa.suite.align || body % sa.suite.align !== 0) {
    sa.count(SA_COUNTER.malformed);
    return REFUSED.malformed;
  }
  const { window } = sa;
  const sequence = window.whole(readUint32(source.bytes, packet + 4));
  if (!window.admits(sequence)) {
    sa.count(SA_COUNTER.replayed);
    return REFUSED.replayed;
  }
  const high = sa.extended ? Math.floor(sequence / TWO_TO_32) : NOT_EXTENDED;
  const start = to + sa.bareHeaderOctets;
  if (!sa.opener.open(sa.keys, source, packet, octets, target, start, high)) {
    sa.count(SA_COUNTER.authenticationFailed);
    return REFUSED.authenticationFailed;
  }
  sa.advanced = window.record(sequence);
  sa.counters[sa.base + SA_COUNTER.sequence] = window.top;

  const payload = payloadOctets(target.bytes, start, body);
  if (payload < 0) {
    sa.count(SA_COUNTER.malformed);
    return REFUSED.malformed;
  }
  const nextHeader = target.bytes[start + body - 1] as number;
  if (nextHeader === ipProtocols.noNextHeader) return REFUSED.dummy;
  if (sa.bareHeaderOctets > 0) {
    writeBareHeader(sa, target, to, payload, nextHeader, outerTrafficClass);
    return acceptInner(sa, target.bytes, to, start - to + payload, outerTrafficClass);
  }
  // Some clients write 4 before IPv6 too, so the version field alone decides which of the two it is.
  if (nextHeader !== ipProtocols.ipv4 && nextHeader !== ipProtocols.ipv6) {
    sa.count(SA_COUNTER.malformed);
    return REFUSED.malformed;
  }
  return acceptInner(sa, target.bytes, to, payload, outerTrafficClass);
}

/**
 * Octets of payload before padding and trailer in a decrypted body; below 0 when the padding is
 * longer than the body or is not 1, 2, 3 and so on (RFC 4303 section 2.4).
 */
function payloadOctets(plain: Uint8Array, at: number, body: number): number {
  const end = at + body - ESP_TRAILER_OCTETS;
  const padding = plain[end] as number;
  const payload = body - ESP_TRAILER_OCTETS - padding;
  if (payload < 0) return -1;
  for (let i = 1; i <= padding; i += 1) if (plain[at + payload + i - 1] !== i) return -1;
  return payload;
}

function acceptInner(
  sa: InboundAssociation,
  plain: Uint8Array,
  at: number,
  available: number,
  outerTrafficClass: number,
): number {
  const octets = ipPacketOctets(plain, at, available);
  if (octets === 0) {
    sa.count(SA_COUNTER.malformed);
    return REFUSED.malformed;
  }
  if (
    ipVersion(plain, at) !== sa.family ||
    !sa.carries(plain, destinationAddressAt(plain, at), sourceAddressAt(plain, at))
  ) {
    sa.count(SA_COUNTER.selectorMismatch);
    return REFUSED.selectorMismatch;
  }
  if (sa.exceeds(octets)) {
    sa.count(SA_COUNTER.expired);
    return REFUSED.expired;
  }
  const inner = trafficClassOf(plain, at) & ECN.congested;
  const ecn = combinedEcn(inner, outerTrafficClass & ECN.congested);
  if (ecn < 0) {
    sa.count(SA_COUNTER.malformed);
    return REFUSED.malformed;
  }
  if (ecn !== inner) setEcn(plain, at, ecn);
  sa.carried(octets);
  return octets;
}
