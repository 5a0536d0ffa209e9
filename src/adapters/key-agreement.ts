import { diffieHellman, generateKeyPair, type KeyObject, randomBytes } from 'node:crypto';
import {
  combine,
  type DhKeyPair,
  keyPairFromSecret,
  modpPairOf,
  paddedSecret,
  peerPublicKey,
} from '#crypto/dh';
import { DH_GROUPS, type DhGroupName } from '#crypto/dh-groups';
import type { KeyingAnswer, KeyingQuestion } from '#ipsec/keying';

/** Key pairs of one group that wait for a login; they are used once. */
const POOL_SIZE = 32;

/**
 * Groups whose key pairs OpenSSL makes on the thread pool, with exponents as short as the group allows;
 * those of the smaller ones would be as long as the prime.
 */
const MADE_ASIDE: Partial<Record<DhGroupName, string>> = {
  modp2048: 'modp14',
  modp3072: 'modp15',
  modp4096: 'modp16',
};

/** `generateKeyPair` as it is called for Diffie-Hellman, which its types leave out. */
const generateDhPair = generateKeyPair as unknown as (
  type: 'dh',
  options: { readonly group: string },
  done: (error: Error | null, publicKey: KeyObject, privateKey: KeyObject) => void,
) => void;

const failed = (reason: string): KeyingAnswer => ({ kind: 'failed', reason });

/**
 * Answers Diffie-Hellman questions: the exponentiation of modular groups on the thread pool, elliptic
 * curves at once, since they cost less than the way to the pool and back. Key pairs are made ahead
 * while nothing else is to do, which halves what a login waits for.
 */
export class KeyAgreement {
  readonly #ready = new Map<DhGroupName, DhKeyPair[]>();
  /** Groups of which a pair is being made on the thread pool. */
  readonly #aside = new Set<DhGroupName>();
  #refill: NodeJS.Immediate | undefined;

  /** Answers `question` by one call of `answered`, never before `ask` has returned. */
  ask(question: KeyingQuestion, answered: (answer: KeyingAnswer) => void): void {
    switch (question.kind) {
      case 'dhGenerate': {
        const pair = this.#take(question.group);
        setImmediate(() =>
          answered(pair ? { kind: 'dhGenerate', ...pair } : failed('no key pair')),
        );
        return;
      }
      case 'dhCombine':
        this.#combine(question.group, question.privateKey, question.peerPublic, (secret) =>
          answered(
            secret instanceof Uint8Array
              ? { kind: 'dhCombine', sharedSecret: secret }
              : failed(secret.reason),
          ),
        );
        return;
      case 'dhAgree': {
        const pair = this.#take(question.group);
        if (!pair) {
          setImmediate(() => answered(failed('no key pair')));
          return;
        }
        this.#combine(question.group, pair.privateKey, question.peerPublic, (secret) =>
          answered(
            secret instanceof Uint8Array
              ? { kind: 'dhAgree', publicValue: pair.publicValue, sharedSecret: secret }
              : failed(secret.reason),
          ),
        );
        return;
      }
    }
  }

  close(): void {
    if (this.#refill) clearImmediate(this.#refill);
    this.#ready.clear();
  }

  #combine(
    group: DhGroupName,
    privateKey: DhKeyPair['privateKey'],
    peerPublic: Uint8Array,
    done: (secret: Uint8Array | { readonly reason: string }) => void,
  ): void {
    if (DH_GROUPS[group].kind !== 'modp') {
      const secret = combine(group, privateKey, peerPublic);
      setImmediate(() => done(secret.ok ? secret.value : { reason: secret.error }));
      return;
    }
    const publicKey = peerPublicKey(group, peerPublic);
    if (!publicKey.ok) {
      setImmediate(() => done({ reason: publicKey.error }));
      return;
    }
    diffieHellman({ privateKey, publicKey: publicKey.value }, (error, raw) => {
      if (error) return done({ reason: `${DH_GROUPS[group].label}: the exchange failed` });
      const secret = paddedSecret(group, new Uint8Array(raw));
      done(secret.ok ? secret.value : { reason: secret.error });
    });
  }

  #take(group: DhGroupName): DhKeyPair | undefined {
    const pool = this.#ready.get(group) ?? [];
    this.#ready.set(group, pool);
    const pair = pool.pop() ?? this.#make(group);
    this.#schedule();
    return pair;
  }

  #make(group: DhGroupName): DhKeyPair | undefined {
    // A random secret is degenerate with negligible probability; one more try settles it.
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const pair = keyPairFromSecret(group, randomBytes(DH_GROUPS[group].secretOctets));
      if (pair.ok) return pair.value;
    }
    return undefined;
  }

  /** Makes one pair at a time on the thread pool, where exchanges wait for their turn as well. */
  #makeAside(group: DhGroupName, openSslName: string): void {
    if (this.#aside.has(group)) return;
    this.#aside.add(group);
    generateDhPair('dh', { group: openSslName }, (error, _, privateKey) => {
      this.#aside.delete(group);
      const pool = this.#ready.get(group);
      // A closed agreement has no pools any more.
      if (error || !pool) return;
      pool.push(modpPairOf(group, privateKey));
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#refill) return;
    this.#refill = setImmediate(() => {
      this.#refill = undefined;
      for (const [group, pool] of this.#ready) {
        if (pool.length >= POOL_SIZE) continue;
        const aside = MADE_ASIDE[group];
        if (aside !== undefined) {
          this.#makeAside(group, aside);
          continue;
        }
        const pair = this.#make(group);
        if (pair) pool.push(pair);
        // One pair at a time, so that a datagram never waits for more than one exponentiation.
        this.#schedule();
        return;
      }
    });
  }
}
