import { err, ok, type Result } from './result.ts';

/**
 * An IPv4 or IPv6 address in canonical text form (RFC 5952 for IPv6), so that two equal addresses are
 * equal strings, serve as keys, and print themselves.
 */
export type IpAddress = string & { readonly __ipAddress: unique symbol };

export type IpFamily = 4 | 6;

/** An address and a UDP or TCP port. */
export type Endpoint = { readonly address: IpAddress; readonly port: number };

export const familyOf = (address: IpAddress): IpFamily => (address.includes(':') ? 6 : 4);

const DOT = 0x2e;
const ZERO = 0x30;

/** Digit by digit: a login reads dozens of addresses, and a flood of datagrams one each. */
function parseIpv4Octets(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(4);
  let [octet, value, digits] = [0, 0, 0];
  for (let i = 0; i < text.length; i += 1) {
    const digit = text.charCodeAt(i) - ZERO;
    if (digit === DOT - ZERO) {
      if (digits === 0 || octet === 3) return undefined;
      bytes[octet] = value;
      [octet, value, digits] = [octet + 1, 0, 0];
      continue;
    }
    // A zero in front would be octal to some.
    if (digit < 0 || digit > 9 || (digits > 0 && value === 0)) return undefined;
    value = 10 * value + digit;
    digits += 1;
    if (value > 255) return undefined;
  }
  if (octet !== 3 || digits === 0) return undefined;
  bytes[3] = value;
  return bytes;
}

function parseIpv6Octets(text: string): Uint8Array | undefined {
  let rest = text;
  const tail: number[] = [];
  const lastColon = text.lastIndexOf(':');
  if (text.includes('.') && lastColon >= 0) {
    const v4 = parseIpv4Octets(text.slice(lastColon + 1));
    if (!v4) return undefined;
    tail.push(((v4[0] as number) << 8) | (v4[1] as number));
    tail.push(((v4[2] as number) << 8) | (v4[3] as number));
    rest = text.slice(0, lastColon);
    if (rest.endsWith(':')) rest += ':';
  }
  const halves = rest.split('::');
  if (halves.length > 2) return undefined;
  const groups = (half: string | undefined): number[] | undefined => {
    if (!half) return [];
    const out: number[] = [];
    for (const g of half.split(':')) {
      if (!/^[0-9a-fA-F]{1,4}$/.test(g)) return undefined;
      out.push(Number.parseInt(g, 16));
    }
    return out;
  };
  const head = groups(halves[0]);
  const last = groups(halves[1]);
  if (!head || !last) return undefined;
  const end = [...last, ...tail];
  const missing = 8 - head.length - end.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = [...head, ...new Array<number>(missing).fill(0), ...end];
  const bytes = new Uint8Array(16);
  for (let i = 0; i < 8; i += 1) {
    bytes[2 * i] = (all[i] as number) >> 8;
    bytes[2 * i + 1] = (all[i] as number) & 0xff;
  }
  return bytes;
}

function ipv6Text(bytes: Uint8Array): string {
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2)
    groups.push(((bytes[i] as number) << 8) | (bytes[i + 1] as number));
  let bestStart = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i += 1) {
    let j = i;
    while (j < 8 && groups[j] === 0) j += 1;
    if (j - i > bestLength) {
      bestStart = i;
      bestLength = j - i;
    }
  }
  const hex = (part: number[]) => part.map((g) => g.toString(16)).join(':');
  if (bestStart < 0) return hex(groups);
  return `${hex(groups.slice(0, bestStart))}::${hex(groups.slice(bestStart + bestLength))}`;
}

/** The address of 4 or 16 octets in network order. */
export function addressFromBytes(bytes: Uint8Array): IpAddress {
  if (bytes.length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}` as IpAddress;
  return ipv6Text(bytes) as IpAddress;
}

/** 4 or 16 octets in network order. */
export function addressBytes(address: IpAddress): Uint8Array {
  const bytes = address.includes(':') ? parseIpv6Octets(address) : parseIpv4Octets(address);
  if (!bytes) throw new RangeError(`not an address: ${address}`);
  return bytes;
}

/** Reads an address; the error is a sentence for people. */
export function parseAddress(text: string): Result<IpAddress, string> {
  const bytes = text.includes(':') ? parseIpv6Octets(text) : parseIpv4Octets(text);
  return bytes ? ok(addressFromBytes(bytes)) : err(`"${text}" is not an IP address`);
}

/** An address known to be right, such as a constant; throws otherwise. */
export function address(text: string): IpAddress {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new RangeError(parsed.error);
  return parsed.value;
}

/** The IPv4 address as an unsigned 32-bit integer. */
export function ipv4ToNumber(a: IpAddress): number {
  const b = addressBytes(a);
  return (
    (((b[0] as number) << 24) |
      ((b[1] as number) << 16) |
      ((b[2] as number) << 8) |
      (b[3] as number)) >>>
    0
  );
}
/** The IPv4 address of an unsigned 32-bit integer. */
export const ipv4FromNumber = (n: number): IpAddress =>
  `${n >>> 24}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}` as IpAddress;

/** The numeric order of addresses, IPv4 before IPv6. */
export function compareAddresses(a: IpAddress, b: IpAddress): number {
  const x = addressBytes(a);
  const y = addressBytes(b);
  if (x.length !== y.length) return x.length - y.length;
  for (let i = 0; i < x.length; i += 1)
    if (x[i] !== y[i]) return (x[i] as number) - (y[i] as number);
  return 0;
}

/** `192.0.2.1:500`, `[2001:db8::1]:500`. */
export const formatEndpoint = (e: Endpoint): string =>
  e.address.includes(':') ? `[${e.address}]:${e.port}` : `${e.address}:${e.port}`;

export const sameEndpoint = (a: Endpoint, b: Endpoint): boolean =>
  a.port === b.port && a.address === b.address;
