import type { Instant } from '#base/instant';
import { Driver } from '#engine/driver';
import type { Answer, Question, Steppable } from '#engine/ports';
import type { ClusterAction } from '#features/cluster/port';
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

/** The longest wait of a Node timer; longer ones are taken in steps. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

/** Runs a device on the clock of this machine; `stop` before the data plane is closed. */
export function runDevice(
  device: Steppable,
  work: SlowWork,
  cluster?: (action: ClusterAction) => void,
): Driver {
  let timer: NodeJS.Timeout | undefined;
  const wakeAt = (at: Instant | undefined): void => {
    clearTimeout(timer);
    timer = undefined;
    if (at === undefined) return;
    // A timer may fire a fraction of a millisecond early, and the device would find nothing due.
    const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(0, Math.ceil(at - now())));
    timer = setTimeout(driver.tick, waitMs);
  };
  const driver = new Driver(device, {
    now,
    ask: (question, answered) => work.ask(question, answered),
    wakeAt,
    cluster,
  });
  return driver;
}
