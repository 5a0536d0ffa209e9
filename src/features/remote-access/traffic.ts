import type { SaId } from '#ipsec/keying';
import { addTraffic, NO_TRAFFIC, type Traffic } from '#session/accounting';
import type { Session } from '#session/session';
import type { ChildSpis } from './login.ts';
import type { Context } from './parts.ts';

/** What passed through a session so far, IPsec SAs that are gone included. */
export function sessionTraffic(c: Context, session: Session): Traffic {
  const sa = session.owner as SaId;
  return (c.logins.admitted(sa)?.children ?? [])
    .map((child) => childTraffic(c, sa, child))
    .reduce(addTraffic, c.logins.past(session.index));
}

/** What passed through one pair of IPsec SAs that the packet path still knows. */
export function childTraffic(c: Context, sa: SaId, child: ChildSpis): Traffic {
  const summary = c.keying.summary(sa);
  return (summary && c.traffic(summary, child)) ?? NO_TRAFFIC;
}
