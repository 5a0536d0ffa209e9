import { type Endpoint, familyOf } from '#base/address';
import {
  type EspCiphers,
  type EspOpener,
  type EspSealer,
  espFrameOctets,
} from '#crypto/esp-cipher';
import { ESP_SUITES, type EspSuite } from '#crypto/esp-suites';
import { type AssociationRows, BARE_HEADER_SHIFT, KIND, MARK, ROW } from './association-rows.ts';
import { type CounterPages, SA_COUNTER } from './counters.ts';
import type { InboundSa, OutboundSa } from './data-plane.ts';
import { EndpointWords } from './endpoint-words.ts';
import { ipHeaderOctets } from './ip-packet.ts';
import { prefixFamily, prefixMatches, writePrefix } from './prefix-words.ts';
import { ReplayWindow, windowWords } from './replay-window.ts';

const SUITES: readonly EspSuite[] = Object.values(ESP_SUITES);

/** Writes the row of an SA whose keys are `keys` to its cipher; its slot is free, its counters are its own. */
export function writeAssociation(
  rows: AssociationRows,
  slot: number,
  sa: InboundSa | OutboundSa,
  keys: number,
): void {
  rows.clear(slot);
  const { words, doubles } = rows.page(slot);
  const at = rows.at(slot);
  const bareHeader = sa.mode === 'tunnel' ? 0 : ipHeaderOctets(familyOf(sa.local.address));
  words[at + ROW.kind] = KIND[sa.direction];
  words[at + ROW.spi] = sa.spi;
  words[at + ROW.suite] = SUITES.indexOf(ESP_SUITES[sa.suite]);
  words[at + ROW.marks] =
    (sa.extendedSequenceNumbers ? MARK.extended : 0) |
    (sa.encapsulation === 'udp' ? MARK.inUdp : 0) |
    (bareHeader << BARE_HEADER_SHIFT);
  words[at + ROW.keys] = keys;
  doubles[(at + ROW.softLimitOctets) / 2] = sa.softLimitOctets ?? Number.POSITIVE_INFINITY;
  doubles[(at + ROW.hardLimitOctets) / 2] = sa.hardLimitOctets ?? Number.POSITIVE_INFINITY;
  EndpointWords.of(sa.local).store(words, at + ROW.local);
  EndpointWords.of(sa.remote).store(words, at + ROW.remote);
  writePrefix(words, at + ROW.localSelector, sa.selectors.local);
  writePrefix(words, at + ROW.remoteSelector, sa.selectors.remote);
  if (sa.direction === 'outbound') return;
  EndpointWords.of(sa.remote).store(words, at + ROW.announced);
  words[at + ROW.windowPackets] = sa.replayWindow;
  const bits = windowWords(sa.replayWindow);
  if (ROW.window + bits > ROW.words) rows.widen(slot, bits);
}

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

export class InboundAssociation extends Association {
  readonly #ciphers: EspCiphers;
  /** By the suite; each is made when it is needed first. */
  readonly #openers = new Array<EspOpener | undefined>(SUITES.length).fill(undefined);
  readonly #rows: AssociationRows;
  readonly #window = new ReplayWindow();
  readonly #announced = new EndpointWords();

  constructor(rows: AssociationRows, pages: CounterPages, ciphers: EspCiphers) {
    super(rows, pages);
    this.#rows = rows;
    this.#ciphers = ciphers;
  }

  get opener(): EspOpener {
    const suite = this.word(ROW.suite);
    const opener = this.#openers[suite] ?? this.#ciphers.opener(this.suite);
    this.#openers[suite] = opener;
    return opener;
  }

  get window(): ReplayWindow {
    const size = this.word(ROW.windowPackets);
    const topAt = (this.at + ROW.top) >> 1;
    const isWide = ROW.window + windowWords(size) > ROW.words;
    const bits = isWide ? this.#rows.wideWindow(this.slot) : this.words;
    const at = isWide ? 0 : this.at + ROW.window;
    this.#window.lieAt(size, this.extended, bits, at, this.doubles, topAt);
    return this.#window;
  }

  /** Whether its first packet was announced. */
  get active(): boolean {
    return this.marked(MARK.active);
  }

  set active(is: boolean) {
    this.mark(MARK.active, is);
  }

  /** Whether the last authentic packet had a higher sequence number than all before it. */
  get advanced(): boolean {
    return this.marked(MARK.advanced);
  }

  set advanced(is: boolean) {
    this.mark(MARK.advanced, is);
  }

  /** Where the peer was last said to have moved to; a copy. */
  get announced(): EndpointWords {
    this.#announced.load(this.words, this.at + ROW.announced);
    return this.#announced;
  }

  announce(remote: EndpointWords): void {
    remote.store(this.words, this.at + ROW.announced);
  }

  override moveTo(remote: Endpoint): void {
    super.moveTo(remote);
    this.announce(this.remote);
  }

  /** It was in this slot before: goes on from the highest sequence number, which is still there. */
  resume(): void {
    this.window.resume(this.counters[this.base + SA_COUNTER.sequence] as number);
    this.active = (this.counters[this.base + SA_COUNTER.packets] as number) > 0;
  }

  override forgetKeys(): void {
    this.opener.forget(this.keys);
  }
}

export class OutboundAssociation extends Association {
  readonly #ciphers: EspCiphers;
  /** By the suite; each is made when it is needed first. */
  readonly #sealers = new Array<EspSealer | undefined>(SUITES.length).fill(undefined);

  constructor(rows: AssociationRows, pages: CounterPages, ciphers: EspCiphers) {
    super(rows, pages);
    this.#ciphers = ciphers;
  }

  get sealer(): EspSealer {
    const suite = this.word(ROW.suite);
    const sealer = this.#sealers[suite] ?? this.#ciphers.sealer(this.suite);
    this.#sealers[suite] = sealer;
    return sealer;
  }

  /** The number sent last; RFC 4303 section 3.3.3. A successor of a dead worker finds it here. */
  get sequence(): number {
    return this.counters[this.base + SA_COUNTER.sequence] as number;
  }

  set sequence(number: number) {
    this.counters[this.base + SA_COUNTER.sequence] = number;
  }

  override forgetKeys(): void {
    this.sealer.forget(this.keys);
  }
}
