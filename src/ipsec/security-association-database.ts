import { type RandomSource, randomUint32 } from '#base/random';
import { placedLike } from '#dataplane/sa-placement';
import type { SaId } from './keying.ts';

/** SPIs below this are reserved; RFC 4303 section 2.1. */
const SPI_LEAST = 256;

/** Which ISAKMP SA answers for an IPsec SA; RFC 4301 section 4.4.2. */
export class SecurityAssociationDatabase {
  readonly #inbound = new Map<number, SaId>();
  /** Outbound SPIs are the choice of peers, and may coincide; most have one owner. */
  readonly #outbound = new Map<number, SaId | readonly SaId[]>();
  /** Begins anywhere. */
  #nextPlace: number | undefined;

  /** Pairs of SAs. */
  get size(): number {
    return this.#inbound.size;
  }

  /**
   * An SPI under which nothing is received yet, which places its SA where that of `like` is; those of
   * new peers take the places in turn, so that packet workers have equal shares.
   */
  newSpi(random: RandomSource, like?: number): number {
    const place = (drawn: number) => placedLike(drawn, like ?? this.#nextPlace ?? drawn);
    const isFree = (spi: number) => spi >= SPI_LEAST && !this.#inbound.has(spi);
    const spi = place(randomUint32(random, (drawn) => isFree(place(drawn))));
    if (like === undefined) this.#nextPlace = spi + 1;
    return spi;
  }

  /** Enters a pair, or moves it to another ISAKMP SA. */
  add(inboundSpi: number, outboundSpi: number, owner: SaId): void {
    this.#inbound.set(inboundSpi, owner);
    const others = this.ownersOfOutbound(outboundSpi).filter((other) => other !== owner);
    this.#outbound.set(outboundSpi, others.length === 0 ? owner : [...others, owner]);
  }

  remove(inboundSpi: number, outboundSpi: number, owner: SaId): void {
    if (this.#inbound.get(inboundSpi) === owner) this.#inbound.delete(inboundSpi);
    const rest = this.ownersOfOutbound(outboundSpi).filter((other) => other !== owner);
    if (rest.length === 0) this.#outbound.delete(outboundSpi);
    else this.#outbound.set(outboundSpi, rest);
  }

  /** Enters the inbound half of a pair that is not negotiated to the end. */
  reserve(inboundSpi: number, owner: SaId): void {
    this.#inbound.set(inboundSpi, owner);
  }

  /** Takes back a `reserve`; what became a pair since then stays. */
  release(inboundSpi: number, owner: SaId): void {
    if (this.#inbound.get(inboundSpi) === owner) this.#inbound.delete(inboundSpi);
  }

  ownerOfInbound(spi: number): SaId | undefined {
    return this.#inbound.get(spi);
  }

  ownersOfOutbound(spi: number): readonly SaId[] {
    const owners = this.#outbound.get(spi) ?? [];
    return typeof owners === 'number' ? [owners] : owners;
  }
}
