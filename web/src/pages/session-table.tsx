import type { KeyboardEvent } from 'react';
import type { SessionKind, SessionSortKey, SessionView } from '#views/views';
import { Icon } from '../components/icon.tsx';
import type { TrafficSample } from '../live-state.ts';
import { type Column, classOf, nameHeadings } from './session-columns.tsx';

export type Order = { readonly sort: SessionSortKey; readonly descending: boolean };

type TableProps<T extends SessionView> = {
  readonly kind: SessionKind;
  readonly rows: readonly T[];
  /** What tells one row from all others. */
  readonly keyOf: (session: T) => string;
  readonly trafficOf: (session: T) => readonly TrafficSample[];
  readonly stale: boolean;
  /** The moment that a session's duration runs to, by the clock that its login was told by. */
  readonly asOf: (session: T) => number;
  readonly order: Order;
  /** The columns after the name. */
  readonly columns: readonly Column<T>[];
  readonly isChosen: (session: T) => boolean;
  /** Whether an administrator may log this session out here; absent for whoever may not. */
  readonly mayLogOff?: ((session: T) => boolean) | undefined;
  readonly onSort: (key: SessionSortKey) => void;
  readonly onChoose: (session: T) => void;
  readonly onLogOff: (session: T) => void;
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

const labelOf = (column: Pick<Column, 'headings'>): string =>
  column.headings.map(({ label }) => label).join(' · ');

function Row<T extends SessionView>(props: TableProps<T> & { readonly session: T }) {
  const { session } = props;
  const chosen = props.isChosen(session);
  const context = { asOf: props.asOf(session), traffic: props.trafficOf(session) };
  return (
    <tr data-chosen={chosen || undefined}>
      <th scope="row" data-label={nameHeadings[props.kind]}>
        <button
          type="button"
          className="link"
          data-name
          aria-expanded={chosen}
          onClick={() => props.onChoose(session)}
        >
          {session.username}
        </button>
        <div className="figures muted row-index">#{session.index}</div>
      </th>
      {props.columns.map((column) => (
        <td key={labelOf(column)} className={classOf(column)} data-label={labelOf(column)}>
          {column.cell(session, context)}
        </td>
      ))}
      {props.mayLogOff && (
        <td className="row-actions" data-label="Actions">
          {props.mayLogOff(session) && (
            <button
              type="button"
              className="button button-quiet"
              aria-label={`Log out ${session.username}, session ${session.index}`}
              onClick={() => props.onLogOff(session)}
            >
              Log out
            </button>
          )}
        </td>
      )}
    </tr>
  );
}

/** One of the three tables of Monitoring | Sessions. */
export function SessionTable<T extends SessionView>(props: TableProps<T>) {
  const name = { headings: [{ label: nameHeadings[props.kind], sort: 'username' as const }] };
  return (
    <div className="table-frame scrolls-sideways">
      <table className="table session-table" aria-busy={props.stale}>
        <thead>
          <tr>
            {[name, ...props.columns].map((column) => (
              <HeadingCell
                key={column.headings[0]?.label}
                column={column}
                order={props.order}
                onSort={props.onSort}
              />
            ))}
            {props.mayLogOff && <th scope="col">Actions</th>}
          </tr>
        </thead>
        <tbody onKeyDown={moveAmongNames}>
          {props.rows.map((session) => (
            <Row key={props.keyOf(session)} {...props} session={session} />
          ))}
        </tbody>
      </table>
    </div>
  );
}
