import { after, type Instant } from '#base/instant';
import { LruMap } from '#base/lru-map';
import type { Ipv4Header } from './packet.ts';

/** How long the fragments of one packet may trickle in; the lower end of RFC 1122 section 3.3.2. */
export const fragmentLifetimeMs = 30_000;
export const defaultFragmentedPacketsMax = 1_024;

/** What the fragments of one packet have in common; RFC 791 section 3.2. */
const keyOf = (h: Ipv4Header): string =>
  `${h.source}:${h.destination}:${h.protocol}:${h.identification}`;

/**
 * Where the later fragments of a packet go, learnt from its first. Fragments are neither collected nor
 * put together, so one that overtakes the first is lost and the sender repeats the packet. A table of
 * size 0 makes a box that passes no fragments.
 */
export class FragmentTable {
  readonly #capacity: number;
  readonly #entries: LruMap<string, { readonly to: number; readonly until: Instant }>;

  constructor(packetsMax: number = defaultFragmentedPacketsMax) {
    this.#capacity = packetsMax;
    this.#entries = new LruMap(packetsMax);
  }

  /** Remembers the new address of the packet that `header` begins; false when there is no room at all. */
  note(header: Ipv4Header, to: number, now: Instant): boolean {
    if (this.#capacity === 0) return false;
    this.#entries.set(keyOf(header), { to, until: after(now, fragmentLifetimeMs) });
    return true;
  }

  /** The new address of a later fragment. */
  find(header: Ipv4Header, now: Instant): number | undefined {
    const entry = this.#entries.get(keyOf(header));
    return entry !== undefined && entry.until > now ? entry.to : undefined;
  }
}
