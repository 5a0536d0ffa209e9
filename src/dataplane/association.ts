import type { Endpoint } from '#base/address';
import { espFrameOctets } from '#crypto/esp-cipher';
import type { EspSuite } from '#crypto/esp-suites';
import { type AssociationRows, BARE_HEADER_SHIFT, MARK, ROW, SUITES } from './association-rows.ts';
import { type CounterPages, SA_COUNTER } from './counters.ts';
import { EndpointWords } from './endpoint-words.ts';
import { prefixFamily, prefixMatches } from './prefix-words.ts';

/**
 * What both directions of an SA have in the packet path. An object stands for the SA of one row, until
 * it goes to another: the path looks at one SA of each direction at a time, and makes no object for it.
 */
export abstract class Association {
  readonly #rows: AssociationRows;
  readonly #pages: CounterPages;
  readonly #local = new EndpointWords();
  readonly #remote = new EndpointWords();
  protected words: Int32Array = new Int32Array(0);
  protected doubles: Float64Array = new Float64Array(0);
  protected at = 0;
  slot = -1;
  /** The array that holds the counters, from `base` on; see `SA_COUNTER`. */
  counters: Float64Array = new Float64Array(0);
  base = 0;

  constructor(rows: AssociationRows, pages: CounterPages) {
    this.#rows = rows;
    this.#pages = pages;
  }

  /** Stands for the SA of `slot` from now on. */
  goTo(slot: number): this {
    const page = this.#rows.page(slot);
    this.slot = slot;
    this.words = page.words;
    this.doubles = page.doubles;
    this.at = this.#rows.at(slot);
    this.counters = this.#pages.values(slot);
    this.base = this.#pages.base(slot);
    return this;
  }

  get spi(): number {
    return this.word(ROW.spi) >>> 0;
  }

  get suite(): EspSuite {
    return SUITES[this.word(ROW.suite)] as EspSuite;
  }

  /** What its keys are to the sealer or opener. */
  get keys(): number {
    return this.word(ROW.keys);
  }

  /** Header, IV and ICV. */
  get frameOctets(): number {
    return espFrameOctets(this.suite);
  }

  get extended(): boolean {
    return this.marked(MARK.extended);
  }

  /** Whether ESP travels in UDP. */
  get inUdp(): boolean {
    return this.marked(MARK.inUdp);
  }

  /** Octets of the IP header that does not travel within ESP: none in tunnel mode. */
  get bareHeaderOctets(): number {
    return this.word(ROW.marks) >>> BARE_HEADER_SHIFT;
  }

  /** The ends; a copy of what is in the row, which is good until the next. */
  get local(): EndpointWords {
    this.#local.load(this.words, this.at + ROW.local);
    return this.#local;
  }

  get remote(): EndpointWords {
    this.#remote.load(this.words, this.at + ROW.remote);
    return this.#remote;
  }

  /** Whether the addresses of a packet of the family of the selectors lie in them. */
  carries(bytes: Uint8Array, localAddress: number, remoteAddress: number): boolean {
    const { words, at } = this;
    return (
      prefixMatches(words, at + ROW.remoteSelector, bytes, remoteAddress) &&
      prefixMatches(words, at + ROW.localSelector, bytes, localAddress)
    );
  }

  /** The address family of the selectors. */
  get family(): number {
    return prefixFamily(this.words, this.at + ROW.remoteSelector);
  }

  get softLimitOctets(): number {
    return this.doubles[(this.at + ROW.softLimitOctets) >> 1] as number;
  }

  get hardLimitOctets(): number {
    return this.doubles[(this.at + ROW.hardLimitOctets) >> 1] as number;
  }

  /** Whether the end was announced. */
  get expiring(): boolean {
    return this.marked(MARK.expiring);
  }

  set expiring(is: boolean) {
    this.mark(MARK.expiring, is);
  }

  /** Whether the end has come: then the SA carries nothing more. */
  get expired(): boolean {
    return this.marked(MARK.expired);
  }

  set expired(is: boolean) {
    this.mark(MARK.expired, is);
  }

  /** The largest inner packet that travels in one piece, as `PathMtu` found out in this epoch. */
  get innerOctets(): number {
    return this.word(ROW.innerOctets);
  }

  set innerOctets(octets: number) {
    this.words[this.at + ROW.innerOctets] = octets;
  }

  get pathMtuEpoch(): number {
    return this.word(ROW.pathMtuEpoch);
  }

  set pathMtuEpoch(epoch: number) {
    this.words[this.at + ROW.pathMtuEpoch] = epoch;
  }

  /** The peer is somewhere else now. */
  moveTo(remote: Endpoint): void {
    EndpointWords.of(remote).store(this.words, this.at + ROW.remote);
    this.pathMtuEpoch = 0;
  }

  /** Adds one to a counter of `SA_COUNTER`. */
  count(counter: number): void {
    const at = this.base + counter;
    this.counters[at] = (this.counters[at] as number) + 1;
  }

  /** Counts an inner packet. */
  carried(octets: number): void {
    const { counters, base } = this;
    counters[base + SA_COUNTER.packets] = (counters[base + SA_COUNTER.packets] as number) + 1;
    counters[base + SA_COUNTER.octets] = (counters[base + SA_COUNTER.octets] as number) + octets;
  }

  /** Whether an inner packet of `octets` octets is more than the SA may carry. */
  exceeds(octets: number): boolean {
    return this.expired || this.octets + octets > this.hardLimitOctets;
  }

  get octets(): number {
    return this.counters[this.base + SA_COUNTER.octets] as number;
  }

  /** Has the cipher forget the keys; the SA must not be used again. */
  abstract forgetKeys(): void;

  protected word(field: number): number {
    return this.words[this.at + field] as number;
  }

  protected marked(mark: number): boolean {
    return (this.word(ROW.marks) & mark) !== 0;
  }

  protected mark(mark: number, is: boolean): void {
    const marks = this.word(ROW.marks);
    this.words[this.at + ROW.marks] = is ? marks | mark : marks & ~mark;
  }
}
