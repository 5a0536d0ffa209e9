import { addressBytes } from '#base/address';
import type { Prefix } from '#base/prefix';
import { readInt32 } from './octets.ts';

/** The mask of the bits of a prefix that lie in word `index` of the address, as a signed integer. */
const maskWord = (length: number, index: number): number => {
  const bits = Math.max(0, Math.min(32, length - 32 * index));
  return bits === 0 ? 0 : -1 << (32 - bits);
};

/** A prefix as integers, matched against addresses where they lie in a packet. */
export class PrefixWords {
  readonly family: 4 | 6;
  readonly length: number;
  readonly words: readonly number[];
  readonly masks: readonly number[];

  constructor(prefix: Prefix) {
    const octets = addressBytes(prefix.address);
    this.family = octets.length === 4 ? 4 : 6;
    this.length = prefix.length;
    const indexes = this.family === 4 ? [0] : [0, 1, 2, 3];
    this.masks = indexes.map((i) => maskWord(prefix.length, i));
    this.words = indexes.map((i) => readInt32(octets, 4 * i) & (this.masks[i] as number));
  }

  /** Whether the address of the same family at `at` lies in the prefix. */
  matches(bytes: Uint8Array, at: number): boolean {
    for (let i = 0; i < this.words.length; i += 1)
      if ((readInt32(bytes, at + 4 * i) & (this.masks[i] as number)) !== this.words[i])
        return false;
    return true;
  }
}
