import { oneLine } from '#events/event';
import type { Diagnostic } from './diagnostic.ts';
import { formatDiagnostic } from './diagnostic.ts';

/** What is shown of the diagnostics of a file. */
export type SummaryOptions = {
  /** Errors only. */
  readonly quiet?: boolean;
  /** Each line without effect by itself, instead of their number. */
  readonly all?: boolean;
  /** Without the counted lines at the end. */
  readonly each?: boolean;
};

/** So many ranges of lines fit a command that somebody may copy. */
const DELETIONS_MAX = 40;

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

/** How many lines there are of each command: `logging (4), mtu (2), names`, the most frequent first. */
function commandsOf(diagnostics: readonly Diagnostic[]): string {
  const counts = new Map<string, number>();
  for (const { about } of diagnostics)
    if (about) counts.set(oneLine(about.command), (counts.get(oneLine(about.command)) ?? 0) + 1);
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([command, n]) => (n === 1 ? command : `${command} (${n})`))
    .join(', ');
}

/** The numbers of lines as `sed` deletes them, their blocks included: `14d;54,56d`. */
function deletions(diagnostics: readonly Diagnostic[]): string {
  const ranges: { readonly first: number; last: number }[] = [];
  for (const { line, linesInside = 0 } of diagnostics) {
    if (line === undefined) continue;
    const before = ranges.at(-1);
    if (before?.last === line - 1) before.last = line + linesInside;
    else ranges.push({ first: line, last: line + linesInside });
  }
  if (ranges.length > DELETIONS_MAX) return '';
  return ranges
    .map(({ first, last }) => (first === last ? `${first}d` : `${first},${last}d`))
    .join(';');
}

/** The command that leaves lines out, where it is not too long. */
function leaveOut(file: string, diagnostics: readonly Diagnostic[], them: string): string {
  const deleted = deletions(diagnostics);
  return deleted === '' ? '' : `"sed '${deleted}' ${file}" leaves ${them} out, `;
}

/**
 * The lines that people read about a configuration file: what is wrong or will not work, each with its
 * number; then what has no effect, counted by command; then what is not understood, counted, with the
 * command that leaves it out.
 */
export function summaryOf(
  file: string,
  diagnostics: readonly Diagnostic[],
  { quiet = false, all = false, each = false }: SummaryOptions = {},
): readonly string[] {
  const kept = diagnostics.filter((d) => d.about?.kind === 'kept');
  const unknown = diagnostics.filter((d) => d.about?.kind === 'unknown');
  const single = diagnostics.filter(
    (d) => (all || d.about?.kind !== 'kept') && (!quiet || d.severity === 'error'),
  );
  const lines = single.map((d) => formatDiagnostic(file, d));
  if (quiet || each) return lines;
  const are = (n: number) => (n === 1 ? 'is' : 'are');
  if (!all && kept.length > 0)
    lines.push(
      `${file}: info: ${count(kept.length, 'line')} ${are(kept.length)} kept without effect: ${commandsOf(kept)}`,
    );
  const refused = unknown.filter((d) => d.severity === 'error');
  const them = refused.length === 1 ? 'it' : 'them';
  if (refused.length > 0)
    lines.push(
      `${file}: info: ${count(refused.length, 'line')} ${are(refused.length)} not understood: ` +
        `${commandsOf(refused)}; ${leaveOut(file, refused, them)}` +
        `--keep-unknown keeps ${them} without effect`,
    );
  return lines;
}

/** How many errors and warnings there are: `2 errors, 1 warning`. */
export function countOf(diagnostics: readonly Diagnostic[]): string {
  const of = (severity: Diagnostic['severity']) =>
    diagnostics.filter((d) => d.severity === severity).length;
  const [errors, warnings] = [of('error'), of('warning')];
  return errors === 0
    ? count(warnings, 'warning')
    : `${count(errors, 'error')}, ${count(warnings, 'warning')}`;
}
