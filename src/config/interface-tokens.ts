import { err, ok } from '#base/result';
import type { Token } from './path.ts';
import { incomplete, invalid, oneWord, sampleName } from './tokens.ts';

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
    sample: sampleName,
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
