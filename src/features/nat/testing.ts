/** The seed's network and its packets, for the tests of this feature. */
import {
  address,
  type Endpoint,
  type IpAddress,
  ipv4FromNumber,
  ipv4ToNumber,
} from '#base/address';
import { type Instant, instant } from '#base/instant';
import { isIntact, pseudoHeaderSum } from '#wire/checksum';
import { ETHERNET_HEADER_OCTETS, EthernetFrame, etherTypes } from '#wire/ethernet';
import { IcmpMessage } from '#wire/icmp';
import { Ipv4Packet, isIpv4HeaderIntact } from '#wire/ipv4';
import { ipProtocols } from '#wire/protocol-numbers';
import { encodeTcp, tcpFlags } from '#wire/tcp';
import { encodeUdp } from '#wire/udp';
import type { Frame, PatLink } from './frame.ts';
import { type Ipv4Header, readIpv4 } from './packet.ts';
import { maskNumber, type PatPlan } from './rules.ts';

export const start: Instant = instant(1_000_000_000_000);

/** Addresses of NAT-05. */
export const hosts = {
  client1: address('10.10.10.2'),
  client2: address('10.10.10.3'),
  inside: address('10.10.10.1'),
  outside: address('171.69.89.78'),
  gateway: address('171.69.88.1'),
  headEnd: address('172.16.172.50'),
} as const;

const number = (a: IpAddress) => ipv4ToNumber(a);

/** The plan of the seed's listing (NAT-20). */
export const seedPlan = (
  limits: { connectionsMax?: number; embryonicMax?: number } = {},
): PatPlan => {
  const outside = { network: number(address('171.69.88.0')), mask: maskNumber(23) };
  const inside = { network: number(address('10.10.10.0')), mask: maskNumber(24) };
  return {
    interfaces: [
      {
        name: 'outside',
        hardware: 'ethernet0',
        security: 0,
        address: number(hosts.outside),
        mask: outside.mask,
      },
      {
        name: 'inside',
        hardware: 'ethernet1',
        security: 100,
        address: number(hosts.inside),
        mask: inside.mask,
      },
    ],
    routes: [
      { interface: 'inside', ...inside, metric: 0 },
      { interface: 'outside', ...outside, metric: 0 },
      { interface: 'outside', network: 0, mask: 0, gateway: number(hosts.gateway), metric: 1 },
    ],
    rules: [
      {
        inside: 'inside',
        network: 0,
        mask: 0,
        globals: new Map([['outside', number(hosts.outside)]]),
        connectionsMax: 0,
        embryonicMax: 0,
        ...limits,
      },
    ],
  };
};

const station = (last: number) => new Uint8Array([2, 0, 0, 0, 0, last]);

export const stations = {
  boxOutside: station(1),
  boxInside: station(2),
  gateway: station(3),
  client1: station(4),
  client2: station(5),
} as const;

export const seedLinks: readonly PatLink[] = [
  { hardware: 'ethernet0', hardwareAddress: stations.boxOutside, mtu: 1500 },
  { hardware: 'ethernet1', hardwareAddress: stations.boxInside, mtu: 1500 },
];

type Extra = Partial<Omit<Ipv4Packet, 'payload'>>;

/** An IPv4 packet with any payload. */
export const ipv4 = (
  source: IpAddress,
  destination: IpAddress,
  protocol: number,
  payload: Uint8Array,
  extra: Extra = {},
): Uint8Array =>
  Ipv4Packet.encode({
    dscp: 0,
    ecn: 0,
    identification: 7,
    dontFragment: false,
    moreFragments: false,
    fragmentOffset: 0,
    timeToLive: 64,
    options: new Uint8Array(0),
    ...extra,
    source,
    destination,
    protocol,
    payload,
  });

export const at = (a: IpAddress, port: number): Endpoint => ({ address: a, port });

/** A UDP packet with a checksum. */
export function udp(
  from: Endpoint,
  to: Endpoint,
  payload: Uint8Array = new Uint8Array([1, 2, 3]),
  extra: Extra = {},
): Uint8Array {
  const ends = { source: from.address, destination: to.address };
  const datagram = { sourcePort: from.port, destinationPort: to.port, payload };
  return ipv4(from.address, to.address, ipProtocols.udp, encodeUdp(datagram, ends), extra);
}

/** A TCP packet with the named flags. */
export function tcp(
  from: Endpoint,
  to: Endpoint,
  flags: readonly (keyof typeof tcpFlags)[],
  payload: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const segment = {
    sourcePort: from.port,
    destinationPort: to.port,
    sequenceNumber: 1,
    acknowledgmentNumber: 2,
    flags: flags.reduce((sum, name) => sum | tcpFlags[name], 0),
    window: 1000,
    urgentPointer: 0,
    options: new Uint8Array(0),
    payload,
  };
  const ends = { source: from.address, destination: to.address };
  return ipv4(from.address, to.address, ipProtocols.tcp, encodeTcp(segment, ends));
}

/** An ICMP packet. */
export const icmp = (
  source: IpAddress,
  destination: IpAddress,
  message: IcmpMessage,
  extra: Extra = {},
): Uint8Array => ipv4(source, destination, ipProtocols.icmp, IcmpMessage.encode(message), extra);

export const echo = (kind: 'echoRequest' | 'echoReply', identifier: number): IcmpMessage => ({
  kind,
  identifier,
  sequenceNumber: 1,
  data: new Uint8Array([9, 8, 7, 6]),
});

export const headerOf = (packet: Uint8Array): Ipv4Header => {
  const header = readIpv4(packet);
  if (!header) throw new Error('not an IPv4 packet');
  return header;
};

/** Both ends of a UDP or TCP packet as `a:p > b:q`. */
export function endsOf(packet: Uint8Array): string {
  const { headerOctets, source, destination } = headerOf(packet);
  const port = (offset: number) =>
    ((packet[headerOctets + offset] as number) << 8) |
    (packet[headerOctets + offset + 1] as number);
  return `${ipv4FromNumber(source)}:${port(0)} > ${ipv4FromNumber(destination)}:${port(2)}`;
}

/** Whether every checksum of a whole packet is right. */
export function isSound(packet: Uint8Array): boolean {
  const { headerOctets, protocol, source, destination, totalOctets } = headerOf(packet);
  if (!isIpv4HeaderIntact(packet) || totalOctets !== packet.length) return false;
  if (protocol === ipProtocols.icmp) return isIntact(packet, headerOctets);
  const ends = { source: ipv4FromNumber(source), destination: ipv4FromNumber(destination) };
  const octets = totalOctets - headerOctets;
  return isIntact(packet, headerOctets, totalOctets, pseudoHeaderSum(ends, protocol, octets));
}

/** A frame that carries a packet. */
export const frame = (
  name: string,
  to: Uint8Array,
  from: Uint8Array,
  payload: Uint8Array,
  etherType: number = etherTypes.ipv4,
): Frame => ({
  interface: name,
  bytes: EthernetFrame.encode({ destination: to, source: from, etherType, payload }),
});

/** The packet of a frame. */
export const packetOf = (f: Frame): Uint8Array => f.bytes.subarray(ETHERNET_HEADER_OCTETS);
