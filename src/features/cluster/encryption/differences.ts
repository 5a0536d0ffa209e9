import type { IpAddress } from '#base/address';
import { elapsedMs, type Instant } from '#base/instant';
import { occurred } from '#events/event';
import { memberDiffers } from '../events.ts';
import type { ClusterEffect } from '../port.ts';

/** What keeps a device on the private network out of this cluster; LB-80. */
export type Difference = 'clear' | 'encrypts' | 'key' | 'cluster';

export const DIFFERENCE_TEXTS: Readonly<Record<Difference, string>> = {
  clear: 'it speaks in clear, and encryption is on here',
  encrypts: 'it encrypts, and encryption is off here',
  key: 'its cluster key is another one',
  cluster: 'its cluster address or port is another one',
};

/** One line a minute, address and difference, and so long is it remembered. */
const REMEMBERED_MS = 60_000;
/** Addresses at once; of others nothing is said, so that nobody fills the log by inventing them. */
const ADDRESSES_MOST = 32;

type Noted = {
  /** The one that was seen last. */
  readonly difference: Difference;
  readonly seenAt: Instant;
  /** Each on its own: a stranger that shows two in turn must not fill the log. */
  readonly saidAt: ReadonlyMap<Difference, Instant>;
};

/** Devices that were refused for what they have different from this one. */
export class Differences {
  readonly #noted = new Map<IpAddress, Noted>();

  /** A device showed a difference; the effects say so once a minute. */
  note(address: IpAddress, difference: Difference, now: Instant): ClusterEffect[] {
    const known = this.#noted.get(address);
    if (!known && !this.#hasRoom(now)) return [];
    const saidAt = known?.saidAt ?? new Map<Difference, Instant>();
    const last = saidAt.get(difference);
    const isSaid = last !== undefined && elapsedMs(last, now) < REMEMBERED_MS;
    const said = isSaid ? saidAt : new Map(saidAt).set(difference, now);
    this.#noted.set(address, { difference, seenAt: now, saidAt: said });
    if (isSaid) return [];
    const args = { address, difference: DIFFERENCE_TEXTS[difference] };
    return [{ kind: 'event', record: occurred(memberDiffers, args, { peer: address }) }];
  }

  /** The device is a member after all. */
  settle(address: IpAddress): void {
    this.#noted.delete(address);
  }

  /** Those of the last minute. */
  current(
    now: Instant,
  ): readonly { readonly address: IpAddress; readonly difference: Difference }[] {
    return [...this.#noted]
      .filter(([, { seenAt }]) => elapsedMs(seenAt, now) < REMEMBERED_MS)
      .map(([address, { difference }]) => ({ address, difference }));
  }

  #hasRoom(now: Instant): boolean {
    if (this.#noted.size < ADDRESSES_MOST) return true;
    for (const [address, { seenAt }] of this.#noted)
      if (elapsedMs(seenAt, now) >= REMEMBERED_MS) this.#noted.delete(address);
    return this.#noted.size < ADDRESSES_MOST;
  }
}
