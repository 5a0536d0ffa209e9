import type { Instant } from '#base/instant';
import { ok, type Result } from '#base/result';
import type { DataPlane } from '#dataplane/data-plane';
import { classesOf } from '#events/catalogue';
import { eventView } from '#features/management/log-view';
import type { ManagementNeeds } from '#features/management/show';
import type { RemoteAccessNeeds } from '#features/remote-access/exec-commands';
import { shownSession } from '#features/remote-access/show/session-detail';
import { sessionSummaryView, sessionView } from '#features/remote-access/show/session-views';
import { type Accounting, NO_TRAFFIC } from '#session/accounting';
import type { Session } from '#session/session';
import type {
  CountersView,
  EventPage,
  EventQuery,
  EventView,
  Page,
  SessionQuery,
  SessionSummaryView,
  SessionView,
} from '#views/views';
import { pageOfEvents } from './event-page.ts';
import { pageOfSessions } from './session-page.ts';

export { ipsecSaPage, isakmpSaPage } from '#features/remote-access/show/sa-pages';
export { sessionDetail } from '#features/remote-access/show/session-detail';

/** What the counters are read from. */
export type CounterNeeds = Pick<RemoteAccessNeeds, 'keying'> & {
  readonly accounting: Pick<Accounting, 'totals'>;
  readonly dataPlane: Pick<DataPlane, 'counters'>;
};

export const summaryView = (n: Pick<RemoteAccessNeeds, 'sessions'>): SessionSummaryView =>
  sessionSummaryView(n.sessions.summary());

function* viewsOf(
  n: RemoteAccessNeeds,
  view: (session: Session) => SessionView,
): Generator<SessionView> {
  for (const session of n.sessions.values()) yield view(session);
}

/** Everything about a session but what passed through it, which takes a look at every counter. */
const withoutTraffic =
  (now: Instant) =>
  (session: Session): SessionView =>
    sessionView(session, { traffic: NO_TRAFFIC, idleMs: undefined }, now);

/**
 * A page of sessions. The counters of a session are read when it is on the page, or when the page is in
 * their order; the error says which part of the query is not right.
 */
export function sessionsPage(
  n: RemoteAccessNeeds,
  query: SessionQuery,
): Result<Page<SessionView>, string> {
  const now = n.now();
  const whole = (session: Session) => shownSession(n, session, now);
  if (query.sort === 'bytesTx' || query.sort === 'bytesRx')
    return pageOfSessions(viewsOf(n, whole), query, now);
  const page = pageOfSessions(viewsOf(n, withoutTraffic(now)), query, now);
  if (!page.ok) return page;
  const items = page.value.items.flatMap(({ index }) => {
    const session = n.sessions.get(index);
    return session ? [whole(session)] : [];
  });
  return ok({ ...page.value, items });
}

/** Totals since the start. Costs the same with any number of sessions. */
export function countersView(n: CounterNeeds): CountersView {
  const { logins, refusals } = n.accounting.totals();
  const { halfOpen, isakmpSas, ipsecSas } = n.keying.counts();
  const path = n.dataPlane.counters();
  return {
    logins,
    loginFailures: refusals,
    octetsTx: path.octetsTx,
    octetsRx: path.octetsRx,
    packetsTx: path.packetsTx,
    packetsRx: path.packetsRx,
    packetsDropped: {
      'unknown SPI': path.unknownSpi,
      replayed: path.replayed,
      'failed verification': path.authenticationFailed,
      'outside the selectors': path.selectorMismatch,
      malformed: path.malformed,
      'no tunnel': path.noPolicy,
      'queue full': path.queueFull,
      'end of lifetime': path.expired,
    },
    halfOpenSas: halfOpen,
    isakmpSas,
    ipsecSas,
  };
}

function* newestEvents({ log }: Pick<ManagementNeeds, 'log'>): Generator<EventView> {
  for (const logged of log.newestFirst()) yield eventView(logged);
}

/** A page of the event log, newest first; NAT-60. */
export const eventsPage = (
  n: Pick<ManagementNeeds, 'catalogue' | 'log'>,
  query: EventQuery,
): EventPage => pageOfEvents(newestEvents(n), query, classesOf(n.catalogue));
