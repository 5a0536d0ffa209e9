import { useEffect, useMemo, useState } from 'react';
import type {
  ClusterSessionPage,
  ClusterSessionsMember,
  ClusterSessionView,
} from '#views/cluster-views';
import type { SessionKind, SessionQuery, SessionView } from '#views/views';
import { keyOfSession, useClusterSessions } from '../cluster-sessions.ts';
import { EmptyState, LoadingState } from '../components/states.tsx';
import { useConsole } from '../console-context.ts';
import { setParameters, useParameters } from '../router.ts';
import { MemberSummaries, sumOf } from './member-summaries.tsx';
import { Pager } from './pager.tsx';
import { ScopeSwitch } from './scope-switch.tsx';
import { type Column, columnsOf, lastMinute } from './session-columns.tsx';
import { kindNames, sortBy, useSessionParameters, useSettled } from './session-parameters.ts';
import { type Order, SessionTable } from './session-table.tsx';
import { SessionToolbar, sessionPanel } from './session-toolbar.tsx';

const pageLength = 50;

/** Which of the members a row is on. */
const memberColumn = (members: readonly ClusterSessionsMember[]): Column<ClusterSessionView> => ({
  headings: [{ label: 'Member' }],
  cell: ({ member }) => (
    <>
      <div>{members.find((m) => m.privateAddress === member)?.hostname}</div>
      <div className="figures muted">{member}</div>
    </>
  ),
});

/** Numbers of sessions are of a member, so users are the usual order. */
function useOrder(order: Order): Order {
  const isChosen = useParameters().has('sort');
  return isChosen ? order : { ...order, sort: 'username' };
}

/** What is missing from a page, in words. */
function Gaps({ page, problem }: { page: ClusterSessionPage; problem: string | undefined }) {
  const away = page.members.filter(({ answer }) => answer !== 'whole');
  const names = away.map(({ hostname }) => hostname).join(', ');
  const isOne = page.moved === 1;
  return (
    <div role="status" className="gaps">
      {problem !== undefined && <p className="mark mark-warn">{problem}</p>}
      {away.length > 0 && (
        <p>
          Sessions of {names} are missing: {away.length === 1 ? 'it does' : 'they do'} not answer
          now.
        </p>
      )}
      {page.moved > 0 && (
        <p className="muted">
          {page.moved} older {isOne ? 'session is' : 'sessions are'} left out, since{' '}
          {isOne ? 'its client is' : 'their clients are'} on another member now.
        </p>
      )}
    </div>
  );
}

/** Sessions of each kind; older ones of clients that moved are known while their list is shown. */
function countsOf(page: ClusterSessionPage | undefined) {
  if (!page) return undefined;
  const { members, moved } = page;
  const remoteAccess = sumOf(members, 'activeRemoteAccess');
  return {
    activeRemoteAccess: remoteAccess && remoteAccess - moved,
    activeLanToLan: sumOf(members, 'activeLanToLan'),
    activeManagement: sumOf(members, 'activeManagement'),
  };
}

function NoRows({ kind, isFiltered }: { kind: SessionKind; isFiltered: boolean }) {
  const title = isFiltered
    ? `No ${kindNames[kind]} Session matches`
    : `No ${kindNames[kind]} Sessions`;
  return <EmptyState title={title} />;
}

/** The query that the address bar describes. */
function useQuery(cursor: string | undefined): SessionQuery {
  const { kind, group, text, order } = useSessionParameters();
  const { sort, descending } = useOrder(order);
  const settled = useSettled(text);
  return useMemo(
    () => ({
      ...{ kind, sort, descending, limit: pageLength },
      ...(group !== undefined && { group }),
      ...(settled !== '' && { text: settled }),
      ...(cursor !== undefined && { cursor }),
    }),
    [kind, group, settled, sort, descending, cursor],
  );
}

/** Monitoring | Sessions across the whole cluster, with the member that each session is on. */
export function ClusterSessionList(props: {
  readonly onLogOff: (session: SessionView) => void;
  /** Told of the chosen session when another member has it. */
  readonly onElsewhere: (session: ClusterSessionView | undefined) => void;
}) {
  const { api, live, me } = useConsole();
  const { kind, group, text, order: named, chosen, on } = useSessionParameters();
  const order = useOrder(named);
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const query = useQuery(cursors.at(-1));
  const { page, traffic, stale, problem } = useClusterSessions(api, query);
  const own = page?.members.find(({ isSelf }) => isSelf)?.privateAddress;
  const columns = [
    memberColumn(page?.members ?? []),
    ...columnsOf[kind].filter((column) => column !== lastMinute),
  ];
  const isOwn = ({ member }: ClusterSessionView) => member === own;
  // Another table, filter or order starts at its first page.
  // biome-ignore lint/correctness/useExhaustiveDependencies: they are the reason, not an ingredient
  useEffect(() => setCursors([]), [kind, group, text, order.sort, order.descending]);
  useEffect(() => {
    live.watch({ detail: on === undefined ? chosen : undefined });
  }, [live, chosen, on]);
  useEffect(() => () => live.watch({ detail: undefined }), [live]);
  const isChosen = (row: ClusterSessionView) =>
    row.index === chosen && (on === undefined ? isOwn(row) : row.member === on);
  const { onElsewhere } = props;
  const elsewhere = on === undefined ? undefined : page?.items.find(isChosen);
  useEffect(() => onElsewhere(elsewhere), [onElsewhere, elsewhere]);
  const choose = (row: ClusterSessionView) =>
    setParameters({
      session: isChosen(row) ? undefined : String(row.index),
      on: isChosen(row) || isOwn(row) ? undefined : row.member,
    });
  return (
    <section className="session-list" aria-label="Sessions">
      {page && <MemberSummaries members={page.members} />}
      <SessionToolbar
        kind={kind}
        group={group}
        text={text}
        order={order}
        summary={countsOf(page)}
        scope={<ScopeSwitch isOfMember={false} />}
        onLogOffAll={undefined}
      />
      {page && <Gaps page={page} problem={problem} />}
      <div role="tabpanel" id={sessionPanel} aria-label={`${kindNames[kind]} Sessions`}>
        {!page &&
          (problem === undefined ? (
            <LoadingState what="sessions" />
          ) : (
            <EmptyState title={problem} />
          ))}
        {page?.items.length === 0 && (
          <NoRows kind={kind} isFiltered={text !== '' || group !== undefined} />
        )}
        {page && page.items.length > 0 && (
          <SessionTable
            kind={kind}
            rows={page.items}
            columns={columns}
            keyOf={keyOfSession}
            trafficOf={(row) => traffic.get(keyOfSession(row)) ?? []}
            stale={stale}
            asOf={({ loginAt, durationMs }) => loginAt + durationMs}
            order={order}
            isChosen={isChosen}
            mayLogOff={me.mayChange ? isOwn : undefined}
            onSort={(key) => sortBy(order, key, 'username')}
            onChoose={choose}
            onLogOff={props.onLogOff}
          />
        )}
      </div>
      {page && (
        <Pager
          sessions={{ rows: page.items, total: page.total, nextCursor: page.nextCursor, stale }}
          pageLength={pageLength}
          cursors={cursors}
          onCursors={setCursors}
        />
      )}
    </section>
  );
}
