import type { Dialect } from './dialect.ts';
import type { Grammar } from './grammar.ts';
import { matchLine } from './match.ts';
import { type Line, syntaxOf } from './path.ts';
import type { Declaration, ModeDeclaration } from './setting.ts';
import { leadingWords } from './spelling.ts';

/** Words of a longer line are not compared, so that a binary file costs no more than a text. */
const COMPARED_LENGTH_MAX = 80;
/** A name that differs in more than this part of its letters is no help. */
const DIFFERENCE_MAX = 0.34;

/** The number of letters to insert, remove, replace or swap to make `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (previous[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const inserted = Math.min(previous[j] as number, current[j - 1] as number) + 1;
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
          ? (before[j - 2] as number) + 1
          : Number.POSITIVE_INFINITY;
      current.push(Math.min(replaced, inserted, swapped));
    }
    [before, previous] = [previous, current];
  }
  return previous[b.length] as number;
}

/** The name of the command most like the beginning of a line, if any is like it. */
export function nearestCommand(
  grammar: Grammar,
  dialect: Dialect,
  modes: readonly (ModeDeclaration | undefined)[],
  line: Line,
): string | undefined {
  let best: { name: string; difference: number } | undefined;
  for (const mode of modes)
    for (const spelling of grammar.spellings(mode, dialect)) {
      const words = leadingWords(spelling);
      const name = words.join(' ');
      for (const count of [words.length, words.length - 1, words.length + 1]) {
        const typed = firstWords(line, count);
        if (typed === '') continue;
        const difference = editDistance(typed, name.toLowerCase()) / name.length;
        if (difference <= DIFFERENCE_MAX && difference < (best?.difference ?? 1))
          best = { name, difference };
      }
    }
  return best?.name;
}

const firstWords = (line: Line, count: number): string =>
  line.words
    .slice(0, count)
    .map((w) => w.text)
    .join(' ')
    .toLowerCase()
    .slice(0, COMPARED_LENGTH_MAX);

/** The syntax of a mode in which the line would be understood. */
export function modeThatKnows(grammar: Grammar, dialect: Dialect, line: Line): string | undefined {
  const found = grammar.sections
    .flatMap((section): readonly Declaration[] => section.commands)
    .find(
      (command) =>
        command.kind === 'mode' &&
        !command.indentedOnly &&
        matchLine(grammar.spellings(command, dialect), line).kind === 'matched',
    );
  return found && syntaxOf(found.path);
}
