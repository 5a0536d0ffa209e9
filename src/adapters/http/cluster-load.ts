import { Ring } from '#base/ring';
import type { ClusterView, LoadSample } from '#views/cluster-views';

/** Ten minutes at one sample in two seconds: what a reader is sent at once stays small. */
const SAMPLES_KEPT = 300;
const SAMPLE_GAP_MS = 1900;

/** Remembers the load of every member, as far as this device hears of it. */
export class ClusterLoad {
  readonly #samples = new Ring<LoadSample>(SAMPLES_KEPT);
  #sampledAt = Number.NEGATIVE_INFINITY;

  /** Takes a sample of `view`, unless it took one just now or there is no cluster. */
  sample(view: ClusterView): void {
    if (!view.participates || view.asOf - this.#sampledAt < SAMPLE_GAP_MS) return;
    this.#sampledAt = view.asOf;
    const percents: Record<string, number> = {};
    for (const { privateAddress, load, condition } of [view.self, ...view.peers]) {
      const isThere = condition === 'alive' || condition === 'suspect';
      if (load && isThere) percents[privateAddress] = load.percent;
    }
    this.#samples.push({ at: view.asOf, percents });
  }

  /** Samples later than `at`, oldest first. */
  since(at: number): LoadSample[] {
    return [...this.#samples].filter((sample) => sample.at > at);
  }
}
