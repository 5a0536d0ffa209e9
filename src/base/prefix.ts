import {
  addressBytes,
  addressFromBytes,
  familyOf,
  type IpAddress,
  parseAddress,
} from './address.ts';
import { err, ok, type Result } from './result.ts';

/** A network: an address whose host bits are zero, and a length in bits. */
export type Prefix = { readonly address: IpAddress; readonly length: number };

const bitsOf = (a: IpAddress): number => (familyOf(a) === 4 ? 32 : 128);

function masked(bytes: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i += 1) {
    const bits = Math.max(0, Math.min(8, length - 8 * i));
    out[i] = (bytes[i] as number) & (0xff00 >> bits);
  }
  return out;
}

/** The network of `length` bits that `address` lies in. */
export const prefixOf = (address: IpAddress, length: number): Prefix => ({
  address: addressFromBytes(masked(addressBytes(address), length)),
  length,
});
/** The network of one address. */
export const hostPrefix = (address: IpAddress): Prefix => ({ address, length: bitsOf(address) });

export const contains = (prefix: Prefix, address: IpAddress): boolean =>
  familyOf(prefix.address) === familyOf(address) &&
  prefixOf(address, prefix.length).address === prefix.address;

/** The dotted mask of an IPv4 network, `255.255.254.0` for 23 bits. */
export const maskOf = (length: number): IpAddress =>
  addressFromBytes(masked(new Uint8Array([255, 255, 255, 255]), length));

/** The length of a contiguous dotted mask. */
export function lengthOfMask(mask: string): Result<number, string> {
  const parsed = parseAddress(mask);
  if (!parsed.ok || familyOf(parsed.value) !== 4) return err(`"${mask}" is not a network mask`);
  for (let length = 0; length <= 32; length += 1)
    if (maskOf(length) === parsed.value) return ok(length);
  return err(`"${mask}" is not a contiguous network mask`);
}

const numberOf = (bytes: Uint8Array): bigint =>
  bytes.reduce((n, octet) => (n << 8n) | BigInt(octet), 0n);

function octetsOf(n: bigint, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let i = count - 1, rest = n; i >= 0; i -= 1, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return bytes;
}

/** The fewest networks that together hold the addresses from `first` to `last`, both included. */
export function rangePrefixes(first: IpAddress, last: IpAddress): Prefix[] {
  const bits = bitsOf(first);
  const end = numberOf(addressBytes(last));
  const found: Prefix[] = [];
  for (let at = numberOf(addressBytes(first)); at <= end; ) {
    let size = 1n;
    let length = bits;
    // The network doubles while it stays aligned and within the range.
    while (length > 0 && at % (2n * size) === 0n && at + 2n * size - 1n <= end) {
      size *= 2n;
      length -= 1;
    }
    found.push({ address: addressFromBytes(octetsOf(at, bits / 8)), length });
    at += size;
  }
  return found;
}

export const formatPrefix = (p: Prefix): string => `${p.address}/${p.length}`;
