import { concat } from '#base/bytes';
import { digest, type HashName } from './hashes.ts';
import { cipherKeyOctets, ISAKMP_CIPHERS, type IsakmpCipherName } from './isakmp-ciphers.ts';
import { expand, prf } from './prf.ts';
import { type SecretKey, secretKey } from './secret-key.ts';

/** What both ends put into the keys of phase 1. Bodies are payloads without their generic header. */
export type PhaseOneSecrets = {
  readonly hash: HashName;
  readonly cipher: IsakmpCipherName;
  readonly initiatorCookie: Uint8Array;
  readonly responderCookie: Uint8Array;
  readonly initiatorNonceBody: Uint8Array;
  readonly responderNonceBody: Uint8Array;
  /** g^xy, padded to the size of the group. */
  readonly sharedSecret: Uint8Array;
};

/** The keys of an ISAKMP SA. */
export type PhaseOneKeys = {
  readonly skeyid: SecretKey;
  /** Derives the keys of IPsec SAs. */
  readonly skeyidD: SecretKey;
  /** Authenticates phase-2 messages. */
  readonly skeyidA: SecretKey;
  /** Encrypts messages: SKEYID_e cut or expanded to the cipher's key length. */
  readonly encryption: SecretKey;
};

const octet = (value: number): Uint8Array => new Uint8Array([value]);

/** SKEYID of pre-shared key authentication, XAUTH included; RFC 2409 section 5. */
export const preSharedSkeyid = (s: PhaseOneSecrets, preSharedKey: SecretKey): SecretKey =>
  secretKey(prf(s.hash, preSharedKey, s.initiatorNonceBody, s.responderNonceBody));

/** The key of the cipher: the left part of SKEYID_e, or its expansion; RFC 2409 appendix B. */
function encryptionKey(hash: HashName, cipher: IsakmpCipherName, skeyidE: Uint8Array): SecretKey {
  const { keyOctets } = ISAKMP_CIPHERS[cipher];
  const key =
    keyOctets <= skeyidE.length
      ? skeyidE.subarray(0, keyOctets)
      : expand(hash, secretKey(skeyidE), keyOctets, octet(0), new Uint8Array(0));
  return secretKey(cipherKeyOctets(cipher, key));
}

/** SKEYID_d, SKEYID_a and the encryption key, in this order; RFC 2409 section 5. */
export function phaseOneKeys(s: PhaseOneSecrets, skeyid: SecretKey): PhaseOneKeys {
  const tail = [s.sharedSecret, s.initiatorCookie, s.responderCookie];
  const skeyidD = prf(s.hash, skeyid, ...tail, octet(0));
  const skeyidA = prf(s.hash, skeyid, skeyidD, ...tail, octet(1));
  const skeyidE = prf(s.hash, skeyid, skeyidA, ...tail, octet(2));
  return {
    skeyid,
    skeyidD: secretKey(skeyidD),
    skeyidA: secretKey(skeyidA),
    encryption: encryptionKey(s.hash, s.cipher, skeyidE),
  };
}

/** What HASH_I and HASH_R prove knowledge of; RFC 2409 section 5. */
export type PhaseOneProof = {
  readonly hash: HashName;
  readonly skeyid: SecretKey;
  readonly initiatorPublic: Uint8Array;
  readonly responderPublic: Uint8Array;
  readonly initiatorCookie: Uint8Array;
  readonly responderCookie: Uint8Array;
  /** Body of the initiator's whole SA payload, for both directions. */
  readonly saBody: Uint8Array;
};

/** HASH_I; `identityBody` is the body of the initiator's ID payload. */
export const hashI = (p: PhaseOneProof, identityBody: Uint8Array): Uint8Array =>
  prf(
    p.hash,
    p.skeyid,
    p.initiatorPublic,
    p.responderPublic,
    p.initiatorCookie,
    p.responderCookie,
    p.saBody,
    identityBody,
  );

/** HASH_R; `identityBody` is the body of the responder's ID payload. */
export const hashR = (p: PhaseOneProof, identityBody: Uint8Array): Uint8Array =>
  prf(
    p.hash,
    p.skeyid,
    p.responderPublic,
    p.initiatorPublic,
    p.responderCookie,
    p.initiatorCookie,
    p.saBody,
    identityBody,
  );

/** The left `blockOctets` octets of a digest, as every initialization vector of IKEv1 is made. */
const vector = (hash: HashName, cipher: IsakmpCipherName, ...parts: readonly Uint8Array[]) =>
  digest(hash, ...parts).slice(0, ISAKMP_CIPHERS[cipher].blockOctets);

/** IV of the first encrypted message of phase 1; RFC 2409 appendix B. */
export const phaseOneIv = (
  hash: HashName,
  cipher: IsakmpCipherName,
  initiatorPublic: Uint8Array,
  responderPublic: Uint8Array,
): Uint8Array => vector(hash, cipher, initiatorPublic, responderPublic);

/** IV of the first message of a phase-2 exchange; RFC 2409 appendix B. */
export const exchangeIv = (
  hash: HashName,
  cipher: IsakmpCipherName,
  lastPhaseOneBlock: Uint8Array,
  messageId: number,
): Uint8Array => vector(hash, cipher, lastPhaseOneBlock, uint32(messageId));

/** A number as four octets, the form in which a message id enters hashes. */
export function uint32(value: number): Uint8Array {
  const octets = new Uint8Array(4);
  octets[0] = value >>> 24;
  octets[1] = value >>> 16;
  octets[2] = value >>> 8;
  octets[3] = value;
  return octets;
}

/** What a Quick Mode puts into the keys of its SAs; RFC 2409 section 5.5. */
export type QuickModeSecrets = {
  readonly hash: HashName;
  readonly skeyidD: SecretKey;
  /** g(qm)^xy of perfect forward secrecy. */
  readonly sharedSecret?: Uint8Array | undefined;
  readonly initiatorNonceBody: Uint8Array;
  readonly responderNonceBody: Uint8Array;
};

/** KEYMAT of the SA whose receiver chose `spi`. Protocol 3 is ESP; `octets` depends on the suite. */
export function keyMaterial(
  s: QuickModeSecrets,
  protocol: number,
  spi: number,
  octets: number,
): Uint8Array {
  const input = concat(
    s.sharedSecret ?? new Uint8Array(0),
    octet(protocol),
    uint32(spi),
    s.initiatorNonceBody,
    s.responderNonceBody,
  );
  return expand(s.hash, s.skeyidD, octets, input, input);
}
