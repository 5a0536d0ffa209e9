import type { Endpoint } from '#base/address';
import type { EspCiphers, EspOpener } from '#crypto/esp-cipher';
import { Association } from './association.ts';
import { type AssociationRows, MARK, ROW } from './association-rows.ts';
import { type CounterPages, SA_COUNTER } from './counters.ts';
import { EndpointWords } from './endpoint-words.ts';
import { ReplayWindow, windowWords } from './replay-window.ts';

export class InboundAssociation extends Association {
  readonly #ciphers: EspCiphers;
  readonly #announced = new EndpointWords();
  readonly window = new ReplayWindow();
  #opener: EspOpener | undefined;

  constructor(rows: AssociationRows, pages: CounterPages, ciphers: EspCiphers) {
    super(rows, pages);
    this.#ciphers = ciphers;
  }

  override goTo(slot: number): this {
    const { suite } = this;
    super.goTo(slot);
    if (this.suite !== suite) this.#opener = undefined;
    const { words, at } = this;
    const size = words[at + ROW.windowPackets] as number;
    const topAt = (at + ROW.top) >> 1;
    const isWide = ROW.window + windowWords(size) > ROW.words;
    if (isWide)
      this.window.lieAt(size, this.extended, this.rows.wideWindow(slot), 0, this.doubles, topAt);
    else this.window.lieAt(size, this.extended, words, at + ROW.window, this.doubles, topAt);
    return this;
  }

  get opener(): EspOpener {
    this.#opener ??= this.#ciphers.opener(this.suite);
    return this.#opener;
  }

  /** Whether its first packet was announced. */
  get active(): boolean {
    return ((this.words[this.at + ROW.marks] as number) & MARK.active) !== 0;
  }

  set active(is: boolean) {
    this.mark(MARK.active, is);
  }

  /** Whether the last authentic packet had a higher sequence number than all before it. */
  get advanced(): boolean {
    return ((this.words[this.at + ROW.marks] as number) & MARK.advanced) !== 0;
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
