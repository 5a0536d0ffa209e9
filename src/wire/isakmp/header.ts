import { type Fault, fault, ok, type Result } from '#base/result';
import { Reader, type Writer } from '../cursor.ts';

/** An ISAKMP header of version 1.0; RFC 2408 section 3.1. */
export type Header = {
  readonly initiatorCookie: Uint8Array;
  /** Eight zero octets in the first message. */
  readonly responderCookie: Uint8Array;
  /** Number of the first payload's type. */
  readonly nextPayload: number;
  readonly exchangeType: number;
  readonly flags: number;
  readonly messageId: number;
  /** Of the whole message in octets, this header and the padding of an encrypted body included. */
  readonly length: number;
};

export const HEADER_LENGTH = 28;

const COOKIE_LENGTH = 8;
const VERSION_1_0 = 0x10;
const VERSION_OFFSET = 17;
const LENGTH_OFFSET = 24;

/**
 * Reads the header of a message that fills `octets`. Another version is `unsupported`, so that it can
 * be told from damage; a length that is not that of the datagram is a fault (RFC 2408 section 5.1).
 */
export function decodeHeader(octets: Uint8Array): Result<Header, Fault> {
  const reader = new Reader(octets, 'isakmp.header');
  const initiatorCookie = reader.bytes(COOKIE_LENGTH, 'initiatorCookie');
  const responderCookie = reader.bytes(COOKIE_LENGTH, 'responderCookie');
  const nextPayload = reader.u8('nextPayload');
  const version = reader.u8('version');
  const exchangeType = reader.u8('exchangeType');
  const flags = reader.u8('flags');
  const messageId = reader.u32('messageId');
  const length = reader.u32('length');
  const header: Header = {
    initiatorCookie,
    responderCookie,
    nextPayload,
    exchangeType,
    flags,
    messageId,
    length,
  };
  if (reader.failed) return reader.finish(header);
  if (version !== VERSION_1_0) {
    const reason = `version ${version >>> 4}.${version & 15}`;
    return fault('unsupported', 'isakmp.header.version', VERSION_OFFSET, reason);
  }
  const lengthFault = (kind: Fault['kind'], reason: string) =>
    fault(kind, 'isakmp.header.length', LENGTH_OFFSET, reason);
  if (length < HEADER_LENGTH) return lengthFault('malformed', `${length} is less than the header`);
  if (length > octets.length)
    return lengthFault('truncated', `need ${length}, have ${octets.length}`);
  if (length < octets.length)
    return lengthFault('malformed', `${octets.length - length} octets follow the message`);
  return ok(header);
}

/** Writes a header, but for its length, which `setLength` fills in. */
export function writeHeader(
  writer: Writer,
  header: Omit<Header, 'nextPayload' | 'length'>,
  nextPayload: number,
): void {
  writer.bytes(header.initiatorCookie);
  writer.bytes(header.responderCookie);
  writer.u8(nextPayload);
  writer.u8(VERSION_1_0);
  writer.u8(header.exchangeType);
  writer.u8(header.flags);
  writer.u32(header.messageId);
  writer.u32(0);
}

/** Enters the length of the message that `writer` now holds into the header at its beginning. */
export const setLength = (writer: Writer): void => writer.setU32(LENGTH_OFFSET, writer.length);
