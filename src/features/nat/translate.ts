import type { Instant } from '#base/instant';
import { readUint16, writeUint16, writeUint32 } from '#dataplane/octets';
import { icmpTypes } from '#wire/icmp';
import { ipProtocols } from '#wire/protocol-numbers';
import { tcpFlags } from '#wire/tcp';
import type { Connection, PatProtocol } from './connection.ts';
import type { DropReason } from './drop-reasons.ts';
import type { FragmentTable } from './fragments.ts';
import { isIcmpError, translateIncomingError, translateOutgoingError } from './icmp-errors.ts';
import { drop, type Outcome } from './outcome.ts';
import {
  addressDelta,
  adjustChecksum,
  adjustPartialSum,
  adjustUdpChecksum,
  type Ipv4Header,
  wordDelta,
} from './packet.ts';
import type { PatRule } from './rules.ts';
import type { Incoming, Outgoing, TranslationTable } from './translation-table.ts';

/** The tables that translation reads and changes; one owner has them. */
export type PatTables = {
  readonly translations: TranslationTable;
  readonly fragments: FragmentTable;
};

/** Where a packet stands: the rule that covers it and the global address that shall replace its source. */
export type PatPath = { readonly rule: PatRule; readonly globalAddress: number };

/** The ports (or ICMP query identifier) of a packet that this box can translate. */
type Ports = {
  readonly protocol: PatProtocol;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly flags: number;
};

/** Reads ports; a reason when the packet has none or is cut short. */
function portsOf(b: Uint8Array, header: Ipv4Header, echoType: number): Ports | DropReason {
  const at = header.headerOctets;
  const octets = header.totalOctets - at;
  if (header.protocol === ipProtocols.udp) {
    if (octets < 8) return 'malformed';
    const destinationPort = readUint16(b, at + 2);
    return { protocol: 'udp', sourcePort: readUint16(b, at), destinationPort, flags: 0 };
  }
  if (header.protocol === ipProtocols.tcp) {
    if (octets < 20) return 'malformed';
    return {
      protocol: 'tcp',
      sourcePort: readUint16(b, at),
      destinationPort: readUint16(b, at + 2),
      flags: b[at + 13] as number,
    };
  }
  if (header.protocol !== ipProtocols.icmp)
    return header.protocol === ipProtocols.esp ? 'esp' : 'protocol';
  if (octets < 8) return 'malformed';
  if (b[at] !== echoType) return 'icmpType';
  const identifier = readUint16(b, at + 4);
  return { protocol: 'icmp', sourcePort: identifier, destinationPort: identifier, flags: 0 };
}

/** Which end of a packet is replaced, as offsets: of the address, and of the port in the transport header. */
const ends = {
  source: { address: 12, port: 0 },
  destination: { address: 16, port: 2 },
} as const;

/** Replaces an address, with the header checksum; returns what that adds to a transport checksum. */
function replaceAddress(b: Uint8Array, end: keyof typeof ends, from: number, to: number): number {
  const delta = addressDelta(from, to);
  writeUint32(b, ends[end].address, to);
  adjustChecksum(b, 10, delta);
  return delta;
}

/** Replaces one end of a whole packet or first fragment, with its checksums; RFC 3022 section 4.1. */
function replaceEnd(
  b: Uint8Array,
  header: Ipv4Header,
  end: keyof typeof ends,
  protocol: PatProtocol,
  to: { readonly address: number; readonly port: number },
  partialChecksum: boolean,
): void {
  const at = header.headerOctets;
  const portAt = protocol === 'icmp' ? at + 4 : at + ends[end].port;
  const portDelta = wordDelta(readUint16(b, portAt), to.port);
  writeUint16(b, portAt, to.port);
  const before = end === 'source' ? header.source : header.destination;
  const addressChange = replaceAddress(b, end, before, to.address);
  if (protocol === 'icmp') {
    // The ICMP checksum covers no addresses.
    adjustChecksum(b, at + 2, portDelta);
    return;
  }
  const checksumAt = at + (protocol === 'tcp' ? 16 : 6);
  const delta = addressChange + portDelta;
  // A checksum left to the network card holds the pseudo-header's sum alone, which has no ports.
  if (partialChecksum) adjustPartialSum(b, checksumAt, addressChange);
  else if (protocol === 'udp') adjustUdpChecksum(b, checksumAt, delta);
  else adjustChecksum(b, checksumAt, delta);
}

/** Translates a later fragment, which has no ports, as its first part was. */
function translateFragment(
  b: Uint8Array,
  header: Ipv4Header,
  end: keyof typeof ends,
  fragments: FragmentTable,
  now: Instant,
): Outcome {
  const to = fragments.find(header, now);
  if (to === undefined) return drop('fragment');
  const before = end === 'source' ? header.source : header.destination;
  replaceAddress(b, end, before, to);
  return { kind: 'forward', to };
}

/** Remembers where the later fragments of a packet go; false when too many are under way. */
function noteFragment(
  header: Ipv4Header,
  to: number,
  fragments: FragmentTable,
  now: Instant,
): boolean {
  return !header.moreFragments || fragments.note(header, to, now);
}

function connectionFor(
  tables: PatTables,
  path: PatPath,
  outgoing: Outgoing,
  flags: number,
  now: Instant,
): { readonly connection: Connection; readonly built: boolean } | DropReason {
  const known = tables.translations.findOutgoing(path.globalAddress, outgoing);
  if (known !== undefined) return { connection: known, built: false };
  // Only a SYN opens a TCP connection; everything else belongs to one that ended or never was.
  if (outgoing.protocol === 'tcp' && (flags & tcpFlags.syn) === 0) return 'tcpNotOpen';
  if (outgoing.protocol === 'tcp' && (flags & tcpFlags.ack) !== 0) return 'tcpNotOpen';
  const opened = tables.translations.open(path.globalAddress, path.rule, outgoing, now);
  return opened.kind === 'refused' ? opened.reason : opened;
}

/**
 * Translates a packet that leaves the inside network, in place: its source becomes the global address
 * and port. `header` is that of `b`, which holds the whole packet; `partialChecksum` says that the
 * transport checksum is left to the network card. Answers NAT-31.
 */
export function translateOutgoing(
  b: Uint8Array,
  header: Ipv4Header,
  tables: PatTables,
  path: PatPath,
  now: Instant,
  partialChecksum = false,
): Outcome {
  if (header.fragmentOffset > 0)
    return translateFragment(b, header, 'source', tables.fragments, now);
  if (isIcmpError(b, header))
    return translateOutgoingError(b, header, tables.translations, path.globalAddress);
  const ports = portsOf(b, header, icmpTypes.echoRequest);
  if (typeof ports === 'string') return drop(ports);
  const outgoing: Outgoing = {
    protocol: ports.protocol,
    localAddress: header.source,
    localPort: ports.sourcePort,
    remoteAddress: header.destination,
    remotePort: ports.protocol === 'icmp' ? 0 : ports.destinationPort,
  };
  const found = connectionFor(tables, path, outgoing, ports.flags, now);
  if (typeof found === 'string') return drop(found);
  const { xlate } = found.connection;
  if (!noteFragment(header, xlate.globalAddress, tables.fragments, now)) return drop('fragment');
  tables.translations.touch(found.connection, now, true, ports.flags);
  const to = { address: xlate.globalAddress, port: xlate.globalPort };
  replaceEnd(b, header, 'source', ports.protocol, to, partialChecksum);
  return found.built
    ? { kind: 'forward', to: header.destination, built: xlate }
    : { kind: 'forward', to: header.destination };
}

/**
 * Translates a packet to a global address back to the local endpoint, in place; `noTranslation` when
 * it answers nothing that went out.
 */
export function translateIncoming(
  b: Uint8Array,
  header: Ipv4Header,
  tables: PatTables,
  now: Instant,
  partialChecksum = false,
): Outcome {
  if (header.fragmentOffset > 0)
    return translateFragment(b, header, 'destination', tables.fragments, now);
  if (isIcmpError(b, header)) return translateIncomingError(b, header, tables.translations);
  const ports = portsOf(b, header, icmpTypes.echoReply);
  if (typeof ports === 'string') return drop(ports);
  const incoming: Incoming = {
    protocol: ports.protocol,
    globalAddress: header.destination,
    globalPort: ports.destinationPort,
    remoteAddress: header.source,
    remotePort: ports.protocol === 'icmp' ? 0 : ports.sourcePort,
  };
  const connection = tables.translations.findIncoming(incoming);
  if (connection === undefined) return drop('noTranslation');
  const { xlate } = connection;
  if (!noteFragment(header, xlate.localAddress, tables.fragments, now)) return drop('fragment');
  tables.translations.touch(connection, now, false, ports.flags);
  const to = { address: xlate.localAddress, port: xlate.localPort };
  replaceEnd(b, header, 'destination', ports.protocol, to, partialChecksum);
  return { kind: 'forward', to: xlate.localAddress };
}
