import type { ClusterSessionsMember } from '#views/cluster-views';
import type { SessionSummaryView } from '#views/views';
import { formatCount } from '../format.ts';

type Figure = keyof SessionSummaryView;

const columns: readonly (readonly [string, Figure])[] = [
  ['Active LAN-to-LAN Sessions', 'activeLanToLan'],
  ['Active Remote Access Sessions', 'activeRemoteAccess'],
  ['Active Management Sessions', 'activeManagement'],
  ['Total Active Sessions', 'totalActive'],
  ['Peak Concurrent Sessions', 'peakConcurrent'],
  ['Concurrent Sessions Limit', 'concurrentLimit'],
  ['Total Cumulative Sessions', 'totalCumulative'],
];

const answers = {
  whole: { tone: 'success', word: 'Answers' },
  busy: { tone: 'warn', word: 'Busy' },
  silent: { tone: 'danger', word: 'Does not answer' },
} as const;

/** The sum of the members that answered; undefined for what has none: peaks were at different times. */
export function sumOf(
  members: readonly ClusterSessionsMember[],
  figure: Figure,
): number | undefined {
  const known = members.flatMap(({ summary }) => summary?.[figure] ?? []);
  if (figure === 'peakConcurrent' || known.length === 0) return undefined;
  return known.reduce((sum, value) => sum + value, 0);
}

const cell = (value: number | undefined): string =>
  value === undefined ? '–' : formatCount(value);

/** The Session Summary of each member with the columns of LB-62, and whether it answered. */
export function MemberSummaries(props: { readonly members: readonly ClusterSessionsMember[] }) {
  const { members } = props;
  return (
    <section className="table-frame scrolls-sideways" aria-label="Session summary by member">
      <table className="table member-summaries">
        <thead>
          <tr>
            <th scope="col">Member</th>
            <th scope="col">State</th>
            {columns.map(([title]) => (
              <th key={title} scope="col" className="number">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="figures">
          {members.map(({ privateAddress, hostname, isSelf, answer, summary }) => (
            <tr key={privateAddress} data-gone={answer === 'silent' || undefined}>
              <th scope="row">
                {hostname} <span className="muted">{privateAddress}</span>
                {isSelf && <span className="muted"> (this one)</span>}
              </th>
              <td>
                <span className={`mark mark-${answers[answer].tone}`}>{answers[answer].word}</span>
              </td>
              {columns.map(([title, figure]) => (
                <td key={title} className="number">
                  {cell(summary?.[figure])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
        <tfoot className="figures">
          <tr>
            <th scope="row">All that answer</th>
            <td />
            {columns.map(([title, figure]) => (
              <td key={title} className="number">
                {cell(sumOf(members, figure))}
              </td>
            ))}
          </tr>
        </tfoot>
      </table>
    </section>
  );
}
