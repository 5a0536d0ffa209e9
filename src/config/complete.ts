import type { Configuration } from './configuration.ts';
import { continuationsOf, splitLine } from './match.ts';
import type { Line } from './path.ts';
import type { Spelling, Step } from './spelling.ts';

/** One thing that may come next. */
export type Hint = {
  /** A word to type, or what stands for a value, such as `A.B.C.D`. */
  readonly text: string;
  readonly help: string;
  /** Whether it can be typed as it stands. */
  readonly literal: boolean;
};

/** What may come next on a line, and the beginning of a word that was typed of it. */
export type Continuation = {
  readonly partial: string;
  readonly hints: readonly Hint[];
  /** Whether the line may end before the partial word. */
  readonly mayEnd: boolean;
};

/** What Tab makes of a line. */
export type Completion = {
  /** The line with as many letters added as all candidates agree on. */
  readonly text: string;
  /** The words that fit, when there are several. */
  readonly candidates: readonly string[];
};

/** What may come next on a line; undefined when its words do not fit these spellings. */
export function continueLine(
  spellings: readonly Spelling<unknown>[],
  text: string,
  configuration: Configuration,
): Continuation | undefined {
  const line = splitLine(text);
  const unfinished = /\S$/.test(text);
  const partial = unfinished ? (line.words.at(-1)?.text ?? '') : '';
  const before: Line = unfinished ? { text, words: line.words.slice(0, -1) } : line;
  const found = continuationsOf(spellings, before);
  if (!('steps' in found)) return undefined;
  const hints = distinct(found.steps.flatMap((step) => hintsOf(step, configuration)));
  return {
    partial,
    mayEnd: found.mayEnd,
    hints: hints.filter(
      (hint) => partial === '' || !hint.literal || startsWith(hint.text, partial),
    ),
  };
}

const startsWith = (text: string, beginning: string): boolean =>
  text.toLowerCase().startsWith(beginning.toLowerCase());

function hintsOf(step: Step, configuration: Configuration): readonly Hint[] {
  if (step.kind === 'keyword') return [{ text: step.text, help: step.help ?? '', literal: true }];
  if (step.kind === 'flag') return [{ text: step.flag.word, help: step.flag.help, literal: true }];
  const { token } = step;
  const known = (token.known?.(configuration) ?? []).map((text) => ({
    text,
    help: token.help,
    literal: true,
  }));
  if (token.choices)
    return Object.entries(token.choices).map(([text, help]) => ({ text, help, literal: true }));
  return [{ text: token.placeholder, help: token.help, literal: false }, ...known];
}

/** One hint per text, the first that explains it; keywords in alphabetical order, values behind them. */
function distinct(hints: readonly Hint[]): readonly Hint[] {
  const byText = new Map<string, Hint>();
  for (const hint of hints) {
    const known = byText.get(hint.text);
    if (!known || (known.help === '' && hint.help !== '')) byText.set(hint.text, hint);
  }
  return [...byText.values()].sort(
    (a, b) =>
      Number(b.literal) - Number(a.literal) || (a.text < b.text ? -1 : a.text > b.text ? 1 : 0),
  );
}

/** The lines that `?` prints. */
export function helpText({ partial, hints, mayEnd }: Continuation): string {
  const literal = hints.filter((hint) => hint.literal);
  if (partial !== '' && literal.length > 0) return literal.map((h) => h.text).join('  ');
  const width = Math.max(4, ...hints.map((h) => h.text.length));
  const lines = hints.map((h) => `  ${h.text.padEnd(width)}  ${h.help}`.trimEnd());
  if (partial === '' && mayEnd) lines.push('  <cr>');
  return lines.join('\n');
}

/** What Tab makes of a line, given what may come next. */
export function completeLine(text: string, { partial, hints }: Continuation): Completion {
  const words = hints.filter((hint) => hint.literal).map((hint) => hint.text);
  const stem = text.slice(0, text.length - partial.length);
  const [first] = words;
  if (first === undefined || (partial === '' && words.length > 1))
    return { text, candidates: words };
  if (words.length === 1) return { text: `${stem}${first} `, candidates: [] };
  let common = first;
  for (const word of words) while (!startsWith(word, common)) common = common.slice(0, -1);
  return { text: stem + common, candidates: words };
}
