import type { EspCiphers } from '#crypto/esp-cipher';
import { Association, InboundAssociation, OutboundAssociation } from './association.ts';
import type { CounterPages } from './counters.ts';
import { ForeignOutbound, OutboundPolicy } from './outbound-policy.ts';
import type { TableChange } from './sa-directory.ts';
import type { RouteChange } from './sa-placement.ts';

/**
 * What one worker needs to know to forward packets; changed by transactions between two packets, so
 * that no packet sees half of one. Owns the ciphers of its SAs.
 */
export class ForwardingTable {
  readonly #ciphers: EspCiphers;
  readonly #counters: CounterPages;
  readonly #bySlot = new Map<number, Association | ForeignOutbound>();
  readonly #inbound = new Map<number, InboundAssociation>();
  readonly #outbound = new OutboundPolicy();

  constructor(ciphers: EspCiphers, counters: CounterPages) {
    this.#ciphers = ciphers;
    this.#counters = counters;
  }

  /** Carries out a transaction of an `SaDirectory`; when making a cipher throws, nothing has changed. */
  apply(changes: readonly (TableChange | RouteChange)[]): void {
    const made: Association[] = [];
    try {
      for (const change of changes) if (change.kind === 'install') made.push(this.#make(change));
    } catch (error) {
      for (const association of made) association.close();
      throw error;
    }
    let next = 0;
    for (const change of changes) {
      if (change.kind === 'install') this.#install(made[next++] as Association);
      else if (change.kind === 'remove') this.#remove(change.slot);
      else if (change.kind === 'route') this.#route(change);
      else {
        const association = this.#bySlot.get(change.slot);
        if (association instanceof Association) association.moveTo(change.remote);
      }
    }
  }

  /** The SA of an SPI that arrived. */
  inbound(spi: number): InboundAssociation | undefined {
    return this.#inbound.get(spi);
  }

  /** The SA for the whole IP packet at `at`, which may be another worker's. */
  outbound(bytes: Uint8Array, at: number): OutboundAssociation | ForeignOutbound | undefined {
    return this.#outbound.find(bytes, at);
  }

  /** Gives every cipher back; the table is empty afterwards. */
  close(): void {
    for (const slot of [...this.#bySlot.keys()]) this.#remove(slot);
  }

  #make({ sa, slot, generation }: Extract<TableChange, { kind: 'install' }>): Association {
    const resumed = this.#counters.occupy(slot, generation);
    return sa.direction === 'inbound'
      ? new InboundAssociation(sa, slot, this.#counters, this.#ciphers, resumed)
      : new OutboundAssociation(sa, slot, this.#counters, this.#ciphers, resumed);
  }

  #install(association: Association): void {
    this.#remove(association.slot);
    this.#bySlot.set(association.slot, association);
    if (association instanceof InboundAssociation) this.#inbound.set(association.spi, association);
    else if (association instanceof OutboundAssociation) this.#outbound.add(association);
  }

  #route({ slot, worker, selectors }: RouteChange): void {
    this.#remove(slot);
    const foreign = new ForeignOutbound(slot, worker, selectors);
    this.#bySlot.set(slot, foreign);
    this.#outbound.add(foreign);
  }

  #remove(slot: number): void {
    const association = this.#bySlot.get(slot);
    if (!association) return;
    this.#bySlot.delete(slot);
    if (association instanceof ForeignOutbound) {
      this.#outbound.remove(association);
      return;
    }
    if (association instanceof OutboundAssociation) this.#outbound.remove(association);
    else if (this.#inbound.get(association.spi) === association)
      this.#inbound.delete(association.spi);
    association.close();
  }
}
