import { Icon } from '../components/icon.tsx';
import { formatCount } from '../format.ts';
import type { SessionRows } from '../live-state.ts';

/** Which part of a long list is shown, and the ways to the next and the one before. */
export function Pager(props: {
  readonly sessions: Pick<SessionRows, 'total' | 'nextCursor' | 'stale'> & {
    readonly rows: readonly unknown[];
  };
  readonly pageLength: number;
  /** Where each page after the first started. */
  readonly cursors: readonly string[];
  readonly onCursors: (cursors: readonly string[]) => void;
}) {
  const { sessions, cursors, onCursors } = props;
  const { total, rows, nextCursor, stale } = sessions;
  if (total === 0) return null;
  const from = cursors.length * props.pageLength + 1;
  const paged = cursors.length > 0 || nextCursor !== undefined;
  return (
    <nav className="pager" aria-label="Pages of the list">
      <span className="figures muted">
        {stale
          ? '…'
          : `${formatCount(from)}–${formatCount(from + rows.length - 1)} of ${formatCount(total)}`}
      </span>
      {paged && (
        <>
          <button
            type="button"
            className="button button-icon"
            aria-label="Previous page"
            disabled={stale || cursors.length === 0}
            onClick={() => onCursors(cursors.slice(0, -1))}
          >
            <Icon name="previous" />
          </button>
          <button
            type="button"
            className="button button-icon"
            aria-label="Next page"
            disabled={stale || nextCursor === undefined}
            onClick={() => nextCursor !== undefined && onCursors([...cursors, nextCursor])}
          >
            <Icon name="next" />
          </button>
        </>
      )}
    </nav>
  );
}
