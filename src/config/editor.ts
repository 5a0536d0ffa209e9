import type { Configuration } from './configuration.ts';
import type { Dialect } from './dialect.ts';
import { applyCommand, type Grammar } from './grammar.ts';
import { type Match, matchLine } from './match.ts';
import { type AnyValues, formatPath, type Item, type Line } from './path.ts';
import { type Declaration, type Keys, type ModeDeclaration, Refusal } from './setting.ts';
import type { Spelling } from './spelling.ts';
import { keptText, withoutUnknownLine } from './unknown-lines.ts';

/** A mode that was entered, and the values it was entered with. */
export type Entered = { readonly mode: ModeDeclaration; readonly values: AnyValues };

/** Where commands go: a configuration being edited and the modes entered, outermost first. */
export type Position = {
  readonly configuration: Configuration;
  readonly modes: readonly Entered[];
};

/** What a line did. */
export type Edit =
  | {
      readonly kind: 'done';
      readonly position: Position;
      /** The line as the listing writes it, preceded by the lines of the modes it stands in. */
      readonly at: readonly string[];
      /** The beginning of that line which tells it from others: its keywords and key values. */
      readonly stem: string;
      /** Lines that a listing has in place of this one. */
      readonly writes: readonly (readonly string[])[];
      /** Whether the command is kept without doing anything. */
      readonly noEffect: boolean;
    }
  | { readonly kind: 'refused'; readonly reason: string }
  | Exclude<Match<Declaration>, { kind: 'matched' }>;

const keysOf = (modes: readonly Entered[]): Keys => modes.map((m) => m.values);

/** How a listing writes the lines that entered these modes. */
export const headersOf = (modes: readonly Entered[]): readonly string[] =>
  modes.map(({ mode, values }) => formatPath(mode.path, values, 'person'));

/**
 * Reads one line in the innermost mode, or else in the modes around it, which leaves those inside. A
 * failure is that of the mode in which the line was understood furthest.
 */
export function edit(grammar: Grammar, dialect: Dialect, from: Position, line: Line): Edit {
  let failure: Exclude<Match<Declaration>, { kind: 'matched' }> | undefined;
  let known = false;
  for (let depth = from.modes.length; depth >= 0; depth -= 1) {
    const modes = from.modes.slice(0, depth);
    const found = matchLine(grammar.spellings(modes.at(-1)?.mode, dialect), line);
    const match = depth < from.modes.length && isStray(found, line) ? UNRELATED : found;
    if (match.kind === 'matched') return applied(from.configuration, modes, match);
    const knows = knowsFirstWord(grammar.spellings(modes.at(-1)?.mode, dialect), line);
    // A mode that has the word goes before one where it might abbreviate another.
    if (
      !failure ||
      (knows && !known) ||
      (knows === known && progressOf(match) > progressOf(failure))
    )
      failure = match;
    known ||= knows;
  }
  const forgotten = forgetUnknown(from, line);
  if (forgotten) return forgotten;
  return failure as Exclude<Match<Declaration>, { kind: 'matched' }>;
}

/** Whether a command begins with exactly the first word of a line. */
export const knowsFirstWord = (
  spellings: readonly Spelling<Declaration>[],
  line: Line,
): boolean => {
  const first = line.words[0]?.text.toLowerCase();
  return spellings.some(
    ({ steps: [step] }) => step?.kind === 'keyword' && step.text.toLowerCase() === first,
  );
};

const UNRELATED = { kind: 'invalid', at: 0, reason: undefined } as const;

/** Whether a line that is indented into a mode resembles a command that is kept outside of it. */
const isStray = (match: Match<Declaration>, line: Line): boolean =>
  match.kind === 'matched' &&
  (match.spelling.command.noEffect ?? false) &&
  (line.words[0]?.column ?? 0) > 0;

/** `no` and the text of a line that was kept although nobody understands it takes it away. */
function forgetUnknown({ configuration, modes }: Position, line: Line): Edit | undefined {
  const text = /^\s*no\s+(.*\S)\s*$/.exec(line.text)?.[1];
  if (text === undefined) return undefined;
  const at = [...headersOf(modes), `no ${keptText(text, 'person')}`];
  const next = withoutUnknownLine(configuration, headersOf(modes), text);
  return (
    next && {
      kind: 'done',
      position: { configuration: next, modes },
      at,
      stem: text,
      writes: [],
      noEffect: false,
    }
  );
}

/** The number of words understood; an ambiguous one is half understood, the end of the line is furthest. */
export function progressOf(failure: Exclude<Match<unknown>, { kind: 'matched' }>): number {
  switch (failure.kind) {
    case 'incomplete':
      return Number.POSITIVE_INFINITY;
    case 'ambiguous':
      return failure.at + 0.5;
    case 'invalid':
      return failure.at;
  }
}

function applied(
  configuration: Configuration,
  modes: readonly Entered[],
  { spelling, values }: Extract<Match<Declaration>, { kind: 'matched' }>,
): Edit {
  const { command, negated } = spelling;
  const next = applyCommand(configuration, keysOf(modes), spelling, values);
  if (next instanceof Refusal) return { kind: 'refused', reason: next.reason };
  const at = [...headersOf(modes), lineOf(command, values, negated)];
  const inside =
    command.kind === 'mode' && !negated ? [...modes, { mode: command, values }] : modes;
  const noEffect = command.noEffect ?? false;
  const position = { configuration: next, modes: inside };
  const writes = command.writes?.(values) ?? [];
  return { kind: 'done', position, at, stem: stemOf(command, values), writes, noEffect };
}

/** A line up to the last value that tells which entry it is about, or else its leading keywords. */
function stemOf(command: Declaration, values: AnyValues): string {
  const isKey = (item: Item) =>
    typeof item !== 'string' &&
    item.kind === 'token' &&
    (command.kind === 'mode' || command.key.includes(item.name));
  const end = command.path.findLastIndex(isKey);
  const firstToken = command.path.findIndex((item) => typeof item !== 'string');
  const stem = end >= 0 ? end + 1 : firstToken >= 0 ? firstToken : command.path.length;
  const given = (item: Item) =>
    typeof item === 'string' || item.kind !== 'token' || values[item.name] !== undefined;
  return formatPath(command.path.slice(0, stem).filter(given), values, 'person');
}

/** A `no` line may lack the values that its command would have. */
const lineOf = (command: Declaration, values: AnyValues, negated: boolean): string =>
  negated ? `no ${negatedText(command, values)}` : formatPath(command.path, values, 'person');

function negatedText(command: Declaration, values: AnyValues): string {
  const parts = command.path.filter(
    (item) =>
      typeof item === 'string' || (item.kind === 'token' && values[item.name] !== undefined),
  );
  return formatPath(parts, values, 'person');
}
