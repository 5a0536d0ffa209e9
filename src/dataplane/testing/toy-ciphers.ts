import type { Arena } from '#base/arena';
import {
  ESP_HEADER_OCTETS,
  type EspCiphers,
  type EspOpener,
  type EspSealer,
  espFrameOctets,
} from '#crypto/esp-cipher';
import type { EspSuite } from '#crypto/esp-suites';

/**
 * ESP transforms with the layout of their suite that protect nothing and cost next to nothing, for
 * tests of what is around them: real ones make up nine tenths of the time of a packet here.
 */
export const toyCiphers: EspCiphers = {
  sealer: (suite) => new Toy(suite),
  opener: (suite) => new Toy(suite),
};

/** FNV-1a. */
const HASH = { start: 0x811c9dc5, factor: 0x01000193 } as const;

class Toy implements EspSealer, EspOpener {
  readonly #suite: EspSuite;

  constructor(suite: EspSuite) {
    this.#suite = suite;
  }

  /** A hash of the keys, which protects as much as they would. */
  hold(keyMaterial: Uint8Array): number {
    return keyMaterial.reduce((hash, octet) => this.#add(hash, octet), HASH.start) >>> 1;
  }

  forget(): void {}

  seal(
    keys: number,
    source: Arena,
    from: number,
    octets: number,
    target: Arena,
    packet: number,
    sequenceHigh: number,
  ): void {
    const { ivOctets, icvOctets } = this.#suite;
    const body = packet + ESP_HEADER_OCTETS + ivOctets;
    target.bytes.fill(target.bytes[packet + 7] as number, packet + ESP_HEADER_OCTETS, body);
    for (let i = 0; i < octets; i += 1)
      target.bytes[body + i] = (source.bytes[from + i] as number) ^ this.#pad(keys, i);
    const icv = this.#icv(keys, target.bytes, packet, body + octets, sequenceHigh);
    for (let i = 0; i < icvOctets; i += 1) target.bytes[body + octets + i] = icv >>> (8 * (i & 3));
  }

  open(
    keys: number,
    source: Arena,
    packet: number,
    octets: number,
    target: Arena,
    to: number,
    sequenceHigh: number,
  ): boolean {
    const { ivOctets, icvOctets } = this.#suite;
    const body = packet + ESP_HEADER_OCTETS + ivOctets;
    const length = octets - espFrameOctets(this.#suite);
    const icv = this.#icv(keys, source.bytes, packet, body + length, sequenceHigh);
    for (let i = 0; i < icvOctets; i += 1)
      if (source.bytes[body + length + i] !== ((icv >>> (8 * (i & 3))) & 255)) return false;
    for (let i = 0; i < length; i += 1)
      target.bytes[to + i] = (source.bytes[body + i] as number) ^ this.#pad(keys, i);
    return true;
  }

  #pad(keys: number, i: number): number {
    return (keys + i) & 255;
  }

  #icv(keys: number, bytes: Uint8Array, from: number, end: number, sequenceHigh: number): number {
    let hash = keys ^ sequenceHigh;
    for (let at = from; at < end; at += 1) hash = this.#add(hash, bytes[at] as number);
    return hash;
  }

  #add(hash: number, octet: number): number {
    return Math.imul(hash ^ octet, HASH.factor);
  }
}
