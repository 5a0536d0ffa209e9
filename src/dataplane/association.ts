import type { Endpoint } from '#base/address';
import { espFrameOctets } from '#crypto/esp-cipher';
import type { EspSuite } from '#crypto/esp-suites';
import { type AssociationRows, BARE_HEADER_SHIFT, MARK, ROW, SUITES } from './association-rows.ts';
import { type CounterPages, SA_COUNTER } from './counters.ts';
import { EndpointWords } from './endpoint-words.ts';
import { prefixFamily, prefixMatches } from './prefix-words.ts';

const NOWHERE = -1;

/**
 * What both directions of an SA have in the packet path. An object stands for the SA of one row, until
 * it goes to another: the path looks at one SA of each direction at a time, and makes no object for it.
 * It keeps what never changes about an SA, and reads the rest in the row.
 */
export abstract class Association {
  protected readonly rows: AssociationRows;
  protected words: Int32Array = new Int32Array(0);
  protected doubles: Float64Array = new Float64Array(0);
  protected at = 0;
  readonly #pages: CounterPages;
  readonly #local = new EndpointWords();
  readonly #remote = new EndpointWords();
  slot = NOWHERE;
  suite: EspSuite = SUITES[0] as EspSuite;
  /** What its keys are to the sealer or opener. */
  keys = 0;
  /** Header, IV and ICV. */
  frameOctets = 0;
  extended = false;
  /** Whether ESP travels in UDP. */
  inUdp = false;
  /** Octets of the IP header that does not travel within ESP: none in tunnel mode. */
  bareHeaderOctets = 0;
  /** The array that holds the counters, from `base` on; see `SA_COUNTER`. */
  counters: Float64Array = new Float64Array(0);
  base = 0;

  constructor(rows: AssociationRows, pages: CounterPages) {
    this.rows = rows;
    this.#pages = pages;
  }

  /** Stands for the SA of `slot` from now on. */
  goTo(slot: number): this {
    const { words, doubles } = this.rows.page(slot);
    const at = this.rows.at(slot);
    const marks = words[at + ROW.marks] as number;
    this.slot = slot;
    this.words = words;
    this.doubles = doubles;
    this.at = at;
    this.suite = SUITES[words[at + ROW.suite] as number] as EspSuite;
    this.keys = words[at + ROW.keys] as number;
    this.frameOctets = espFrameOctets(this.suite);
    this.extended = (marks & MARK.extended) !== 0;
    this.inUdp = (marks & MARK.inUdp) !== 0;
    this.bareHeaderOctets = marks >>> BARE_HEADER_SHIFT;
    this.counters = this.#pages.values(slot);
    this.base = this.#pages.base(slot);
    return this;
  }

  /** Stands for nothing: rows may change. */
  leave(): void {
    this.slot = NOWHERE;
  }

  get spi(): number {
    return (this.words[this.at + ROW.spi] as number) >>> 0;
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

  /** Whether the end was announced. */
  get expiring(): boolean {
    return ((this.words[this.at + ROW.marks] as number) & MARK.expiring) !== 0;
  }

  set expiring(is: boolean) {
    this.mark(MARK.expiring, is);
  }

  /** Whether the end has come: then the SA carries nothing more. */
  get expired(): boolean {
    return ((this.words[this.at + ROW.marks] as number) & MARK.expired) !== 0;
  }

  set expired(is: boolean) {
    this.mark(MARK.expired, is);
  }

  /** The largest inner packet that travels in one piece, as `PathMtu` found out in this epoch. */
  get innerOctets(): number {
    return this.words[this.at + ROW.innerOctets] as number;
  }

  set innerOctets(octets: number) {
    this.words[this.at + ROW.innerOctets] = octets;
  }

  get pathMtuEpoch(): number {
    return this.words[this.at + ROW.pathMtuEpoch] as number;
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
    const { words, doubles, at } = this;
    if (((words[at + ROW.marks] as number) & MARK.expired) !== 0) return true;
    const carried = this.counters[this.base + SA_COUNTER.octets] as number;
    return carried + octets > (doubles[(at + ROW.hardLimitOctets) >> 1] as number);
  }

  /** Whether it has carried so much that a successor has to be negotiated. */
  get nearsItsLimit(): boolean {
    const carried = this.counters[this.base + SA_COUNTER.octets] as number;
    return carried > (this.doubles[(this.at + ROW.softLimitOctets) >> 1] as number);
  }

  /** Has the cipher forget the keys; the SA must not be used again. */
  abstract forgetKeys(): void;

  protected mark(mark: number, is: boolean): void {
    const at = this.at + ROW.marks;
    const marks = this.words[at] as number;
    this.words[at] = is ? marks | mark : marks & ~mark;
  }
}
