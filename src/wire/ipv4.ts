import type { IpAddress } from '#base/address';
import { assert } from '#base/assert';
import type { Fault, Result } from '#base/result';
import { checksumOf, isIntact } from './checksum.ts';
import type { Codec } from './codec.ts';
import { Reader, Writer } from './cursor.ts';
import { ipv4Address, struct, u8, u16 } from './schema.ts';

/** RFC 791 section 3.1, its type of service read as RFC 2474 and RFC 3168 do. */
export type Ipv4Header = {
  readonly dscp: number;
  readonly ecn: number;
  readonly identification: number;
  readonly dontFragment: boolean;
  readonly moreFragments: boolean;
  /** In octets, a multiple of 8. */
  readonly fragmentOffset: number;
  readonly timeToLive: number;
  readonly protocol: number;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  /** A multiple of four octets, 40 at most. */
  readonly options: Uint8Array;
};

export type Ipv4Packet = Ipv4Header & { readonly payload: Uint8Array };

const FixedHeader = struct('ipv4', {
  versionAndHeaderLength: u8,
  typeOfService: u8,
  totalLength: u16,
  identification: u16,
  flagsAndOffset: u16,
  timeToLive: u8,
  protocol: u8,
  headerChecksum: u16,
  source: ipv4Address,
  destination: ipv4Address,
});

/** Without options. */
export const IPV4_HEADER_OCTETS = FixedHeader.size;

const CHECKSUM_OFFSET = 10;
const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;
const OFFSET_MASK = 0x1fff;

type Measured = {
  readonly header: Ipv4Header;
  readonly headerLength: number;
  readonly totalLength: number;
};

function readHeader(reader: Reader): Measured {
  const at = reader.offset;
  const { versionAndHeaderLength, typeOfService, totalLength, flagsAndOffset, ...fields } =
    FixedHeader.read(reader);
  const { headerChecksum: _, ...header } = fields;
  const version = versionAndHeaderLength >>> 4;
  if (version !== 4) reader.fail('unsupported', 'version', `version ${version}`, at);
  const headerLength = (versionAndHeaderLength & 15) * 4;
  if (headerLength < IPV4_HEADER_OCTETS)
    reader.fail('malformed', 'headerLength', `${headerLength} is less than the header`, at);
  if (totalLength < headerLength)
    reader.fail('malformed', 'totalLength', `${totalLength} is less than the header`, at + 2);
  const options = reader.bytes(Math.max(0, headerLength - IPV4_HEADER_OCTETS), 'options');
  return {
    header: {
      dscp: typeOfService >>> 2,
      ecn: typeOfService & 3,
      ...header,
      dontFragment: (flagsAndOffset & DONT_FRAGMENT) !== 0,
      moreFragments: (flagsAndOffset & MORE_FRAGMENTS) !== 0,
      fragmentOffset: (flagsAndOffset & OFFSET_MASK) * 8,
      options,
    },
    headerLength,
    totalLength,
  };
}

/**
 * Reads a header whose packet may be cut short, as the packets quoted by ICMP errors are.
 * `headerLength` and `totalLength` are in octets.
 */
export function decodeIpv4Header(bytes: Uint8Array, offset = 0): Result<Measured, Fault> {
  const reader = new Reader(bytes, 'ipv4', offset);
  return reader.finish(readHeader(reader));
}

/**
 * An IPv4 packet. Decoding ignores octets after the total length, which links pad with, and does not
 * check the header checksum (`isIpv4HeaderIntact` does); encoding computes it.
 */
export const Ipv4Packet: Codec<Ipv4Packet> = {
  decode(bytes, offset = 0) {
    const reader = new Reader(bytes, 'ipv4', offset);
    const { header, headerLength, totalLength } = readHeader(reader);
    if (offset + totalLength > bytes.length) {
      const reason = `need ${totalLength}, have ${bytes.length - offset}`;
      reader.fail('truncated', 'totalLength', reason, offset + 2);
    }
    const payload = bytes.subarray(offset + headerLength, offset + totalLength);
    return reader.finish({ ...header, payload });
  },

  encode(packet) {
    const { options, payload } = packet;
    assert(options.length % 4 === 0 && options.length <= 40, 'IPv4 options of a wrong length');
    assert(packet.fragmentOffset % 8 === 0, 'a fragment offset is a multiple of 8');
    const headerLength = IPV4_HEADER_OCTETS + options.length;
    const writer = new Writer(headerLength + payload.length);
    FixedHeader.write(writer, {
      versionAndHeaderLength: 0x40 | (headerLength / 4),
      typeOfService: (packet.dscp << 2) | packet.ecn,
      totalLength: headerLength + payload.length,
      identification: packet.identification,
      flagsAndOffset:
        (packet.dontFragment ? DONT_FRAGMENT : 0) |
        (packet.moreFragments ? MORE_FRAGMENTS : 0) |
        (packet.fragmentOffset / 8),
      timeToLive: packet.timeToLive,
      protocol: packet.protocol,
      headerChecksum: 0,
      source: packet.source,
      destination: packet.destination,
    });
    writer.bytes(options);
    writer.bytes(payload);
    const octets = writer.finish();
    writer.setU16(CHECKSUM_OFFSET, checksumOf(octets, 0, headerLength));
    return octets;
  },
};

/** Whether the header that starts at `offset` is all there and agrees with its checksum. */
export function isIpv4HeaderIntact(bytes: Uint8Array, offset = 0): boolean {
  const headerLength = ((bytes[offset] ?? 0) & 15) * 4;
  const end = offset + headerLength;
  return headerLength >= IPV4_HEADER_OCTETS && end <= bytes.length && isIntact(bytes, offset, end);
}
