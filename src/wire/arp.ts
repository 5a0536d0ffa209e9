import { err, type Fault, fault, type Result } from '#base/result';
import type { Codec } from './codec.ts';
import { bytes, ipv4Address, struct, u8, u16, type Value } from './schema.ts';

/** Ethernet address, hardware type 1; IPv4, protocol type 0x0800. */
const ethernetIpv4 = {
  hardwareType: 1,
  protocolType: 0x0800,
  hardwareLength: 6,
  protocolLength: 4,
};

export const arpOperations = { request: 1, reply: 2 } as const;

const Packet = struct('arp', {
  hardwareType: u16,
  protocolType: u16,
  hardwareLength: u8,
  protocolLength: u8,
  operation: u16,
  senderHardware: bytes(6),
  senderAddress: ipv4Address,
  targetHardware: bytes(6),
  targetAddress: ipv4Address,
});

/** Address resolution for IPv4 on Ethernet. */
export type ArpPacket = Omit<Value<typeof Packet>, keyof typeof ethernetIpv4>;

/** RFC 826, "Packet format"; octets after the packet are padding of the frame and not looked at. */
export const ArpPacket: Codec<ArpPacket> = {
  decode(octets, offset = 0): Result<ArpPacket, Fault> {
    const decoded = Packet.decode(octets, offset);
    if (!decoded.ok) return err(decoded.error);
    const { hardwareType, protocolType, hardwareLength, protocolLength, ...packet } = decoded.value;
    if (hardwareType !== 1 || protocolType !== 0x0800)
      return fault('unsupported', 'arp.protocolType', offset, 'not IPv4 on Ethernet');
    if (hardwareLength !== 6 || protocolLength !== 4)
      return fault('malformed', 'arp.hardwareLength', offset + 4, 'lengths of other addresses');
    return { ok: true, value: packet };
  },
  encode: (packet) => Packet.encode({ ...ethernetIpv4, ...packet }),
};
