import { address } from '#base/address';
import { Ipv4Packet } from '#wire/ipv4';
import { Ipv6Packet } from '#wire/ipv6';
import { ipProtocols } from '#wire/protocol-numbers';
import { encodeTcp, tcpFlags } from '#wire/tcp';
import { encodeUdp } from '#wire/udp';

/** One transport packet of a flow, as the wire codecs write it. */
export type FlowPacket = {
  readonly family: 4 | 6;
  readonly kind: 'tcp' | 'udp';
  /** Tells flows apart. */
  readonly port: number;
  readonly payload: Uint8Array;
  readonly identification?: number;
  readonly sequenceNumber?: number;
  readonly flags?: number;
  readonly window?: number;
  /** TCP options. */
  readonly options?: Uint8Array;
  readonly ecn?: number;
  /** From the inside host to the client; otherwise the other way. */
  readonly fromInside?: boolean;
};

const ends = {
  4: { source: address('40.1.1.1'), destination: address('192.168.2.10') },
  6: { source: address('fd00:40::1'), destination: address('fd00:2::10') },
} as const;

function endsOf(p: FlowPacket) {
  const { source, destination } = ends[p.family];
  return p.fromInside ? { source: destination, destination: source } : { source, destination };
}

function transport(p: FlowPacket): Uint8Array {
  const ports = { sourcePort: p.port, destinationPort: 80, payload: p.payload };
  if (p.kind === 'udp') return encodeUdp(ports, endsOf(p));
  return encodeTcp(
    {
      ...ports,
      sequenceNumber: p.sequenceNumber ?? 0,
      acknowledgmentNumber: 0x12345678,
      flags: p.flags ?? tcpFlags.ack,
      window: p.window ?? 1000,
      urgentPointer: 0,
      options: p.options ?? new Uint8Array(0),
    },
    endsOf(p),
  );
}

/** The IP packet, checksums and all. */
export function flowPacket(p: FlowPacket): Uint8Array {
  const protocol = p.kind === 'udp' ? ipProtocols.udp : ipProtocols.tcp;
  const common = { ...endsOf(p), dscp: 0, ecn: p.ecn ?? 0, payload: transport(p) };
  if (p.family === 6)
    return Ipv6Packet.encode({ ...common, flowLabel: 7, nextHeader: protocol, hopLimit: 64 });
  return Ipv4Packet.encode({
    ...common,
    identification: (p.identification ?? 0) & 0xffff,
    dontFragment: true,
    moreFragments: false,
    fragmentOffset: 0,
    timeToLive: 64,
    protocol,
    options: new Uint8Array(0),
  });
}

/** What a sender with segmentation offload means by one large packet: the packets it stands for. */
export function train(p: FlowPacket, segmentOctets: number): Uint8Array[] {
  const packets: Uint8Array[] = [];
  const { payload, flags = tcpFlags.ack } = p;
  for (let at = 0; at < payload.length; at += segmentOctets) {
    const last = at + segmentOctets >= payload.length;
    const dropped = (last ? 0 : tcpFlags.fin | tcpFlags.psh) | (at > 0 ? tcpFlags.cwr : 0);
    packets.push(
      flowPacket({
        ...p,
        payload: payload.subarray(at, at + segmentOctets),
        identification: (p.identification ?? 0) + packets.length,
        sequenceNumber: ((p.sequenceNumber ?? 0) + at) >>> 0,
        flags: flags & ~dropped,
      }),
    );
  }
  return packets;
}
