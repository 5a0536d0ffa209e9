import type { DataPlaneCounters, SaCounters } from './data-plane.ts';

/**
 * Where each counter of an SA lies in its slot, those that each packet changes side by side. Numbers are
 * doubles: exact up to 2^53, and, unlike 64-bit integers, changed without an allocation.
 */
export const SA_COUNTER = {
  /** Which occupant of the slot the others belong to. */
  generation: 0,
  packets: 1,
  octets: 2,
  /** Last number sent, or highest number received: what a successor of a dead worker goes on from. */
  sequence: 3,
  replayed: 4,
  authenticationFailed: 5,
  malformed: 6,
  selectorMismatch: 7,
  expired: 8,
} as const;

/** Two cache lines, so that SAs of different workers share none. */
const SLOT_WORDS = 16;
const PAGE_SHIFT = 10;
const SLOTS_PER_PAGE = 1 << PAGE_SHIFT;

/** A page of slots, in memory that several threads can see. */
export type CounterPage = SharedArrayBuffer;

/**
 * The counters of all SAs. One thread, the one that handles the SA, writes a slot; any thread reads
 * it. A reader may see one counter of a packet before another, never half a number.
 */
export class CounterPages {
  readonly #pages: Float64Array<SharedArrayBuffer>[] = [];

  get capacity(): number {
    return this.#pages.length * SLOTS_PER_PAGE;
  }

  /** Adds an empty page. */
  grow(): void {
    this.adopt(new SharedArrayBuffer(SLOTS_PER_PAGE * SLOT_WORDS * Float64Array.BYTES_PER_ELEMENT));
  }

  /** Adds a page that another thread made; every thread adds them in the same order. */
  adopt(page: CounterPage): void {
    this.#pages.push(new Float64Array(page));
  }

  /** The pages from number `first` on. */
  pages(first = 0): CounterPage[] {
    return this.#pages.slice(first).map((page) => page.buffer);
  }

  /** The array that holds `slot`. */
  values(slot: number): Float64Array {
    return this.#pages[slot >>> PAGE_SHIFT] as Float64Array;
  }

  /** Index of the first counter of `slot` in its array. */
  base(slot: number): number {
    return (slot & (SLOTS_PER_PAGE - 1)) * SLOT_WORDS;
  }

  /** The counters of `slot`, all zero when its occupant of `generation` has not counted yet. */
  read(slot: number, generation: number): SaCounters {
    const values = this.values(slot);
    const base = this.base(slot);
    const current = values[base + SA_COUNTER.generation] === generation;
    const at = (index: number): number => (current ? (values[base + index] as number) : 0);
    return {
      packets: at(SA_COUNTER.packets),
      octets: at(SA_COUNTER.octets),
      expired: at(SA_COUNTER.expired),
      replayed: at(SA_COUNTER.replayed),
      authenticationFailed: at(SA_COUNTER.authenticationFailed),
      malformed: at(SA_COUNTER.malformed),
      selectorMismatch: at(SA_COUNTER.selectorMismatch),
    };
  }

  /**
   * Takes the slot over for an occupant. Whether it was the same one before, so that it has to go on
   * from the sequence number found there.
   */
  occupy(slot: number, generation: number): boolean {
    const values = this.values(slot);
    const base = this.base(slot);
    if (values[base + SA_COUNTER.generation] === generation) return true;
    values.fill(0, base, base + SLOT_WORDS);
    values[base + SA_COUNTER.generation] = generation;
    return false;
  }
}

/** Where each counter of a worker lies; those of several are added up. */
export const PATH_COUNTER = {
  unknownSpi: 0,
  malformed: 1,
  noPolicy: 2,
  queueFull: 3,
  replayed: 4,
  authenticationFailed: 5,
  selectorMismatch: 6,
  packetsRx: 7,
  octetsRx: 8,
  packetsTx: 9,
  octetsTx: 10,
  expired: 11,
  handedOver: 12,
} as const;

/** Counters of all packets, whichever SA they belong to, in memory that several threads can see. */
export const pathCounters = (): Float64Array<SharedArrayBuffer> =>
  new Float64Array(
    new SharedArrayBuffer(Object.keys(PATH_COUNTER).length * Float64Array.BYTES_PER_ELEMENT),
  );

/** The counters of all workers, each of which has an array of its own. */
export const readPathCounters = (...workers: readonly Float64Array[]): DataPlaneCounters => {
  const sum = (counter: number): number =>
    workers.reduce((total, values) => total + (values[counter] as number), 0);
  return {
    unknownSpi: sum(PATH_COUNTER.unknownSpi),
    malformed: sum(PATH_COUNTER.malformed),
    noPolicy: sum(PATH_COUNTER.noPolicy),
    queueFull: sum(PATH_COUNTER.queueFull),
    handedOver: sum(PATH_COUNTER.handedOver),
    replayed: sum(PATH_COUNTER.replayed),
    authenticationFailed: sum(PATH_COUNTER.authenticationFailed),
    selectorMismatch: sum(PATH_COUNTER.selectorMismatch),
    packetsRx: sum(PATH_COUNTER.packetsRx),
    octetsRx: sum(PATH_COUNTER.octetsRx),
    packetsTx: sum(PATH_COUNTER.packetsTx),
    octetsTx: sum(PATH_COUNTER.octetsTx),
    expired: sum(PATH_COUNTER.expired),
  };
};
