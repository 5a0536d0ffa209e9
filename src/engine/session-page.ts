import { addressBytes, parseAddress } from '#base/address';
import { err, ok, type Result } from '#base/result';
import { clientText } from '#features/cluster/sessions/rows';
import type { Page, SessionQuery, SessionSortKey, SessionView } from '#views/views';

export type SortValue = string | number;
type Candidate = { readonly value: SortValue; readonly session: SessionView };

/** An address as a string whose order is numeric, IPv4 before IPv6. */
function addressOrder(text: string | undefined): string {
  const parsed = text === undefined ? undefined : parseAddress(text);
  if (!parsed?.ok) return '';
  const bytes = addressBytes(parsed.value);
  let order = bytes.length === 4 ? '4' : '6';
  for (const byte of bytes) order += byte.toString(16).padStart(2, '0');
  return order;
}

/** What a session is ordered by; moments count in whole milliseconds, as they travel between members. */
export function sortValue(session: SessionView, key: SessionSortKey): SortValue {
  if (key === 'assignedAddress' || key === 'publicAddress') return addressOrder(session[key]);
  if (key === 'clientType')
    return `${clientText(session.clientType)} ${clientText(session.clientVersion)}`.toLowerCase();
  const value = key === 'loginAt' ? Math.floor(session.loginAt) : session[key];
  return typeof value === 'string' ? value.toLowerCase() : value;
}

function matches(session: SessionView, query: SessionQuery, text: string): boolean {
  if (query.kind !== undefined && session.kind !== query.kind) return false;
  if (query.group !== undefined && session.group !== query.group) return false;
  if (text === '') return true;
  const { username, group, assignedAddress, publicAddress, protocol, encryption } = session;
  return [username, group, assignedAddress, publicAddress, protocol, encryption]
    .concat(session.clientType, session.clientVersion, session.legacy)
    .some((field) => field?.toLowerCase().includes(text));
}

/** Where a page begins: after the row of this value and index. */
export type Position = { readonly value: SortValue; readonly index: number };

export function readCursor(cursor: string): Result<Position, string> {
  const match = /^(\d{1,15}):(n|s):(.*)$/s.exec(cursor);
  if (!match) return err('the cursor is not one that this list gave');
  const [, index, type, text] = match as unknown as [string, string, string, string];
  const value = type === 'n' ? Number(text) : text;
  if (Number.isNaN(value)) return err('the cursor is not one that this list gave');
  return ok({ value, index: Number(index) });
}

export const writeCursor = ({ value, index }: Position): string =>
  `${index}:${typeof value === 'number' ? 'n' : 's'}:${value}`;

/**
 * One page of `sessions` in the order of `query`, equal values by index. Only the rows of the page are
 * kept and sorted, so that the first page of 100,000 sessions costs one walk over them. A cursor is the
 * sort value and index of the last row of a page: rows that come and go never make a page skip others.
 */
export function pageOfSessions(
  sessions: Iterable<SessionView>,
  query: SessionQuery,
  asOf: number,
): Result<Page<SessionView>, string> {
  const start = query.cursor === undefined ? undefined : readCursor(query.cursor);
  if (start && !start.ok) return start;
  const sign = query.descending ? -1 : 1;
  const compare = (v: SortValue, i: number, w: SortValue, j: number) =>
    v === w ? sign * (i - j) : v < w ? -sign : sign;
  const byOrder = (a: Candidate, b: Candidate) =>
    compare(a.value, a.session.index, b.value, b.session.index);
  const text = query.text?.trim().toLowerCase() ?? '';
  const keep = query.limit + 1;
  let best: Candidate[] = [];
  let worst: Candidate | undefined;
  let total = 0;
  for (const session of sessions) {
    if (!matches(session, query, text)) continue;
    total += 1;
    const value = sortValue(session, query.sort);
    if (start && compare(value, session.index, start.value.value, start.value.index) <= 0) continue;
    if (worst && compare(value, session.index, worst.value, worst.session.index) >= 0) continue;
    best.push({ value, session });
    if (best.length < 2 * keep) continue;
    best = best.sort(byOrder).slice(0, keep);
    worst = best.at(-1);
  }
  const rows = best.sort(byOrder).slice(0, query.limit);
  const last = best.length > query.limit ? rows.at(-1) : undefined;
  return ok({
    items: rows.map((row) => row.session),
    total,
    asOf,
    ...(last && { nextCursor: writeCursor({ value: last.value, index: last.session.index }) }),
  });
}
