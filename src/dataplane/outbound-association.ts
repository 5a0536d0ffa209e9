import type { EspCiphers, EspSealer } from '#crypto/esp-cipher';
import { Association } from './association.ts';
import { type AssociationRows, ROW, SUITES } from './association-rows.ts';
import { type CounterPages, SA_COUNTER } from './counters.ts';

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
