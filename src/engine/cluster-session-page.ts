import { compareAddresses, type IpAddress, parseAddress } from '#base/address';
import { err, ok, type Result } from '#base/result';
import type {
  ClusterSessionPage,
  ClusterSessionsMember,
  ClusterSessionView,
} from '#views/cluster-views';
import type { SessionQuery, SessionSortKey, SessionView } from '#views/views';
import { type Position, readCursor, sortValue, writeCursor } from './session-page.ts';

/** What one member said of its part of a page. */
export type MemberPart = ClusterSessionsMember & {
  readonly rows: readonly SessionView[];
  /** It has sessions after these. */
  readonly hasMore: boolean;
};

/** A place in the order of the whole cluster: value, then member, then index. */
type Place = Position & { readonly member: IpAddress };

const WRONG_CURSOR = 'the cursor is not one that this list gave';
/** More than any index: where all rows of one value are past. */
const LAST_INDEX = 999_999_999_999_999;

function readPlace(cursor: string): Result<Place, string> {
  const at = cursor.indexOf('~');
  const member = parseAddress(cursor.slice(0, Math.max(0, at)));
  const position = readCursor(cursor.slice(at + 1));
  if (at < 0 || !member.ok || !position.ok) return err(WRONG_CURSOR);
  return ok({ ...position.value, member: member.value });
}

/**
 * The query for the part of one member of the page that `query` asks for. Of the rows whose value is that
 * of the cursor, those of members before the cursor's are past, those of members after it are to come.
 */
export function partQuery(query: SessionQuery, member: IpAddress): Result<SessionQuery, string> {
  if (query.cursor === undefined) return ok(query);
  const place = readPlace(query.cursor);
  if (!place.ok) return place;
  const { value, index } = place.value;
  const order = compareAddresses(member, place.value.member);
  const isPast = query.descending ? order > 0 : order < 0;
  const beyond = isPast === query.descending ? 0 : LAST_INDEX;
  const cursor = writeCursor({ value, index: order === 0 ? index : beyond });
  return ok({ ...query, cursor });
}

type Row = Place & { readonly session: ClusterSessionView };

/** A client of remote access, as far as several members can tell that it is the same one. */
const clientOf = (s: SessionView): string =>
  [s.username, s.group, s.publicAddress, s.clientType, s.clientVersion].join('\n');

/**
 * The rows that are older sessions of a client with a newer one on another member: it moved, and the
 * member it came from has not noticed yet. Several sessions on one member are several clients.
 */
function movedAway(rows: readonly Row[]): ReadonlySet<Row> {
  const newest = new Map<string, Row>();
  const clients = rows.filter(({ session }) => session.kind === 'remoteAccess');
  for (const row of clients) {
    const known = newest.get(clientOf(row.session));
    if (!known || row.session.durationMs < known.session.durationMs)
      newest.set(clientOf(row.session), row);
  }
  const isOlder = (row: Row) => newest.get(clientOf(row.session))?.member !== row.member;
  return new Set(clients.filter(isOlder));
}

function comparison({ descending }: SessionQuery): (a: Place, b: Place) => number {
  const sign = descending ? -1 : 1;
  return (a, b) => {
    if (a.value !== b.value) return a.value < b.value ? -sign : sign;
    return sign * (compareAddresses(a.member, b.member) || a.index - b.index);
  };
}

const rowsOf = (part: MemberPart, sort: SessionSortKey): Row[] =>
  part.rows.map((session) => {
    const member = part.privateAddress as IpAddress;
    const { index } = session;
    return { value: sortValue(session, sort), index, member, session: { ...session, member } };
  });

/** The rows of a part that come after the cursor. A member that sends others cannot turn the reader back. */
function rowsAfter(query: SessionQuery, part: MemberPart): readonly Row[] {
  const rows = rowsOf(part, query.sort);
  const place = query.cursor === undefined ? undefined : readPlace(query.cursor);
  if (!place?.ok) return rows;
  const compare = comparison(query);
  return rows.filter((row) => compare(row, place.value) > 0);
}

/**
 * The page that the parts of all members make. A member that has more than it sent bounds the page: what
 * comes after its last row may come after others that it did not send.
 */
export function mergedPage(
  query: SessionQuery,
  parts: readonly MemberPart[],
  asOf: number,
): ClusterSessionPage {
  const compare = comparison(query);
  const lists = parts.map((part) => rowsAfter(query, part));
  const ends = lists.flatMap((rows, i) => (parts[i]?.hasMore ? rows.slice(-1) : []));
  const end = ends.sort(compare)[0];
  const all = lists.flat().sort(compare);
  const moved = movedAway(all);
  const sure = all.filter((row) => !moved.has(row) && (!end || compare(row, end) <= 0));
  const shown = sure.slice(0, query.limit);
  // Where rows were left out, the page may be shorter, and goes on after the last row that was looked at.
  const isCut = sure.length > query.limit;
  const last = isCut ? shown.at(-1) : end;
  const answered = parts.filter(({ answer }) => answer === 'whole');
  const total = answered.reduce((sum, part) => sum + (part.total ?? 0), 0) - moved.size;
  return {
    items: shown.map(({ session }) => session),
    total: Math.max(0, total),
    asOf,
    ...(last && { nextCursor: `${last.member}~${writeCursor(last)}` }),
    members: parts.map(({ rows, hasMore, ...member }) => member),
    moved: moved.size,
  };
}
