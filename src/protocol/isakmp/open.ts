import { equalBytes } from '#base/bytes';
import { type Fault, fault, ok, type Result } from '#base/result';
import { decryptCbc, ISAKMP_CIPHERS } from '#crypto/isakmp-ciphers';
import { uint32 } from '#crypto/keymat';
import { prf } from '#crypto/prf';
import { HEADER_LENGTH, type Header } from '#wire/isakmp/header';
import { decodePayloads, type PayloadAt } from '#wire/isakmp/message';
import type { Secured } from './seal.ts';

/** A message whose body was decrypted, but not yet authenticated. */
export type Opened = {
  readonly payloads: readonly PayloadAt[];
  /** Decrypted octets and where the last payload ends in them; padding follows. */
  readonly body: Uint8Array;
  readonly end: number;
  /** Last block of ciphertext: the vector of the exchange's next message. */
  readonly lastBlock: Uint8Array;
  /** Of the message without padding. */
  readonly length: number;
};

/** Decrypts the body of a message and reads its payloads. A wrong key looks like malformed payloads. */
export function open(
  s: Secured,
  iv: Uint8Array,
  header: Header,
  octets: Uint8Array,
): Result<Opened, Fault> {
  const ciphertext = octets.subarray(HEADER_LENGTH);
  const body = decryptCbc(s.cipher, s.encryption, iv, ciphertext);
  if (!body) {
    const reason = `${ciphertext.length} octets are not whole blocks`;
    return fault('malformed', 'isakmp.encrypted', HEADER_LENGTH, reason);
  }
  const decoded = decodePayloads(header.nextPayload, body);
  if (!decoded.ok) return decoded;
  const { payloads, end } = decoded.value;
  const lastBlock = ciphertext.slice(-ISAKMP_CIPHERS[s.cipher].blockOctets);
  return ok({ payloads, body, end, lastBlock, length: HEADER_LENGTH + end });
}

/**
 * Whether the first payload is `HASH = prf(SKEYID_a, M-ID | before | everything after it)`; RFC 2409
 * sections 5.5 and 5.7. Nothing in a message may take effect before this.
 */
export function isAuthentic(
  s: Secured,
  messageId: number,
  opened: Opened,
  before: Uint8Array = new Uint8Array(0),
): boolean {
  const [first] = opened.payloads;
  if (first?.type !== 'hash') return false;
  const rest = opened.body.subarray(first.offset + first.raw.length, opened.end);
  return equalBytes(first.data, prf(s.hash, s.skeyidA, uint32(messageId), before, rest));
}

const ZERO = new Uint8Array(1);

/**
 * `prf(SKEYID_a, 0 | M-ID | nonces)`: HASH(3) of Quick Mode, and without nonces the HASH of an
 * informational message with nothing else in it, which old clients keep the way open with.
 */
export const closingHash = (s: Secured, messageId: number, ...nonces: readonly Uint8Array[]) =>
  prf(s.hash, s.skeyidA, ZERO, uint32(messageId), ...nonces);
