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
import { err, ok, type Result } from '#base/result';
import { hiddenText, Secret } from '#base/secret';
import type { Configuration } from './configuration.ts';
import type { Line, Reading, Token } from './path.ts';

const invalid = (reason: string) => err({ kind: 'invalid' as const, reason });

/** The failure of a token at the end of the line. */
export const incomplete = (reason: string) => err({ kind: 'incomplete' as const, reason });

/** The parts of a token that is one word long. */
type OneWord<N extends string, T> = {
  readonly name: N;
  readonly help: string;
  readonly placeholder: string;
  readonly choices?: Readonly<Record<string, string>>;
  readonly free?: boolean;
  readonly parse: (text: string) => Result<T, string>;
  readonly write?: (value: T) => string;
  readonly sample: (prng: Prng) => T;
  readonly known?: (configuration: Configuration) => readonly string[];
};

/** A token of one word. */
export function oneWord<const N extends string, T>(parts: OneWord<N, T>): Token<N, T> {
  const { parse, write, free, ...rest } = parts;
  return {
    ...rest,
    kind: 'token',
    free: free ?? false,
    read(line, from): Reading<T> {
      const word = line.words[from];
      if (!word) return incomplete(`${parts.placeholder} is missing`);
      const parsed = parse(word.text);
      return parsed.ok ? ok({ value: parsed.value, words: 1 }) : invalid(parsed.error);
    },
    write: (value) => (write ? write(value) : String(value)),
  };
}

const lettersSample = (prng: Prng): string => {
  let text = prng.pick([...'ABCDEFGHKLMNPQRSTUVWXYZ']);
  const length = prng.between(2, 8);
  while (text.length < length) text += prng.pick([...'abcdefghijkmnopqrstuvwxyz0123456789-_']);
  return text;
};

/** A name of the administrator's choosing, without spaces, of 1 to `maxLength` characters. */
export const word = <const N extends string>(
  name: N,
  help: string,
  maxLength = 64,
  known?: (configuration: Configuration) => readonly string[],
): Token<N, string> =>
  oneWord({
    name,
    help,
    placeholder: 'WORD',
    free: true,
    parse: (text) =>
      text.length <= maxLength ? ok(text) : err(`a name has at most ${maxLength} characters`),
    sample: lettersSample,
    ...(known ? { known } : {}),
  });

/** A whole number from `low` to `high`. */
export const int = <const N extends string>(
  name: N,
  low: number,
  high: number,
  help: string,
): Token<N, number> =>
  oneWord({
    name,
    help,
    placeholder: `<${low}-${high}>`,
    parse(text) {
      if (!/^\d{1,15}$/.test(text)) return err(`"${text}" is not a number`);
      const value = Number(text);
      if (value < low || value > high) return err(`${text} is not between ${low} and ${high}`);
      return ok(value);
    },
    sample: (prng) => (prng.chance(0.2) ? prng.pick([low, high]) : prng.between(low, high)),
  });

/** One of several words; they abbreviate and complete like keywords. */
export const choice = <const N extends string, const C extends Readonly<Record<string, string>>>(
  name: N,
  choices: C,
): Token<N, keyof C & string> =>
  oneWord({
    name,
    help: Object.values(choices).join(', '),
    placeholder: `{${Object.keys(choices).join(' | ')}}`,
    choices,
    parse(text) {
      const lower = text.toLowerCase();
      const words = Object.keys(choices);
      const exact = words.find((w) => w.toLowerCase() === lower);
      const matches = words.filter((w) => w.toLowerCase().startsWith(lower));
      if (exact ?? matches.length === 1) return ok((exact ?? matches[0]) as keyof C & string);
      return err(`"${text}" is not one of ${words.join(', ')}`);
    },
    sample: (prng) => prng.pick(Object.keys(choices)) as keyof C & string,
  });

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

/** `security0` to `security100`, as the PIX writes it. */
export const securityWord = <const N extends string>(name: N, help: string): Token<N, number> =>
  oneWord({
    name,
    help,
    placeholder: 'security<0-100>',
    parse(text) {
      const level = /^(?:security|sec)?(\d{1,3})$/i.exec(text)?.[1];
      if (level === undefined || Number(level) > 100)
        return err(`"${text}" is not one of security0 to security100`);
      return ok(Number(level));
    },
    write: (value) => `security${value}`,
    sample: (prng) => prng.between(0, 100),
  });

/** The name of an interface in parentheses: `(outside)`. */
export const bracketed = <const N extends string>(name: N, help: string): Token<N, string> =>
  oneWord({
    name,
    help,
    placeholder: '(NAME)',
    parse(text) {
      const inner = /^\(([^(),\s]{1,48})\)$/.exec(text)?.[1];
      return inner === undefined
        ? err(`"${text}" is not the name of an interface in parentheses`)
        : ok(inner);
    },
    write: (value) => `(${value})`,
    sample: lettersSample,
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

/** Kinds of hardware whose name may be abbreviated before its number, as in `Gi0/1`. */
const HARDWARE_KINDS = [
  'ATM',
  'BRI',
  'BVI',
  'Dialer',
  'Ethernet',
  'FastEthernet',
  'GigabitEthernet',
  'Loopback',
  'Management',
  'Port-channel',
  'Redundant',
  'Serial',
  'TenGigabitEthernet',
  'Tunnel',
  'Vlan',
];

/** The name written out, when its kind is clear; names of Linux and of a PIX, such as `eth0`, stay. */
function hardwareName(kind: string, number: string): string {
  if (/^eth/i.test(kind) && !number.includes('/')) return kind + number;
  const lower = kind.toLowerCase();
  const kinds = HARDWARE_KINDS.filter((k) => k.toLowerCase().startsWith(lower));
  return (kind.length > 1 && kinds.length === 1 ? kinds[0] : kind) + number;
}

/** The name of an interface of the hardware, one word or a word and a number: `GigabitEthernet 0/1`. */
export const hardware = <const N extends string>(name: N, help: string): Token<N, string> => ({
  kind: 'token',
  name,
  help,
  placeholder: 'IFNAME',
  free: true,
  read(line, from) {
    const [first, second] = [line.words[from]?.text, line.words[from + 1]?.text];
    if (first === undefined) return incomplete('the name of an interface is missing');
    const [, kind, number] = /^([A-Za-z][A-Za-z_-]*)(\d[\w/.:-]*)?$/.exec(first) ?? [];
    if (kind === undefined) return invalid(`"${first}" is not the name of an interface`);
    if (number !== undefined) return ok({ value: hardwareName(kind, number), words: 1 });
    if (second === undefined) return incomplete('the number of the interface is missing');
    if (!/^\d[\d/.:]*$/.test(second)) return invalid(`"${second}" is not a number of an interface`);
    return ok({ value: hardwareName(kind, second), words: 2 });
  },
  write: (value) => value,
  sample: (prng) => `GigabitEthernet${prng.between(0, 7)}/${prng.between(0, 48)}`,
});

/** A password or key; `*****`, which a listing prints in its place, is refused with the reason. */
export const secret = <const N extends string>(
  name: N,
  help: string,
  maxLength = 128,
): Token<N, Secret> => ({
  kind: 'token',
  name,
  help,
  placeholder: 'SECRET',
  free: true,
  read(line, from) {
    const first = line.words[from];
    if (!first) return incomplete('the secret is missing');
    if (/^\*+$/.test(first.text))
      return invalid('a listing hides secrets behind asterisks; write the secret itself');
    if (first.text.length > maxLength)
      return invalid(`a secret has at most ${maxLength} characters`);
    return ok({ value: new Secret(first.text), words: 1 });
  },
  write: (value, audience) => (audience === 'file' ? value.reveal() : hiddenText),
  sample: (prng) => new Secret(lettersSample(prng)),
});

/** Everything to the end of the line, spaces kept. */
export const rest = <const N extends string>(
  name: N,
  help: string,
  maxLength = 512,
): Token<N, string> => ({
  kind: 'token',
  name,
  help,
  placeholder: 'LINE',
  free: true,
  read(line, from) {
    const first = line.words[from];
    if (!first) return incomplete('a text is missing');
    const text = line.text.slice(first.column).trimEnd();
    if (text.length > maxLength) return invalid(`a text has at most ${maxLength} characters`);
    return ok({ value: text, words: line.words.length - from });
  },
  write: (value) => value,
  sample: (prng) => `${lettersSample(prng)}  ${lettersSample(prng)}`,
});

/** One to `max` values of one token, up to the end of the line or to the first that does not fit. */
export function many<const N extends string, T>(
  name: N,
  item: Token<string, T>,
  max: number,
  separator: ' ' | ',' = ' ',
): Token<N, readonly T[]> {
  return {
    kind: 'token',
    name,
    help: item.help,
    placeholder: separator === ',' ? `${item.placeholder}[,...]` : `${item.placeholder}...`,
    ...(item.choices ? { choices: item.choices } : {}),
    ...(item.known ? { known: item.known } : {}),
    free: item.free,
    read: (line, from) => (separator === ',' ? readList(line, from) : readWords(line, from)),
    write: (values, audience) => values.map((v) => item.write(v, audience)).join(separator),
    sample: (prng) => Array.from({ length: prng.between(1, max) }, () => item.sample(prng)),
  };

  function readWords(line: Line, from: number): Reading<readonly T[]> {
    const values: T[] = [];
    let at = from;
    while (at < line.words.length && values.length < max) {
      const reading = item.read(line, at);
      if (!reading.ok) return reading;
      values.push(reading.value.value);
      at += reading.value.words;
    }
    if (values.length === 0) return incomplete(`${item.placeholder} is missing`);
    if (at < line.words.length) return invalid(`at most ${max} are allowed`);
    return ok({ value: values, words: at - from });
  }

  function readList(line: Line, from: number): Reading<readonly T[]> {
    const first = line.words[from];
    if (!first) return incomplete(`${item.placeholder} is missing`);
    const parts = first.text.split(',');
    if (parts.length > max) return invalid(`at most ${max} are allowed`);
    const values: T[] = [];
    for (const text of parts) {
      const reading = item.read({ text, words: [{ text, column: 0 }] }, 0);
      if (!reading.ok) return invalid(reading.error.reason);
      values.push(reading.value.value);
    }
    return ok({ value: values, words: 1 });
  }
}
