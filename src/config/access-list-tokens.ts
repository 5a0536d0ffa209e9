import { address, familyOf, type IpAddress, ipv4FromNumber, parseAddress } from '#base/address';
import { hostPrefix, lengthOfMask, maskOf, type Prefix, prefixOf } from '#base/prefix';
import { err, ok } from '#base/result';
import { ipv6WithLength } from './address-tokens.ts';
import type { Line, Reading, Token } from './path.ts';
import { portNumber } from './port-names.ts';
import { incomplete, oneWord, sampleName } from './tokens.ts';

/** Addresses that an entry speaks of; `any` is both families, the others are one. */
export type AddressMatch = 'any' | 'any4' | 'any6' | Prefix;

/** Addresses as an entry writes them: by themselves, or by the name of an object, group or interface. */
export type AddressTerm =
  | AddressMatch
  | { readonly kind: 'object' | 'group' | 'interface'; readonly name: string };

/** Ports that an entry speaks of, both ends included. */
export type PortRange = { readonly first: number; readonly last: number };

/** Ports as an entry writes them. */
export type PortTerm =
  | PortRange
  | { readonly operator: 'lt' | 'gt' | 'neq'; readonly port: number }
  | { readonly group: string };

/** The words before a name of addresses. */
const NAMED: Readonly<Record<string, 'object' | 'group' | 'interface'>> = {
  object: 'object',
  'object-group': 'group',
  interface: 'interface',
};
const wordOf = (kind: 'object' | 'group' | 'interface'): string =>
  kind === 'group' ? 'object-group' : kind;

const ANY = { any: 'Every address', any4: 'Every IPv4 address', any6: 'Every IPv6 address' };

const prefix6 = ipv6WithLength('prefix', 'Network');

/** `any`, `host A.B.C.D`, an address and a mask, an IPv6 prefix, or a name of addresses. */
export const addressTerm = <const N extends string>(
  name: N,
  help: string,
): Token<N, AddressTerm> => ({
  kind: 'token',
  name,
  help,
  placeholder:
    '{any | host A.B.C.D | A.B.C.D A.B.C.D | X:X::X/<0-128> | object NAME | object-group NAME}',
  free: false,
  read(line, from): Reading<AddressTerm> {
    const [first, second] = [line.words[from]?.text.toLowerCase(), line.words[from + 1]?.text];
    if (first === undefined) return incomplete('an address is missing');
    if (first === 'any' || first === 'any4' || first === 'any6')
      return ok({ value: first, words: 1 });
    const named = NAMED[first];
    if (named)
      return second === undefined
        ? incomplete(`a name is missing behind "${first}"`)
        : ok({ value: { kind: named, name: second }, words: 2 });
    if (/:.*\//.test(first)) return readPrefix6(line, from);
    const text = first === 'host' ? second : first;
    if (text === undefined) return incomplete('the address of the host is missing');
    const base = parseAddress(text);
    if (!base.ok) return err({ kind: 'invalid', reason: base.error });
    if (first === 'host') return ok({ value: hostPrefix(base.value), words: 2 });
    if (second === undefined) return incomplete('a network mask is missing');
    const length = lengthOfMask(second);
    if (familyOf(base.value) !== 4 || !length.ok)
      return err({ kind: 'invalid', reason: `"${second}" is not a network mask` });
    return ok({ value: prefixOf(base.value, length.value), words: 2 });
  },
  write(value) {
    if (typeof value === 'string') return value;
    if ('name' in value) return `${wordOf(value.kind)} ${value.name}`;
    const family = familyOf(value.address);
    if (value.length === (family === 4 ? 32 : 128)) return `host ${value.address}`;
    return family === 4
      ? `${value.address} ${maskOf(value.length)}`
      : `${value.address}/${value.length}`;
  },
  sample: (prng) =>
    prng.chance(0.2)
      ? { kind: prng.pick(Object.values(NAMED)), name: sampleName(prng) }
      : prng.chance(0.3)
        ? prng.pick(Object.keys(ANY) as (keyof typeof ANY)[])
        : prng.chance(0.2)
          ? prefixOf(address('2001:db8::1'), prng.between(1, 128))
          : prefixOf(ipv4FromNumber(prng.uint32()) as IpAddress, prng.between(1, 32)),
});

/** `2001:db8::/32`; bits behind the length do not count, as with a mask. */
function readPrefix6(line: Line, from: number): Reading<AddressTerm> {
  const reading = prefix6.read(line, from);
  if (!reading.ok) return reading;
  const { address: base, length } = reading.value.value;
  return ok({ value: prefixOf(base, length), words: 1 });
}

const OPERATORS = ['lt', 'gt', 'neq'] as const;

/** `eq PORT`, `range PORT PORT`, another comparison, or a group of services. */
export const portTerm = <const N extends string>(
  name: N,
  help: string,
  groups: 'with groups' | 'without groups',
): Token<N, PortTerm> => ({
  kind: 'token',
  name,
  help,
  placeholder: '{eq PORT | range PORT PORT | lt PORT | gt PORT | neq PORT}',
  free: false,
  read(line, from): Reading<PortTerm> {
    const kind = line.words[from]?.text.toLowerCase();
    const [a, b] = [line.words[from + 1]?.text, line.words[from + 2]?.text];
    if (kind === 'object-group' && groups === 'with groups')
      return a === undefined
        ? incomplete('a name is missing')
        : ok({ value: { group: a }, words: 2 });
    const operator = OPERATORS.find((o) => o === kind);
    if (kind !== 'eq' && kind !== 'range' && operator === undefined)
      return err({ kind: 'invalid', reason: `"${kind}" does not compare ports` });
    if (a === undefined || (kind === 'range' && b === undefined))
      return incomplete('a port is missing');
    const first = portNumber(a);
    const last = kind === 'range' ? portNumber(b ?? '') : first;
    if (first === undefined || last === undefined)
      return err({ kind: 'invalid', reason: `"${first === undefined ? a : b}" is not a port` });
    if (operator) return ok({ value: { operator, port: first }, words: 2 });
    if (last < first) return err({ kind: 'invalid', reason: `${last} comes before ${first}` });
    return ok({ value: { first, last }, words: kind === 'eq' ? 2 : 3 });
  },
  write(value) {
    if ('group' in value) return `object-group ${value.group}`;
    if ('operator' in value) return `${value.operator} ${value.port}`;
    const { first, last } = value;
    return first === last ? `eq ${first}` : `range ${first} ${last}`;
  },
  sample(prng) {
    const first = prng.between(1, 60000);
    if (prng.chance(0.2)) return { operator: prng.pick(OPERATORS), port: first };
    if (prng.chance(0.2) && groups === 'with groups') return { group: sampleName(prng) };
    return { first, last: prng.chance(0.5) ? first : first + prng.between(1, 5000) };
  },
});

const PROTOCOLS =
  /^(ip|tcp|udp|icmp|icmp6|esp|ah|ahp|gre|igmp|igrp|ospf|eigrp|ipinip|nos|pcp|pim|snp|pptp|ipsec|sctp)$/i;

/** A protocol by name or number, or a service object or group that names it. */
export const protocolTerm: Token<'protocol', string> = {
  kind: 'token',
  name: 'protocol',
  help: 'ip, tcp, udp, icmp, esp, gre, a protocol number, or a service by its name',
  placeholder: '{PROTOCOL | object NAME | object-group NAME}',
  free: false,
  read(line, from) {
    const text = line.words[from]?.text;
    const name = line.words[from + 1]?.text;
    if (text === undefined) return incomplete('a protocol is missing');
    if (/^object(-group)?$/i.test(text))
      return name === undefined
        ? incomplete('a name is missing')
        : ok({ value: `${text.toLowerCase()} ${name}`, words: 2 });
    return PROTOCOLS.test(text) || (/^\d{1,3}$/.test(text) && Number(text) <= 255)
      ? ok({ value: text.toLowerCase(), words: 1 })
      : err({ kind: 'invalid', reason: `"${text}" is not a protocol` });
  },
  write: (value) => value,
  sample: (prng) =>
    prng.pick(['ip', 'tcp', 'udp', 'icmp', '47', 'object https', 'object-group web']),
};

const ICMP_TYPES =
  /^(alternate-address|conversion-error|echo|echo-reply|information-reply|information-request|mask-reply|mask-request|mobile-redirect|parameter-problem|redirect|router-advertisement|router-solicitation|source-quench|time-exceeded|timestamp-reply|timestamp-request|traceroute|unreachable|\d{1,3})$/i;

const ICMP6_TYPES =
  /^(membership-(query|reduction|report)|neighbor-(advertisement|redirect|solicitation)|packet-too-big|router-renumbering)$/i;

/** A type of ICMP by name or number, with a code behind it perhaps; nothing here judges either. */
export const icmpType: Token<'icmpType', string> = {
  ...oneWord({
    name: 'icmpType',
    help: 'Type of ICMP',
    placeholder: 'ICMP-TYPE [CODE]',
    parse: (text) => ok(text),
    sample: (prng) => prng.pick(['echo', 'packet-too-big', 'unreachable 4', '13']),
  }),
  read(line, from) {
    const [type, code] = line.words.slice(from, from + 2).map((w) => w.text.toLowerCase());
    if (type === undefined) return incomplete('a type of ICMP is missing');
    if (!ICMP_TYPES.test(type) && !ICMP6_TYPES.test(type))
      return err({ kind: 'invalid', reason: `"${type}" is no type of ICMP` });
    return code !== undefined && /^\d{1,3}$/.test(code)
      ? ok({ value: `${type} ${code}`, words: 2 })
      : ok({ value: type, words: 1 });
  },
};

/** Whether the options of an entry switch it off. */
export const isInactive = (options: string | undefined): boolean => {
  const [last, before] = (options ?? '').toLowerCase().split(' ').reverse();
  return last === 'inactive' && before !== 'time-range';
};

/** The times at which an entry holds, by name; undefined for always. */
export const timeRangeOf = (options: string | undefined): string | undefined =>
  /(?:^| )time-range (\S+)/i.exec(options ?? '')?.[1];

/** What an entry says at its end: `log …`, `inactive`, `time-range NAME`. */
export const entryOptions: Token<'options', string> = {
  kind: 'token',
  name: 'options',
  help: 'Whether packets are logged, and when the entry holds',
  placeholder: '[log ...] [time-range NAME] [inactive]',
  free: false,
  read(line, from) {
    const words = line.words.slice(from).map((w) => w.text);
    if (words.length === 0) return incomplete('an option is missing');
    return /^(log|inactive|time-range)( |$)/i.test(`${words.join(' ')} `)
      ? ok({ value: words.join(' '), words: words.length })
      : err({ kind: 'invalid', reason: `"${words[0]}" is neither log, time-range nor inactive` });
  },
  write: (value) => value,
  sample: (prng) => prng.pick(['log', 'log 6 interval 300', 'time-range office', 'inactive']),
};
