import { elapsedMs, type Instant, instant } from '#base/instant';
import type { VirtualClock } from './clock.ts';

/** The clock of one host: it starts with virtual time and from there runs a little fast or slow. */
export class HostClock {
  readonly #clock: VirtualClock;
  readonly #start: Instant;
  readonly #rate: number;

  /** `rate` is how many milliseconds this clock counts in a millisecond of virtual time. */
  constructor(clock: VirtualClock, rate: number) {
    this.#clock = clock;
    this.#start = clock.now();
    this.#rate = rate;
  }

  now = (): Instant => this.#at(this.#clock.now());

  /** Runs `run` when this clock shows `at`; returns a function that calls it off. */
  schedule(at: Instant, run: () => void): () => void {
    let moment = instant(Math.ceil(this.#start + elapsedMs(this.#start, at) / this.#rate));
    // A division that was rounded down would wake the host before its time, over and over.
    while (this.#at(moment) < at) moment = instant(moment + 1);
    return this.#clock.schedule(moment, run);
  }

  #at(moment: Instant): Instant {
    return instant(this.#start + Math.floor(elapsedMs(this.#start, moment) * this.#rate));
  }
}
