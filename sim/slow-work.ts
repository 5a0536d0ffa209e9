import { after, type Instant } from '#base/instant';
import type { Prng } from '#base/prng';
import { agree, combine, keyPairFromSecret } from '#crypto/dh';
import { DH_GROUPS, type DhGroupName } from '#crypto/dh-groups';
import type { Answer, Question } from '#engine/ports';
import type { PasswordVerifier } from '#session/credentials';
import type { VirtualClock } from '#simulation/clock';

const failed = (reason: string): Answer => ({ kind: 'failed', reason });

/** A password in a simulation is its own verifier: scrypt would cost the time of the whole run. */
export const plainVerifier = (password: Uint8Array): PasswordVerifier => ({
  logN: 1,
  r: 1,
  p: 1,
  salt: new Uint8Array(0),
  hash: password,
});

/**
 * The slow work of a device in virtual time: real key agreement from seeded secrets, answered some
 * milliseconds later, each question after its own delay, so that answers overtake each other.
 */
export class SimulatedWork {
  readonly #clock: VirtualClock;
  readonly #random: Prng;

  constructor(clock: VirtualClock, random: Prng) {
    this.#clock = clock;
    this.#random = random;
  }

  ask(question: Question, answered: (answer: Answer) => void): void {
    const at: Instant = after(this.#clock.now(), this.#random.between(1, 8));
    const answer = this.#answer(question);
    this.#clock.schedule(at, () => answered(answer));
  }

  #secret = (group: DhGroupName): Uint8Array => this.#random.bytes(DH_GROUPS[group].secretOctets);

  #answer(question: Question): Answer {
    switch (question.kind) {
      case 'verifyPassword': {
        const { password, verifier } = question;
        const accepted = Buffer.compare(password, verifier.hash) === 0;
        return { kind: 'passwordVerified', accepted };
      }
      case 'dhAgree': {
        const { group, peerPublic } = question;
        const agreed = agree(group, this.#secret(group), peerPublic);
        return agreed.ok ? { kind: 'dhAgree', ...agreed.value } : failed(agreed.error);
      }
      case 'dhGenerate': {
        const pair = keyPairFromSecret(question.group, this.#secret(question.group));
        return pair.ok ? { kind: 'dhGenerate', ...pair.value } : failed(pair.error);
      }
      case 'dhCombine': {
        const secret = combine(question.group, question.privateKey, question.peerPublic);
        return secret.ok ? { kind: 'dhCombine', sharedSecret: secret.value } : failed(secret.error);
      }
    }
  }
}
