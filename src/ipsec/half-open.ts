import { type Endpoint, formatEndpoint, type IpAddress } from '#base/address';
import { toHex } from '#base/bytes';
import { elapsedMs, type Instant } from '#base/instant';
import { Ring } from '#base/ring';
import type { KeyingLimits, SaId } from './keying.ts';

/** A stranger's negotiation, known by where it comes from and by its cookie. */
export type HalfOpenKey = string & { readonly __halfOpenKey: unique symbol };

export const halfOpenKey = (remote: Endpoint, initiatorCookie: Uint8Array): HalfOpenKey =>
  `${formatEndpoint(remote)}/${toHex(initiatorCookie)}` as HalfOpenKey;

/** So many of the last ones that authenticated themselves tell how long others need. */
const PACE_KEPT = 32;

/** How negotiations under way are likely to go on. */
export type HalfOpenPace = {
  /** When the newest began. */
  readonly newestAt: Instant;
  /** What the slowest of the last ones needed to authenticate itself; undefined when there was none. */
  readonly slowestMs: number | undefined;
};

/**
 * Negotiations that have not authenticated themselves. Their number is bounded, in all and per
 * address: many clients may sit behind one translated address, but not all of them.
 */
export class HalfOpenTable {
  readonly #byKey = new Map<
    HalfOpenKey,
    { sa: SaId; digest: string; address: IpAddress; begunAt: Instant }
  >();
  readonly #perAddress = new Map<IpAddress, number>();
  readonly #neededMs = new Ring<number>(PACE_KEPT);
  #newestAt: Instant | undefined;

  get size(): number {
    return this.#byKey.size;
  }

  /** The limit that one more negotiation from `address` would break. */
  limitReached(address: IpAddress, limits: KeyingLimits): 'in all' | 'per address' | undefined {
    if (this.#byKey.size >= limits.halfOpen) return 'in all';
    const count = this.#perAddress.get(address) ?? 0;
    return count >= limits.halfOpenPerAddress ? 'per address' : undefined;
  }

  /** The negotiation that has been under way for longest. */
  oldest(): SaId | undefined {
    const [first] = this.#byKey.values();
    return first?.sa;
  }

  /** The negotiation that a first message belongs to, and the digest of the message that began it. */
  find(key: HalfOpenKey): { readonly sa: SaId; readonly digest: string } | undefined {
    return this.#byKey.get(key);
  }

  /** How those that are here are likely to go on; undefined when there are none. */
  get pace(): HalfOpenPace | undefined {
    if (this.#byKey.size === 0 || this.#newestAt === undefined) return undefined;
    const needed = [...this.#neededMs];
    const slowestMs = needed.length === 0 ? undefined : Math.max(...needed);
    return { newestAt: this.#newestAt, slowestMs };
  }

  add(key: HalfOpenKey, sa: SaId, digest: string, address: IpAddress, begunAt: Instant): void {
    this.#byKey.set(key, { sa, digest, address, begunAt });
    this.#newestAt = begunAt;
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
  }

  /** It has authenticated itself. */
  proven(key: HalfOpenKey, now: Instant): void {
    const entry = this.#byKey.get(key);
    if (entry) this.#neededMs.push(elapsedMs(entry.begunAt, now));
    this.remove(key);
  }

  remove(key: HalfOpenKey): void {
    const entry = this.#byKey.get(key);
    if (!entry) return;
    this.#byKey.delete(key);
    const rest = (this.#perAddress.get(entry.address) ?? 1) - 1;
    if (rest === 0) this.#perAddress.delete(entry.address);
    else this.#perAddress.set(entry.address, rest);
  }
}
