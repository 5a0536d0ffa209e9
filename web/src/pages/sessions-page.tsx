import { useEffect, useState } from 'react';
import type { ClusterSessionView } from '#views/cluster-views';
import type { SessionKind, SessionView } from '#views/views';
import { useTakesPart } from '../cluster-sessions.ts';
import { type Confirmation, ConfirmDialog } from '../components/confirm-dialog.tsx';
import { Page } from '../components/page.tsx';
import { EmptyState, LoadingState } from '../components/states.tsx';
import { ThroughputChart } from '../components/throughput-chart.tsx';
import { useConsole, useLive, useOtherDevice } from '../console-context.ts';
import { setParameters } from '../router.ts';
import { ClusterSessionList } from './cluster-session-list.tsx';
import { MemberSessionDrawer } from './member-session-drawer.tsx';
import { Pager } from './pager.tsx';
import { ScopeSwitch } from './scope-switch.tsx';
import { columnsOf } from './session-columns.tsx';
import { SessionDrawer } from './session-drawer.tsx';
import { kindNames, sortBy, useSessionParameters, useSettled } from './session-parameters.ts';
import { SessionTable } from './session-table.tsx';
import { SessionToolbar, sessionPanel } from './session-toolbar.tsx';
import { SummaryStrip } from './summary-strip.tsx';

const pageLength = 100;
/** Asks the head-end for the page of sessions that the address bar describes. */
function useWatchedSessions(cursor: string | undefined): void {
  const { live } = useConsole();
  const { kind, group, text, order, chosen } = useSessionParameters();
  const { sort, descending } = order;
  const settled = useSettled(text);
  useEffect(() => {
    const sessions = {
      kind,
      sort,
      descending,
      limit: pageLength,
      ...(group !== undefined && { group }),
      ...(settled !== '' && { text: settled }),
      ...(cursor !== undefined && { cursor }),
    };
    live.watch({ sessions });
  }, [live, kind, sort, descending, group, settled, cursor]);
  useEffect(() => live.watch({ detail: chosen }), [live, chosen]);
  useEffect(() => () => live.watch({ sessions: undefined, detail: undefined }), [live]);
}

/** Says to a screen reader when the number of sessions has changed, not each change of a figure. */
function Announcer({ kind }: { readonly kind: SessionKind }) {
  const total = useLive().sessions?.total;
  return (
    <p className="visually-hidden" role="status">
      {total === undefined ? '' : `${total} ${kindNames[kind]} Sessions`}
    </p>
  );
}

function NoSessions({ kind }: { readonly kind: SessionKind }) {
  const { text, group } = useSessionParameters();
  if (text === '' && group === undefined)
    return (
      <EmptyState title={`No ${kindNames[kind]} Sessions`}>
        {kind === 'remoteAccess' && <p>A client appears here as soon as it has its address.</p>}
      </EmptyState>
    );
  return (
    <EmptyState title={`No ${kindNames[kind]} Session matches`}>
      <button
        type="button"
        className="button"
        onClick={() => setParameters({ text: undefined, group: undefined })}
      >
        Show all
      </button>
    </EmptyState>
  );
}

/** The acts on sessions, each asked about first. */
function useLogOff(ask: (confirmation: Confirmation) => void) {
  const { api, notify } = useConsole();
  const failed = (error: unknown) => notify((error as Error).message, 'danger');
  const one = ({ index, username, assignedAddress }: SessionView) =>
    ask({
      title: `Log out ${username}?`,
      body: (
        <p>
          Session {index}
          {assignedAddress !== undefined && ` with address ${assignedAddress}`} ends at once. Its
          client may log in again.
        </p>
      ),
      act: 'Log out',
      onConfirm: () => {
        api.logoffSession(index).then(() => notify(`${username} was logged out.`), failed);
      },
    });
  const all = (kind: SessionKind, group: string | undefined, total: number) =>
    ask({
      title: `Log out all ${kindNames[kind]} Sessions?`,
      body: (
        <p>
          {total} {total === 1 ? 'session' : 'sessions'}
          {group !== undefined && ` of group ${group}`} will end at once. Their clients may log in
          again.
        </p>
      ),
      act: 'Log out all',
      onConfirm: () => {
        api.logoffAll(kind, group).then((n) => notify(`${n} sessions were logged out.`), failed);
      },
    });
  return { one, all };
}

function SessionList(props: {
  readonly ask: (confirmation: Confirmation) => void;
  readonly inCluster: boolean;
}) {
  const { me } = useConsole();
  const { kind, group, text, order, chosen } = useSessionParameters();
  const { sessions, asOf, summary } = useLive();
  const [cursors, setCursors] = useState<readonly string[]>([]);
  useWatchedSessions(cursors.at(-1));
  const logOff = useLogOff(props.ask);
  // Another table, filter or order starts at its first page.
  // biome-ignore lint/correctness/useExhaustiveDependencies: they are the reason, not an ingredient
  useEffect(() => setCursors([]), [kind, group, text, order.sort, order.descending]);

  return (
    <section className="session-list" aria-label="Sessions">
      <SessionToolbar
        kind={kind}
        group={group}
        text={text}
        order={order}
        summary={summary}
        scope={props.inCluster && <ScopeSwitch isOfMember />}
        onLogOffAll={
          me.mayChange && text === '' && sessions && sessions.total > 0
            ? () => logOff.all(kind, group, sessions.total)
            : undefined
        }
      />
      <Announcer kind={kind} />
      <div role="tabpanel" id={sessionPanel} aria-label={`${kindNames[kind]} Sessions`}>
        {!sessions && <LoadingState what="sessions" />}
        {sessions && sessions.rows.length === 0 && <NoSessions kind={kind} />}
        {sessions && sessions.rows.length > 0 && (
          <SessionTable
            kind={kind}
            columns={columnsOf[kind]}
            rows={sessions.rows}
            keyOf={({ index }) => String(index)}
            trafficOf={({ index }) => sessions.traffic.get(index) ?? []}
            stale={sessions.stale}
            asOf={() => asOf}
            order={order}
            isChosen={({ index }) => index === chosen}
            mayLogOff={me.mayChange ? () => true : undefined}
            onSort={(key) => sortBy(order, key, 'index')}
            onChoose={({ index }) =>
              setParameters({ session: index === chosen ? undefined : String(index) })
            }
            onLogOff={logOff.one}
          />
        )}
      </div>
      {sessions && (
        <Pager
          sessions={sessions}
          pageLength={pageLength}
          cursors={cursors}
          onCursors={setCursors}
        />
      )}
    </section>
  );
}

export function SessionsPage() {
  const { api } = useConsole();
  const { throughput, summary, system } = useLive();
  const { chosen, on, isOfMember } = useSessionParameters();
  const inCluster = useTakesPart(api);
  const [confirmation, setConfirmation] = useState<Confirmation>();
  const [elsewhere, setElsewhere] = useState<ClusterSessionView>();
  const logOff = useLogOff(setConfirmation);
  // The same number is another session there.
  useOtherDevice(() => {
    setConfirmation(undefined);
    if (on === undefined) setParameters({ session: undefined });
  });
  return (
    <Page path={['Monitoring', 'Sessions']}>
      <div className="sessions-layout" data-drawer={chosen !== undefined || undefined}>
        <div className="sessions-main">
          <div className="sessions-top">
            {(!inCluster || isOfMember) && <SummaryStrip summary={summary} />}
            <ThroughputChart samples={throughput} of={inCluster ? system?.hostname : undefined} />
          </div>
          {inCluster === undefined && <LoadingState what="sessions" />}
          {inCluster && !isOfMember && (
            <ClusterSessionList onLogOff={logOff.one} onElsewhere={setElsewhere} />
          )}
          {(inCluster === false || (inCluster && isOfMember)) && (
            <SessionList ask={setConfirmation} inCluster={inCluster} />
          )}
        </div>
        {chosen !== undefined && on === undefined && (
          <SessionDrawer index={chosen} onLogOff={logOff.one} />
        )}
        {chosen !== undefined && on !== undefined && <MemberSessionDrawer session={elsewhere} />}
      </div>
      <ConfirmDialog confirmation={confirmation} onClose={() => setConfirmation(undefined)} />
    </Page>
  );
}
