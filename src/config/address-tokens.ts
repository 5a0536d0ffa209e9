import {
  address,
  compareAddresses,
  familyOf,
  type IpAddress,
  ipv4FromNumber,
  parseAddress,
} from '#base/address';
import { lengthOfMask, maskOf, type Prefix, prefixOf } from '#base/prefix';
import type { Prng } from '#base/prng';
import { err, ok } from '#base/result';
import type { Token } from './path.ts';
import { incomplete, invalid, oneWord } from './tokens.ts';

const ipv4Sample = (prng: Prng): IpAddress => ipv4FromNumber(prng.uint32());

/** An IPv4 address. */
export const ipv4 = <const N extends string>(name: N, help: string): Token<N, IpAddress> =>
  oneWord({
    name,
    help,
    placeholder: 'A.B.C.D',
    parse(text) {
      const parsed = parseAddress(text);
      if (parsed.ok && familyOf(parsed.value) === 4) return parsed;
      return err(`"${text}" is not an IPv4 address`);
    },
    sample: ipv4Sample,
  });

/** An IPv4 or IPv6 address. */
export const ip = <const N extends string>(name: N, help: string): Token<N, IpAddress> =>
  oneWord({
    name,
    help,
    placeholder: 'A.B.C.D|X:X::X',
    parse: parseAddress,
    sample: (prng) =>
      prng.chance(0.5) ? ipv4Sample(prng) : address(`2001:db8::${prng.between(1, 9999)}`),
  });

/** A dotted network mask; its value is the length in bits. */
export const mask = <const N extends string>(name: N, help: string): Token<N, number> =>
  oneWord({
    name,
    help,
    placeholder: 'A.B.C.D',
    parse: lengthOfMask,
    write: maskOf,
    sample: (prng) => prng.between(8, 30),
  });

/** An IPv4 network as address and mask, two words; `0 0` is every address. */
export function network<const N extends string>(name: N, help: string): Token<N, Prefix> {
  return {
    kind: 'token',
    name,
    help,
    placeholder: 'A.B.C.D A.B.C.D',
    free: false,
    read(line, from) {
      const [first, second] = [line.words[from], line.words[from + 1]];
      if (!first) return incomplete('a network address is missing');
      const base = parseAddress(first.text === '0' ? '0.0.0.0' : first.text);
      if (!base.ok || familyOf(base.value) !== 4)
        return invalid(`"${first.text}" is not an IPv4 address`);
      if (!second) return incomplete('a network mask is missing');
      const length = lengthOfMask(second.text === '0' ? '0.0.0.0' : second.text);
      if (!length.ok) return invalid(length.error);
      const value = prefixOf(base.value, length.value);
      if (value.address !== base.value)
        return invalid(
          `${base.value} is a host of ${value.address} ${maskOf(value.length)}, not a network`,
        );
      return ok({ value, words: 2 });
    },
    write: (value) => `${value.address} ${maskOf(value.length)}`,
    sample: (prng) => prefixOf(ipv4Sample(prng), prng.between(0, 32)),
  };
}

/** An IPv6 prefix, or an address with the length of its prefix. */
export type AddressWithLength = { readonly address: IpAddress; readonly length: number };

export const ipv6WithLength = <const N extends string>(
  name: N,
  help: string,
): Token<N, AddressWithLength> =>
  oneWord({
    name,
    help,
    placeholder: 'X:X::X/<0-128>',
    parse(text) {
      const [head = '', tail = '', ...more] = text.split('/');
      const parsed = parseAddress(head);
      if (!parsed.ok || familyOf(parsed.value) !== 6 || !/^\d{1,3}$/.test(tail) || more.length > 0)
        return err(`"${text}" is not an IPv6 address with a prefix length`);
      if (Number(tail) > 128) return err(`a prefix length of ${tail} is more than 128`);
      return ok({ address: parsed.value, length: Number(tail) });
    },
    write: (value) => `${value.address}/${value.length}`,
    sample: (prng) => ({
      address: address(`2001:db8::${prng.between(1, 9999)}`),
      length: prng.between(1, 128),
    }),
  });

/** The first and the last address of a range. */
export type AddressRange = { readonly first: IpAddress; readonly last: IpAddress };

/** `A.B.C.D-E.F.G.H`, both ends included; of one address family and in order. */
export const range = <const N extends string>(name: N, help: string): Token<N, AddressRange> =>
  oneWord({
    name,
    help,
    placeholder: 'A.B.C.D-A.B.C.D',
    parse(text) {
      const [head = '', tail = head, ...more] = text.split('-');
      const [first, last] = [parseAddress(head), parseAddress(tail)];
      if (!first.ok || !last.ok || more.length > 0)
        return err(`"${text}" is not a range of addresses`);
      if (familyOf(first.value) !== familyOf(last.value))
        return err('both ends of a range are IPv4, or both are IPv6');
      if (compareAddresses(first.value, last.value) > 0)
        return err(`the range ends at ${last.value}, before it begins`);
      return ok({ first: first.value, last: last.value });
    },
    write: (value) => `${value.first}-${value.last}`,
    sample(prng) {
      const [a, b] = [ipv4Sample(prng), ipv4Sample(prng)];
      return compareAddresses(a, b) <= 0 ? { first: a, last: b } : { first: b, last: a };
    },
  });
