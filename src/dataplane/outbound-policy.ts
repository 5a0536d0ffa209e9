import { type AssociationRows, ROW } from './association-rows.ts';
import { IntMap } from './int-map.ts';
import { destinationAddressAt, ipVersion, sourceAddressAt } from './ip-packet.ts';
import { readInt32 } from './octets.ts';
import { prefixFamily, prefixLength, prefixMask, prefixMatches } from './prefix-words.ts';

/** The outbound SAs whose destination prefixes have one length. */
type Level = {
  readonly length: number;
  /** The first slot of each chain, by the hash of the prefix; newest first. */
  readonly chains: IntMap;
};

const NONE = -1;

/** The outbound SAs of one address family, most specific destination first. */
class FamilyPolicy {
  readonly #rows: AssociationRows;
  #levels: Level[] = [];

  constructor(rows: AssociationRows) {
    this.#rows = rows;
  }

  add(slot: number): void {
    const { length, hash } = this.#prefixOf(slot);
    let level = this.#levels.find((l) => l.length === length);
    if (!level) {
      level = { length, chains: new IntMap() };
      this.#levels = [...this.#levels, level].sort((a, b) => b.length - a.length);
    }
    this.#rows.setWord(slot, ROW.next, level.chains.get(hash) + 1);
    level.chains.set(hash, slot);
  }

  remove(slot: number): void {
    const { length, hash } = this.#prefixOf(slot);
    const level = this.#levels.find((l) => l.length === length);
    if (!level) return;
    const next = this.#rows.word(slot, ROW.next);
    let before = level.chains.get(hash);
    if (before !== slot) {
      while (before !== NONE && this.#next(before) !== slot) before = this.#next(before);
      if (before !== NONE) this.#rows.setWord(before, ROW.next, next);
      return;
    }
    if (next > 0) level.chains.set(hash, next - 1);
    else level.chains.delete(hash);
    if (level.chains.size === 0) this.#levels = this.#levels.filter((l) => l !== level);
  }

  find(bytes: Uint8Array, source: number, destination: number): number {
    const rows = this.#rows;
    for (const { length, chains } of this.#levels) {
      let hash = 0;
      for (let i = 0; 32 * i < length; i += 1)
        hash = mixed(hash, readInt32(bytes, destination + 4 * i) & prefixMask(length, i));
      for (let slot = chains.get(hash); slot !== NONE; slot = this.#next(slot)) {
        const { words } = rows.page(slot);
        const at = rows.at(slot);
        if (
          prefixMatches(words, at + ROW.remoteSelector, bytes, destination) &&
          prefixMatches(words, at + ROW.localSelector, bytes, source)
        )
          return slot;
      }
    }
    return NONE;
  }

  #next(slot: number): number {
    return this.#rows.word(slot, ROW.next) - 1;
  }

  #prefixOf(slot: number): { readonly length: number; readonly hash: number } {
    const { words } = this.#rows.page(slot);
    const at = this.#rows.at(slot) + ROW.remoteSelector;
    const length = prefixLength(words, at);
    let hash = 0;
    for (let i = 0; 32 * i < length; i += 1) hash = mixed(hash, words[at + 1 + i] as number);
    return { length, hash };
  }
}

const mixed = (hash: number, word: number): number => Math.imul(hash, 31) ^ word;

/**
 * Which outbound SA a packet of the inside network belongs to: the most specific destination prefix
 * whose SA also admits the source; among equal prefixes the SA added last. RFC 4301 section 5.1. The
 * cost grows with the number of different prefix lengths, not with the number of SAs.
 */
export class OutboundPolicy {
  readonly #rows: AssociationRows;
  readonly #ipv4: FamilyPolicy;
  readonly #ipv6: FamilyPolicy;

  constructor(rows: AssociationRows) {
    this.#rows = rows;
    this.#ipv4 = new FamilyPolicy(rows);
    this.#ipv6 = new FamilyPolicy(rows);
  }

  /** Takes in what the row of `slot` says. */
  add(slot: number): void {
    this.#of(slot).add(slot);
  }

  /** Comes before the row of `slot` changes. */
  remove(slot: number): void {
    this.#of(slot).remove(slot);
  }

  /** The slot of the SA of the whole IP packet at `at`; below 0 when there is none. */
  find(bytes: Uint8Array, at: number): number {
    const policy = ipVersion(bytes, at) === 4 ? this.#ipv4 : this.#ipv6;
    return policy.find(bytes, sourceAddressAt(bytes, at), destinationAddressAt(bytes, at));
  }

  #of(slot: number): FamilyPolicy {
    const { words } = this.#rows.page(slot);
    const family = prefixFamily(words, this.#rows.at(slot) + ROW.remoteSelector);
    return family === 4 ? this.#ipv4 : this.#ipv6;
  }
}
