import type { KeyboardEvent } from 'react';
import type { SessionKind, SessionSortKey, SessionView } from '#views/views';
import { Icon } from '../components/icon.tsx';
import type { SessionRows } from '../live-state.ts';
import { type Column, classOf, columnsOf, nameHeadings } from './session-columns.tsx';

export type Order = { readonly sort: SessionSortKey; readonly descending: boolean };

type TableProps = {
  readonly kind: SessionKind;
  readonly sessions: SessionRows;
  readonly asOf: number;
  readonly order: Order;
  readonly chosen: number | undefined;
  readonly mayChange: boolean;
  readonly onSort: (key: SessionSortKey) => void;
  readonly onChoose: (index: number) => void;
  readonly onLogOff: (session: SessionView) => void;
};

function SortButton(props: {
  readonly label: string;
  readonly sort: SessionSortKey;
  readonly order: Order;
  readonly onSort: (key: SessionSortKey) => void;
}) {
  const active = props.order.sort === props.sort;
  return (
    <button
      type="button"
      className="sort"
      data-active={active || undefined}
      onClick={() => props.onSort(props.sort)}
    >
      {props.label}
      <Icon name={active && props.order.descending ? 'down' : 'up'} />
    </button>
  );
}

function HeadingCell(props: {
  readonly column: Omit<Column, 'cell'>;
  readonly order: Order;
  readonly onSort: (key: SessionSortKey) => void;
}) {
  const { headings } = props.column;
  const active = headings.some((heading) => heading.sort === props.order.sort);
  const direction = props.order.descending ? 'descending' : 'ascending';
  return (
    <th scope="col" className={classOf(props.column)} aria-sort={active ? direction : undefined}>
      {headings.map(({ label, sort }) =>
        sort ? (
          <SortButton
            key={label}
            label={label}
            sort={sort}
            order={props.order}
            onSort={props.onSort}
          />
        ) : (
          <div key={label}>{label}</div>
        ),
      )}
    </th>
  );
}

/** Moves the focus from name to name. */
function moveAmongNames(event: KeyboardEvent<HTMLTableSectionElement>): void {
  const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };
  const step = steps[event.key];
  if (step === undefined || !(event.target instanceof Element)) return;
  const names = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-name]')];
  const here = names.indexOf(event.target as HTMLElement);
  if (here < 0) return;
  event.preventDefault();
  names[Math.max(0, Math.min(names.length - 1, here + step))]?.focus();
}

const labelOf = (column: Column): string => column.headings.map(({ label }) => label).join(' · ');

function Row(props: TableProps & { readonly session: SessionView }) {
  const { session, chosen, sessions, asOf } = props;
  const context = { asOf, traffic: sessions.traffic.get(session.index) ?? [] };
  return (
    <tr data-chosen={chosen === session.index || undefined}>
      <th scope="row" data-label={nameHeadings[props.kind]}>
        <button
          type="button"
          className="link"
          data-name
          aria-expanded={chosen === session.index}
          onClick={() => props.onChoose(session.index)}
        >
          {session.username}
        </button>
        <div className="figures muted row-index">#{session.index}</div>
      </th>
      {columnsOf[props.kind].map((column) => (
        <td key={labelOf(column)} className={classOf(column)} data-label={labelOf(column)}>
          {column.cell(session, context)}
        </td>
      ))}
      {props.mayChange && (
        <td className="row-actions" data-label="Actions">
          <button
            type="button"
            className="button button-quiet"
            aria-label={`Log out ${session.username}, session ${session.index}`}
            onClick={() => props.onLogOff(session)}
          >
            Log out
          </button>
        </td>
      )}
    </tr>
  );
}

/** One of the three tables of Monitoring | Sessions. */
export function SessionTable(props: TableProps) {
  const name = { headings: [{ label: nameHeadings[props.kind], sort: 'username' as const }] };
  return (
    <div className="table-frame scrolls-sideways">
      <table className="table session-table" aria-busy={props.sessions.stale}>
        <thead>
          <tr>
            {[name, ...columnsOf[props.kind]].map((column) => (
              <HeadingCell
                key={column.headings[0]?.label}
                column={column}
                order={props.order}
                onSort={props.onSort}
              />
            ))}
            {props.mayChange && <th scope="col">Actions</th>}
          </tr>
        </thead>
        <tbody onKeyDown={moveAmongNames}>
          {props.sessions.rows.map((session) => (
            <Row key={session.index} {...props} session={session} />
          ))}
        </tbody>
      </table>
    </div>
  );
}
