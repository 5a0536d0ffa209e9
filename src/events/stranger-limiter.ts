import { elapsedMs, type Instant } from '#base/instant';

/** Ours: lines of one kind at once, and every so many milliseconds one more. */
const BURST = 64;
const REFILL_MS = 125;

type Bucket = { tokens: number; at: Instant };

/** How often a line may be written that anybody on the network can cause; its size is the catalogue's. */
export class StrangerLimiter {
  readonly #buckets = new Map<string, Bucket>();

  /** Whether the line of that class and number may be written once more. */
  admits(kind: string, now: Instant): boolean {
    const bucket = this.#buckets.get(kind) ?? { tokens: BURST, at: now };
    const refilled = Math.max(0, elapsedMs(bucket.at, now)) / REFILL_MS;
    const tokens = Math.min(BURST, bucket.tokens + refilled);
    const admitted = tokens >= 1;
    this.#buckets.set(kind, { tokens: admitted ? tokens - 1 : tokens, at: now });
    return admitted;
  }
}
