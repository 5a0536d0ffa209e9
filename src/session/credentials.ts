/** Is this the user's password? Answered on the thread pool, since scrypt is slow on purpose. */
export type CredentialQuestion = {
  readonly kind: 'verifyPassword';
  readonly password: Uint8Array;
  readonly verifier: PasswordVerifier;
};

export type CredentialAnswer = { readonly kind: 'passwordVerified'; readonly accepted: boolean };

/** A salted scrypt hash; RFC 7914. */
export type PasswordVerifier = {
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
  /** Binary logarithm of the cost N, block size r and parallelization p. */
  readonly logN: number;
  readonly r: number;
  readonly p: number;
};
