import { concat } from '#base/bytes';
import { HASHES, type HashName } from '#crypto/hashes';
import { encryptCbc, ISAKMP_CIPHERS, type IsakmpCipherName } from '#crypto/isakmp-ciphers';
import { exchangeIv, uint32 } from '#crypto/keymat';
import { prf } from '#crypto/prf';
import type { SecretKey } from '#crypto/secret-key';
import { HEADER_LENGTH } from '#wire/isakmp/header';
import {
  encodePayloads,
  firstPayloadNumber,
  frame,
  GENERIC_HEADER_LENGTH,
} from '#wire/isakmp/message';
import { headerFlags } from '#wire/isakmp/numbers';
import type { Payload } from '#wire/isakmp/payload';

export type Cookies = { readonly initiator: Uint8Array; readonly responder: Uint8Array };

/** Both cookies, as notifications and deletes name the ISAKMP SA. */
export const bothCookies = (cookies: Cookies): Uint8Array =>
  concat(cookies.initiator, cookies.responder);

/** What protects messages once phase 1 has its keys. */
export type Secured = {
  readonly cookies: Cookies;
  readonly hash: HashName;
  readonly cipher: IsakmpCipherName;
  readonly skeyidA: SecretKey;
  readonly skeyidD: SecretKey;
  readonly encryption: SecretKey;
  /** The vector that phase 1 ended with, from which those of phase 2 are derived. */
  readonly lastBlock: Uint8Array;
};

/** The initialization vector that the first message of an exchange begins with. */
export const firstIv = (s: Secured, messageId: number): Uint8Array =>
  exchangeIv(s.hash, s.cipher, s.lastBlock, messageId);

/** A message on its way out. */
export type Sealed = {
  readonly octets: Uint8Array;
  /** Last block of ciphertext: the vector of the exchange's next message. */
  readonly lastBlock: Uint8Array;
  /** For events: what is inside, and the length without padding. */
  readonly payloads: readonly Payload[];
  readonly length: number;
};

export type SealHeader = {
  readonly exchangeType: number;
  readonly messageId: number;
  readonly iv: Uint8Array;
};

/** Encrypts payloads as they are. */
export const sealPayloads = (
  s: Secured,
  header: SealHeader,
  payloads: readonly Payload[],
): Sealed => sealEncoded(s, header, payloads, encodePayloads(payloads));

/** `plain` is `payloads` on the wire. RFC 2409 appendix B: zeros up to the block, no count, no extra block. */
function sealEncoded(
  s: Secured,
  header: SealHeader,
  payloads: readonly Payload[],
  plain: Uint8Array,
): Sealed {
  const { blockOctets } = ISAKMP_CIPHERS[s.cipher];
  const padding = (blockOctets - (plain.length % blockOctets)) % blockOctets;
  const octets = frame(
    {
      initiatorCookie: s.cookies.initiator,
      responderCookie: s.cookies.responder,
      exchangeType: header.exchangeType,
      flags: headerFlags.encryption,
      messageId: header.messageId,
    },
    firstPayloadNumber(payloads),
    plain,
    padding,
  );
  encryptCbc(s.cipher, s.encryption, header.iv, octets.subarray(HEADER_LENGTH));
  return {
    octets,
    lastBlock: octets.slice(-blockOctets),
    payloads,
    length: octets.length - padding,
  };
}

/**
 * Puts `HASH = prf(SKEYID_a, M-ID | before | payloads)` first and encrypts; RFC 2409 sections 5.5 and
 * 5.7. `before` is the initiator's nonce in the second message of Quick Mode.
 */
export function seal(
  s: Secured,
  header: SealHeader,
  payloads: readonly Payload[],
  before: Uint8Array = new Uint8Array(0),
): Sealed {
  const data = new Uint8Array(HASHES[s.hash].octets);
  const all: readonly Payload[] = [{ type: 'hash', data }, ...payloads];
  const plain = encodePayloads(all);
  const rest = plain.subarray(GENERIC_HEADER_LENGTH + data.length);
  data.set(prf(s.hash, s.skeyidA, uint32(header.messageId), before, rest));
  plain.set(data, GENERIC_HEADER_LENGTH);
  return sealEncoded(s, header, all, plain);
}
