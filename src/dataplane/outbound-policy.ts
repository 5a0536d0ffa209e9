import type { OutboundAssociation } from './association.ts';
import type { TrafficSelectors } from './data-plane.ts';
import { destinationAddressAt, ipVersion, sourceAddressAt } from './ip-packet.ts';
import { readInt32 } from './octets.ts';
import { PrefixWords } from './prefix-words.ts';

/** The outbound SA of another worker, as far as finding it needs. */
export class ForeignOutbound {
  readonly slot: number;
  readonly worker: number;
  readonly localSelector: PrefixWords;
  readonly remoteSelector: PrefixWords;

  constructor(slot: number, worker: number, selectors: TrafficSelectors) {
    this.slot = slot;
    this.worker = worker;
    this.localSelector = new PrefixWords(selectors.local);
    this.remoteSelector = new PrefixWords(selectors.remote);
  }
}

type Outbound = OutboundAssociation | ForeignOutbound;

/** The SAs of one destination prefix, newest last. */
type Bucket = { readonly words: readonly number[]; readonly associations: Outbound[] };

/** The prefixes of one length. */
type Level = {
  readonly length: number;
  readonly masks: readonly number[];
  /** By the hash of the words; prefixes that share a hash share a list. */
  readonly buckets: Map<number, Bucket[]>;
};

const NONE: readonly Bucket[] = [];

const hashOf = (words: readonly number[]): number =>
  words.reduce((hash, word) => Math.imul(hash, 31) ^ word, 0);

const sameWords = (a: readonly number[], b: readonly number[]): boolean =>
  a.every((word, i) => word === b[i]);

/** The outbound SAs of one address family, most specific destination first. */
class FamilyPolicy {
  #levels: Level[] = [];

  add(association: Outbound): void {
    const { words, length, masks } = association.remoteSelector;
    let level = this.#levels.find((l) => l.length === length);
    if (!level) {
      level = { length, masks, buckets: new Map() };
      this.#levels = [...this.#levels, level].sort((a, b) => b.length - a.length);
    }
    const hash = hashOf(words);
    const buckets = level.buckets.get(hash) ?? [];
    const bucket = buckets.find((b) => sameWords(b.words, words));
    if (bucket) bucket.associations.push(association);
    else buckets.push({ words, associations: [association] });
    level.buckets.set(hash, buckets);
  }

  remove(association: Outbound): void {
    const { words, length } = association.remoteSelector;
    const hash = hashOf(words);
    const level = this.#levels.find((l) => l.length === length);
    const buckets = level?.buckets.get(hash);
    const bucket = buckets?.find((b) => sameWords(b.words, words));
    if (!level || !buckets || !bucket) return;
    const index = bucket.associations.indexOf(association);
    if (index >= 0) bucket.associations.splice(index, 1);
    if (bucket.associations.length > 0) return;
    buckets.splice(buckets.indexOf(bucket), 1);
    if (buckets.length === 0) level.buckets.delete(hash);
    if (level.buckets.size === 0) this.#levels = this.#levels.filter((l) => l !== level);
  }

  find(bytes: Uint8Array, source: number, destination: number): Outbound | undefined {
    for (const level of this.#levels) {
      let hash = 0;
      for (let i = 0; i < level.masks.length; i += 1)
        hash =
          Math.imul(hash, 31) ^
          (readInt32(bytes, destination + 4 * i) & (level.masks[i] as number));
      for (const { associations } of level.buckets.get(hash) ?? NONE)
        for (let i = associations.length - 1; i >= 0; i -= 1) {
          const association = associations[i] as Outbound;
          if (
            association.remoteSelector.matches(bytes, destination) &&
            association.localSelector.matches(bytes, source)
          )
            return association;
        }
    }
    return undefined;
  }
}

/**
 * Which outbound SA a packet of the inside network belongs to: the most specific destination prefix
 * whose SA also admits the source; among equal prefixes the SA added last. RFC 4301 section 5.1. The
 * cost grows with the number of different prefix lengths, not with the number of SAs.
 */
export class OutboundPolicy {
  readonly #ipv4 = new FamilyPolicy();
  readonly #ipv6 = new FamilyPolicy();

  add(association: Outbound): void {
    this.#of(association).add(association);
  }

  remove(association: Outbound): void {
    this.#of(association).remove(association);
  }

  /** The SA of the whole IP packet at `at`. */
  find(bytes: Uint8Array, at: number): Outbound | undefined {
    const policy = ipVersion(bytes, at) === 4 ? this.#ipv4 : this.#ipv6;
    return policy.find(bytes, sourceAddressAt(bytes, at), destinationAddressAt(bytes, at));
  }

  #of(association: Outbound): FamilyPolicy {
    return association.remoteSelector.family === 4 ? this.#ipv4 : this.#ipv6;
  }
}
