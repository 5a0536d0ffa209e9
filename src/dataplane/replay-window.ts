const TWO_TO_32 = 2 ** 32;

/** Sizes that a window may have, in packets; ours. RFC 4303 section 3.4.3 demands 32 at least. */
export const REPLAY_WINDOW = { least: 32, most: 4096 } as const;

/**
 * The anti-replay window of one inbound SA; RFC 4303 section 3.4.3 and appendix A. A ring of bits
 * that is cleared ahead of the highest number instead of being shifted (RFC 6479), so that the cost
 * of a packet does not depend on the size. Sequence numbers are whole numbers of up to 53 bits.
 */
export class ReplayWindow {
  readonly #size: number;
  readonly #extended: boolean;
  /** A power of two, so that the lower 32 bits of a number find its place. */
  readonly #words: Uint32Array;
  readonly #mask: number;
  #top = 0;

  /** `size` in packets; `extended` for 64-bit sequence numbers, of which the lower half is sent. */
  constructor(size: number, extended: boolean) {
    this.#size = size;
    this.#extended = extended;
    let words = 2;
    while (32 * (words - 1) < size) words *= 2;
    this.#words = new Uint32Array(words);
    this.#mask = words - 1;
  }

  get size(): number {
    return this.#size;
  }

  /** The highest number recorded. */
  get top(): number {
    return this.#top;
  }

  /** Starts over behind `top`, with it and everything before it taken as seen. */
  resume(top: number): void {
    this.#top = top;
    this.#words.fill(0xffffffff);
    const bit = top % 32;
    this.#words[(top >>> 5) & this.#mask] = 0xffffffff >>> (31 - bit);
  }

  /**
   * The whole number of which a header carries the lower 32 bits, by the rule of appendix A2.2;
   * below 0 for a number from before the first.
   */
  whole(low: number): number {
    if (!this.#extended) return low;
    const topLow = this.#top % TWO_TO_32;
    const topHigh = (this.#top - topLow) / TWO_TO_32;
    const bottom = topLow - this.#size + 1;
    if (bottom >= 0) return (low >= bottom ? topHigh : topHigh + 1) * TWO_TO_32 + low;
    return (low >= bottom + TWO_TO_32 ? topHigh - 1 : topHigh) * TWO_TO_32 + low;
  }

  /** Whether a packet with this number may be new; asked before its ICV is checked. */
  admits(sequence: number): boolean {
    if (sequence > this.#top) return true;
    if (sequence <= 0 || this.#top - sequence >= this.#size) return false;
    const word = this.#words[(sequence >>> 5) & this.#mask] as number;
    return (word & (1 << (sequence & 31))) === 0;
  }

  /**
   * Records the number of a packet that `admits` let pass and that has proved authentic since; whether
   * it is higher than all before.
   */
  record(sequence: number): boolean {
    const words = this.#words;
    const advanced = sequence > this.#top;
    if (advanced) {
      const last = Math.floor(sequence / 32);
      const first = Math.max(Math.floor(this.#top / 32) + 1, last - this.#mask);
      for (let word = first; word <= last; word += 1) words[word & this.#mask] = 0;
      this.#top = sequence;
    }
    const index = (sequence >>> 5) & this.#mask;
    words[index] = (words[index] as number) | (1 << (sequence & 31));
    return advanced;
  }
}
