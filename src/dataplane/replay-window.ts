const TWO_TO_32 = 2 ** 32;

/** Sizes that a window may have, in packets; ours. RFC 4303 section 3.4.3 demands 32 at least. */
export const REPLAY_WINDOW = { least: 32, most: 4096 } as const;

/** Words that the bits of a window of `packets` packets take: a power of two, one word more than they fill. */
export function windowWords(packets: number): number {
  let words = 2;
  while (32 * (words - 1) < packets) words *= 2;
  return words;
}

/**
 * The anti-replay window of one inbound SA at a time; RFC 4303 section 3.4.3 and appendix A. A ring of
 * bits that is cleared ahead of the highest number instead of being shifted (RFC 6479), so that the cost
 * of a packet does not depend on the size. Sequence numbers are whole numbers of up to 53 bits.
 */
export class ReplayWindow {
  #size = 0;
  #extended = false;
  /** The ring begins at `#at`; its length is a power of two, so that the lower 32 bits find their place. */
  #bits: Int32Array = new Int32Array(0);
  #at = 0;
  #mask = 0;
  /** The highest number recorded lies at `#topAt`. */
  #tops: Float64Array = new Float64Array(0);
  #topAt = 0;

  /**
   * Is the window of `size` packets from now on whose `windowWords` words begin at `at` in `bits`, and
   * whose highest number is at `topAt` in `tops`; `extended` for 64-bit sequence numbers, of which the
   * lower half is sent.
   */
  lieAt(
    size: number,
    extended: boolean,
    bits: Int32Array,
    at: number,
    tops: Float64Array,
    topAt: number,
  ): void {
    this.#size = size;
    this.#extended = extended;
    this.#bits = bits;
    this.#at = at;
    this.#mask = windowWords(size) - 1;
    this.#tops = tops;
    this.#topAt = topAt;
  }

  get size(): number {
    return this.#size;
  }

  /** The highest number recorded. */
  get top(): number {
    return this.#tops[this.#topAt] as number;
  }

  /** Starts over behind `top`, with it and everything before it taken as seen. */
  resume(top: number): void {
    this.#tops[this.#topAt] = top;
    this.#bits.fill(-1, this.#at, this.#at + this.#mask + 1);
    const bit = top % 32;
    this.#bits[this.#at + ((top >>> 5) & this.#mask)] = -1 >>> (31 - bit);
  }

  /**
   * The whole number of which a header carries the lower 32 bits, by the rule of appendix A2.2;
   * below 0 for a number from before the first.
   */
  whole(low: number): number {
    if (!this.#extended) return low;
    const { top } = this;
    const topLow = top % TWO_TO_32;
    const topHigh = (top - topLow) / TWO_TO_32;
    const bottom = topLow - this.#size + 1;
    if (bottom >= 0) return (low >= bottom ? topHigh : topHigh + 1) * TWO_TO_32 + low;
    return (low >= bottom + TWO_TO_32 ? topHigh - 1 : topHigh) * TWO_TO_32 + low;
  }

  /** Whether a packet with this number may be new; asked before its ICV is checked. */
  admits(sequence: number): boolean {
    const { top } = this;
    if (sequence > top) return true;
    if (sequence <= 0 || top - sequence >= this.#size) return false;
    const word = this.#bits[this.#at + ((sequence >>> 5) & this.#mask)] as number;
    return (word & (1 << (sequence & 31))) === 0;
  }

  /**
   * Records the number of a packet that `admits` let pass and that has proved authentic since; whether
   * it is higher than all before.
   */
  record(sequence: number): boolean {
    const bits = this.#bits;
    const at = this.#at;
    const { top } = this;
    const advanced = sequence > top;
    if (advanced) {
      const last = Math.floor(sequence / 32);
      const first = Math.max(Math.floor(top / 32) + 1, last - this.#mask);
      for (let word = first; word <= last; word += 1) bits[at + (word & this.#mask)] = 0;
      this.#tops[this.#topAt] = sequence;
    }
    const index = at + ((sequence >>> 5) & this.#mask);
    bits[index] = (bits[index] as number) | (1 << (sequence & 31));
    return advanced;
  }
}
