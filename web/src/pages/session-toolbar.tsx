import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react';
import type { SessionKind, SessionSummaryView } from '#views/views';
import { useLive } from '../console-context.ts';
import { formatCount } from '../format.ts';
import { setParameters } from '../router.ts';
import { columnsOf, nameHeadings } from './session-columns.tsx';
import type { Order } from './session-table.tsx';

/** The panel that the tabs change. */
export const sessionPanel = 'session-panel';

const tabs: readonly (readonly [SessionKind, string, keyof SessionSummaryView])[] = [
  ['remoteAccess', 'Remote Access', 'activeRemoteAccess'],
  ['lanToLan', 'LAN-to-LAN', 'activeLanToLan'],
  ['management', 'Management', 'activeManagement'],
];

/** Sessions of each kind, as far as they are known. */
export type Counts = Readonly<Partial<Record<keyof SessionSummaryView, number | undefined>>>;

/** The three tables; the left and right arrow keys go from one to the next. */
function Tabs(props: { readonly kind: SessionKind; readonly summary: Counts | undefined }) {
  const list = useRef<HTMLDivElement>(null);
  const choose = (kind: SessionKind) =>
    setParameters({
      kind: kind === 'remoteAccess' ? undefined : kind,
      sort: undefined,
      order: undefined,
      group: undefined,
      session: undefined,
      on: undefined,
    });
  const move = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const here = tabs.findIndex(([kind]) => kind === props.kind);
    const next = (here + step + tabs.length) % tabs.length;
    const chosen = tabs[next];
    if (chosen) choose(chosen[0]);
    list.current?.querySelectorAll('button')[next]?.focus();
  };
  return (
    <div className="tabs" role="tablist" aria-label="Kind of session" ref={list} onKeyDown={move}>
      {tabs.map(([kind, label, count]) => (
        <button
          key={kind}
          type="button"
          role="tab"
          aria-selected={kind === props.kind}
          aria-controls={sessionPanel}
          tabIndex={kind === props.kind ? 0 : -1}
          onClick={() => choose(kind)}
        >
          {label}{' '}
          <span className="figures">
            {props.summary?.[count] === undefined ? '–' : formatCount(props.summary[count])}
          </span>
        </button>
      ))}
    </div>
  );
}

/** On a phone the headings are hidden, and this orders the list. */
function OrderSelect({ kind, order }: { readonly kind: SessionKind; readonly order: Order }) {
  const headings = [
    { label: 'Login order', sort: 'index' },
    { label: nameHeadings[kind], sort: 'username' },
    ...columnsOf[kind].flatMap((column) => column.headings),
  ];
  return (
    <label className="field only-narrow">
      Sort
      <select
        className="input"
        value={`${order.sort} ${order.descending ? 'down' : ''}`}
        onChange={(event) => {
          const [sort, direction] = event.target.value.split(' ');
          setParameters({ sort, order: direction });
        }}
      >
        {headings.flatMap(({ label, sort }) =>
          sort === undefined
            ? []
            : [
                <option key={sort} value={`${sort} `}>
                  {label}
                </option>,
                <option key={`${sort} down`} value={`${sort} down`}>
                  {label}, descending
                </option>,
              ],
        )}
      </select>
    </label>
  );
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;

function FilterField({ text }: { readonly text: string }) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const focus = (event: globalThis.KeyboardEvent) => {
      if (event.key !== '/' || isTyping(event.target)) return;
      event.preventDefault();
      field.current?.focus();
    };
    window.addEventListener('keydown', focus);
    return () => window.removeEventListener('keydown', focus);
  }, []);
  return (
    <input
      ref={field}
      className="input filter"
      type="search"
      aria-label="Filter sessions"
      aria-keyshortcuts="/"
      placeholder="Filter by user, address, client…  /"
      maxLength={128}
      value={text}
      onChange={(event) => setParameters({ text: event.target.value })}
      onKeyDown={(event) => {
        if (event.key === 'Escape') setParameters({ text: undefined });
      }}
    />
  );
}

export function SessionToolbar(props: {
  readonly kind: SessionKind;
  readonly group: string | undefined;
  readonly text: string;
  readonly order: Order;
  readonly summary: Counts | undefined;
  /** Of a cluster, whose sessions are listed. */
  readonly scope?: ReactNode;
  /** Absent when there is nothing to log out, or not everything that would be is shown. */
  readonly onLogOffAll: (() => void) | undefined;
}) {
  const groups = useLive().system?.groups ?? [];
  return (
    <div className="toolbar">
      {props.scope}
      <Tabs kind={props.kind} summary={props.summary} />
      {props.kind === 'remoteAccess' && (
        <label className="field">
          Group
          <select
            className="input"
            value={props.group ?? ''}
            onChange={(event) => setParameters({ group: event.target.value })}
          >
            <option value="">--All--</option>
            {groups.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      )}
      <OrderSelect kind={props.kind} order={props.order} />
      <FilterField text={props.text} />
      {props.onLogOffAll && (
        <button type="button" className="button toolbar-end" onClick={props.onLogOffAll}>
          Log out all…
        </button>
      )}
    </div>
  );
}
