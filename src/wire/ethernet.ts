import type { Codec } from './codec.ts';
import { Reader, Writer } from './cursor.ts';
import { bytes, struct, u16, type Value } from './schema.ts';

const Header = struct('ethernet', {
  destination: bytes(6),
  source: bytes(6),
  etherType: u16,
});

/** An Ethernet II frame without preamble and check sequence, as a TAP device passes it. */
export type EthernetFrame = Value<typeof Header> & { readonly payload: Uint8Array };

export const ETHERNET_HEADER_OCTETS = Header.size;

export const etherTypes = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const;

/** Smaller numbers are lengths of IEEE 802.3 frames. */
const LEAST_ETHER_TYPE = 0x0600;

export const EthernetFrame: Codec<EthernetFrame> = {
  decode(octets, offset = 0) {
    const reader = new Reader(octets, 'ethernet', offset);
    const header = Header.read(reader);
    if (header.etherType < LEAST_ETHER_TYPE)
      reader.fail('unsupported', 'etherType', `${header.etherType} is a length`, offset + 12);
    return reader.finish({ ...header, payload: reader.rest() });
  },
  encode(frame) {
    const writer = new Writer(ETHERNET_HEADER_OCTETS + frame.payload.length);
    Header.write(writer, frame);
    writer.bytes(frame.payload);
    return writer.finish();
  },
};
