import { checksumOf, isIntact } from './checksum.ts';
import type { Codec } from './codec.ts';
import { Reader, Writer } from './cursor.ts';
import { reserved, struct, u8, u16 } from './schema.ts';

/** RFC 792, RFC 1191 for the MTU. */
export type IcmpMessage =
  | {
      readonly kind: 'echoRequest' | 'echoReply';
      readonly identifier: number;
      readonly sequenceNumber: number;
      readonly data: Uint8Array;
    }
  | {
      readonly kind: 'destinationUnreachable';
      readonly code: number;
      /** Zero unless the code is `fragmentationNeeded`. */
      readonly nextHopMtu: number;
      /** The packet in question: its header and at least eight octets. */
      readonly quoted: Uint8Array;
    }
  | { readonly kind: 'timeExceeded'; readonly code: number; readonly quoted: Uint8Array }
  | {
      readonly kind: 'other';
      readonly type: number;
      readonly code: number;
      /** Everything after the checksum. */
      readonly body: Uint8Array;
    };

export const icmpTypes = {
  echoReply: 0,
  destinationUnreachable: 3,
  echoRequest: 8,
  timeExceeded: 11,
} as const;

/** Codes of destination unreachable; RFC 792, RFC 1812 section 5.2.7.1. */
export const unreachableCodes = {
  network: 0,
  host: 1,
  protocol: 2,
  port: 3,
  fragmentationNeeded: 4,
  administrativelyProhibited: 13,
} as const;

const Header = struct('icmp', { type: u8, code: u8, checksum: u16 });
const Echo = struct('icmp.echo', { identifier: u16, sequenceNumber: u16 });
const Unreachable = struct('icmp.unreachable', { unused: reserved(2), nextHopMtu: u16 });
const Unused = struct('icmp.unused', { unused: reserved(4) });

const CHECKSUM_OFFSET = 2;

function read(reader: Reader): IcmpMessage {
  const { type, code } = Header.read(reader);
  switch (type) {
    case icmpTypes.echoReply:
    case icmpTypes.echoRequest: {
      const kind = type === icmpTypes.echoReply ? 'echoReply' : 'echoRequest';
      if (code !== 0) break;
      return { kind, ...Echo.read(reader), data: reader.rest() };
    }
    case icmpTypes.destinationUnreachable: {
      const { nextHopMtu } = Unreachable.read(reader);
      return { kind: 'destinationUnreachable', code, nextHopMtu, quoted: reader.rest() };
    }
    case icmpTypes.timeExceeded:
      Unused.read(reader);
      return { kind: 'timeExceeded', code, quoted: reader.rest() };
  }
  return { kind: 'other', type, code, body: reader.rest() };
}

function write(writer: Writer, message: IcmpMessage): void {
  const type = message.kind === 'other' ? message.type : icmpTypes[message.kind];
  const code = 'code' in message ? message.code : 0;
  Header.write(writer, { type, code, checksum: 0 });
  switch (message.kind) {
    case 'echoRequest':
    case 'echoReply':
      Echo.write(writer, message);
      writer.bytes(message.data);
      break;
    case 'destinationUnreachable':
      Unreachable.write(writer, message);
      writer.bytes(message.quoted);
      break;
    case 'timeExceeded':
      Unused.write(writer, {});
      writer.bytes(message.quoted);
      break;
    case 'other':
      writer.bytes(message.body);
  }
}

/**
 * An ICMP message that ends with the buffer. Encoding computes the checksum; decoding leaves it to
 * `isIcmpIntact`.
 */
export const IcmpMessage: Codec<IcmpMessage> = {
  decode(bytes, offset = 0) {
    const reader = new Reader(bytes, 'icmp', offset);
    return reader.finish(read(reader));
  },
  encode(message) {
    const writer = new Writer();
    write(writer, message);
    const octets = writer.finish();
    writer.setU16(CHECKSUM_OFFSET, checksumOf(octets));
    return octets;
  },
};

/** Whether a message agrees with its checksum. */
export const isIcmpIntact = (bytes: Uint8Array): boolean =>
  bytes.length >= Header.size && isIntact(bytes);
