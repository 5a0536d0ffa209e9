import { Driver } from '#engine/driver';
import type { Answer, Question, Steppable } from '#engine/ports';
import type { ClusterAction } from '#features/cluster/port';
import { Alarm } from './alarm.ts';
import { KeyAgreement } from './key-agreement.ts';
import { loadLibcrypto } from './libcrypto.ts';
import { now } from './machine-clock.ts';
import { installNativePrimitives } from './native-primitives.ts';
import { ScryptPool } from './scrypt.ts';

/**
 * Slow work of one process: key agreement and password verification share the thread pool. What is
 * quick is computed by the device itself, from now on with OpenSSL directly where that can be.
 */
export class SlowWork {
  readonly #keyAgreement: KeyAgreement;
  readonly scrypt: ScryptPool;

  /** At most `concurrency` passwords are verified at once, and `queueLimit` wait. */
  constructor(concurrency = 1, queueLimit = 20_000) {
    const libcrypto = loadLibcrypto();
    void libcrypto.then((loaded) => loaded && installNativePrimitives(loaded));
    this.#keyAgreement = new KeyAgreement(libcrypto);
    this.scrypt = new ScryptPool(concurrency, queueLimit);
  }

  ask(question: Question, answered: (answer: Answer) => void): void {
    if (question.kind === 'verifyPassword') this.scrypt.ask(question, answered);
    else this.#keyAgreement.ask(question, answered);
  }

  close(): void {
    this.#keyAgreement.close();
    this.scrypt.close();
  }
}

/** Runs a device on the clock of this machine; `stop` before the data plane is closed. */
export function runDevice(
  device: Steppable,
  work: SlowWork,
  cluster?: (action: ClusterAction) => void,
): Driver {
  const alarm = new Alarm(() => driver.tick());
  const driver = new Driver(device, {
    now,
    ask: (question, answered) => work.ask(question, answered),
    wakeAt: (at) => alarm.set(at),
    cluster,
  });
  return driver;
}
