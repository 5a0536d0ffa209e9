import type { Prng } from '#base/prng';
import type { Result } from '#base/result';
import type { Configuration } from './configuration.ts';

/** A word of a command line and where it stands. */
export type Word = { readonly text: string; readonly column: number };

/** The words of one command line, and the line for a token that takes the rest of it verbatim. */
export type Line = { readonly text: string; readonly words: readonly Word[] };

/** Whom a text is for: a person, who sees no secret, or the startup file, which must load again. */
export type Audience = 'person' | 'file';

/** How a token did on the words offered to it. */
export type Reading<T> = Result<
  { readonly value: T; readonly words: number },
  /** `incomplete`: right so far, but the line ended inside the token. */
  { readonly kind: 'incomplete' | 'invalid'; readonly reason: string }
>;

/** A variable part of a command: how it is read, written, explained and completed. */
export type Token<N extends string = string, T = unknown> = {
  readonly kind: 'token';
  readonly name: N;
  readonly help: string;
  /** What `?` and the reference print in its place, such as `A.B.C.D` or `<1-65535>`. */
  readonly placeholder: string;
  /** The words it accepts, with their help, when they can be listed; they abbreviate like keywords. */
  readonly choices?: Readonly<Record<string, string>>;
  /** Whether any word will do, so that a keyword or a number at the same place goes first. */
  readonly free: boolean;
  read(line: Line, from: number): Reading<T>;
  write(value: T, audience: Audience): string;
  /** A value for generated tests and for the reference's examples. */
  sample(prng: Prng): T;
  /** Names that exist, for Tab. */
  known?(configuration: Configuration): readonly string[];
};

/** A part of a command that may be left out; `V` are the values of its tokens. */
export type Optional<V = unknown> = {
  readonly kind: 'optional';
  readonly path: Path;
  readonly __values?: V;
};

/** A keyword whose presence is the value. */
export type Flag<N extends string = string> = {
  readonly kind: 'flag';
  readonly name: N;
  readonly word: string;
  readonly help: string;
};

/** One or more keywords separated by spaces, a token, a flag, or an optional part. */
export type Item = string | Token | Flag | Optional;
export type Path = readonly Item[];

type Merge<U> = (U extends unknown ? (u: U) => void : never) extends (merged: infer M) => void
  ? { readonly [K in keyof M]: M[K] }
  : never;

type ValueOf<I> =
  I extends Token<infer N, infer T>
    ? { readonly [K in N]: T }
    : I extends Flag<infer N>
      ? { readonly [K in N]: boolean }
      : I extends Optional<infer V>
        ? { readonly [K in keyof V]?: V[K] | undefined }
        : never;

/** The values that the tokens of a path carry, by their names. */
export type ValuesOf<P extends Path> = Merge<ValueOf<P[number]>>;

/** Values of a path that is not known by type. */
export type AnyValues = Readonly<Record<string, unknown>>;

/** A part that may be left out; its tokens are then undefined. */
export const optional = <const P extends Path>(...path: P): Optional<ValuesOf<P>> => ({
  kind: 'optional',
  path,
});

/** A keyword that may be left out; its value is whether it is there. */
export const flag = <const N extends string>(name: N, word: string, help: string): Flag<N> => ({
  kind: 'flag',
  name,
  word,
  help,
});

/** The words of a command with values filled in. */
export function formatPath(path: Path, values: AnyValues, audience: Audience): string {
  const parts: string[] = [];
  for (const item of path) {
    if (typeof item === 'string') parts.push(item);
    else if (item.kind === 'flag') parts.push(...(values[item.name] ? [item.word] : []));
    else if (item.kind === 'token') parts.push(item.write(values[item.name], audience));
    else if (isGiven(item, values)) parts.push(formatPath(item.path, values, audience));
  }
  return parts.filter((part) => part !== '').join(' ');
}

/** An optional part is written when its first token has a value. */
function isGiven(item: Optional, values: AnyValues): boolean {
  const first = tokensOf(item.path)[0];
  return first !== undefined && values[first.name] !== undefined;
}

/** Every token of a path, those of optional parts included. */
export const tokensOf = (path: Path): readonly Token[] =>
  path.flatMap((item) =>
    typeof item === 'string' || item.kind === 'flag'
      ? []
      : item.kind === 'token'
        ? [item]
        : tokensOf(item.path),
  );

/** The syntax as the reference prints it: `ip local pool WORD RANGE [mask A.B.C.D]`. */
export function syntaxOf(path: Path): string {
  return path
    .map((item) => {
      if (typeof item === 'string') return item;
      if (item.kind === 'flag') return `[${item.word}]`;
      if (item.kind === 'optional') return `[${syntaxOf(item.path)}]`;
      return item.placeholder;
    })
    .join(' ');
}

/** Values for every token of a path; an optional part is there half of the time. */
export function samplePath(path: Path, prng: Prng): AnyValues {
  const values: Record<string, unknown> = {};
  for (const item of path) {
    if (typeof item === 'string') continue;
    if (item.kind === 'flag') values[item.name] = prng.chance(0.5);
    else if (item.kind === 'token') values[item.name] = item.sample(prng);
    else if (prng.chance(0.5)) Object.assign(values, samplePath(item.path, prng));
  }
  return values;
}
