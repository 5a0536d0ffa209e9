import type { SessionChange, SessionsDelta } from '#views/live-views';
import type { Page, SessionView, SystemView } from '#views/views';

/** Fields that change with the clock alone; a reader works them out. */
const clockFields: ReadonlySet<string> = new Set(['durationMs', 'idleMs']);

const same = (a: unknown, b: unknown): boolean =>
  a === b ||
  (Array.isArray(a) &&
    Array.isArray(b) &&
    a.length === b.length &&
    a.every((item, i) => item === b[i]));

/** The fields of `next` that differ from `before`; a field that vanished is not told. */
function changedFields<T extends object>(before: T | undefined, next: T): Partial<T> {
  const changes: Partial<T> = {};
  for (const key of Object.keys(next) as (keyof T & string)[])
    if (!clockFields.has(key) && !same(before?.[key], next[key])) changes[key] = next[key];
  return changes;
}

/** What a reader who has `before` must be told to have `next`; undefined for nothing. */
export function sessionsDelta(
  before: Page<SessionView> | undefined,
  next: Page<SessionView>,
): SessionsDelta | undefined {
  const known = new Map(before?.items.map((row) => [row.index, row]));
  const rows: SessionChange[] = [];
  for (const row of next.items) {
    const changes = changedFields(known.get(row.index), row);
    if (Object.keys(changes).length > 0) rows.push({ ...changes, index: row.index });
  }
  const sameOrder =
    before !== undefined &&
    same(
      before.items.map((row) => row.index),
      next.items.map((row) => row.index),
    );
  if (before && sameOrder && rows.length === 0 && before.total === next.total) return undefined;
  return {
    whole: before === undefined,
    rows,
    total: next.total,
    ...(!sameOrder && { order: next.items.map((row) => row.index) }),
    ...(next.nextCursor !== undefined && { nextCursor: next.nextCursor }),
  };
}

/** The part of the system view that is news; uptime follows from the clock. */
export function systemDelta(
  before: SystemView | undefined,
  next: SystemView,
): Partial<SystemView> | undefined {
  const { uptimeMs, asOf, ...changes } = changedFields(before, next);
  if (before === undefined) return next;
  return Object.keys(changes).length > 0 ? changes : undefined;
}
