import { type Difference, differences, judge } from './commit.ts';
import type { Configuration } from './configuration.ts';
import { edit, type Position } from './editor.ts';
import type { Grammar } from './grammar.ts';
import { splitLine } from './match.ts';
import type { Finding } from './room.ts';
import { dialectOf } from './system.ts';

/** What several lines, taken as one change, would make of a configuration. */
export type Trial = {
  readonly candidate: Configuration;
  /** Whether the candidate may be applied, which then cannot fail. */
  readonly accepted: boolean;
  /** Lines that were not understood or refused, by their place among those that were tried. */
  readonly refused: readonly { readonly line: number; readonly reason: string }[];
  readonly findings: readonly Finding[];
  readonly changes: readonly Difference[];
  /** The lines as the listing writes them, each preceded by those of its modes; secrets are hidden. */
  readonly typed: readonly (readonly string[])[];
};

/**
 * Tries lines as one change of `running`, which stays as it is: a candidate, judged as a whole. Where a
 * `mode` is given it is entered first, unless there is no line, and every line has to be one of that
 * mode; one that would mean something outside of it is refused.
 */
export function tryLines(
  grammar: Grammar,
  running: Configuration,
  lines: readonly string[],
  mode?: string,
): Trial {
  const dialect = dialectOf(running);
  const enter = (from: Position, text: string) => edit(grammar, dialect, from, splitLine(text));
  let position: Position = { configuration: running, modes: [] };
  const refused: { line: number; reason: string }[] = [];
  const typed: (readonly string[])[] = [];
  const entered = mode === undefined || lines.length === 0 ? undefined : enter(position, mode);
  if (entered?.kind === 'done') position = entered.position;
  const depth = position.modes.length;
  for (const [line, text] of lines.entries()) {
    const result = enter(position, text);
    if (result.kind === 'done' && result.position.modes.length >= depth && !result.noEffect) {
      position = result.position;
      typed.push(result.at);
      continue;
    }
    const reason = 'reason' in result ? result.reason : undefined;
    refused.push({ line, reason: reason ?? 'this is not understood' });
  }
  const candidate = position.configuration;
  const { accepted, findings } = judge(grammar, running, candidate);
  return {
    candidate,
    accepted: accepted && refused.length === 0,
    refused,
    findings,
    changes: differences(grammar, running, candidate),
    typed,
  };
}
