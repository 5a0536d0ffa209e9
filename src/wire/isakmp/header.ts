import { type Fault, fault, type Result } from '#base/result';
import { bytes, struct, u8, u32 } from '../schema.ts';

/** The octets before the payloads; RFC 2408 section 3.1. */
const FixedHeader = struct('isakmp.header', {
  initiatorCookie: bytes(8),
  responderCookie: bytes(8),
  nextPayload: u8,
  version: u8,
  exchangeType: u8,
  flags: u8,
  messageId: u32,
  length: u32,
});

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

export const HEADER_LENGTH = FixedHeader.size;

const VERSION_1_0 = 0x10;
const VERSION_OFFSET = 17;
const LENGTH_OFFSET = 24;

/**
 * Reads the header of a message that fills `octets`. Another version is `unsupported`, so that it can
 * be told from damage; a length that is not that of the datagram is a fault (RFC 2408 section 5.1).
 */
export function decodeHeader(octets: Uint8Array): Result<Header, Fault> {
  const decoded = FixedHeader.decode(octets);
  if (!decoded.ok) return decoded;
  const { version, ...header } = decoded.value;
  if (version !== VERSION_1_0) {
    const reason = `version ${version >>> 4}.${version & 15}`;
    return fault('unsupported', 'isakmp.header.version', VERSION_OFFSET, reason);
  }
  const lengthFault = (kind: Fault['kind'], reason: string) =>
    fault(kind, 'isakmp.header.length', LENGTH_OFFSET, reason);
  if (header.length < HEADER_LENGTH)
    return lengthFault('malformed', `${header.length} is less than the header`);
  if (header.length > octets.length)
    return lengthFault('truncated', `need ${header.length}, have ${octets.length}`);
  if (header.length < octets.length)
    return lengthFault('malformed', `${octets.length - header.length} octets follow the message`);
  return { ok: true, value: header };
}

/** The 28 octets of a header. */
export const encodeHeader = (header: Header): Uint8Array =>
  FixedHeader.encode({ ...header, version: VERSION_1_0 });
