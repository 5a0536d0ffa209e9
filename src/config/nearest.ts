import type { Dialect } from './dialect.ts';
import type { Grammar } from './grammar.ts';
import { matchLine } from './match.ts';
import { type Line, syntaxOf } from './path.ts';
import type { Declaration, ModeDeclaration } from './setting.ts';
import { leadingWords } from './spelling.ts';

/** A word that differs from another in more than this part of its letters is not meant to be it. */
const DIFFERENCE_MAX = 0.34;
/** A shorter word is meant only when it is written. */
const SHORT_WORD = 4;
/** A longer word is no keyword, so that a binary file costs no more than a text. */
const WORD_LENGTH_MAX = 40;
/** What a missing or a superfluous word counts, in letters. */
const SKIPPED_WORD_COST = 2;

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
  const typed = line.words.slice(0, 8).map((w) => w.text.toLowerCase());
  let best: { name: string; difference: number } | undefined;
  for (const mode of modes)
    for (const spelling of grammar.spellings(mode, dialect)) {
      if (spelling.command.noEffect) continue;
      const words = leadingWords(spelling);
      const difference = nameDifference(typed, words);
      if (difference !== undefined && difference < (best?.difference ?? Number.POSITIVE_INFINITY))
        best = { name: words.join(' '), difference };
    }
  return best?.name;
}

/** How far typed words are from the name of a command, one of whose words may be missing or too many. */
function nameDifference(typed: readonly string[], name: readonly string[]): number | undefined {
  if (name.length === 0) return undefined;
  const straight = wordsDifference(typed, name);
  if (name.length < 3) return straight;
  const skipped = name.flatMap((_, index) => [
    wordsDifference(typed, name.toSpliced(index, 1)),
    wordsDifference(typed.toSpliced(index, 1), name),
  ]);
  const costs = skipped.flatMap((cost) => (cost === undefined ? [] : cost + SKIPPED_WORD_COST));
  return Math.min(straight ?? Number.POSITIVE_INFINITY, ...costs);
}

/** The letters in which words differ; undefined when one of them is not meant to be the other. */
function wordsDifference(typed: readonly string[], name: readonly string[]): number | undefined {
  let sum = 0;
  for (const [index, word] of name.entries()) {
    const other = typed[index];
    if (other === undefined || other.length > WORD_LENGTH_MAX) return undefined;
    const distance = editDistance(other, word.toLowerCase());
    if (distance > word.length * DIFFERENCE_MAX) return undefined;
    // Of a short word, one letter is much.
    if (distance > 0 && word.length < SHORT_WORD) return undefined;
    sum += distance;
  }
  return sum;
}

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
