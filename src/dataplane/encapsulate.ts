import type { Arena } from '#base/arena';
import { NOT_EXTENDED } from '#crypto/esp-cipher';
import { ESP_TRAILER_OCTETS, espPadding } from '#wire/esp';
import { ipProtocols } from '#wire/protocol-numbers';
import { SA_COUNTER } from './counters.ts';
import { headerOctets, ipVersion, protocolOf } from './ip-packet.ts';
import { writeUint32 } from './octets.ts';
import type { OutboundAssociation } from './outbound-association.ts';

/** Octets behind an inner packet that `encapsulate` overwrites at most: padding and trailer. */
export const TRAILER_ROOM = 18;

/** Octets that `encapsulate` may write beyond the inner packet's own: header, IV, padding, ICV and digest. */
export const ENCAPSULATION_ROOM = 128;

const TWO_TO_32 = 2 ** 32;

const tunnelProtocol = (bytes: Uint8Array, at: number): number =>
  ipVersion(bytes, at) === 4 ? ipProtocols.ipv4 : ipProtocols.ipv6;

/** The last number that may be sent; RFC 4303 section 3.3.3 forbids it to wrap. */
const lastSequence = (extended: boolean): number =>
  extended ? Number.MAX_SAFE_INTEGER : TWO_TO_32 - 1;

/**
 * Whether so few numbers are left that a successor has to be negotiated: 2^28, four minutes of a
 * million packets a second.
 */
export const sequenceRunsOut = (sa: OutboundAssociation): boolean =>
  sa.sequence >= lastSequence(sa.extended) - 2 ** 28;

/**
 * Makes the ESP packet of the IP packet of `octets` octets at `from` in `source`, at `to` in `target`;
 * RFC 4303 section 3.3. In transport mode its header stays behind: the socket makes one between the
 * same two hosts. Returns the length, or 0 when the sequence numbers or octets are used up. Padding and trailer
 * are put behind the packet first, over whatever is there.
 */
export function encapsulate(
  sa: OutboundAssociation,
  source: Arena,
  from: number,
  octets: number,
  target: Arena,
  to: number,
): number {
  const sequence = sa.sequence + 1;
  if (sequence > lastSequence(sa.extended) || sa.exceeds(octets)) {
    sa.count(SA_COUNTER.expired);
    return 0;
  }
  sa.sequence = sequence;

  const plain = source.bytes;
  const bare = sa.bareHeaderOctets === 0 ? 0 : headerOctets(plain, from);
  const payload = octets - bare;
  const padding = espPadding(payload, sa.suite);
  let at = from + octets;
  for (let i = 1; i <= padding; i += 1) plain[at++] = i;
  plain[at++] = padding;
  plain[at++] = bare === 0 ? tunnelProtocol(plain, from) : protocolOf(plain, from);

  writeUint32(target.bytes, to, sa.spi);
  writeUint32(target.bytes, to + 4, sequence >>> 0);
  const high = sa.extended ? Math.floor(sequence / TWO_TO_32) : NOT_EXTENDED;
  const body = payload + padding + ESP_TRAILER_OCTETS;
  sa.sealer.seal(sa.keys, source, from + bare, body, target, to, high);
  sa.carried(octets);
  return sa.frameOctets + body;
}
