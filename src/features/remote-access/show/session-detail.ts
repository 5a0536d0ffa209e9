import type { Instant } from '#base/instant';
import type { IsakmpSaSummary, SaId } from '#ipsec/keying';
import type { Session } from '#session/session';
import type { SessionDetailView, SessionView } from '#views/views';
import type { RemoteAccessNeeds } from './needs.ts';
import { ipsecSaViews, isakmpSaView } from './sa-views.ts';
import { sessionView } from './session-views.ts';

/** A session as it is now. */
export const shownSession = (n: RemoteAccessNeeds, session: Session, now: Instant): SessionView =>
  sessionView(
    session,
    { traffic: n.remoteAccess.traffic(session), idleMs: n.remoteAccess.idleMs(session, now) },
    now,
  );

/** The ISAKMP SA that carries a session; none for a session of another kind. */
const carrierOf = (n: RemoteAccessNeeds, session: Session): IsakmpSaSummary | undefined =>
  session.kind === 'remoteAccess' ? n.keying.summary(session.owner as SaId) : undefined;

/** Everything about one session; undefined when there is none of that number. LB-61, NAT-39. */
export function sessionDetail(n: RemoteAccessNeeds, index: number): SessionDetailView | undefined {
  const now = n.now();
  const session = n.sessions.get(index);
  if (!session) return undefined;
  const sa = carrierOf(n, session);
  return {
    asOf: now,
    session: shownSession(n, session, now),
    isakmpSas: sa ? [isakmpSaView(sa, now)] : [],
    ipsecSas: sa ? ipsecSaViews(sa, n.counters, now) : [],
  };
}
