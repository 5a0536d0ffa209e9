/** The character codes of the hexadecimal digits. */
const DIGITS: readonly number[] = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
/** Octets whose digits become one call's arguments. */
const OCTETS_AT_ONCE = 512;
/** Octets of a cookie, an SPI or a name of a member: so few are what a flood makes us write. */
const SHORT_OCTETS = 8;

/** Lower-case hexadecimal text of `bytes`. */
export function toHex(bytes: Uint8Array): string {
  if (bytes.length === SHORT_OCTETS) return fourOctets(bytes, 0) + fourOctets(bytes, 4);
  let text = '';
  for (let from = 0; from < bytes.length; from += OCTETS_AT_ONCE)
    text += hexOf(bytes, from, Math.min(bytes.length, from + OCTETS_AT_ONCE));
  return text;
}

/** Without an array between octets and text. */
function fourOctets(bytes: Uint8Array, at: number): string {
  const a = bytes[at] as number;
  const b = bytes[at + 1] as number;
  const c = bytes[at + 2] as number;
  const d = bytes[at + 3] as number;
  return String.fromCharCode(
    DIGITS[a >> 4] as number,
    DIGITS[a & 0xf] as number,
    DIGITS[b >> 4] as number,
    DIGITS[b & 0xf] as number,
    DIGITS[c >> 4] as number,
    DIGITS[c & 0xf] as number,
    DIGITS[d >> 4] as number,
    DIGITS[d & 0xf] as number,
  );
}

/** Made of codes at once: a text put together digit by digit keeps all its parts in memory. */
function hexOf(bytes: Uint8Array, from: number, end: number): string {
  const codes: number[] = [];
  for (let i = from; i < end; i += 1) {
    const octet = bytes[i] as number;
    codes.push(DIGITS[octet >> 4] as number, DIGITS[octet & 0xf] as number);
  }
  return String.fromCharCode(...codes);
}

/**
 * A text with one character for each octet of `parts`: the key of a table, cheaper to make and to keep
 * than hexadecimal text. Not for people.
 */
export function octetKey(...parts: readonly Uint8Array[]): string {
  // An array of numbers is spread several times faster than one of octets.
  const codes: number[] = [];
  for (const part of parts) for (let i = 0; i < part.length; i += 1) codes.push(part[i] as number);
  return String.fromCharCode(...codes);
}

/** The octets that a text of `octetKey` was made of. */
export function fromOctetKey(key: string): Uint8Array {
  const octets = new Uint8Array(key.length);
  for (let i = 0; i < octets.length; i += 1) octets[i] = key.charCodeAt(i);
  return octets;
}

/** The octets written as hexadecimal digits in `text`, spaces ignored; undefined when it is not hexadecimal. */
export function fromHex(text: string): Uint8Array | undefined {
  return digitsOnly(text) ?? withSpaces(text);
}

/** Without a pattern: what members of a cluster say of each other is mostly such text. */
function digitsOnly(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i += 1) {
    const high = text.charCodeAt(2 * i);
    const low = text.charCodeAt(2 * i + 1);
    if (!isDigit(high) || !isDigit(low)) return undefined;
    bytes[i] = (digitOf(high) << 4) | digitOf(low);
  }
  return bytes;
}

/** By its code: 0 to 9, A to F, a to f. */
const isDigit = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x66);

function withSpaces(text: string): Uint8Array | undefined {
  const digits = text.replaceAll(/\s/g, '');
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) return undefined;
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i += 1)
    bytes[i] = (digitOf(digits.charCodeAt(2 * i)) << 4) | digitOf(digits.charCodeAt(2 * i + 1));
  return bytes;
}

/** The value of a hexadecimal digit, by its code: letters of both cases end in the same four bits. */
const digitOf = (code: number): number => (code < 0x40 ? code & 0xf : (code & 0xf) + 9);

/** A new array holding `parts` one after the other. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Whether two arrays hold the same octets, in a time that depends on their length only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i += 1) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** UTF-8 octets of `text`. */
export const toUtf8 = (text: string): Uint8Array => encoder.encode(text);
/** Text of UTF-8 octets; what is not UTF-8 becomes U+FFFD. A byte order mark stays. */
export const fromUtf8 = (bytes: Uint8Array): string => decoder.decode(bytes);
