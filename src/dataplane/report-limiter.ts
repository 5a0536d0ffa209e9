import { elapsedMs, type Instant } from '#base/instant';
import { LruMap } from '#base/lru-map';
import type { EndpointWords } from './endpoint-words.ts';

/** How often a stranger can make us speak; ours. */
const LIMITS = { perSourceMs: 1000, inAllPerSecond: 64, sources: 1024 } as const;

/** Lets one report a second and source address pass, and a bounded number in all. */
export class ReportLimiter {
  readonly #last = new LruMap<string, Instant>(LIMITS.sources);
  #second: Instant | undefined;
  #passed = 0;

  admits(source: EndpointWords, now: Instant): boolean {
    if (this.#second === undefined || elapsedMs(this.#second, now) >= 1000) {
      this.#second = now;
      this.#passed = 0;
    }
    if (this.#passed >= LIMITS.inAllPerSecond) return false;
    const { address } = source.endpoint();
    const last = this.#last.get(address);
    if (last !== undefined && elapsedMs(last, now) < LIMITS.perSourceMs) return false;
    this.#last.set(address, now);
    this.#passed += 1;
    return true;
  }
}
