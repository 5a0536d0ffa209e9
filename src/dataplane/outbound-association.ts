import type { EspCiphers, EspSealer } from '#crypto/esp-cipher';
import { Association } from './association.ts';
import type { AssociationRows } from './association-rows.ts';
import { type CounterPages, SA_COUNTER } from './counters.ts';

export class OutboundAssociation extends Association {
  readonly #ciphers: EspCiphers;
  #sealer: EspSealer | undefined;

  constructor(rows: AssociationRows, pages: CounterPages, ciphers: EspCiphers) {
    super(rows, pages);
    this.#ciphers = ciphers;
  }

  override goTo(slot: number): this {
    const { suite } = this;
    super.goTo(slot);
    if (this.suite !== suite) this.#sealer = undefined;
    return this;
  }

  get sealer(): EspSealer {
    this.#sealer ??= this.#ciphers.sealer(this.suite);
    return this.#sealer;
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
