import { addressBytes } from '#base/address';
import type { Prefix } from '#base/prefix';
import { readInt32 } from './octets.ts';

/*
 * A prefix as integers in a row, matched against addresses where they lie in a packet: family and length
 * in one word, then the address in four, of which IPv4 fills the first.
 */

const FAMILY_SHIFT = 8;

/** The mask of the bits of a prefix that lie in word `index` of the address, as a signed integer. */
export function prefixMask(length: number, index: number): number {
  const bits = length - 32 * index;
  if (bits >= 32) return -1;
  return bits <= 0 ? 0 : -1 << (32 - bits);
}

/** Writes `prefix` into the five words at `at`. */
export function writePrefix(words: Int32Array, at: number, prefix: Prefix): void {
  const octets = addressBytes(prefix.address);
  const family = octets.length === 4 ? 4 : 6;
  words[at] = (family << FAMILY_SHIFT) | prefix.length;
  for (let i = 0; 4 * i < octets.length; i += 1)
    words[at + 1 + i] = readInt32(octets, 4 * i) & prefixMask(prefix.length, i);
}

export const prefixFamily = (words: Int32Array, at: number): number =>
  (words[at] as number) >>> FAMILY_SHIFT;

export const prefixLength = (words: Int32Array, at: number): number =>
  (words[at] as number) & ((1 << FAMILY_SHIFT) - 1);

/** Whether the address of the same family at `address` in a packet lies in the prefix. */
export function prefixMatches(
  words: Int32Array,
  at: number,
  bytes: Uint8Array,
  address: number,
): boolean {
  const length = prefixLength(words, at);
  for (let i = 0; 32 * i < length; i += 1) {
    const difference = readInt32(bytes, address + 4 * i) ^ (words[at + 1 + i] as number);
    if ((difference & prefixMask(length, i)) !== 0) return false;
  }
  return true;
}
