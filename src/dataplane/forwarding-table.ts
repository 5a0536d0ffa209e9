import type { EspCiphers } from '#crypto/esp-cipher';
import { ESP_SUITES } from '#crypto/esp-suites';
import type { Association } from './association.ts';
import { AssociationRows, KIND, ROW } from './association-rows.ts';
import type { CounterPages } from './counters.ts';
import { InboundAssociation } from './inbound-association.ts';
import { IntMap } from './int-map.ts';
import { OutboundAssociation } from './outbound-association.ts';
import { OutboundPolicy } from './outbound-policy.ts';
import { writePrefix } from './prefix-words.ts';
import type { TableChange } from './sa-directory.ts';
import type { RouteChange } from './sa-placement.ts';
import { writeAssociation } from './write-association.ts';

type Install = Extract<TableChange, { kind: 'install' }>;

/** The outbound SA of another worker, as far as finding it needs; stands for the one that was found last. */
export class ForeignOutbound {
  slot = -1;
  worker = 0;
}

/**
 * What one worker needs to know to forward packets; changed by transactions between two packets, so
 * that no packet sees half of one. What it finds stands for that SA until the next of its kind is found.
 */
export class ForwardingTable {
  readonly #ciphers: EspCiphers;
  readonly #counters: CounterPages;
  readonly #rows = new AssociationRows();
  /** The slots of inbound SAs by SPI, and of outbound ones by what they carry. */
  readonly #spis = new IntMap();
  readonly #policy = new OutboundPolicy(this.#rows);
  readonly #inbound: InboundAssociation;
  readonly #outbound: OutboundAssociation;
  readonly #foreign = new ForeignOutbound();

  constructor(ciphers: EspCiphers, counters: CounterPages) {
    this.#ciphers = ciphers;
    this.#counters = counters;
    this.#inbound = new InboundAssociation(this.#rows, counters, ciphers);
    this.#outbound = new OutboundAssociation(this.#rows, counters, ciphers);
  }

  /** Carries out a transaction of an `SaDirectory`; when its keys cannot be held, nothing has changed. */
  apply(changes: readonly (TableChange | RouteChange)[]): void {
    const held = this.#hold(changes.filter((change) => change.kind === 'install'));
    let next = 0;
    for (const change of changes) {
      if (change.kind === 'install') this.#install(change, held[next++] as number);
      else if (change.kind === 'remove') this.#remove(change.slot);
      else if (change.kind === 'route') this.#route(change);
      else this.#own(change.slot)?.moveTo(change.remote);
    }
    this.#inbound.leave();
    this.#outbound.leave();
  }

  /** The SA of an SPI that arrived. */
  inbound(spi: number): InboundAssociation | undefined {
    const slot = this.#spis.get(spi);
    if (slot < 0) return undefined;
    return slot === this.#inbound.slot ? this.#inbound : this.#inbound.goTo(slot);
  }

  /** The SA for the whole IP packet at `at`, which may be another worker's. */
  outbound(bytes: Uint8Array, at: number): OutboundAssociation | ForeignOutbound | undefined {
    const slot = this.#policy.find(bytes, at);
    if (slot < 0) return undefined;
    if (slot === this.#outbound.slot) return this.#outbound;
    if (this.#rows.word(slot, ROW.kind) === KIND.outbound) return this.#outbound.goTo(slot);
    this.#foreign.slot = slot;
    this.#foreign.worker = this.#rows.word(slot, ROW.worker);
    return this.#foreign;
  }

  /** Gives all keys back; the table is empty afterwards. */
  close(): void {
    for (let slot = 0; slot < this.#rows.capacity; slot += 1) this.#remove(slot);
    this.#inbound.leave();
    this.#outbound.leave();
  }

  /** Hands the keys of all SAs to the ciphers, or none. */
  #hold(installs: readonly Install[]): readonly number[] {
    const held: number[] = [];
    try {
      for (const { sa } of installs) held.push(this.#cipherOf(sa).hold(sa.keyMaterial));
    } catch (error) {
      for (const [i, keys] of held.entries())
        this.#cipherOf((installs[i] as Install).sa).forget(keys);
      throw error;
    }
    return held;
  }

  #cipherOf({ direction, suite }: Install['sa']) {
    const name = ESP_SUITES[suite];
    return direction === 'inbound' ? this.#ciphers.opener(name) : this.#ciphers.sealer(name);
  }

  #install({ sa, slot, generation }: Install, keys: number): void {
    this.#remove(slot);
    const resumed = this.#counters.occupy(slot, generation);
    writeAssociation(this.#rows, slot, sa, keys);
    if (sa.direction === 'outbound') {
      this.#policy.add(slot);
      return;
    }
    if (resumed) this.#inbound.goTo(slot).resume();
    this.#spis.set(sa.spi, slot);
  }

  #route({ slot, worker, selectors }: RouteChange): void {
    this.#remove(slot);
    this.#rows.clear(slot);
    const { words } = this.#rows.page(slot);
    const at = this.#rows.at(slot);
    words[at + ROW.kind] = KIND.foreign;
    words[at + ROW.worker] = worker;
    writePrefix(words, at + ROW.localSelector, selectors.local);
    writePrefix(words, at + ROW.remoteSelector, selectors.remote);
    this.#policy.add(slot);
  }

  #remove(slot: number): void {
    const kind = this.#kind(slot);
    if (kind === KIND.none) return;
    if (kind === KIND.inbound) {
      const { spi } = this.#inbound.goTo(slot);
      if (this.#spis.get(spi) === slot) this.#spis.delete(spi);
    } else this.#policy.remove(slot);
    this.#own(slot)?.forgetKeys();
    this.#rows.clear(slot);
  }

  /** The SA of this worker in `slot`. */
  #own(slot: number): Association | undefined {
    const kind = this.#kind(slot);
    if (kind === KIND.inbound) return this.#inbound.goTo(slot);
    return kind === KIND.outbound ? this.#outbound.goTo(slot) : undefined;
  }

  #kind(slot: number): number {
    return slot < this.#rows.capacity ? this.#rows.word(slot, ROW.kind) : KIND.none;
  }
}
