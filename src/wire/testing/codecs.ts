import { address } from '#base/address';
import { concat, toUtf8 } from '#base/bytes';
import { fault } from '#base/result';
import { ArpPacket } from '../arp.ts';
import type { AddressPair } from '../checksum.ts';
import type { Codec } from '../codec.ts';
import { decodeEspPlaintext, type EspLayout, encodeEspPlaintext, espPackets } from '../esp.ts';
import { EthernetFrame } from '../ethernet.ts';
import { IcmpMessage } from '../icmp.ts';
import { decodeIcmpv6, encodeIcmpv6, type Icmpv6Message } from '../icmpv6.ts';
import { Ipv4Packet } from '../ipv4.ts';
import { Ipv6Packet } from '../ipv6.ts';
import {
  decodeMessage,
  decodePayloads,
  encodeMessage,
  encodePayloads,
  firstPayloadNumber,
  type HeaderChoice,
} from '../isakmp/message.ts';
import type { Payload } from '../isakmp/payload.ts';
import { decodeTcp, encodeTcp, type TcpSegment } from '../tcp.ts';
import { decodeUdp, encodeUdp, type UdpDatagram } from '../udp.ts';
import { Call } from '../vcl/call.ts';
import { Datagram } from '../vcl/datagram.ts';
import { Message } from '../vcl/message.ts';
import * as isakmp from './isakmp-samples.ts';
import type { IsWhole } from './laws.ts';
import * as vcl from './vcl-samples.ts';

/** A codec, and values that reach all of it. */
export type Specimen<T> = {
  readonly codec: Codec<T>;
  readonly values: readonly T[];
  /** For formats that end with the buffer; the default refuses every prefix. */
  readonly isWhole?: IsWhole;
};

const specimen = <T>(specimen: Specimen<T>): Specimen<unknown> => specimen as Specimen<unknown>;

export const ends4: AddressPair = {
  source: address('192.0.2.1'),
  destination: address('198.51.100.1'),
};
export const ends6: AddressPair = {
  source: address('2001:db8:1::1'),
  destination: address('2001:db8:2::1'),
};

/** AES-CBC with HMAC-SHA1-96, and AES-GCM-16. */
export const cbcLayout: EspLayout = { ivOctets: 16, icvOctets: 12, align: 16 };
export const gcmLayout: EspLayout = { ivOctets: 8, icvOctets: 16, align: 4 };

const counting = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, i) => i);
const none = new Uint8Array(0);

export const isakmpMessage: Codec<{
  readonly header: HeaderChoice;
  readonly payloads: readonly Payload[];
}> = {
  decode: (octets, offset = 0) => decodeMessage(octets.subarray(offset)),
  encode: ({ header, payloads }) => encodeMessage(header, payloads),
};

/** A decrypted body, with the number of its first payload before it. */
export const isakmpBody: Codec<readonly Payload[]> = {
  decode(octets, offset = 0) {
    const first = octets[offset];
    if (first === undefined) return fault('truncated', 'isakmp.first', offset, 'need 1, have 0');
    const body = decodePayloads(first, octets, offset + 1);
    return body.ok ? { ok: true, value: body.value.payloads } : body;
  },
  encode: (payloads) =>
    concat(Uint8Array.of(firstPayloadNumber(payloads)), encodePayloads(payloads)),
};

const ipv4: Ipv4Packet = {
  dscp: 46,
  ecn: 1,
  identification: 0x1234,
  dontFragment: true,
  moreFragments: false,
  fragmentOffset: 0,
  timeToLive: 64,
  protocol: 17,
  ...ends4,
  options: none,
  payload: counting(32),
};

const ipv6: Ipv6Packet = {
  dscp: 0,
  ecn: 2,
  flowLabel: 0xfedcb,
  nextHeader: 17,
  hopLimit: 64,
  ...ends6,
  payload: counting(32),
};

const tcp: TcpSegment = {
  sourcePort: 36934,
  destinationPort: 80,
  sequenceNumber: 0xfffffff0,
  acknowledgmentNumber: 1,
  flags: 0x18,
  window: 512,
  urgentPointer: 0,
  options: none,
  payload: toUtf8('GET / HTTP/1.1'),
};

const udp: UdpDatagram = { sourcePort: 4500, destinationPort: 4500, payload: counting(40) };

const arp: ArpPacket = {
  operation: 1,
  senderHardware: counting(6),
  senderAddress: ends4.source,
  targetHardware: new Uint8Array(6),
  targetAddress: ends4.destination,
};

const icmp: readonly IcmpMessage[] = [
  { kind: 'echoRequest', identifier: 7, sequenceNumber: 1, data: counting(56) },
  { kind: 'echoReply', identifier: 7, sequenceNumber: 1, data: none },
  { kind: 'destinationUnreachable', code: 4, nextHopMtu: 1300, quoted: Ipv4Packet.encode(ipv4) },
  { kind: 'timeExceeded', code: 0, quoted: Ipv4Packet.encode(ipv4).slice(0, 28) },
  { kind: 'other', type: 5, code: 1, body: counting(12) },
];

const icmpv6: readonly Icmpv6Message[] = [
  { kind: 'echoRequest', identifier: 7, sequenceNumber: 1, data: counting(56) },
  { kind: 'echoReply', identifier: 7, sequenceNumber: 1, data: none },
  { kind: 'packetTooBig', mtu: 1280, quoted: Ipv6Packet.encode(ipv6) },
  { kind: 'destinationUnreachable', code: 4, quoted: Ipv6Packet.encode(ipv6) },
  { kind: 'timeExceeded', code: 0, quoted: none },
  { kind: 'other', type: 135, code: 0, body: counting(28) },
];

/** An ICMP message has eight octets before its data; of a type we do not know, we demand four. */
const wholeIcmp =
  (known: readonly number[]): IsWhole =>
  (prefix) =>
    prefix.length >= (known.includes(prefix[0] ?? 0) ? 8 : 4);

/** A message of VCL1 is one wherever a TLV ends. */
const wholeVclMessage: IsWhole = (prefix) => {
  let at = 4;
  while (at + 4 <= prefix.length)
    at += 4 + (((prefix[at + 2] as number) << 8) | (prefix[at + 3] as number));
  return at === prefix.length;
};

/** Every codec of the packets that carry others, of ISAKMP and of the cluster protocol. */
export const specimens = {
  'isakmp-message': specimen({
    codec: isakmpMessage,
    values: isakmp.bodies.map((payloads) => ({ header: isakmp.header, payloads })),
  }),
  'isakmp-body': specimen({ codec: isakmpBody, values: isakmp.bodies }),
  'esp-cbc': specimen({
    codec: espPackets(cbcLayout),
    values: [
      {
        spi: 0x1000,
        sequenceNumber: 1,
        iv: counting(16),
        ciphertext: counting(64),
        icv: counting(12),
      },
    ],
    isWhole: ({ length }) => length >= 8 + 16 + 16 + 12 && (length - 8 - 16 - 12) % 16 === 0,
  }),
  'esp-plaintext': specimen({
    codec: {
      decode: (octets, offset = 0) => decodeEspPlaintext(octets.subarray(offset)),
      encode: (plaintext) => encodeEspPlaintext(plaintext, cbcLayout),
    },
    values: [
      { payload: counting(41), nextHeader: 4 },
      { payload: none, nextHeader: 59 },
      { payload: counting(46), nextHeader: 41 },
    ],
    isWhole: () => undefined,
  }),
  ethernet: specimen({
    codec: EthernetFrame,
    values: [
      { destination: counting(6), source: counting(6), etherType: 0x0800, payload: counting(46) },
    ],
    isWhole: ({ length }) => length >= 14,
  }),
  arp: specimen({ codec: ArpPacket, values: [arp, { ...arp, operation: 2 }] }),
  ipv4: specimen({
    codec: Ipv4Packet,
    values: [
      ipv4,
      { ...ipv4, options: counting(40), payload: none },
      { ...ipv4, dontFragment: false, moreFragments: true, fragmentOffset: 65528 },
    ],
  }),
  ipv6: specimen({ codec: Ipv6Packet, values: [ipv6, { ...ipv6, payload: none }] }),
  udp: specimen({
    codec: { decode: decodeUdp, encode: (datagram) => encodeUdp(datagram, ends4) },
    values: [udp, { ...udp, payload: none }],
  }),
  tcp: specimen({
    codec: { decode: decodeTcp, encode: (segment) => encodeTcp(segment, ends6) },
    values: [tcp, { ...tcp, options: counting(40), payload: none }],
    isWhole: (prefix) => prefix.length >= Math.max(20, ((prefix[12] ?? 0) >>> 4) * 4),
  }),
  icmp: specimen({ codec: IcmpMessage, values: icmp, isWhole: wholeIcmp([0, 3, 8, 11]) }),
  icmpv6: specimen({
    codec: { decode: decodeIcmpv6, encode: (message) => encodeIcmpv6(message, ends6) },
    values: icmpv6,
    isWhole: wholeIcmp([1, 2, 3, 128, 129]),
  }),
  'vcl-datagram': specimen({
    codec: Datagram,
    values: vcl.datagrams,
    isWhole: (prefix) => prefix.length >= 40 + 4 + (prefix[5] === 0 ? 0 : 16),
  }),
  'vcl-call': specimen({ codec: Call, values: vcl.calls }),
  'vcl-message': specimen({
    codec: Message,
    values: vcl.messages,
    isWhole: wholeVclMessage,
  }),
} as const satisfies Record<string, Specimen<unknown>>;

export type SpecimenName = keyof typeof specimens;
