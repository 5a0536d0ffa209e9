import { type Configuration, slice, type Table, withEntry, withoutEntry } from './configuration.ts';
import { withoutSecrets } from './diagnostic.ts';
import type { Audience } from './path.ts';

/** A line that nobody understands, kept as it was written, with the lines of its block. */
export type UnknownLine = {
  readonly text: string;
  /** Indentation that is deeper than the line's own is part of the text. */
  readonly inside: readonly string[];
};

/** By the lines of the modes they stand in, joined by newlines; outside of every mode that is ''. */
export type UnknownLines = Table<string, readonly UnknownLine[]>;

/** What `--keep-unknown` keeps without effect. */
export const unknownSlice = slice<UnknownLines>('unknown', new Map());

const placeOf = (outer: readonly string[]): string => outer.join('\n');

/** The lines that are kept inside these modes. */
export const unknownLinesIn = (
  configuration: Configuration,
  outer: readonly string[],
): readonly UnknownLine[] => unknownSlice.of(configuration).get(placeOf(outer)) ?? [];

/** The configuration with one more line kept; a line that is kept already is replaced. */
export function withUnknownLine(
  configuration: Configuration,
  outer: readonly string[],
  line: UnknownLine,
): Configuration {
  const others = unknownLinesIn(configuration, outer).filter((l) => l.text !== line.text);
  const all = withEntry(unknownSlice.of(configuration), placeOf(outer), [...others, line]);
  return unknownSlice.put(configuration, all);
}

/** The configuration without a line that is kept; undefined when there is none of this text. */
export function withoutUnknownLine(
  configuration: Configuration,
  outer: readonly string[],
  text: string,
): Configuration | undefined {
  const lines = unknownLinesIn(configuration, outer);
  const left = lines.filter((line) => line.text !== text);
  if (left.length === lines.length) return undefined;
  const all = unknownSlice.of(configuration);
  const place = placeOf(outer);
  return unknownSlice.put(
    configuration,
    left.length === 0 ? withoutEntry(all, place) : withEntry(all, place, left),
  );
}

/** A kept text as it may be shown: whatever resembles a secret in it stays in the file. */
export const keptText = (text: string, audience: Audience): string =>
  audience === 'file' ? text : text.slice(0, text.search(/\S|$/)) + withoutSecrets(text);
