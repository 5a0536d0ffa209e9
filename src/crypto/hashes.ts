import { octetKey } from '#base/bytes';
import { primitives } from './primitives.ts';

/** What a hash function is called, how large it is, and its number in IKEv1. */
export type Hash = {
  readonly name: HashName;
  /** OpenSSL's name of the digest. */
  readonly digest: string;
  readonly octets: number;
  /** Value of the phase-1 attribute 2 (hash algorithm); RFC 2409 appendix A, RFC 4868. */
  readonly isakmpNumber: number;
  /** The word of `crypto ikev1 policy`. */
  readonly word: string;
  /** How views and messages write it. */
  readonly label: string;
  /** Refused unless `legacy-crypto` permits it. */
  readonly legacy: boolean;
};

const row = <N extends string>(
  name: N,
  digest: string,
  octets: number,
  isakmpNumber: number,
  word: string,
  label: string,
  legacy: boolean,
) => ({ name, digest, octets, isakmpNumber, word, label, legacy }) as const;

const TABLE = {
  md5: row('md5', 'md5', 16, 1, 'md5', 'MD5', true),
  sha1: row('sha1', 'sha1', 20, 2, 'sha', 'SHA1', true),
  'sha2-256': row('sha2-256', 'sha256', 32, 4, 'sha256', 'SHA256', false),
  'sha2-384': row('sha2-384', 'sha384', 48, 5, 'sha384', 'SHA384', false),
  'sha2-512': row('sha2-512', 'sha512', 64, 6, 'sha512', 'SHA512', false),
};

export type HashName = keyof typeof TABLE;

/** Every hash function of phase 1, by name. */
export const HASHES: Readonly<Record<HashName, Hash>> = TABLE;

const BY_NUMBER = new Map<number, Hash>(Object.values(HASHES).map((h) => [h.isakmpNumber, h]));

/** The hash function of an IKEv1 hash attribute; undefined for a number we do not know. */
export const hashOfNumber = (isakmpNumber: number): Hash | undefined => BY_NUMBER.get(isakmpNumber);

/** The digest of `parts` one after the other. */
export const digest = (name: HashName, ...parts: readonly Uint8Array[]): Uint8Array =>
  primitives().digest(HASHES[name].digest, parts);

/** A text by which octets are recognized when they come again. */
export const fingerprint = (octets: Uint8Array): string => octetKey(digest('sha1', octets));
