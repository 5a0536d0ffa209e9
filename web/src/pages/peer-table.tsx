import type { ReactNode } from 'react';
import type { ClusterMemberView, ClusterView } from '#views/cluster-views';
import {
  formatHeard,
  isThere,
  roleWord,
  type ShownMember,
  suspicionsText,
  traitsOf,
} from '../cluster.ts';
import { EmptyState } from '../components/states.tsx';
import { formatCount, formatDuration } from '../format.ts';

/** LB-52: what only the master knows. */
const unknown = <span className="muted">N/A</span>;

type Column = {
  readonly title: string;
  readonly number?: true;
  readonly words?: true;
  readonly cell: (member: ClusterMemberView, view: ClusterView) => ReactNode;
};

function Traits({ member }: { readonly member: ClusterMemberView }) {
  const traits = traitsOf(member);
  const shown = traits.length > 0 ? traits : [{ tone: 'success', word: 'Alive' }];
  return (
    <span className="marks">
      {shown.map(({ tone, word }) => (
        <span key={word} className={`mark mark-${tone}`}>
          {word}
        </span>
      ))}
      {member.suspected && <span className="muted suspicions">{suspicionsText(member)}</span>}
    </span>
  );
}

/** LB-51, in its order, and then what the concentrator did not tell. */
const columns: readonly Column[] = [
  { title: 'Private IP Address', cell: (m) => m.privateAddress },
  { title: 'Public IP Address', cell: (m) => m.publicAddress },
  { title: 'Mapped IP Address', cell: (m) => m.mappedAddress ?? '0.0.0.0' },
  { title: 'Role', words: true, cell: (m, view) => roleWord(view, m.role) },
  { title: 'Device Type', words: true, cell: (m) => m.deviceType },
  { title: 'Load', number: true, cell: (m) => (m.load ? `${m.load.percent}%` : unknown) },
  {
    title: 'Sessions',
    number: true,
    cell: (m) => (m.load ? formatCount(m.load.sessions) : unknown),
  },
  { title: 'Priority', number: true, cell: (m) => m.priority },
  { title: 'Duration', number: true, cell: (m) => formatDuration(m.durationMs) },
  {
    title: 'Last heard',
    number: true,
    cell: (m) => (m.heard ? formatHeard(m.heard) : unknown),
  },
  { title: 'State', words: true, cell: (m) => <Traits member={m} /> },
];

/** The peers of this member with the columns of the concentrator; this member is not among them. */
export function PeerTable(props: {
  readonly view: ClusterView;
  readonly members: readonly ShownMember[];
}) {
  const { view } = props;
  const peers = props.members.filter(({ isSelf }) => !isSelf);
  if (peers.length === 0)
    return (
      <EmptyState title="No Peers">
        <p>Members appear here as soon as this one has heard of them.</p>
      </EmptyState>
    );
  return (
    <div className="table-frame scrolls-sideways">
      <table className="table peer-table">
        <thead>
          <tr>
            {columns.map(({ title, number }) => (
              <th key={title} scope="col" className={number && 'number'}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {peers.map((peer) => (
            <tr key={peer.privateAddress} data-gone={!isThere(peer) || undefined}>
              {columns.map(({ title, number, words, cell }) => (
                <td
                  key={title}
                  data-label={title}
                  className={[number && 'number', !words && 'figures'].filter(Boolean).join(' ')}
                >
                  {cell(peer, view)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
