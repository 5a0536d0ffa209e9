import { useEffect, useState } from 'react';
import type { ClusterView, Finding } from '#views/cluster-views';
import { isPeer, isThere, membersOf, roleWord, type ShownMember, traitsOf } from '../cluster.ts';
import { type Confirmation, ConfirmDialog } from '../components/confirm-dialog.tsx';
import { LoadChart } from '../components/load-chart.tsx';
import { Page } from '../components/page.tsx';
import { EmptyState, LoadingState } from '../components/states.tsx';
import { useConsole, useLive } from '../console-context.ts';
import type { ClusterState } from '../live-state.ts';
import { ChoiceList } from './choice-list.tsx';
import { ClusterMap } from './cluster-map.tsx';
import { DemoPanel } from './demo-panel.tsx';
import { DrainControl, useDrain } from './drain-control.tsx';
import { PeerTable } from './peer-table.tsx';

/** The header lines of the concentrator's page; LB-50. */
function Header({ view }: { readonly view: ClusterView }) {
  const { self, peers } = view;
  const figures: readonly [string, string][] = [
    ['Enabled?', view.participates ? 'Yes' : 'No'],
    ['Role', roleWord(view, self.role)],
    ['Load', `${self.load?.percent ?? 0}%`],
    ['Number of Peers', String(peers.filter(isPeer).length)],
    ['UDP port', String(view.port)],
    ['Members prove themselves', view.authenticated ? 'By a key' : 'Not at all'],
  ];
  return (
    <section className="summary cluster-summary" aria-label="This member">
      <dl>
        {figures.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** What a person should look after, with what to do; nothing while all is well. */
function Findings({ findings }: { readonly findings: readonly Finding[] }) {
  if (findings.length === 0) return null;
  const ordered = [...findings].sort((a, b) => b.severity.localeCompare(a.severity));
  return (
    <section className="findings" aria-label="What to look after">
      <h2>What to look after</h2>
      <ul>
        {ordered.map(({ severity, subject, text, remedy }) => (
          <li key={`${subject} ${text}`}>
            <span className={`mark mark-${severity === 'problem' ? 'danger' : 'info'}`}>
              {severity === 'problem' ? 'Problem' : 'Hint'}
            </span>
            <div>
              <p>
                <strong>{subject}</strong> {text}
              </p>
              <p className="muted">{remedy}</p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Says to a screen reader who is master and who is in trouble, when that changes. */
function Announcer({ members }: { readonly members: readonly ShownMember[] }) {
  const master = members.find((member) => member.role === 'master' && isThere(member));
  const troubles = members.flatMap((member) =>
    traitsOf(member).map(({ word }) => `${member.hostname} ${word.toLowerCase()}`),
  );
  return (
    <p className="visually-hidden" role="status">
      {[master ? `Master ${master.hostname}` : 'No master', ...troubles].join(', ')}
    </p>
  );
}

function NoCluster() {
  return (
    <EmptyState title="This device takes part in no cluster">
      <p>
        Several head-ends can share one address: <kbd>vpn load-balancing</kbd> with{' '}
        <kbd>cluster ip address</kbd>, <kbd>cluster key</kbd> and <kbd>participate</kbd> makes this
        one a member.
      </p>
    </EmptyState>
  );
}

function Cluster(props: {
  readonly cluster: ClusterState;
  readonly ask: (confirmation: Confirmation) => void;
}) {
  const { view, findings, choices, firstSeq, load, demo } = props.cluster;
  const { me } = useConsole();
  const { asOf } = useLive();
  const members = membersOf(view);
  const drain = useDrain(props.ask);
  const latest = choices[0] && choices[0].seq > firstSeq ? choices[0] : undefined;
  const actionsOf = (member: ShownMember) =>
    member.isSelf &&
    me.mayChange && (
      <div className="member-actions">
        <DrainControl
          view={view}
          onBegin={() => drain.begin(view)}
          onEnd={() => void drain.end(view)}
        />
      </div>
    );
  return (
    <>
      <div className="cluster-top">
        <Header view={view} />
        <ClusterMap view={view} members={members} latest={latest} actionsOf={actionsOf} />
      </div>
      <Announcer members={members} />
      {demo && <DemoPanel demo={demo} view={view} />}
      <Findings findings={findings} />
      <section className="cluster-section" aria-label="Peers">
        <h2>Peers</h2>
        <PeerTable view={view} members={members} />
      </section>
      <div className="cluster-columns">
        <section className="cluster-section" aria-label="Load">
          <h2>Load</h2>
          <LoadChart samples={load} members={members} asOf={asOf} />
        </section>
        <section className="cluster-section" aria-label="Decisions">
          <h2>Decisions</h2>
          <ChoiceList view={view} members={members} choices={choices} firstSeq={firstSeq} />
        </section>
      </div>
    </>
  );
}

/** Monitoring | Statistics | Load Balancing. */
export function ClusterPage() {
  const { live } = useConsole();
  const { cluster } = useLive();
  const [confirmation, setConfirmation] = useState<Confirmation>();
  useEffect(() => {
    live.watch({ cluster: true });
    return () => live.watch({ cluster: undefined });
  }, [live]);
  return (
    <Page path={['Monitoring', 'Statistics', 'Load Balancing']}>
      {!cluster && <LoadingState what="the cluster" />}
      {cluster && !cluster.view.participates && <NoCluster />}
      {cluster?.view.participates && <Cluster cluster={cluster} ask={setConfirmation} />}
      <ConfirmDialog confirmation={confirmation} onClose={() => setConfirmation(undefined)} />
    </Page>
  );
}
