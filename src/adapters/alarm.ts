import type { Instant } from '#base/instant';
import { now } from './machine-clock.ts';

/** The longest wait of a Node timer; longer ones are taken in steps. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

/** The clock and the timers of this machine, or those of a test. */
export type Timers = {
  readonly now: () => Instant;
  /** Calls `fire` once; the answer takes that back. */
  readonly after: (waitMs: number, fire: () => void) => () => void;
};

const machineTimers: Timers = {
  now,
  after: (waitMs, fire) => {
    const timer = setTimeout(fire, waitMs);
    return () => clearTimeout(timer);
  },
};

/**
 * One alarm that is set anew with nearly every input, mostly to a later moment: a timer that was set
 * for an earlier one stays, and goes on waiting when it fires.
 */
export class Alarm {
  readonly #ring: () => void;
  readonly #timers: Timers;
  #wanted: Instant | undefined;
  #firesAt = 0;
  #cancel: (() => void) | undefined;

  constructor(ring: () => void, timers = machineTimers) {
    this.#ring = ring;
    this.#timers = timers;
  }

  /** Rings once, at that moment or soon after, in place of the moment before; undefined for never. */
  set(at: Instant | undefined): void {
    this.#wanted = at;
    if (at === undefined) this.#stop();
    else if (!this.#cancel || at < this.#firesAt) this.#start(at);
  }

  #start(at: Instant): void {
    this.#stop();
    // A timer may fire a fraction of a millisecond early, and the device would find nothing due.
    const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(0, Math.ceil(at - this.#timers.now())));
    this.#firesAt = at;
    this.#cancel = this.#timers.after(waitMs, () => this.#fired());
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #fired(): void {
    this.#cancel = undefined;
    const at = this.#wanted;
    if (at === undefined) return;
    if (at > this.#timers.now()) {
      this.#start(at);
      return;
    }
    this.#wanted = undefined;
    this.#ring();
  }
}
