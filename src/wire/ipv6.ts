import type { IpAddress } from '#base/address';
import type { Codec } from './codec.ts';
import { Reader, Writer } from './cursor.ts';
import { ipv6Address, struct, u8, u16, u32 } from './schema.ts';

/**
 * RFC 8200 section 3, its traffic class read as RFC 2474 and RFC 3168 do. Extension headers are part of
 * the payload.
 */
export type Ipv6Packet = {
  readonly dscp: number;
  readonly ecn: number;
  /** 20 bits. */
  readonly flowLabel: number;
  readonly nextHeader: number;
  readonly hopLimit: number;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly payload: Uint8Array;
};

const FixedHeader = struct('ipv6', {
  versionClassAndFlow: u32,
  payloadLength: u16,
  nextHeader: u8,
  hopLimit: u8,
  source: ipv6Address,
  destination: ipv6Address,
});

export const IPV6_HEADER_OCTETS = FixedHeader.size;

const VERSION_6 = 0x60000000;

/** An IPv6 packet. Decoding ignores octets after the payload length, which links pad with. */
export const Ipv6Packet: Codec<Ipv6Packet> = {
  decode(bytes, offset = 0) {
    const reader = new Reader(bytes, 'ipv6', offset);
    const { versionClassAndFlow, payloadLength, ...header } = FixedHeader.read(reader);
    const version = versionClassAndFlow >>> 28;
    if (version !== 6) reader.fail('unsupported', 'version', `version ${version}`, offset);
    if (payloadLength > reader.remaining) {
      const reason = `need ${payloadLength}, have ${reader.remaining}`;
      reader.fail('truncated', 'payloadLength', reason, offset + 4);
    }
    return reader.finish({
      dscp: (versionClassAndFlow >>> 22) & 0x3f,
      ecn: (versionClassAndFlow >>> 20) & 3,
      flowLabel: versionClassAndFlow & 0xfffff,
      ...header,
      payload: reader.bytes(payloadLength, 'payload'),
    });
  },

  encode(packet) {
    const writer = new Writer(IPV6_HEADER_OCTETS + packet.payload.length);
    FixedHeader.write(writer, {
      ...packet,
      versionClassAndFlow:
        VERSION_6 + packet.dscp * 2 ** 22 + packet.ecn * 2 ** 20 + packet.flowLabel,
      payloadLength: packet.payload.length,
    });
    writer.bytes(packet.payload);
    return writer.finish();
  },
};
