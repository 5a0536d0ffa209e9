import { assert } from '#base/assert';
import { concat } from '#base/bytes';
import { type Fault, fault, ok, type Result } from '#base/result';
import { Reader, Writer } from '../cursor.ts';
import { struct, u8, u16, zeros } from '../schema.ts';
import { decodeHeader, encodeHeader, HEADER_LENGTH, type Header } from './header.ts';
import { limits } from './limits.ts';
import { headerFlags, nameOf, payloadTypes } from './numbers.ts';
import { type Payload, payloadNumber, readBody, writeBody } from './payload.ts';

/** RFC 2408 section 3.2. */
const GenericHeader = struct('isakmp.generic', {
  nextPayload: u8,
  reserved: zeros(1),
  length: u16,
});

const FLAGS_OFFSET = 19;

export const GENERIC_HEADER_LENGTH = GenericHeader.size;

/** A decoded payload with its place in the message. */
export type PayloadAt = Payload & {
  /** Its octets as received, generic header included: what the HASH payloads of IKE are made over. */
  readonly raw: Uint8Array;
  /** Of the generic header, from the start of the decoded buffer. */
  readonly offset: number;
};

export type Payloads = {
  readonly payloads: readonly PayloadAt[];
  /** Offset after the last payload; an encrypted body may go on with padding from there. */
  readonly end: number;
};

/**
 * Reads the chain of payloads that starts at `offset` with one of type `firstPayload`: the body of a
 * clear message, or a decrypted body with its padding (RFC 2409 appendix B pads with zeros).
 */
export function decodePayloads(
  firstPayload: number,
  octets: Uint8Array,
  offset = 0,
): Result<Payloads, Fault> {
  const payloads: PayloadAt[] = [];
  let number = firstPayload;
  let at = offset;
  while (number !== payloadTypes.none) {
    if (payloads.length === limits.payloads)
      return fault('malformed', 'isakmp.payloads', at, `more than ${limits.payloads}`);
    const path = `isakmp.${nameOf(payloadTypes, number).toLowerCase()}`;
    const opened = openPayload(path, octets, at);
    if (!opened.ok) return opened;
    const { nextPayload, body } = opened.value;
    const payload = readBody(number, body);
    body.expectEnd();
    const checked = body.finish(payload);
    if (!checked.ok) return checked;
    payloads.push({ ...checked.value, raw: octets.subarray(at, body.end), offset: at });
    number = nextPayload;
    at = body.end;
  }
  return ok({ payloads, end: at });
}

/** Reads a generic header and bounds the body by its length. */
function openPayload(
  path: string,
  octets: Uint8Array,
  at: number,
): Result<{ nextPayload: number; body: Reader }, Fault> {
  const reader = new Reader(octets, path, at);
  const { nextPayload, length } = GenericHeader.read(reader);
  if (length < GENERIC_HEADER_LENGTH)
    reader.fail('malformed', 'length', `${length} is less than the generic header`, at + 2);
  if (at + length > octets.length)
    reader.fail('truncated', 'length', `need ${length}, have ${octets.length - at}`, at + 2);
  const start = at + GENERIC_HEADER_LENGTH;
  const body = new Reader(octets, path, start, at + length, 'malformed');
  return reader.finish({ nextPayload, body });
}

/** The type number of the first of `payloads`, for the octet before them. */
export const firstPayloadNumber = (payloads: readonly Payload[]): number =>
  payloads[0] ? payloadNumber(payloads[0]) : payloadTypes.none;

/** The payloads as a chain, without padding. */
export function encodePayloads(payloads: readonly Payload[]): Uint8Array {
  const writer = new Writer(512);
  payloads.forEach((payload, index) => {
    const at = writer.length;
    const nextPayload = firstPayloadNumber(payloads.slice(index + 1, index + 2));
    GenericHeader.write(writer, { nextPayload, length: 0 });
    writeBody(writer, payload);
    writer.setU16(at + 2, writer.length - at);
  });
  return writer.finish();
}

/** What the sender of a message chooses; the rest of the header follows from the payloads. */
export type HeaderChoice = Omit<Header, 'nextPayload' | 'length'>;

/** A message in the clear. */
export function encodeMessage(header: HeaderChoice, payloads: readonly Payload[]): Uint8Array {
  assert((header.flags & headerFlags.encryption) === 0, 'a clear message has no encryption flag');
  return frame(header, firstPayloadNumber(payloads), encodePayloads(payloads));
}

/** A message whose body was encrypted; `nextPayload` is the type of the first payload inside. */
export const frame = (header: HeaderChoice, nextPayload: number, body: Uint8Array): Uint8Array =>
  concat(encodeHeader({ ...header, nextPayload, length: HEADER_LENGTH + body.length }), body);

/** Reads a message in the clear: header and payloads must fill `octets`, encrypted is `unsupported`. */
export function decodeMessage(
  octets: Uint8Array,
): Result<{ readonly header: Header; readonly payloads: readonly PayloadAt[] }, Fault> {
  const header = decodeHeader(octets);
  if (!header.ok) return header;
  if (header.value.flags & headerFlags.encryption)
    return fault('unsupported', 'isakmp.header.flags', FLAGS_OFFSET, 'the message is encrypted');
  const body = decodePayloads(header.value.nextPayload, octets, HEADER_LENGTH);
  if (!body.ok) return body;
  const { payloads, end } = body.value;
  if (end !== octets.length) {
    const reason = `${octets.length - end} octets follow the last payload`;
    return fault('malformed', 'isakmp.end', end, reason);
  }
  return ok({ header: header.value, payloads });
}
