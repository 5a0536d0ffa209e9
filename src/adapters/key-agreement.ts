import { createSecretKey, diffieHellman, type KeyObject, randomBytes } from 'node:crypto';
import { assert } from '#base/assert';
import {
  combine,
  type DhKeyPair,
  keyPairFromSecret,
  paddedSecret,
  peerPublicKey,
} from '#crypto/dh';
import { DH_GROUPS, type DhGroupName } from '#crypto/dh-groups';
import type { KeyingAnswer, KeyingQuestion } from '#ipsec/keying';
import { loadLibcrypto } from './libcrypto.ts';
import { MachineRandom } from './machine-random.ts';
import { NativeGroups, type NativePair } from './native-groups.ts';

/** Key pairs of one group that wait for a login; they are used once. */
const POOL_SIZE = 32;
/**
 * Questions under way at most; ours. The work on one goes on when who asked has ended, so that it counts
 * longer here than there.
 */
const QUESTIONS_MOST = 4096;

const failed = (reason: string): KeyingAnswer => ({ kind: 'failed', reason });

/** A pair by whoever made it, which has to combine it as well. */
type Pair = NativePair | DhKeyPair;

/** A shared secret, or why there is none. */
type Shared = (secret: Uint8Array | { readonly reason: string }) => void;

/**
 * Answers Diffie-Hellman questions: large exponentiations on the thread pool, the others at once, since
 * they cost no more than the way to the pool and back. Key pairs are made ahead while nothing else is to
 * do, which halves what a login waits for. The arithmetic is OpenSSL's, called directly where that can
 * be, and by node:crypto elsewhere, which spends as much again on the encoding of keys.
 */
export class KeyAgreement {
  readonly #ready = new Map<DhGroupName, Pair[]>();
  /** Groups of which a pair is being made on the thread pool. */
  readonly #making = new Set<DhGroupName>();
  readonly #most: number;
  #underWay = 0;
  #native: NativeGroups | undefined;
  #refill: NodeJS.Immediate | undefined;

  /** Answers at most so many questions at a time. */
  constructor(loaded = loadLibcrypto(), most = QUESTIONS_MOST) {
    this.#most = most;
    void loaded.then((libcrypto) => {
      this.#native = libcrypto && new NativeGroups(libcrypto, new MachineRandom());
    });
  }

  /** Answers `question` by one call of `answered`, never before `ask` has returned. */
  ask(question: KeyingQuestion, answered: (answer: KeyingAnswer) => void): void {
    if (this.#underWay >= this.#most) {
      setImmediate(() => answered(failed('too many key agreements are under way')));
      return;
    }
    this.#underWay += 1;
    const later = (answer: KeyingAnswer) =>
      setImmediate(() => {
        this.#underWay -= 1;
        answered(answer);
      });
    const { group } = question;
    switch (question.kind) {
      case 'dhGenerate':
        this.#take(group, (pair) =>
          later(pair ? { kind: 'dhGenerate', ...opaque(pair) } : failed('no key pair')),
        );
        return;
      case 'dhCombine':
        this.#combine(group, question.privateKey, question.peerPublic, (secret) =>
          later(
            secret instanceof Uint8Array
              ? { kind: 'dhCombine', sharedSecret: secret }
              : failed(secret.reason),
          ),
        );
        return;
      case 'dhAgree':
        this.#take(group, (pair) => {
          if (!pair) {
            later(failed('no key pair'));
            return;
          }
          const { publicValue } = pair;
          const combined: Shared = (secret) =>
            later(
              secret instanceof Uint8Array
                ? { kind: 'dhAgree', publicValue, sharedSecret: secret }
                : failed(secret.reason),
            );
          if ('secret' in pair)
            this.#combineNumber(group, pair.secret, question.peerPublic, combined);
          else combineByNode(group, pair.privateKey, question.peerPublic, combined);
        });
        return;
    }
  }

  /** What has not begun never will, so that the process need not wait for it. */
  close(): void {
    if (this.#refill) clearImmediate(this.#refill);
    this.#ready.clear();
    this.#native?.close();
  }

  #combine(group: DhGroupName, privateKey: KeyObject, peerPublic: Uint8Array, done: Shared): void {
    if (privateKey.type === 'secret')
      this.#combineNumber(group, privateKey.export(), peerPublic, done);
    else combineByNode(group, privateKey, peerPublic, done);
  }

  /** Wipes `secret`, which is not needed any more. */
  #combineNumber(
    group: DhGroupName,
    secret: Uint8Array,
    peerPublic: Uint8Array,
    done: Shared,
  ): void {
    const native = this.#native?.group(group);
    assert(native, 'whoever made a secret number combines it');
    native.combine(secret, peerPublic, (shared) =>
      done(shared ?? { reason: `the peer's public value is not one of ${DH_GROUPS[group].label}` }),
    );
    secret.fill(0);
  }

  #take(group: DhGroupName, done: (pair: Pair | undefined) => void): void {
    const pool = this.#ready.get(group) ?? [];
    this.#ready.set(group, pool);
    const pair = pool.pop();
    if (pair) done(pair);
    else this.#make(group, done);
    // After the answer, which somebody waits for.
    this.#schedule();
  }

  #make(group: DhGroupName, done: (pair: Pair | undefined) => void): void {
    const native = this.#native?.group(group);
    if (native) native.pair(done);
    else done(pairByNode(group));
  }

  /** One pair at a time, so that a datagram never waits for more than one exponentiation. */
  #schedule(): void {
    if (this.#refill) return;
    this.#refill = setImmediate(() => {
      this.#refill = undefined;
      for (const [group, pool] of this.#ready) {
        if (pool.length >= POOL_SIZE || this.#making.has(group)) continue;
        this.#making.add(group);
        this.#make(group, (pair) => {
          this.#making.delete(group);
          // A closed agreement has no pools any more.
          if (!pair || !this.#ready.has(group)) return;
          pool.push(pair);
          this.#schedule();
        });
        return;
      }
    });
  }
}

/** A pair that may leave, with a private key that prints nothing. */
function opaque(pair: Pair): DhKeyPair {
  if ('privateKey' in pair) return pair;
  const privateKey = createSecretKey(pair.secret);
  pair.secret.fill(0);
  return { publicValue: pair.publicValue, privateKey };
}

function pairByNode(group: DhGroupName): DhKeyPair | undefined {
  // A random secret is degenerate with negligible probability; one more try settles it.
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const pair = keyPairFromSecret(group, randomBytes(DH_GROUPS[group].secretOctets));
    if (pair.ok) return pair.value;
  }
  return undefined;
}

function combineByNode(
  group: DhGroupName,
  privateKey: KeyObject,
  peerPublic: Uint8Array,
  done: Shared,
): void {
  if (DH_GROUPS[group].kind !== 'modp') {
    const secret = combine(group, privateKey, peerPublic);
    done(secret.ok ? secret.value : { reason: secret.error });
    return;
  }
  const publicKey = peerPublicKey(group, peerPublic);
  if (!publicKey.ok) {
    done({ reason: publicKey.error });
    return;
  }
  diffieHellman({ privateKey, publicKey: publicKey.value }, (error, raw) => {
    if (error) {
      done({ reason: `${DH_GROUPS[group].label}: the exchange failed` });
      return;
    }
    const secret = paddedSecret(group, new Uint8Array(raw));
    done(secret.ok ? secret.value : { reason: secret.error });
  });
}
