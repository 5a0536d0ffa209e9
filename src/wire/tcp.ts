import { assert } from '#base/assert';
import type { Fault, Result } from '#base/result';
import { type AddressPair, checksumOf, isIntact, pseudoHeaderSum } from './checksum.ts';
import { Reader, Writer } from './cursor.ts';
import { ipProtocols } from './protocol-numbers.ts';
import { struct, u8, u16, u32 } from './schema.ts';

/** RFC 9293 section 3.1. */
export type TcpSegment = {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequenceNumber: number;
  readonly acknowledgmentNumber: number;
  /** Sum of `tcpFlags`. */
  readonly flags: number;
  readonly window: number;
  readonly urgentPointer: number;
  /** A multiple of four octets, 40 at most. */
  readonly options: Uint8Array;
  readonly payload: Uint8Array;
};

export const tcpFlags = {
  fin: 0x01,
  syn: 0x02,
  rst: 0x04,
  psh: 0x08,
  ack: 0x10,
  urg: 0x20,
  ece: 0x40,
  cwr: 0x80,
} as const;

const Header = struct('tcp', {
  sourcePort: u16,
  destinationPort: u16,
  sequenceNumber: u32,
  acknowledgmentNumber: u32,
  /** In words of four octets, in the upper half; the lower half is reserved. */
  dataOffset: u8,
  flags: u8,
  window: u16,
  checksum: u16,
  urgentPointer: u16,
});

/** Without options. */
export const TCP_HEADER_OCTETS = Header.size;

const DATA_OFFSET_OFFSET = 12;
const CHECKSUM_OFFSET = 16;

/** Reads a segment that ends with `bytes`; its checksum is left to `isTcpIntact`. */
export function decodeTcp(bytes: Uint8Array, offset = 0): Result<TcpSegment, Fault> {
  const reader = new Reader(bytes, 'tcp', offset);
  const { dataOffset, checksum: _, ...header } = Header.read(reader);
  const headerLength = (dataOffset >>> 4) * 4;
  if (headerLength < TCP_HEADER_OCTETS) {
    const reason = `${headerLength} is less than the header`;
    reader.fail('malformed', 'dataOffset', reason, offset + DATA_OFFSET_OFFSET);
  }
  const options = reader.bytes(Math.max(0, headerLength - TCP_HEADER_OCTETS), 'options');
  return reader.finish({ ...header, options, payload: reader.rest() });
}

/** Writes a segment with its checksum. */
export function encodeTcp(segment: TcpSegment, ends: AddressPair): Uint8Array {
  const { options, payload } = segment;
  assert(options.length % 4 === 0 && options.length <= 40, 'TCP options of a wrong length');
  const headerLength = TCP_HEADER_OCTETS + options.length;
  const length = headerLength + payload.length;
  const writer = new Writer(length);
  Header.write(writer, { ...segment, dataOffset: (headerLength / 4) << 4, checksum: 0 });
  writer.bytes(options);
  writer.bytes(payload);
  const octets = writer.finish();
  const pseudo = pseudoHeaderSum(ends, ipProtocols.tcp, length);
  writer.setU16(CHECKSUM_OFFSET, checksumOf(octets, 0, length, pseudo));
  return octets;
}

/** Whether a segment agrees with its checksum. */
export const isTcpIntact = (bytes: Uint8Array, ends: AddressPair): boolean =>
  bytes.length >= TCP_HEADER_OCTETS &&
  isIntact(bytes, 0, bytes.length, pseudoHeaderSum(ends, ipProtocols.tcp, bytes.length));
