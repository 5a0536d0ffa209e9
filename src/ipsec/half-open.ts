import { type Endpoint, formatEndpoint, type IpAddress } from '#base/address';
import { toHex } from '#base/bytes';
import type { KeyingLimits, SaId } from './keying.ts';

/** A stranger's negotiation, known by where it comes from and by its cookie. */
export type HalfOpenKey = string & { readonly __halfOpenKey: unique symbol };

export const halfOpenKey = (remote: Endpoint, initiatorCookie: Uint8Array): HalfOpenKey =>
  `${formatEndpoint(remote)}/${toHex(initiatorCookie)}` as HalfOpenKey;

/**
 * Negotiations that have not authenticated themselves. Their number is bounded, in all and per
 * address: many clients may sit behind one translated address, but not all of them.
 */
export class HalfOpenTable {
  readonly #byKey = new Map<HalfOpenKey, { sa: SaId; digest: string; address: IpAddress }>();
  readonly #perAddress = new Map<IpAddress, number>();

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

  add(key: HalfOpenKey, sa: SaId, digest: string, address: IpAddress): void {
    this.#byKey.set(key, { sa, digest, address });
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
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
