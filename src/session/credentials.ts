import type { Secret } from '#base/secret';

/** Is this the user's password? Answered on the thread pool, since scrypt is slow on purpose. */
export type CredentialQuestion = {
  readonly kind: 'verifyPassword';
  readonly password: Uint8Array;
  readonly verifier: PasswordVerifier;
};

export type CredentialAnswer = {
  readonly kind: 'passwordVerified';
  readonly accepted: boolean;
  /** The question was not looked at, because too many were waiting; `accepted` is then false. */
  readonly overloaded?: boolean;
};

/** What a scrypt computation costs; RFC 7914 section 2. */
export type ScryptCost = {
  /** Binary logarithm of the cost N, block size r and parallelization p. */
  readonly logN: number;
  readonly r: number;
  readonly p: number;
};

/** A salted scrypt hash; RFC 7914. */
export type PasswordVerifier = ScryptCost & {
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
};

/** What a password is checked against. */
export type KnownPassword =
  /** As typed; it is replaced by a verifier as soon as that is computed. */
  | { readonly kind: 'clear'; readonly password: Secret }
  | { readonly kind: 'verifier'; readonly verifier: PasswordVerifier };

/**
 * The cost of a new verifier: 16 MiB and some 50 ms of one core. A head-end that restarts has to
 * verify everyone again, so a login must not take much longer.
 */
export const PASSWORD_COST: ScryptCost = { logN: 14, r: 8, p: 1 };
export const SALT_OCTETS = 16;
export const PASSWORD_HASH_OCTETS = 32;
