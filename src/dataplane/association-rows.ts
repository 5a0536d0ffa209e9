import { ESP_SUITES, type EspSuite } from '#crypto/esp-suites';

/** The suites, in the order of their numbers in rows. */
export const SUITES: readonly EspSuite[] = Object.values(ESP_SUITES);

/** What the SA of a row is here. */
export const KIND = { none: 0, inbound: 1, outbound: 2, foreign: 3 } as const;

/**
 * Where what the packet path knows of an SA lies in its row, in words of 32 bits. What a packet needs comes
 * first: two cache lines for one that leaves, three for one that comes.
 */
export const ROW = {
  kind: 0,
  spi: 1,
  /** Index into `SUITES`. */
  suite: 2,
  /** Bits of `MARK`, and above them the octets of a bare header. */
  marks: 3,
  /** What its keys are to the sealer or opener. */
  keys: 4,
  /** The next SA in the chain of `OutboundPolicy`, plus one. */
  next: 5,
  innerOctets: 6,
  pathMtuEpoch: 7,
  /** Doubles, hence at even places. */
  softLimitOctets: 8,
  hardLimitOctets: 10,
  /** Endpoints have five words, see `EndpointWords`, and so have prefixes, see `prefix-words.ts`. */
  remote: 12,
  remoteSelector: 17,
  localSelector: 22,
  local: 27,
  /** Inbound only: where the peer was last said to have moved to. */
  announced: 32,
  /** Packets of the replay window of an inbound SA; of another worker's SA, whose it is. */
  windowPackets: 37,
  worker: 37,
  /** Highest number received, a double. */
  top: 38,
  /** Bits of the window, as far as they fit. */
  window: 40,
  words: 64,
} as const;

/** Facts of an SA that are one bit each. */
export const MARK = {
  extended: 1,
  inUdp: 2,
  expiring: 4,
  expired: 8,
  active: 16,
  advanced: 32,
} as const;
export const BARE_HEADER_SHIFT = 8;

const ROWS_PER_PAGE_SHIFT = 12;
const ROWS_PER_PAGE = 1 << ROWS_PER_PAGE_SHIFT;

/** A page of rows, as words and as doubles; the system keeps what of it was touched. */
export type RowPage = { readonly words: Int32Array; readonly doubles: Float64Array };

/**
 * What the packet path of one worker knows of its SAs, a row for each slot, side by side: among very many a
 * packet waits for memory a few times instead of for each of a dozen objects.
 */
export class AssociationRows {
  readonly #pages: RowPage[] = [];
  /** The bits of windows that do not fit their row, by slot. */
  readonly #wideWindows = new Map<number, Int32Array>();

  /** Slots that can be read; those behind were never occupied. */
  get capacity(): number {
    return this.#pages.length * ROWS_PER_PAGE;
  }

  page(slot: number): RowPage {
    return this.#pages[slot >>> ROWS_PER_PAGE_SHIFT] as RowPage;
  }

  /** Index of the first word of `slot` in its page. */
  at(slot: number): number {
    return (slot & (ROWS_PER_PAGE - 1)) * ROW.words;
  }

  word(slot: number, field: number): number {
    return this.page(slot).words[this.at(slot) + field] as number;
  }

  setWord(slot: number, field: number, value: number): void {
    this.page(slot).words[this.at(slot) + field] = value;
  }

  /** Makes a row of zeros of `slot`, and the memory for it if there was none. */
  clear(slot: number): void {
    while (slot >= this.capacity) {
      const doubles = new Float64Array((ROWS_PER_PAGE * ROW.words) / 2);
      this.#pages.push({ words: new Int32Array(doubles.buffer), doubles });
    }
    const at = this.at(slot);
    this.page(slot).words.fill(0, at, at + ROW.words);
    this.#wideWindows.delete(slot);
  }

  /** Gives `slot` a window of so many words outside of its row. */
  widen(slot: number, words: number): void {
    this.#wideWindows.set(slot, new Int32Array(words));
  }

  wideWindow(slot: number): Int32Array {
    return this.#wideWindows.get(slot) as Int32Array;
  }
}
