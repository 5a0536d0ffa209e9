import { addressBytes, familyOf, type IpAddress } from '#base/address';
import { concat } from '#base/bytes';
import { ArpPacket, arpOperations } from '#wire/arp';
import { EthernetFrame, etherTypes } from '#wire/ethernet';
import { encodeIcmpv6 } from '#wire/icmpv6';
import { Ipv6Packet } from '#wire/ipv6';
import { ipProtocols } from '#wire/protocol-numbers';

/** Frames by which a network learns who has the cluster address, and by which a member asks. */

const BROADCAST = new Uint8Array(6).fill(0xff);
const NO_HARDWARE = new Uint8Array(6);
const ANY = '0.0.0.0' as IpAddress;

/** All nodes of a link; RFC 4291 section 2.7.1. */
const ALL_NODES = 'ff02::1' as IpAddress;
const ALL_NODES_HARDWARE = Uint8Array.of(0x33, 0x33, 0, 0, 0, 1);

const NEIGHBOUR_ADVERTISEMENT = 136;
/** Of an advertisement: it replaces what a neighbour knows; RFC 4861 section 4.4. */
const OVERRIDE = 0x20;
const TARGET_LINK_ADDRESS = 2;
/** RFC 4861 section 7.1.2: a router would have lowered it. */
const LINK_HOP_LIMIT = 255;

function arpFrame(
  own: Uint8Array,
  operation: number,
  sender: IpAddress,
  target: IpAddress,
  targetHardware: Uint8Array,
): Uint8Array {
  const packet = ArpPacket.encode({
    operation,
    senderHardware: own,
    senderAddress: sender,
    targetHardware,
    targetAddress: target,
  });
  return EthernetFrame.encode({
    destination: BROADCAST,
    source: own,
    etherType: etherTypes.arp,
    payload: packet,
  });
}

/**
 * Frames that tell every neighbour to send what is for `address` to `own`: gratuitous ARP as request and
 * as reply, since some listen to one only (RFC 5227 section 3); an unsolicited advertisement for IPv6.
 */
export function announcementFrames(own: Uint8Array, address: IpAddress): readonly Uint8Array[] {
  if (familyOf(address) === 4)
    return [
      arpFrame(own, arpOperations.request, address, address, NO_HARDWARE),
      arpFrame(own, arpOperations.reply, address, address, own),
    ];
  const body = concat(
    Uint8Array.of(OVERRIDE, 0, 0, 0),
    addressBytes(address),
    Uint8Array.of(TARGET_LINK_ADDRESS, 1),
    own,
  );
  const advertisement = { kind: 'other', type: NEIGHBOUR_ADVERTISEMENT, code: 0, body } as const;
  const packet = Ipv6Packet.encode({
    dscp: 0,
    ecn: 0,
    flowLabel: 0,
    nextHeader: ipProtocols.icmpv6,
    hopLimit: LINK_HOP_LIMIT,
    source: address,
    destination: ALL_NODES,
    payload: encodeIcmpv6(advertisement, { source: address, destination: ALL_NODES }),
  });
  return [
    EthernetFrame.encode({
      destination: ALL_NODES_HARDWARE,
      source: own,
      etherType: etherTypes.ipv6,
      payload: packet,
    }),
  ];
}

/** Asks who has an IPv4 address without claiming it; RFC 5227 section 2.1.1. */
export const probeFrame = (own: Uint8Array, address: IpAddress): Uint8Array =>
  arpFrame(own, arpOperations.request, ANY, address, NO_HARDWARE);

/** The hardware address that a frame says `address` has, when it is another than `own`. */
export function ownerNamedBy(
  frame: Uint8Array,
  own: Uint8Array,
  addresses: readonly IpAddress[],
): Uint8Array | undefined {
  const decoded = EthernetFrame.decode(frame);
  if (!decoded.ok || decoded.value.etherType !== etherTypes.arp) return undefined;
  const packet = ArpPacket.decode(decoded.value.payload);
  if (!packet.ok || !addresses.includes(packet.value.senderAddress)) return undefined;
  const { senderHardware } = packet.value;
  return senderHardware.every((octet, i) => octet === own[i]) ? undefined : senderHardware;
}
