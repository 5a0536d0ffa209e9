/**
 * ICMP errors carry the head of the packet they are about, whose addresses and ports are those of the
 * other side of the box; both the error and what it carries are translated. RFC 5508 section 4.
 */
import { readUint16, writeUint16, writeUint32 } from '#dataplane/octets';
import { checksumOf, isIntact } from '#wire/checksum';
import { icmpTypes } from '#wire/icmp';
import { ipProtocols } from '#wire/protocol-numbers';
import type { Connection, PatProtocol } from './connection.ts';
import { drop, type Outcome } from './outcome.ts';
import {
  addressDelta,
  adjustChecksum,
  adjustUdpChecksum,
  type Ipv4Header,
  readIpv4,
  wordDelta,
} from './packet.ts';
import type { TranslationTable } from './translation-table.ts';

/** RFC 792 gives it no other use here than to be passed on. */
const parameterProblem = 12;

/** Whether a packet is an ICMP error about another one. */
export function isIcmpError(b: Uint8Array, header: Ipv4Header): boolean {
  if (header.protocol !== ipProtocols.icmp) return false;
  const type = b[header.headerOctets];
  return (
    type === icmpTypes.destinationUnreachable ||
    type === icmpTypes.timeExceeded ||
    type === parameterProblem
  );
}

/** The packet an error is about, as far as it is carried. */
type Quoted = {
  readonly header: Ipv4Header;
  /** Offset of the quoted IPv4 header. */
  readonly at: number;
  readonly protocol: PatProtocol;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Offset of the transport header. */
  readonly transportAt: number;
  /** Where the error ends. */
  readonly endsAt: number;
};

/** Reads the quoted packet; undefined when it is cut short or not of a kind that was ever translated. */
function readQuoted(b: Uint8Array, outer: Ipv4Header, echoType: number): Quoted | undefined {
  const at = outer.headerOctets + 8;
  const whole = b.subarray(0, outer.totalOctets);
  const header = readIpv4(whole, at);
  // RFC 792: the quoted header and at least eight octets of what followed it.
  if (header === undefined || header.fragmentOffset > 0) return undefined;
  const transportAt = at + header.headerOctets;
  if (transportAt + 8 > whole.length) return undefined;
  const common = { header, at, transportAt, endsAt: whole.length };
  if (header.protocol === ipProtocols.icmp) {
    if (b[transportAt] !== echoType) return undefined;
    const identifier = readUint16(b, transportAt + 4);
    return { ...common, protocol: 'icmp', sourcePort: identifier, destinationPort: identifier };
  }
  const isTcp = header.protocol === ipProtocols.tcp;
  if (!isTcp && header.protocol !== ipProtocols.udp) return undefined;
  return {
    ...common,
    protocol: isTcp ? 'tcp' : 'udp',
    sourcePort: readUint16(b, transportAt),
    destinationPort: readUint16(b, transportAt + 2),
  };
}

/** Replaces one end of the quoted packet, with those of its checksums that are carried. */
function replaceQuotedEnd(
  b: Uint8Array,
  quoted: Quoted,
  end: 'source' | 'destination',
  address: number,
  port: number,
): void {
  const { header, at, transportAt, protocol, endsAt } = quoted;
  const isSource = end === 'source';
  const change = addressDelta(isSource ? header.source : header.destination, address);
  writeUint32(b, at + (isSource ? 12 : 16), address);
  adjustChecksum(b, at + 10, change);
  const portAt = transportAt + (protocol === 'icmp' ? 4 : isSource ? 0 : 2);
  const portChange = wordDelta(readUint16(b, portAt), port);
  writeUint16(b, portAt, port);
  if (protocol === 'icmp') adjustChecksum(b, transportAt + 2, portChange);
  else if (protocol === 'udp') adjustUdpChecksum(b, transportAt + 6, change + portChange);
  else if (transportAt + 18 <= endsAt) adjustChecksum(b, transportAt + 16, change + portChange);
}

/** Replaces an end of the error itself and computes its ICMP checksum anew. */
function finishError(
  b: Uint8Array,
  outer: Ipv4Header,
  end: 'source' | 'destination',
  address: number,
): void {
  const isSource = end === 'source';
  writeUint32(b, isSource ? 12 : 16, address);
  adjustChecksum(b, 10, addressDelta(isSource ? outer.source : outer.destination, address));
  const at = outer.headerOctets;
  writeUint16(b, at + 2, 0);
  writeUint16(b, at + 2, checksumOf(b, at, outer.totalOctets));
}

/** A damaged error must not leave with a right checksum. */
const isSound = (b: Uint8Array, outer: Ipv4Header): boolean =>
  !outer.moreFragments && isIntact(b, outer.headerOctets, outer.totalOctets);

const refusal = (b: Uint8Array, outer: Ipv4Header): Outcome =>
  drop(isSound(b, outer) ? 'icmpType' : 'badChecksum');

/** An error from outside about a packet that went out translated. */
export function translateIncomingError(
  b: Uint8Array,
  outer: Ipv4Header,
  translations: TranslationTable,
): Outcome {
  const quoted = isSound(b, outer) ? readQuoted(b, outer, icmpTypes.echoRequest) : undefined;
  if (quoted === undefined) return refusal(b, outer);
  const connection: Connection | undefined =
    quoted.header.source === outer.destination
      ? translations.findIncoming({
          protocol: quoted.protocol,
          globalAddress: quoted.header.source,
          globalPort: quoted.sourcePort,
          remoteAddress: quoted.header.destination,
          remotePort: quoted.protocol === 'icmp' ? 0 : quoted.destinationPort,
        })
      : undefined;
  if (connection === undefined) return drop('noTranslation');
  const { localAddress, localPort } = connection.xlate;
  replaceQuotedEnd(b, quoted, 'source', localAddress, localPort);
  finishError(b, outer, 'destination', localAddress);
  return { kind: 'forward', to: localAddress };
}

/** An error from inside about a packet that came in translated. */
export function translateOutgoingError(
  b: Uint8Array,
  outer: Ipv4Header,
  translations: TranslationTable,
  globalAddress: number,
): Outcome {
  const quoted = isSound(b, outer) ? readQuoted(b, outer, icmpTypes.echoReply) : undefined;
  if (quoted === undefined) return refusal(b, outer);
  const connection = translations.findOutgoing(globalAddress, {
    protocol: quoted.protocol,
    localAddress: quoted.header.destination,
    localPort: quoted.destinationPort,
    remoteAddress: quoted.header.source,
    remotePort: quoted.protocol === 'icmp' ? 0 : quoted.sourcePort,
  });
  if (connection === undefined) return drop('noTranslation');
  replaceQuotedEnd(b, quoted, 'destination', globalAddress, connection.xlate.globalPort);
  // The inside host or router that complains is hidden like any other (RFC 5508 REQ-5).
  finishError(b, outer, 'source', globalAddress);
  return { kind: 'forward', to: outer.destination };
}
