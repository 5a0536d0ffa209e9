import { assert } from '#base/assert';
import { type Fault, fault, ok, type Result } from '#base/result';
import { Reader, Writer } from '../cursor.ts';
import { decodeHeader, HEADER_LENGTH, type Header, setLength, writeHeader } from './header.ts';
import { limits } from './limits.ts';
import { headerFlags, nameOf, payloadTypes } from './numbers.ts';
import { type Payload, payloadNumber, readBody, writeBody } from './payload.ts';

const FLAGS_OFFSET = 19;

/** Next payload, a reserved octet, and the length of both in 16 bits; RFC 2408 section 3.2. */
export const GENERIC_HEADER_LENGTH = 4;
const LENGTH_OFFSET = 2;

/** What a fault calls a payload, by its number. */
const PATHS = Array.from(
  { length: 256 },
  (_, number) => `isakmp.${nameOf(payloadTypes, number).toLowerCase()}`,
);

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
    const path = PATHS[number] as string;
    const header = new Reader(octets, path, at);
    const nextPayload = header.u8('nextPayload');
    header.zeros(1, 'reserved');
    const end = at + readLength(header, at);
    if (header.failed) return header.finish({ payloads, end });
    const body = new Reader(octets, path, at + GENERIC_HEADER_LENGTH, end, 'malformed');
    const payload = readBody(number, body);
    body.expectEnd();
    if (body.failed) return body.finish({ payloads, end });
    payloads.push(placed(payload, octets.subarray(at, end), at));
    number = nextPayload;
    at = end;
  }
  return ok({ payloads, end: at });
}

/** The length in the generic header of the payload at `at`, which has to lie within the octets. */
function readLength(reader: Reader, at: number): number {
  const length = reader.u16('length');
  if (length < GENERIC_HEADER_LENGTH)
    reader.fail(
      'malformed',
      'length',
      `${length} is less than the generic header`,
      at + LENGTH_OFFSET,
    );
  const have = reader.octets.length - at;
  if (length > have)
    reader.fail('truncated', 'length', `need ${length}, have ${have}`, at + LENGTH_OFFSET);
  return length;
}

/** Adds its place to a payload that was just read: a copy would cost as much as the reading. */
function placed(payload: Payload, raw: Uint8Array, offset: number): PayloadAt {
  const draft = payload as Payload & { raw: Uint8Array; offset: number };
  draft.raw = raw;
  draft.offset = offset;
  return draft;
}

/** The type number of the first of `payloads`, for the octet before them. */
export const firstPayloadNumber = (payloads: readonly Payload[]): number =>
  payloads[0] ? payloadNumber(payloads[0]) : payloadTypes.none;

/** The payloads as a chain, without padding. */
export function encodePayloads(payloads: readonly Payload[]): Uint8Array {
  const writer = new Writer(512);
  writePayloads(writer, payloads);
  return writer.finish();
}

function writePayloads(writer: Writer, payloads: readonly Payload[]): void {
  let next: Payload | undefined = payloads[0];
  for (let i = 0; next; i += 1) {
    const payload = next;
    next = payloads[i + 1];
    writePayload(writer, payload, next ? payloadNumber(next) : payloadTypes.none);
  }
}

function writePayload(writer: Writer, payload: Payload, next: number): void {
  const at = writer.length;
  writer.u8(next);
  writer.zeros(1);
  writer.u16(0);
  writeBody(writer, payload);
  writer.setU16(at + LENGTH_OFFSET, writer.length - at);
}

/** What the sender of a message chooses; the rest of the header follows from the payloads. */
export type HeaderChoice = Omit<Header, 'nextPayload' | 'length'>;

/** A message in the clear. */
export function encodeMessage(header: HeaderChoice, payloads: readonly Payload[]): Uint8Array {
  assert((header.flags & headerFlags.encryption) === 0, 'a clear message has no encryption flag');
  const writer = new Writer(512);
  writeHeader(writer, header, firstPayloadNumber(payloads));
  writePayloads(writer, payloads);
  setLength(writer);
  return writer.finish();
}

/** A message of `body` and `padding` zeros; `nextPayload` is the type of the first payload inside. */
export function frame(
  header: HeaderChoice,
  nextPayload: number,
  body: Uint8Array,
  padding = 0,
): Uint8Array {
  const writer = new Writer(HEADER_LENGTH + body.length + padding);
  writeHeader(writer, header, nextPayload);
  writer.bytes(body);
  writer.zeros(padding);
  setLength(writer);
  return writer.finish();
}

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
