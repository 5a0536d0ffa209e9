import { err, ok } from '#base/result';
import type { Token } from '#config/path';
import { incomplete, oneWord } from '#config/tokens';
import { DH_GROUPS, type DhGroupName } from '#crypto/dh-groups';
import { ESP_SUITES, type EspSuite, type EspSuiteName } from '#crypto/esp-suites';
import { HASHES, type HashName } from '#crypto/hashes';
import { ISAKMP_CIPHERS, type IsakmpCipherName } from '#crypto/isakmp-ciphers';
import { LEGACY_ITEMS, type LegacyItem } from './config.ts';

type Row<N> = { readonly name: N; readonly label: string; readonly legacy: boolean };

/** A choice from a table of algorithms, by the word that a configuration has for each. */
function algorithm<const N extends string, A extends string>(
  name: N,
  help: string,
  rows: readonly Row<A>[],
  wordOf: (row: Row<A>) => string,
): Token<N, A> {
  const byWord = new Map(rows.map((row) => [wordOf(row), row]));
  return oneWord({
    name,
    help,
    placeholder: `{${[...byWord.keys()].join(' | ')}}`,
    choices: Object.fromEntries(
      [...byWord].map(([word, row]) => [word, row.label + (row.legacy ? ', old' : '')]),
    ),
    parse(text) {
      const row = byWord.get(text.toLowerCase());
      return row ? ok(row.name) : err(`"${text}" is not one of ${[...byWord.keys()].join(', ')}`);
    },
    write: (value) => wordOf(rows.find((row) => row.name === value) as Row<A>),
    sample: (prng) => prng.pick(rows).name,
  });
}

type Worded = { readonly word: string };
const ownWord = (row: Row<string>): string => (row as Row<string> & Worded).word;
const groupNumber = (row: Row<DhGroupName>): string => String(DH_GROUPS[row.name].number);

/** A cipher of phase 1. */
export const isakmpCipher = algorithm<'encryption', IsakmpCipherName>(
  'encryption',
  'Cipher of phase 1',
  Object.values(ISAKMP_CIPHERS),
  ownWord,
);

/** A hash function of phase 1. */
export const isakmpHash = algorithm<'hash', HashName>(
  'hash',
  'Hash function of phase 1',
  Object.values(HASHES),
  ownWord,
);

/** A Diffie-Hellman group by its number. */
export const dhGroup = algorithm<'group', DhGroupName>(
  'group',
  'Diffie-Hellman group',
  Object.values(DH_GROUPS),
  groupNumber,
);

/** A Diffie-Hellman group as `set pfs` writes it: `group14`. */
export const pfsGroup = algorithm<'group', DhGroupName>(
  'group',
  'Diffie-Hellman group',
  Object.values(DH_GROUPS),
  (row) => `group${groupNumber(row)}`,
);

const negotiable = Object.values(ESP_SUITES).filter((s) => s.isakmpTransform !== undefined);
const transforms = [...new Set(negotiable.flatMap((s) => s.words))];
const suiteOf = (words: readonly string[]): EspSuite | undefined =>
  negotiable.find(
    (s) => s.words.length === words.length && s.words.every((word) => words.includes(word)),
  );

/** The one or two transforms that make a suite, in any order. */
export const espSuite: Token<'suite', EspSuiteName> = {
  kind: 'token',
  name: 'suite',
  help: 'An encryption and an integrity transform, or one that is both',
  placeholder: 'esp-CIPHER [esp-HASH-hmac]',
  choices: Object.fromEntries(transforms.map((word) => [word, 'Transform'])),
  free: false,
  read(line, from) {
    const words = line.words.slice(from).map((w) => w.text.toLowerCase());
    if (words.length === 0) return incomplete('a transform is missing');
    const unknown = words.find((word) => !transforms.includes(word));
    if (unknown !== undefined)
      return err({
        kind: 'invalid',
        reason: `"${unknown}" is not one of the transforms ${transforms.join(', ')}`,
      });
    const suite = suiteOf(words);
    if (suite) return ok({ value: suite.name, words: words.length });
    const partner = words.length === 1 && suiteNeeding(words[0] as string);
    if (partner) return incomplete(partner);
    return err({ kind: 'invalid', reason: `"${words.join(' ')}" do not make a suite` });
  },
  write: (value) => ESP_SUITES[value].words.join(' '),
  sample: (prng) => prng.pick(negotiable).name,
};

const suiteNeeding = (word: string): string =>
  word.endsWith('-hmac')
    ? 'an encryption transform is missing'
    : 'an integrity transform is missing, such as esp-sha256-hmac';

const LEGACY_KINDS = {
  encryption: 'A cipher: des, 3des or null',
  hash: 'A hash function: md5 or sha',
  'dh-group': 'A Diffie-Hellman group: 1, 2 or 5',
  'aggressive-mode': 'Aggressive mode with pre-shared keys',
  all: 'Everything old',
};

/** One thing that the fence opens for. */
export const legacyItem: Token<'item', LegacyItem | 'all'> = {
  kind: 'token',
  name: 'item',
  help: 'What to permit',
  placeholder: '{encryption CIPHER | hash HASH | dh-group NUMBER | aggressive-mode | all}',
  choices: LEGACY_KINDS,
  free: false,
  read(line, from) {
    const first = line.words[from]?.text.toLowerCase();
    if (first === undefined) return incomplete('nothing to permit is named');
    if (first === 'all' || first === 'aggressive-mode') return ok({ value: first, words: 1 });
    const known = LEGACY_ITEMS.filter((item) => item.startsWith(`${first} `));
    if (known.length === 0)
      return err({
        kind: 'invalid',
        reason: `"${first}" is not ${Object.keys(LEGACY_KINDS).join(', ')}`,
      });
    const second = line.words[from + 1]?.text.toLowerCase();
    if (second === undefined) return incomplete(`what follows "${first}" is missing`);
    const item = known.find((text) => text === `${first} ${second}`);
    if (item) return ok({ value: item, words: 2 });
    const choices = known.map((text) => text.slice(first.length + 1)).join(', ');
    return err({ kind: 'invalid', reason: `"${second}" is not one of ${choices}` });
  },
  write: (value) => value,
  sample: (prng) => prng.pick(LEGACY_ITEMS),
};
