import { err, ok } from '#base/result';
import type { Token } from '#config/path';
import { incomplete, int, many, oneWord } from '#config/tokens';
import type { Keepalive, Minutes, TunnelGroup, TunnelProtocol } from './config.ts';

/** A limit in minutes or `none`. */
export const minutes: Token<'minutes', Minutes> = (() => {
  const number = int('minutes', 1, 35791394, 'Minutes');
  return {
    ...number,
    placeholder: '{<1-35791394> | none}',
    choices: { none: 'No limit' },
    read: (line, from) =>
      line.words[from]?.text.toLowerCase() === 'none'
        ? ok({ value: 'none' as const, words: 1 })
        : number.read(line, from),
    write: String,
    sample: (prng) => (prng.chance(0.3) ? 'none' : number.sample(prng)),
  };
})();

/** `value …` with one or more items, or `none` for an empty list. */
export const valuesOrNone = <const N extends string, T>(
  name: N,
  item: Token<string, T>,
  max: number,
): Token<N, readonly T[]> => {
  const list = many(name, item, max);
  return {
    ...list,
    placeholder: `{value ${item.placeholder}... | none}`,
    choices: { value: item.help, none: 'None, whatever the default policy says' },
    read(line, from) {
      const first = line.words[from]?.text.toLowerCase();
      if (first === undefined) return incomplete('"value" or "none" is missing');
      if (first === 'none') return ok({ value: [], words: 1 });
      if (first !== 'value')
        return err({ kind: 'invalid', reason: `"${first}" is neither "value" nor "none"` });
      const reading = list.read(line, from + 1);
      return reading.ok
        ? ok({ value: reading.value.value, words: reading.value.words + 1 })
        : reading;
    },
    write: (values, audience) =>
      values.length === 0 ? 'none' : `value ${list.write(values, audience)}`,
    sample: (prng) => (prng.chance(0.2) ? [] : list.sample(prng)),
  };
};

/** `value …` with one item, or `none`, which is the item of that name. */
export const valueOrNone = <const N extends string>(
  name: N,
  item: Token<string, string>,
): Token<N, string> => {
  const list = valuesOrNone(name, item, 1);
  return {
    ...list,
    placeholder: `{value ${item.placeholder} | none}`,
    read(line, from) {
      const reading = list.read(line, from);
      return reading.ok
        ? ok({ value: reading.value.value[0] ?? 'none', words: reading.value.words })
        : reading;
    },
    write: (value, audience) => list.write(value === 'none' ? [] : [value], audience),
    sample: (prng) => list.sample(prng)[0] ?? 'none',
  };
};

const TYPES: Readonly<Record<string, TunnelGroup['type']>> = {
  'remote-access': 'remote-access',
  'ipsec-ra': 'remote-access',
  'ipsec-l2l': 'ipsec-l2l',
};

/** The type of a tunnel group; `ipsec-ra` is its older name for `remote-access`. */
export const groupType: Token<'type', TunnelGroup['type']> = oneWord({
  name: 'type',
  help: 'What the peers of the group are',
  placeholder: '{remote-access | ipsec-l2l}',
  choices: {
    'remote-access': 'Clients, each of which gets an address',
    'ipsec-ra': 'Clients, in the older spelling',
    'ipsec-l2l': 'Another gateway',
  },
  parse(text) {
    const type = TYPES[text.toLowerCase()];
    return type ? ok(type) : err(`"${text}" is not one of ${Object.keys(TYPES).join(', ')}`);
  },
  sample: (prng) => prng.pick(Object.values(TYPES)),
});

const PROTOCOLS: Readonly<Record<string, TunnelProtocol>> = {
  ikev1: 'ikev1',
  ikev2: 'ikev2',
  'l2tp-ipsec': 'l2tp-ipsec',
  'ssl-client': 'ssl-client',
  'ssl-clientless': 'ssl-clientless',
  ipsec: 'ikev1',
  svc: 'ssl-client',
  webvpn: 'ssl-clientless',
};

/** A way to build a tunnel; the last three are older names. */
export const tunnelProtocol: Token<'protocol', TunnelProtocol> = oneWord({
  name: 'protocol',
  help: 'Ways to build a tunnel',
  placeholder: '{ikev1 | ikev2 | l2tp-ipsec | ssl-client | ssl-clientless}',
  choices: {
    ikev1: 'IPsec with IKEv1',
    ikev2: 'IPsec with IKEv2',
    'l2tp-ipsec': 'L2TP in IPsec',
    'ssl-client': 'TLS with a client',
    'ssl-clientless': 'TLS with a browser',
  },
  parse(text) {
    const protocol = PROTOCOLS[text.toLowerCase()];
    return protocol ? ok(protocol) : err(`"${text}" is not a way to build a tunnel`);
  },
  sample: (prng) => prng.pick(Object.values(PROTOCOLS)),
});

/** `threshold SECONDS retry SECONDS`, or `disable`. */
export const keepalive: Token<'keepalive', Keepalive> = {
  kind: 'token',
  name: 'keepalive',
  help: 'When a silent peer is asked, and how often',
  placeholder: '{threshold <10-3600> retry <2-10> | disable}',
  choices: { threshold: 'Seconds of silence before the peer is asked', disable: 'Never ask' },
  free: false,
  read(line, from) {
    const [first, threshold, second, retry] = line.words
      .slice(from, from + 4)
      .map((w) => w.text.toLowerCase());
    if (first === 'disable') return ok({ value: 'disabled', words: 1 });
    if (first !== 'threshold')
      return err({ kind: 'invalid', reason: `"${first}" is neither "threshold" nor "disable"` });
    if (threshold === undefined) return incomplete('the seconds of silence are missing');
    const thresholdSeconds = Number(threshold);
    if (!/^\d+$/.test(threshold) || thresholdSeconds < 10 || thresholdSeconds > 3600)
      return err({ kind: 'invalid', reason: `${threshold} is not between 10 and 3600` });
    if (second === undefined || retry === undefined)
      return incomplete('"retry" and its seconds are missing');
    const retrySeconds = Number(retry);
    if (second !== 'retry') return err({ kind: 'invalid', reason: `"${second}" is not "retry"` });
    if (!/^\d+$/.test(retry) || retrySeconds < 2 || retrySeconds > 10)
      return err({ kind: 'invalid', reason: `${retry} is not between 2 and 10` });
    return ok({ value: { thresholdSeconds, retrySeconds }, words: 4 });
  },
  write: (value) =>
    value === 'disabled'
      ? 'disable'
      : `threshold ${value.thresholdSeconds} retry ${value.retrySeconds}`,
  sample: (prng) =>
    prng.chance(0.3)
      ? 'disabled'
      : { thresholdSeconds: prng.between(10, 3600), retrySeconds: prng.between(2, 10) },
};

/** A line of the banner: `value TEXT`, or `none`, which is undefined. */
export const bannerLine: Token<'line', string | undefined> = {
  kind: 'token',
  name: 'line',
  help: 'A line of the banner',
  placeholder: '{value LINE | none}',
  choices: { value: 'A line of the banner', none: 'No banner, whatever the default policy says' },
  free: false,
  read(line, from) {
    const [first, second] = [line.words[from]?.text.toLowerCase(), line.words[from + 1]];
    if (first === 'none') return ok({ value: undefined, words: 1 });
    if (first !== 'value')
      return err({ kind: 'invalid', reason: `"${first}" is neither "value" nor "none"` });
    if (!second) return incomplete('the text is missing');
    const text = line.text.slice(second.column).trimEnd();
    if (text.length > 510)
      return err({ kind: 'invalid', reason: 'a line has at most 510 characters' });
    return ok({ value: text, words: line.words.length - from });
  },
  write: (value) => (value === undefined ? 'none' : `value ${value}`),
  sample: (prng) => (prng.chance(0.2) ? undefined : `Welcome,  guest ${prng.between(1, 99)}`),
};
