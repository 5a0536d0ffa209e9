import { type Fault, fault, ok, type Result } from '#base/result';
import type { Codec } from './codec.ts';
import { Reader, Writer } from './cursor.ts';
import { struct, u32 } from './schema.ts';

/** The sizes that a suite gives its packets, in octets. */
export type EspLayout = {
  readonly ivOctets: number;
  readonly icvOctets: number;
  /** Payload, padding, pad length and next header together are a multiple of this. */
  readonly align: number;
};

/** An ESP packet on the wire; RFC 4303 section 2. */
export type EspPacket = {
  /** Not zero. */
  readonly spi: number;
  /** The low 32 bits when sequence numbers have 64. */
  readonly sequenceNumber: number;
  readonly iv: Uint8Array;
  /** Payload and trailer, encrypted. */
  readonly ciphertext: Uint8Array;
  readonly icv: Uint8Array;
};

const Header = struct('esp', { spi: u32, sequenceNumber: u32 });

/** SPI and sequence number. */
export const ESP_HEADER_OCTETS = Header.size;
/** Pad length and next header. */
export const ESP_TRAILER_OCTETS = 2;

/** The codec of packets of one layout. */
export const espPackets = (layout: EspLayout): Codec<EspPacket> => ({
  decode(bytes, offset = 0) {
    const reader = new Reader(bytes, 'esp', offset);
    const header = Header.read(reader);
    if (header.spi === 0) reader.fail('malformed', 'spi', 'zero marks ISAKMP', offset);
    const iv = reader.bytes(layout.ivOctets, 'iv');
    const octets = reader.remaining - layout.icvOctets;
    if (octets < layout.align)
      reader.fail('truncated', 'ciphertext', `need ${layout.align}, have ${Math.max(0, octets)}`);
    else if (octets % layout.align !== 0)
      reader.fail('malformed', 'ciphertext', `${octets} is not a multiple of ${layout.align}`);
    const ciphertext = reader.bytes(Math.max(0, octets), 'ciphertext');
    return reader.finish({ ...header, iv, ciphertext, icv: reader.rest() });
  },
  encode(packet) {
    const { iv, ciphertext, icv } = packet;
    const writer = new Writer(ESP_HEADER_OCTETS + iv.length + ciphertext.length + icv.length);
    Header.write(writer, packet);
    writer.bytes(iv);
    writer.bytes(ciphertext);
    writer.bytes(icv);
    return writer.finish();
  },
});

/** Octets of padding after a payload, 0 to `align` - 1. */
export const espPadding = (payloadOctets: number, { align }: EspLayout): number =>
  (align - ((payloadOctets + ESP_TRAILER_OCTETS) % align)) % align;

/** Size of the ESP packet that carries a payload, without IP and UDP headers. */
export const espPacketOctets = (payloadOctets: number, layout: EspLayout): number =>
  ESP_HEADER_OCTETS +
  layout.ivOctets +
  payloadOctets +
  espPadding(payloadOctets, layout) +
  ESP_TRAILER_OCTETS +
  layout.icvOctets;

/**
 * The largest payload whose ESP packet fits in `available` octets: what is left of the path MTU after
 * the outer IP and UDP headers. Negative when not even an empty one fits.
 */
export function espPayloadLimit(available: number, layout: EspLayout): number {
  const room = available - ESP_HEADER_OCTETS - layout.ivOctets - layout.icvOctets;
  return Math.floor(room / layout.align) * layout.align - ESP_TRAILER_OCTETS;
}

/** A decrypted ESP body. */
export type EspPlaintext = {
  /** Still with traffic flow confidentiality padding, if the sender added any. */
  readonly payload: Uint8Array;
  /** IP protocol number. */
  readonly nextHeader: number;
};

/** Payload, padding of 1, 2, 3 and so on, pad length and next header; RFC 4303 section 2.4. */
export function encodeEspPlaintext(plaintext: EspPlaintext, layout: EspLayout): Uint8Array {
  const { payload, nextHeader } = plaintext;
  const padding = espPadding(payload.length, layout);
  const writer = new Writer(payload.length + padding + ESP_TRAILER_OCTETS);
  writer.bytes(payload);
  for (let i = 1; i <= padding; i += 1) writer.u8(i);
  writer.u8(padding);
  writer.u8(nextHeader);
  return writer.finish();
}

/** Takes the trailer off a decrypted body. Padding other than 1, 2, 3 and so on is malformed. */
export function decodeEspPlaintext(body: Uint8Array): Result<EspPlaintext, Fault> {
  const trailer = body.length - ESP_TRAILER_OCTETS;
  if (trailer < 0) return fault('truncated', 'esp.trailer', 0, `need 2, have ${body.length}`);
  const padding = body[trailer] as number;
  const end = trailer - padding;
  if (end < 0) {
    const reason = `${padding} octets of padding in a body of ${body.length}`;
    return fault('malformed', 'esp.padLength', trailer, reason);
  }
  for (let i = 0; i < padding; i += 1)
    if (body[end + i] !== i + 1)
      return fault('malformed', 'esp.padding', end + i, `${body[end + i]} is not ${i + 1}`);
  return ok({ payload: body.subarray(0, end), nextHeader: body[trailer + 1] as number });
}
