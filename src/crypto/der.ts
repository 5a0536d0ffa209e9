import { concat, fromHex, toHex } from '#base/bytes';

/** A DER element: identifier octet, definite length, contents; X.690 section 8.1. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const body = concat(...contents);
  const length: number[] = [];
  for (let rest = body.length; rest > 0; rest >>= 8) length.unshift(rest & 0xff);
  const header = body.length < 128 ? [tag, body.length] : [tag, 0x80 | length.length, ...length];
  return concat(new Uint8Array(header), body);
}

export const sequence = (...contents: readonly Uint8Array[]): Uint8Array =>
  element(0x30, ...contents);
export const octetString = (octets: Uint8Array): Uint8Array => element(0x04, octets);
/** A bit string of whole octets. */
export const bitString = (octets: Uint8Array): Uint8Array =>
  element(0x03, new Uint8Array(1), octets);

/** A non-negative integer of any size. */
export const integer = (value: bigint): Uint8Array => {
  const octets = bigintOctets(value);
  return element(0x02, (octets[0] as number) >= 0x80 ? concat(new Uint8Array(1), octets) : octets);
};

/** An object identifier given as its encoded octets in hexadecimal. */
export const objectIdentifier = (hex: string): Uint8Array =>
  element(0x06, fromHex(hex) as Uint8Array);

/** The octets of a non-negative number, most significant first, left-padded with zeros to `length`. */
export function bigintOctets(value: bigint, length = 1): Uint8Array {
  const hex = value.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  const octets = fromHex(even) as Uint8Array;
  return octets.length >= length ? octets : concat(new Uint8Array(length - octets.length), octets);
}

/** The non-negative number that `octets` write, most significant first. */
export function bigintOf(octets: Uint8Array): bigint {
  return BigInt(`0x0${toHex(octets)}`);
}

/** One element that was read: its identifier octet and contents. */
type ReadElement = { readonly tag: number; readonly contents: Uint8Array };

/**
 * The elements that follow one another in `bytes`, with lengths below 2^24. Reads only what OpenSSL
 * wrote, never what came from a peer: a length beyond the end gives shorter contents.
 */
export function elements(bytes: Uint8Array): ReadElement[] {
  const read: ReadElement[] = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    const tag = bytes[at] as number;
    const first = bytes[at + 1] as number;
    const extra = first < 0x80 ? 0 : first & 0x7f;
    let length = extra === 0 ? first : 0;
    for (let i = 0; i < extra; i += 1) length = (length << 8) | (bytes[at + 2 + i] ?? 0);
    const start = at + 2 + extra;
    read.push({ tag, contents: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return read;
}
