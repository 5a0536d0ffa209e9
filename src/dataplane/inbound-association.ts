import type { Endpoint } from '#base/address';
import type { EspCiphers, EspOpener } from '#crypto/esp-cipher';
import { Association } from './association.ts';
import { type AssociationRows, MARK, ROW, SUITES } from './association-rows.ts';
import { type CounterPages, SA_COUNTER } from './counters.ts';
import { EndpointWords } from './endpoint-words.ts';
import { ReplayWindow, windowWords } from './replay-window.ts';

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
