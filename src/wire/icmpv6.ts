import type { Fault, Result } from '#base/result';
import { type AddressPair, checksumOf, isIntact, pseudoHeaderSum } from './checksum.ts';
import { Reader, Writer } from './cursor.ts';
import { ipProtocols } from './protocol-numbers.ts';
import { reserved, struct, u8, u16, u32 } from './schema.ts';

/** RFC 4443; neighbour discovery and the rest are `other`. */
export type Icmpv6Message =
  | {
      readonly kind: 'echoRequest' | 'echoReply';
      readonly identifier: number;
      readonly sequenceNumber: number;
      readonly data: Uint8Array;
    }
  | { readonly kind: 'packetTooBig'; readonly mtu: number; readonly quoted: Uint8Array }
  | {
      readonly kind: 'destinationUnreachable' | 'timeExceeded';
      readonly code: number;
      readonly quoted: Uint8Array;
    }
  | {
      readonly kind: 'other';
      readonly type: number;
      readonly code: number;
      /** Everything after the checksum. */
      readonly body: Uint8Array;
    };

export const icmpv6Types = {
  destinationUnreachable: 1,
  packetTooBig: 2,
  timeExceeded: 3,
  echoRequest: 128,
  echoReply: 129,
} as const;

const Header = struct('icmpv6', { type: u8, code: u8, checksum: u16 });
const Echo = struct('icmpv6.echo', { identifier: u16, sequenceNumber: u16 });
const TooBig = struct('icmpv6.packetTooBig', { mtu: u32 });
const Unused = struct('icmpv6.unused', { unused: reserved(4) });

const CHECKSUM_OFFSET = 2;

function read(reader: Reader): Icmpv6Message {
  const { type, code } = Header.read(reader);
  switch (type) {
    case icmpv6Types.echoRequest:
    case icmpv6Types.echoReply: {
      const kind = type === icmpv6Types.echoReply ? 'echoReply' : 'echoRequest';
      if (code !== 0) break;
      return { kind, ...Echo.read(reader), data: reader.rest() };
    }
    case icmpv6Types.packetTooBig:
      // RFC 4443 section 3.2: the receiver ignores the code.
      return { kind: 'packetTooBig', ...TooBig.read(reader), quoted: reader.rest() };
    case icmpv6Types.destinationUnreachable:
    case icmpv6Types.timeExceeded: {
      const timedOut = type === icmpv6Types.timeExceeded;
      Unused.read(reader);
      const kind = timedOut ? 'timeExceeded' : 'destinationUnreachable';
      return { kind, code, quoted: reader.rest() };
    }
  }
  return { kind: 'other', type, code, body: reader.rest() };
}

function write(writer: Writer, message: Icmpv6Message): void {
  const type = message.kind === 'other' ? message.type : icmpv6Types[message.kind];
  const code = 'code' in message ? message.code : 0;
  Header.write(writer, { type, code, checksum: 0 });
  switch (message.kind) {
    case 'echoRequest':
    case 'echoReply':
      Echo.write(writer, message);
      writer.bytes(message.data);
      break;
    case 'packetTooBig':
      TooBig.write(writer, message);
      writer.bytes(message.quoted);
      break;
    case 'destinationUnreachable':
    case 'timeExceeded':
      Unused.write(writer, {});
      writer.bytes(message.quoted);
      break;
    case 'other':
      writer.bytes(message.body);
  }
}

/** Reads a message that ends with `bytes`; its checksum is left to `isIcmpv6Intact`. */
export function decodeIcmpv6(bytes: Uint8Array, offset = 0): Result<Icmpv6Message, Fault> {
  const reader = new Reader(bytes, 'icmpv6', offset);
  return reader.finish(read(reader));
}

/** Writes a message with its checksum. */
export function encodeIcmpv6(message: Icmpv6Message, ends: AddressPair): Uint8Array {
  const writer = new Writer();
  write(writer, message);
  const octets = writer.finish();
  const pseudo = pseudoHeaderSum(ends, ipProtocols.icmpv6, octets.length);
  writer.setU16(CHECKSUM_OFFSET, checksumOf(octets, 0, octets.length, pseudo));
  return octets;
}

/** Whether a message agrees with its checksum. */
export const isIcmpv6Intact = (bytes: Uint8Array, ends: AddressPair): boolean =>
  bytes.length >= Header.size &&
  isIntact(bytes, 0, bytes.length, pseudoHeaderSum(ends, ipProtocols.icmpv6, bytes.length));
