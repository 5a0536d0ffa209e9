import { addressFromBytes } from '#base/address';
import { IcmpMessage, icmpTypes, unreachableCodes } from '#wire/icmp';
import { encodeIcmpv6 } from '#wire/icmpv6';
import { IPV4_HEADER_OCTETS, Ipv4Packet } from '#wire/ipv4';
import { IPV6_HEADER_OCTETS, Ipv6Packet } from '#wire/ipv6';
import { ipProtocols } from '#wire/protocol-numbers';
import { destinationAddressAt, ipVersion, sourceAddressAt } from './ip-packet.ts';
import { readUint16 } from './octets.ts';
import { IPV4, IPV6 } from './transport-fields.ts';

const TIME_TO_LIVE = 64;
const ICMP_HEADER_OCTETS = 8;
/** Most octets of an error in all: RFC 1812 section 4.3.2.3, RFC 4443 section 2.4 (c). */
const MOST_OCTETS_4 = 576;
const MOST_OCTETS_6 = 1280;

/** Multicast and reserved addresses, and no address at all, are nobody to write to. */
const isOneHost4 = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] !== 0 && (bytes[at] as number) < 224;
const isOneHost6 = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] !== 0xff && bytes.subarray(at, at + 16).some((octet) => octet !== 0);

/** Whether an error about the packet may be sent; RFC 1812 section 4.3.2.7. */
function deservesError4(bytes: Uint8Array, at: number): boolean {
  if ((readUint16(bytes, at + IPV4.fragment) & 0x1fff) !== 0) return false;
  if (!isOneHost4(bytes, at + 12) || !isOneHost4(bytes, at + 16)) return false;
  if (bytes[at + IPV4.protocol] !== ipProtocols.icmp) return true;
  const type = bytes[at + 4 * ((bytes[at] as number) & 15)];
  return type === icmpTypes.echoRequest || type === icmpTypes.echoReply;
}

/** RFC 4443 section 2.4 (e). */
function deservesError6(bytes: Uint8Array, at: number): boolean {
  if (!isOneHost6(bytes, at + 8) || !isOneHost6(bytes, at + 24)) return false;
  // Types below 128 are errors.
  return (
    bytes[at + IPV6.nextHeader] !== ipProtocols.icmpv6 ||
    (bytes[at + IPV6_HEADER_OCTETS] as number) >= 128
  );
}

/**
 * The ICMP message that tells the sender of the IP packet of `octets` octets at `at` to send no more
 * than `mtu` at a time (RFC 1191, RFC 8201); undefined when no error may be sent about that packet.
 * It speaks for the packet's destination, since the inside network may know no address of ours.
 */
export function tooBigAnswer(
  bytes: Uint8Array,
  at: number,
  octets: number,
  mtu: number,
): Uint8Array | undefined {
  const four = ipVersion(bytes, at) === 4;
  if (!(four ? deservesError4(bytes, at) : deservesError6(bytes, at))) return undefined;
  const width = four ? 4 : 16;
  const addressAt = (from: number) => addressFromBytes(bytes.slice(from, from + width));
  const ends = {
    source: addressAt(destinationAddressAt(bytes, at)),
    destination: addressAt(sourceAddressAt(bytes, at)),
  };
  const header = ICMP_HEADER_OCTETS + (four ? IPV4_HEADER_OCTETS : IPV6_HEADER_OCTETS);
  const room = (four ? MOST_OCTETS_4 : MOST_OCTETS_6) - header;
  const quoted = bytes.slice(at, at + Math.min(octets, room));
  return four ? answer4(ends, mtu, quoted) : answer6(ends, mtu, quoted);
}

type Ends = Pick<Ipv4Packet, 'source' | 'destination'>;

const answer4 = (ends: Ends, nextHopMtu: number, quoted: Uint8Array): Uint8Array =>
  Ipv4Packet.encode({
    ...ends,
    dscp: 0,
    ecn: 0,
    identification: 0,
    dontFragment: true,
    moreFragments: false,
    fragmentOffset: 0,
    timeToLive: TIME_TO_LIVE,
    protocol: ipProtocols.icmp,
    options: new Uint8Array(0),
    payload: IcmpMessage.encode({
      kind: 'destinationUnreachable',
      code: unreachableCodes.fragmentationNeeded,
      nextHopMtu,
      quoted,
    }),
  });

const answer6 = (ends: Ends, mtu: number, quoted: Uint8Array): Uint8Array =>
  Ipv6Packet.encode({
    ...ends,
    dscp: 0,
    ecn: 0,
    flowLabel: 0,
    nextHeader: ipProtocols.icmpv6,
    hopLimit: TIME_TO_LIVE,
    payload: encodeIcmpv6({ kind: 'packetTooBig', mtu, quoted }, ends),
  });
