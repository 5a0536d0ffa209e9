import type { Endpoint } from '#base/address';
import { equalBytes } from '#base/bytes';
import { CounterPages } from './counters.ts';
import type { ForwardingChange, InboundSa, OutboundSa, SaCounters } from './data-plane.ts';
import { checkChanges } from './sa-check.ts';
import { workerOf } from './sa-placement.ts';

type Sa = InboundSa | OutboundSa;

/** A change with its SA named by a slot, which is what a forwarding table understands. */
export type TableChange =
  | {
      readonly kind: 'install';
      readonly slot: number;
      /** Counts the occupants of the slot. */
      readonly generation: number;
      /** The one that owns the SA. */
      readonly worker: number;
      readonly sa: Sa;
    }
  | { readonly kind: 'remove'; readonly slot: number }
  | { readonly kind: 'move'; readonly slot: number; readonly remote: Endpoint };

type Entry = {
  readonly slot: number;
  readonly generation: number;
  readonly worker: number;
  sa: Sa;
};

const installing = ({ slot, generation, worker, sa }: Entry): TableChange => ({
  kind: 'install',
  slot,
  generation,
  worker,
  sa,
});

/** Whether two SAs with the same keys have everything else in common. */
function isUnchanged(old: Sa, added: Sa): boolean {
  const names = Object.keys(added) as (keyof Sa)[];
  return (
    names.length === Object.keys(old).length &&
    names.every((name) => name === 'keyMaterial' || old[name] === added[name])
  );
}

/** A view would take the whole of its buffer, with other keys in it, along to the worker. */
const wholeBuffer = (bytes: Uint8Array): Uint8Array =>
  bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();

/**
 * What is installed, by the keys that the engine uses. Gives every SA a slot for its counters, turns
 * transactions into changes by slot, and knows enough to install everything again.
 */
export class SaDirectory {
  readonly counters = new CounterPages();
  readonly #inbound = new Map<number, Entry>();
  /** By the SPI of the inbound SA of the pair. */
  readonly #outbound = new Map<number, Entry>();
  /**
   * Free slots of each worker. They stay with it: a worker that has not yet heard of a removal may
   * still write there, which no other's sequence numbers may suffer from.
   */
  readonly #free: readonly number[][];
  #generation = 0;

  /** For a data plane of so many workers. */
  constructor(workers = 1) {
    this.#free = Array.from({ length: workers }, () => []);
  }

  /**
   * Takes a transaction over. What can be wrong with it fails an assertion before anything changed.
   * An addition of an installed SA with the keys it has already keeps its slot, hence its sequence
   * numbers: starting them over would repeat the nonces of a counter-mode cipher. An inbound SA that
   * is there already, as where the second half of a pair follows the first, leaves nothing to do.
   */
  resolve(changes: readonly ForwardingChange[]): TableChange[] {
    checkChanges(changes);
    const resolved: TableChange[] = [];
    for (const change of changes) this.#resolveOne(change, resolved);
    return resolved;
  }

  /** The transaction that builds everything anew, for a successor of a lost table. */
  everything(): TableChange[] {
    return [...this.#inbound.values(), ...this.#outbound.values()].map(installing);
  }

  inboundCounters(spi: number): SaCounters | undefined {
    return this.#read(this.#inbound.get(spi));
  }

  outboundCounters(pairedSpi: number): SaCounters | undefined {
    return this.#read(this.#outbound.get(pairedSpi));
  }

  #read(entry: Entry | undefined): SaCounters | undefined {
    return entry && this.counters.read(entry.slot, entry.generation);
  }

  #resolveOne(change: ForwardingChange, resolved: TableChange[]): void {
    switch (change.kind) {
      case 'addInbound':
      case 'addOutbound':
        this.#add(change.sa, resolved);
        return;
      case 'removeInbound':
        this.#remove(this.#inbound.get(change.spi), resolved);
        return;
      case 'removeOutbound':
        this.#remove(this.#outbound.get(change.pairedSpi), resolved);
        return;
      case 'moveInbound':
        this.#move(this.#inbound.get(change.spi), change.to, resolved);
        return;
      case 'moveOutbound':
        this.#move(this.#outbound.get(change.pairedSpi), change.to, resolved);
    }
  }

  #add(added: Sa, resolved: TableChange[]): void {
    const sa = { ...added, keyMaterial: wholeBuffer(added.keyMaterial) };
    const old =
      sa.direction === 'inbound' ? this.#inbound.get(sa.spi) : this.#outbound.get(sa.pairedSpi);
    const same =
      old?.sa.suite === sa.suite && equalBytes(old.sa.keyMaterial, sa.keyMaterial)
        ? old
        : undefined;
    if (same && sa.direction === 'inbound' && isUnchanged(same.sa, sa)) return;
    if (same) this.#unlink(same);
    else this.#remove(old, resolved);
    const entry = same ? { ...same, sa } : this.#occupySlot(sa);
    this.#link(entry);
    resolved.push(installing(entry));
  }

  #remove(entry: Entry | undefined, resolved: TableChange[]): void {
    if (!entry) return;
    this.#unlink(entry);
    this.#free[entry.worker]?.push(entry.slot);
    resolved.push({ kind: 'remove', slot: entry.slot });
  }

  #move(entry: Entry | undefined, to: Endpoint, resolved: TableChange[]): void {
    if (!entry) return;
    entry.sa = { ...entry.sa, remote: to };
    resolved.push({ kind: 'move', slot: entry.slot, remote: to });
  }

  #link(entry: Entry): void {
    const { sa } = entry;
    if (sa.direction === 'inbound') this.#inbound.set(sa.spi, entry);
    else this.#outbound.set(sa.pairedSpi, entry);
  }

  #unlink(entry: Entry): void {
    const { sa } = entry;
    if (sa.direction === 'inbound') this.#inbound.delete(sa.spi);
    else this.#outbound.delete(sa.pairedSpi);
  }

  #occupySlot(sa: Sa): Entry {
    const placing = sa.direction === 'inbound' ? sa.spi : sa.pairedSpi;
    const worker = workerOf(placing, this.#free.length);
    const free = this.#free[worker] as number[];
    if (free.length === 0) {
      const first = this.counters.capacity;
      this.counters.grow();
      for (let slot = this.counters.capacity - 1; slot >= first; slot -= 1) free.push(slot);
    }
    this.#generation += 1;
    return { slot: free.pop() as number, generation: this.#generation, worker, sa };
  }
}
