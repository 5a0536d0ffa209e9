import { concat } from '#base/bytes';
import { primitives } from './primitives.ts';
import type { SecretKey } from './secret-key.ts';

/** A cipher of phase 1; all of them run in CBC mode. */
export type IsakmpCipher = {
  readonly name: IsakmpCipherName;
  /** OpenSSL's name of the cipher. */
  readonly algorithm: string;
  /** Octets of key material taken from SKEYID_e. */
  readonly keyOctets: number;
  readonly blockOctets: number;
  /** Value of the phase-1 attribute 1 (encryption algorithm); RFC 2409 appendix A. */
  readonly isakmpNumber: number;
  /** Value of attribute 14 (key length in bits); absent where the key length is fixed. */
  readonly keyLengthBits?: number;
  /** The word of `crypto ikev1 policy`. */
  readonly word: string;
  /** How views and messages write it. */
  readonly label: string;
  /** Refused unless `legacy-crypto` permits it. */
  readonly legacy: boolean;
};

const aes = <N extends string>(name: N, bits: 128 | 192 | 256, word: string) => ({
  name,
  algorithm: `aes-${bits}-cbc`,
  keyOctets: bits / 8,
  blockOctets: 16,
  isakmpNumber: 7,
  keyLengthBits: bits,
  word,
  label: `AES${bits}`,
  legacy: false,
});

const TABLE = {
  // Single DES is run as triple DES with three equal keys, since OpenSSL 3 hides the single one.
  des: {
    name: 'des',
    algorithm: 'des-ede3-cbc',
    keyOctets: 8,
    blockOctets: 8,
    isakmpNumber: 1,
    word: 'des',
    label: 'DES-56',
    legacy: true,
  },
  '3des': {
    name: '3des',
    algorithm: 'des-ede3-cbc',
    keyOctets: 24,
    blockOctets: 8,
    isakmpNumber: 5,
    word: '3des',
    label: '3DES-168',
    legacy: true,
  },
  'aes-cbc-128': aes('aes-cbc-128', 128, 'aes'),
  'aes-cbc-192': aes('aes-cbc-192', 192, 'aes-192'),
  'aes-cbc-256': aes('aes-cbc-256', 256, 'aes-256'),
} as const;

export type IsakmpCipherName = keyof typeof TABLE;

/** Every cipher of phase 1, by name. */
export const ISAKMP_CIPHERS: Readonly<Record<IsakmpCipherName, IsakmpCipher>> = TABLE;

/** The cipher of the attributes 1 and 14; undefined for a combination we do not know. */
export const isakmpCipherOf = (
  isakmpNumber: number,
  keyLengthBits: number | undefined,
): IsakmpCipher | undefined =>
  Object.values(ISAKMP_CIPHERS).find(
    (c) => c.isakmpNumber === isakmpNumber && c.keyLengthBits === keyLengthBits,
  );

/** The octets to import as a key of OpenSSL's cipher, which for single DES are the key three times. */
export const cipherKeyOctets = (name: IsakmpCipherName, key: Uint8Array): Uint8Array =>
  name === 'des' ? concat(key, key, key) : key;

/** CBC encryption in place, of whole blocks with the given initialization vector. */
export const encryptCbc = (
  name: IsakmpCipherName,
  key: SecretKey,
  iv: Uint8Array,
  octets: Uint8Array,
): void => primitives().encryptCbc(ISAKMP_CIPHERS[name].algorithm, key, iv, octets);

/** CBC decryption; undefined when `ciphertext` is not a positive number of whole blocks. */
export function decryptCbc(
  name: IsakmpCipherName,
  key: SecretKey,
  iv: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array | undefined {
  const { algorithm, blockOctets } = ISAKMP_CIPHERS[name];
  if (ciphertext.length === 0 || ciphertext.length % blockOctets !== 0) return undefined;
  return primitives().decryptCbc(algorithm, key, iv, ciphertext);
}
