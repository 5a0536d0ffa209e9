import type { Configuration } from './configuration.ts';
import type { Grammar } from './grammar.ts';
import { flatten, listConfiguration } from './listing.ts';
import type { Finding } from './room.ts';

/** A line that one configuration has and the other has not, preceded by the lines of its modes. */
export type Difference = { readonly sign: '+' | '-'; readonly at: readonly string[] };

/** What it takes to go from one configuration to the other, in the order of the listings. */
export function differences(
  grammar: Grammar,
  before: Configuration,
  after: Configuration,
): readonly Difference[] {
  // Lines are compared as the file has them, so that another secret is a difference, and named as
  // people see them.
  const linesOf = (configuration: Configuration) =>
    new Map(
      flatten(listConfiguration(grammar, configuration, { audience: 'file' })).map(
        ({ text, name }) => [text.join('\n'), name],
      ),
    );
  const [old, now] = [linesOf(before), linesOf(after)];
  return [
    ...[...old].filter(([key]) => !now.has(key)).map(([, at]) => ({ sign: '-' as const, at })),
    ...[...now].filter(([key]) => !old.has(key)).map(([, at]) => ({ sign: '+' as const, at })),
  ];
}

/** Differences as text, each mode named once: the lines of a patch. */
export function formatDifferences(list: readonly Difference[]): string {
  const lines: string[] = [];
  let outer: readonly string[] = [];
  for (const { sign, at } of list) {
    const modes = at.slice(0, -1);
    for (const [depth, header] of modes.entries())
      if (outer[depth] !== header) lines.push(`  ${' '.repeat(depth)}${header}`);
    outer = modes;
    lines.push(`${sign} ${' '.repeat(modes.length)}${at.at(-1)}`);
  }
  return lines.join('\n');
}

/** The verdict on a candidate; an accepted one may be applied, which cannot fail. */
export type Verdict = {
  readonly accepted: boolean;
  /** Errors that the running configuration does not have already, then everything else. */
  readonly findings: readonly Finding[];
};

/** Findings with those made warnings that blame a line which is not being set now. */
function softened(
  findings: readonly Finding[],
  changes: readonly Difference[],
): readonly Finding[] {
  const set = new Set(changes.flatMap(({ sign, at }) => (sign === '+' ? [at.join('\n')] : [])));
  return findings.map((finding) =>
    finding.onlyWhenSet && !set.has(finding.at.join('\n'))
      ? { ...finding, severity: 'warning' }
      : finding,
  );
}

/**
 * Judges a candidate against the running configuration. Errors that the running configuration has
 * too do not stop a change, so that a faulty one can be mended line by line.
 */
export function judge(grammar: Grammar, running: Configuration, candidate: Configuration): Verdict {
  const key = (finding: Finding) => `${finding.at.join('\n')}\n${finding.reason}`;
  const known = new Set(grammar.verify(running).map(key));
  const fresh = grammar.verify(candidate).filter((finding) => !known.has(key(finding)));
  const findings = fresh.some((finding) => finding.onlyWhenSet)
    ? softened(fresh, differences(grammar, running, candidate))
    : fresh;
  return { accepted: findings.every((f) => f.severity !== 'error'), findings };
}
