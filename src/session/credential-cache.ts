import { equalBytes, toUtf8 } from '#base/bytes';
import { LruMap } from '#base/lru-map';
import type { RandomSource } from '#base/random';
import type { Secret } from '#base/secret';
import { prf } from '#crypto/prf';
import { type SecretKey, secretKey } from '#crypto/secret-key';
import {
  type CredentialAnswer,
  type CredentialQuestion,
  type KnownPassword,
  PASSWORD_COST,
  PASSWORD_HASH_OCTETS,
  type PasswordVerifier,
  SALT_OCTETS,
} from './credentials.ts';

/** What the asker keeps while a question is out: enough to judge the answer, not the password. */
export type PendingCredential = {
  readonly user: string;
  /** Undefined for a user who does not exist: whatever the answer, it is no. */
  readonly verifier: PasswordVerifier | undefined;
  readonly tag: Uint8Array;
};

/** Either the password is known to be right, or scrypt has to be asked. */
export type CredentialCheck =
  | { readonly kind: 'verified' }
  | {
      readonly kind: 'ask';
      readonly question: CredentialQuestion;
      readonly pending: PendingCredential;
    };

const sameVerifier = (a: PasswordVerifier, b: PasswordVerifier): boolean =>
  a === b ||
  (a.logN === b.logN &&
    a.r === b.r &&
    a.p === b.p &&
    equalBytes(a.salt, b.salt) &&
    equalBytes(a.hash, b.hash));

/** A password that was right; `verifier` is undefined as long as it is known as it was typed only. */
type Verified = { readonly tag: Uint8Array; readonly verifier: PasswordVerifier | undefined };

/**
 * Remembers verified credentials, so that thousands of clients that reconnect at once do not each cost
 * a scrypt. A password is kept as an HMAC under a key that lives in this process only, bound to the
 * verifier it was checked against: it is forgotten when the user's password changes. Wrong passwords
 * are never remembered, and a user who does not exist costs the same scrypt as one who does.
 */
export class CredentialCache {
  readonly #verified: LruMap<string, Verified>;
  /** The tags of passwords that verifiers were computed for in this process, as long as these are in use. */
  readonly #sealed = new WeakMap<PasswordVerifier, Uint8Array>();
  readonly #key: SecretKey;
  readonly #nobody: PasswordVerifier;

  /** `capacity` is the number of users remembered. */
  constructor(capacity: number, random: RandomSource) {
    this.#verified = new LruMap(capacity);
    this.#key = secretKey(random.bytes(32));
    this.#nobody = {
      ...PASSWORD_COST,
      salt: random.bytes(SALT_OCTETS),
      hash: random.bytes(PASSWORD_HASH_OCTETS),
    };
  }

  get size(): number {
    return this.#verified.size;
  }

  /**
   * Judges a password now, or says what to ask; `against` is undefined for an unknown user. While its
   * verifier is being computed, a password is compared as it was typed; a wrong one costs the same
   * question as always.
   */
  check(user: string, password: Uint8Array, against: KnownPassword | undefined): CredentialCheck {
    const tag = this.#tag(user, password);
    if (against?.kind === 'clear') {
      const typed = toUtf8(against.password.reveal());
      if (equalBytes(tag, this.#tag(user, typed))) {
        this.#verified.set(user, { tag, verifier: undefined });
        return { kind: 'verified' };
      }
    }
    const verifier = against?.kind === 'verifier' ? against.verifier : undefined;
    const known = this.#verified.get(user);
    if (known?.verifier && verifier && sameVerifier(known.verifier, verifier)) {
      if (equalBytes(known.tag, tag)) return { kind: 'verified' };
    } else if (known) this.#verified.delete(user);
    return {
      kind: 'ask',
      question: { kind: 'verifyPassword', password, verifier: verifier ?? this.#nobody },
      pending: { user, verifier, tag },
    };
  }

  /** Whether the login is good, by the answer to its question; a good one is remembered. */
  settle(pending: PendingCredential, answer: CredentialAnswer): boolean {
    const { user, verifier, tag } = pending;
    if (!answer.accepted || verifier === undefined) return false;
    this.#verified.set(user, { tag, verifier });
    return true;
  }

  /** A password as it was typed has got its verifier: whoever logged in with it has logged in with both. */
  sealed(user: string, password: Secret, verifier: PasswordVerifier): void {
    const tag = this.#tag(user, toUtf8(password.reveal()));
    this.#sealed.set(verifier, tag);
    const known = this.#verified.get(user);
    if (!known || known.verifier) return;
    if (equalBytes(known.tag, tag)) this.#verified.set(user, { tag, verifier });
  }

  /**
   * Whether what proves a user now is the password that did `before`. A verifier is that of a password
   * as it was typed when it was computed in this process; what was typed after a verifier is taken for
   * another password.
   */
  samePassword(user: string, before: KnownPassword, now: KnownPassword): boolean {
    if (before.kind === 'verifier')
      return now.kind === 'verifier' && sameVerifier(before.verifier, now.verifier);
    if (now.kind === 'clear') return before.password.equals(now.password);
    const tag = this.#sealed.get(now.verifier);
    const typed = toUtf8(before.password.reveal());
    return tag !== undefined && equalBytes(tag, this.#tag(user, typed));
  }

  /** Forgets a user (changed, removed or locked). */
  forget(user: string): void {
    this.#verified.delete(user);
  }

  #tag(user: string, password: Uint8Array): Uint8Array {
    // The length before the name keeps the two parts apart.
    const name = toUtf8(user);
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, name.length);
    return prf('sha2-256', this.#key, length, name, password);
  }
}
