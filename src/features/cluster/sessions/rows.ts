import { type IpAddress, parseAddress } from '#base/address';
import type { SessionQuery, SessionView } from '#views/views';
import { fitting } from '#wire/vcl/fields';
import { sessionKinds, sessionLimits, sessionOrders, sessionStates } from '#wire/vcl/numbers';
import type { SessionQuestion, SessionRow } from '#wire/vcl/sessions';

/** Sessions and questions for them, as they are shown and as they travel between members. */

const named = <T extends string>(numbers: Readonly<Record<T, number>>) =>
  new Map(Object.entries(numbers).map(([name, number]) => [number as number, name as T]));

const KINDS = named(sessionKinds);
const STATES = named(sessionStates);
const ORDERS = named(sessionOrders);

/** Ours: what the longest row may hold, so that one always fits into a datagram. A name has 64 characters. */
const NAME_OCTETS = 192;
const TEXT_OCTETS = 64;
const WORD_OCTETS = 32;

const addressOf = (text: string | undefined): IpAddress | undefined => {
  const parsed = text === undefined ? undefined : parseAddress(text);
  return parsed?.ok ? parsed.value : undefined;
};

const name = (text: string): string => fitting(text, NAME_OCTETS);
/** What travels of a text of a client; the order of sessions goes by it, so that it is the same everywhere. */
export const clientText = (value: string | undefined): string => fitting(value ?? '', TEXT_OCTETS);
const count = (value: number): number =>
  Number.isFinite(value) ? Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.floor(value))) : 0;
const word = (value: string): string => fitting(value, WORD_OCTETS);
const given = (value: string): string | undefined => (value === '' ? undefined : value);

/** A session as it travels; parts of a millisecond are left out, and what is no count is 0. */
export const rowOf = (view: SessionView): SessionRow => ({
  index: view.index,
  kind: sessionKinds[view.kind],
  state: sessionStates[view.state],
  publicPort: view.publicPort ?? 0,
  localPort: view.localPort ?? 0,
  loginAt: count(view.loginAt),
  durationMs: count(view.durationMs),
  idleMs: view.idleMs === undefined ? undefined : count(view.idleMs),
  bytesTx: count(view.bytesTx),
  bytesRx: count(view.bytesRx),
  packetsTx: count(view.packetsTx),
  packetsRx: count(view.packetsRx),
  assignedAddress: addressOf(view.assignedAddress),
  publicAddress: addressOf(view.publicAddress),
  username: name(view.username),
  group: name(view.group),
  groupPolicy: clientText(view.groupPolicy),
  protocol: word(view.protocol),
  encryption: word(view.encryption),
  hash: word(view.hash),
  clientType: clientText(view.clientType),
  clientVersion: clientText(view.clientVersion),
  legacy: view.legacy.slice(0, sessionLimits.legacy).map(word),
});

/** ECMA-262, Time Values: no date is later. */
const LAST_MOMENT = 8.64e15;

/** What another member says of a session; undefined for what this version does not know, or no clock shows. */
export function viewOf(row: SessionRow): SessionView | undefined {
  const kind = KINDS.get(row.kind);
  const state = STATES.get(row.state);
  if (kind === undefined || state === undefined) return undefined;
  if (row.loginAt + row.durationMs > LAST_MOMENT) return undefined;
  return {
    ...row,
    ...{ kind, state },
    publicPort: row.publicPort || undefined,
    localPort: row.localPort || undefined,
    publicAddress: row.publicAddress ?? '',
    groupPolicy: given(row.groupPolicy),
    clientType: given(row.clientType),
    clientVersion: given(row.clientVersion),
  };
}

/** A query as a question for the datagrams of its page from `from` on. */
export function questionOf(query: SessionQuery, from: number): SessionQuestion {
  const part = (value: string | undefined) => fitting(value ?? '', sessionLimits.textOctets);
  return {
    from,
    kind: query.kind === undefined ? 0 : sessionKinds[query.kind],
    order: sessionOrders[query.sort],
    descending: query.descending,
    limit: query.limit,
    group: part(query.group),
    text: part(query.text),
    cursor: part(query.cursor),
  };
}

/** The query that a question is for; undefined for one that this version does not know. */
export function queryOf(question: SessionQuestion, mostRows: number): SessionQuery | undefined {
  const sort = ORDERS.get(question.order);
  const kind = KINDS.get(question.kind);
  if (sort === undefined || (kind === undefined && question.kind !== 0)) return undefined;
  return {
    ...{ kind, sort },
    descending: question.descending,
    limit: Math.max(1, Math.min(question.limit, mostRows)),
    group: given(question.group),
    text: given(question.text),
    cursor: given(question.cursor),
  };
}
