import { familyOf } from '#base/address';
import type { Fault, Result } from '#base/result';
import { type AddressPair, checksumOf, isIntact, pseudoHeaderSum } from './checksum.ts';
import { Reader, Writer } from './cursor.ts';
import { ipProtocols } from './protocol-numbers.ts';
import { struct, u16 } from './schema.ts';

/** RFC 768. */
export type UdpDatagram = {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
};

const Header = struct('udp', {
  sourcePort: u16,
  destinationPort: u16,
  length: u16,
  checksum: u16,
});

export const UDP_HEADER_OCTETS = Header.size;

const CHECKSUM_OFFSET = 6;
/** "Not computed"; a computed zero is sent as all ones. */
const NO_CHECKSUM = 0;

function readLength(reader: Reader) {
  const at = reader.offset;
  const { checksum, length, ...ports } = Header.read(reader);
  const lengthOffset = at + 4;
  if (length < UDP_HEADER_OCTETS)
    reader.fail('malformed', 'length', `${length} is less than the header`, lengthOffset);
  if (at + length > reader.end)
    reader.fail('truncated', 'length', `need ${length}, have ${reader.end - at}`, lengthOffset);
  return { ports, length, checksum };
}

/** Reads a datagram; octets after its length are ignored. */
export function decodeUdp(bytes: Uint8Array, offset = 0): Result<UdpDatagram, Fault> {
  const reader = new Reader(bytes, 'udp', offset);
  const { ports, length } = readLength(reader);
  const payload = bytes.subarray(offset + UDP_HEADER_OCTETS, offset + length);
  return reader.finish({ ...ports, payload });
}

/** Writes a datagram; without `ends` its checksum is zero, which IPv4 allows and ESP in UDP asks for. */
export function encodeUdp(datagram: UdpDatagram, ends?: AddressPair): Uint8Array {
  const length = UDP_HEADER_OCTETS + datagram.payload.length;
  const writer = new Writer(length);
  Header.write(writer, { ...datagram, length, checksum: NO_CHECKSUM });
  writer.bytes(datagram.payload);
  const octets = writer.finish();
  if (ends) {
    const pseudo = pseudoHeaderSum(ends, ipProtocols.udp, length);
    writer.setU16(CHECKSUM_OFFSET, checksumOf(octets, 0, length, pseudo) || 0xffff);
  }
  return octets;
}

/** Whether a datagram agrees with its checksum; over IPv4 it may have none. */
export function isUdpIntact(bytes: Uint8Array, ends: AddressPair): boolean {
  const reader = new Reader(bytes, 'udp');
  const { length, checksum } = readLength(reader);
  if (reader.failed) return false;
  if (checksum === NO_CHECKSUM) return familyOf(ends.source) === 4;
  return isIntact(bytes, 0, length, pseudoHeaderSum(ends, ipProtocols.udp, length));
}
