import { Ring } from '#base/ring';
import type { ThroughputSample } from '#views/live-views';
import type { CountersView } from '#views/views';

/** A quarter of an hour at one sample a second. */
const samplesMax = 900;

type Reading = { readonly at: number; readonly octetsTx: number; readonly octetsRx: number };

/** Turns totals that only grow into rates, and remembers the last quarter of an hour of them. */
export class Throughput {
  readonly #samples = new Ring<ThroughputSample>(samplesMax);
  #before: Reading | undefined;

  /** Takes a reading at `at`; totals that went back (a restarted data plane) count from zero. */
  sample(counters: CountersView, at: number): void {
    const { octetsTx, octetsRx } = counters;
    const before = this.#before;
    this.#before = { at, octetsTx, octetsRx };
    if (!before || at <= before.at) return;
    const perSecond = (now: number, then: number) =>
      Math.round(((now < then ? now : now - then) * 8000) / (at - before.at));
    this.#samples.push({
      at,
      bitsPerSecondTx: perSecond(octetsTx, before.octetsTx),
      bitsPerSecondRx: perSecond(octetsRx, before.octetsRx),
    });
  }

  /** Another device is read from now on: its totals have nothing to do with those before. */
  restart(): void {
    this.#before = undefined;
  }

  /** Samples later than `at`, oldest first. */
  since(at: number): ThroughputSample[] {
    return [...this.#samples].filter((sample) => sample.at > at);
  }
}
