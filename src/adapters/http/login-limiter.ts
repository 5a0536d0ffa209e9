import { LruMap } from '#base/lru-map';

/** Our own choices; no document sets them. */
const burstAttempts = 5;
const refillMs = 12_000;
const addressesMax = 4096;
const concurrentMax = 8;

type Bucket = { readonly tokens: number; readonly at: number };

export type LoginPermission =
  | { readonly kind: 'go' }
  | { readonly kind: 'wait'; readonly retryAfterSeconds: number };

/** An address, or the /64 of an IPv6 address: what one person can easily choose from counts as one. */
function sourceOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped) return mapped[1] as string;
  if (!address.includes(':')) return address;
  const [head = ''] = address.split('::');
  const groups = head.split(':').filter((group) => group !== '');
  return `${groups.slice(0, 4).join(':')}/64`;
}

/**
 * Bounds guessing of passwords: five attempts at once from one source, then one every twelve seconds,
 * and eight in the whole device that are being verified. An attempt is counted before it is judged, so
 * that many at the same time gain nothing; a right password gives its attempt back.
 */
export class LoginLimiter {
  readonly #buckets = new LruMap<string, Bucket>(addressesMax);
  #verifying = 0;

  /** Takes one attempt of `address` at `now`; `done` must follow when it may go. */
  begin(address: string, now: number): LoginPermission {
    if (this.#verifying >= concurrentMax) return { kind: 'wait', retryAfterSeconds: 1 };
    const tokens = this.#tokens(address, now);
    if (tokens < 1)
      return { kind: 'wait', retryAfterSeconds: Math.ceil(((1 - tokens) * refillMs) / 1000) };
    this.#buckets.set(sourceOf(address), { tokens: tokens - 1, at: now });
    this.#verifying += 1;
    return { kind: 'go' };
  }

  done(address: string, accepted: boolean, now: number): void {
    this.#verifying -= 1;
    if (!accepted) return;
    const tokens = Math.min(burstAttempts, this.#tokens(address, now) + 1);
    this.#buckets.set(sourceOf(address), { tokens, at: now });
  }

  #tokens(address: string, now: number): number {
    const bucket = this.#buckets.get(sourceOf(address));
    if (!bucket) return burstAttempts;
    return Math.min(burstAttempts, bucket.tokens + Math.max(0, now - bucket.at) / refillMs);
  }
}
