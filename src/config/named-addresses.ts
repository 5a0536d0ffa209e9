import type { IpAddress } from '#base/address';
import { ip } from './address-tokens.ts';
import { type Configuration, slice, type Table, withEntry, withoutEntry } from './configuration.ts';
import { splitLine } from './match.ts';
import type { Line } from './path.ts';
import { optional } from './path.ts';
import { globalScope, setting } from './setting.ts';
import { rest, word } from './tokens.ts';

/** An address that other lines of a listing call by a name. */
export type NamedAddress = {
  readonly address: IpAddress;
  readonly description?: string | undefined;
};

/** By name. */
export const namesSlice = slice<Table<string, NamedAddress>>('names', new Map());

/** ASA and PIX: `name 10.1.1.5 mailserver`. */
export const nameCommand = setting(globalScope(namesSlice))({
  path: [
    'name',
    ip('address', 'Address'),
    word('name', 'Name of the address', 63, (c) => [...namesSlice.of(c).keys()]),
    optional('description', rest('description', 'Text about it', 200)),
  ],
  words: { name: 'Give an address a name', description: 'Describe it' },
  dialects: ['asa', 'pix'],
  key: ['address', 'name'],
  help: 'Gives an address a name, by which the other lines of a file may call it; they are kept with the address.',
  get: (names) => [...names].map(([name, named]) => ({ name, ...named })),
  set: (names, { name, ...named }) => withEntry(names, name, named),
  unset: (names, { name }) => withoutEntry(names, name),
});

/** A line with addresses in the place of their names; undefined when it has no such name. */
export function substituteNames(configuration: Configuration, line: Line): Line | undefined {
  const names = namesSlice.of(configuration);
  if (names.size === 0 || !line.words.some((w) => names.has(w.text))) return undefined;
  const [first] = line.words;
  const words = line.words.map((w) => names.get(w.text)?.address ?? w.text);
  return splitLine(' '.repeat(first?.column ?? 0) + words.join(' '));
}
