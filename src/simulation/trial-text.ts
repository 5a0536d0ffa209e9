import { FAULTS, type FaultName } from './cluster-faults.ts';
import type { Episode, MemberFigures, Trial } from './cluster-trial.ts';

/** The value that `part` of them do not exceed. */
function quantile(values: readonly number[], part: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)];
}

const seconds = (ms: number | undefined): string =>
  ms === undefined ? 'never' : `${(ms / 1000).toFixed(2)} s`;

/** Rows as columns, the first two to the left and the others to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    `  ${row
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')}`.trimEnd(),
  );
}

function memberRows(members: readonly MemberFigures[], bars: number): string[] {
  const full = Math.max(1, ...members.map(({ percent }) => percent));
  const rows = members.map(({ name, model, maximum, sessions, percent, sessionsAtEnd }) => [
    name,
    model,
    `${maximum}`,
    `${sessions}`,
    `${percent.toFixed(1)} %`,
    `${sessionsAtEnd}`,
  ]);
  const head = ['member', 'model', 'maximum', 'sessions', 'load', 'at the end'];
  return table([head, ...rows]).map((line, i) => {
    const member = members[i - 1];
    return member ? `${line}  ${'#'.repeat(Math.round((bars * member.percent) / full))}` : line;
  });
}

/** One row for each kind of fault: the median of its episodes, and the worst of them. */
function faultRow(name: FaultName, title: string, all: readonly Episode[]): readonly string[] {
  const some = all.filter(({ fault }) => fault === name);
  const middle = (values: readonly number[]) => seconds(quantile(values, 0.5));
  const worst = (values: readonly number[]) => seconds(Math.max(...values));
  const without = some.map(({ withoutOwnerMs }) => withoutOwnerMs);
  const several = some.map(({ severalOwnersMs }) => severalOwnersMs);
  const healed = some.map(({ healedMs }) => healedMs ?? Number.POSITIVE_INFINITY);
  return [
    title,
    `${some.length} ×`,
    middle(without),
    worst(without),
    worst(several),
    `${Math.max(...some.map(({ moves }) => moves))}`,
    Number.isFinite(Math.max(...healed)) ? worst(healed) : 'never',
  ];
}

const BAR_COLUMNS = 30;
/** Events that a report shows unless it is asked for all. */
const MOST_EVENTS = 20;

/** A trial for people to read; the same trial gives the same text. */
export function trialText(trial: Trial, allEvents: boolean): string {
  const { episodes, members, counts, events } = trial;
  const tried = FAULTS.filter(({ name }) => episodes.some(({ fault }) => fault === name));
  const head = ['fault', '', 'no owner', 'worst', 'two owners', 'moves', 'whole again'];
  const waited = (part: number) => seconds(quantile(trial.waitedMs, part));
  const shown = allEvents ? events : events.slice(0, MOST_EVENTS);
  const left = events.length - shown.length;
  return [
    `One master, followed by all, ${seconds(trial.startMs)} after the start of ${members.length} members.`,
    '',
    `Spread of ${trial.clients} clients, before anything went wrong; ideal is ${trial.idealPercent.toFixed(1)} % everywhere,`,
    `the farthest member is ${trial.spreadPoints.toFixed(2)} percentage points away:`,
    ...memberRows(members, BAR_COLUMNS),
    '',
    ...(tried.length === 0
      ? []
      : [
          'How long nobody had the cluster address (median, worst), how long two had it, how often it moved, and how long',
          'after the end of the fault one master was followed by all:',
          ...table([head, ...tried.map(({ name, title }) => faultRow(name, title, episodes))]),
          '',
        ]),
    `Clients: ${trial.connectedAtEnd} of ${trial.clients} connected at the end; ${counts.redirected} redirects, ` +
      `${counts.misled} to a member that did not answer, ${counts.unanswered} questions without an answer, ${counts.refused} refused.`,
    `A client waited ${waited(0.5)} for its session (median), ${waited(0.99)} (99th percentile), ${waited(1)} at most.`,
    '',
    'What the members said (severity 1 to 3):',
    ...shown.map(({ atMs, member, text }) => `  ${seconds(atMs).padStart(9)}  ${member}  ${text}`),
    ...(left > 0 ? [`  and ${left} more, with --events`] : []),
    '',
  ].join('\n');
}
