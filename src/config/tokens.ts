import type { Prng } from '#base/prng';
import { err, ok, type Result } from '#base/result';
import { hiddenText, Secret } from '#base/secret';
import type { Configuration } from './configuration.ts';
import type { Line, Reading, Token } from './path.ts';

/** The failure of a token that the words do not fit. */
export const invalid = (reason: string) => err({ kind: 'invalid' as const, reason });

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

/** A generated name. */
export const sampleName = (prng: Prng): string => {
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
    sample: sampleName,
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

/**
 * A password or key; `*****`, which a listing prints in its place, is refused with the reason, unless
 * nothing needs the secret yet (`hidden too`).
 */
export const secret = <const N extends string>(
  name: N,
  help: string,
  maxLength = 128,
  accepts: 'secrets' | 'hidden too' = 'secrets',
): Token<N, Secret> => ({
  kind: 'token',
  name,
  help,
  placeholder: 'SECRET',
  free: true,
  read(line, from) {
    const first = line.words[from];
    if (!first) return incomplete('the secret is missing');
    if (/^\*+$/.test(first.text) && accepts === 'secrets')
      return invalid(
        'a listing hides secrets behind asterisks; write the secret itself ' +
          '(an ASA shows it to: more system:running-config)',
      );
    if (first.text.length > maxLength)
      return invalid(`a secret has at most ${maxLength} characters`);
    return ok({ value: new Secret(first.text), words: 1 });
  },
  write: (value, audience) => (audience === 'file' ? value.reveal() : hiddenText),
  sample: (prng) => new Secret(sampleName(prng)),
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
  sample: (prng) => `${sampleName(prng)}  ${sampleName(prng)}`,
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
