import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import {
  type CredentialAnswer,
  type CredentialQuestion,
  PASSWORD_COST,
  PASSWORD_HASH_OCTETS,
  type PasswordVerifier,
  SALT_OCTETS,
  type ScryptCost,
} from '#session/credentials';

/** The dearest verifier that is computed at all: 1 GiB, against listings that would stop the box. */
const MOST_MEMORY_OCTETS = 1024 * 1024 * 1024;

type Job = {
  readonly password: Uint8Array;
  readonly salt: Uint8Array;
  readonly octets: number;
  readonly cost: ScryptCost;
  /** Undefined when the computation was refused. */
  readonly done: (hash: Uint8Array | undefined) => void;
};

/**
 * Computes scrypt on the thread pool, few at a time, since key agreement waits for the same threads.
 * Clients who wait for an answer go before new verifiers, in a queue of bounded length.
 */
export class ScryptPool {
  readonly #concurrency: number;
  readonly #queueLimit: number;
  #questions: Job[] = [];
  #hashes: Job[] = [];
  #running = 0;
  /** One at a time: nobody waits for a new verifier, and clients wait for the processor. */
  #hashing = false;

  /** At most `concurrency` computations run, and at most `queueLimit` questions wait. */
  constructor(concurrency: number, queueLimit: number) {
    this.#concurrency = concurrency;
    this.#queueLimit = queueLimit;
  }

  /** Answers by one call of `answered`, never before `ask` has returned. */
  ask(question: CredentialQuestion, answered: (answer: CredentialAnswer) => void): void {
    if (this.#questions.length >= this.#queueLimit) {
      const overloaded = { kind: 'passwordVerified', accepted: false, overloaded: true } as const;
      setImmediate(() => answered(overloaded));
      return;
    }
    const { password, verifier } = question;
    const { salt, hash: expected } = verifier;
    const done = (hash: Uint8Array | undefined) => {
      const accepted = hash !== undefined && hash.length > 0 && timingSafeEqual(hash, expected);
      answered({ kind: 'passwordVerified', accepted });
    };
    this.#questions.push({ password, salt, octets: expected.length, cost: verifier, done });
    this.#next();
  }

  /**
   * A new verifier of `password`; undefined where it could not be computed, for want of memory. Hashing
   * is for administrators, and is not limited by the queue.
   */
  hash(password: Uint8Array): Promise<PasswordVerifier | undefined> {
    const salt = new Uint8Array(randomBytes(SALT_OCTETS));
    const cost = PASSWORD_COST;
    return new Promise((resolve) => {
      const done = (hash: Uint8Array | undefined) => resolve(hash && { ...cost, salt, hash });
      this.#hashes.push({ password, salt, octets: PASSWORD_HASH_OCTETS, cost, done });
      this.#next();
    });
  }

  /** What has not begun never will, so that the process need not wait for it. */
  close(): void {
    this.#questions = [];
    this.#hashes = [];
  }

  #next(): void {
    while (this.#running < this.#concurrency) {
      const question = this.#questions.shift();
      const job = question ?? (this.#hashing ? undefined : this.#hashes.shift());
      if (!job) return;
      if (!question) this.#hashing = true;
      this.#running += 1;
      this.#compute(job, (hash) => {
        this.#running -= 1;
        if (!question) this.#hashing = false;
        job.done(hash);
        this.#next();
      });
    }
  }

  #compute({ password, salt, octets, cost }: Job, done: Job['done']): void {
    const { logN, r, p } = cost;
    const N = 2 ** logN;
    // RFC 7914 section 2: 128 N r octets of work space, and some for the blocks.
    const memory = 128 * r * (N + p + 2);
    // Node reads a zero as its default, so what it is handed must be checked here.
    const isSane = [logN, r, p].every((n) => Number.isInteger(n) && n > 0);
    if (!isSane || memory > MOST_MEMORY_OCTETS) {
      setImmediate(() => done(undefined));
      return;
    }
    try {
      scrypt(password, salt, octets, { N, r, p, maxmem: memory }, (error, key) =>
        done(error ? undefined : new Uint8Array(key)),
      );
    } catch {
      // Parameters that scrypt does not take together, from a verifier that was written by hand.
      setImmediate(() => done(undefined));
    }
  }
}
