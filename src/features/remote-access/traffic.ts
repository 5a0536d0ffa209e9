import type { SaId } from '#ipsec/keying';
import { addTraffic, NO_TRAFFIC, type Traffic } from '#session/accounting';
import type { Session } from '#session/session';
import type { ChildSpis } from './login.ts';
import type { Context } from './parts.ts';

/** What passed through a session so far, IPsec SAs that are gone included. */
export function sessionTraffic(c: Context, session: Session): Traffic {
  let traffic = c.logins.past(session.index);
  for (const child of c.logins.admitted(session.owner as SaId)?.children ?? [])
    traffic = addTraffic(traffic, childTraffic(c, child));
  return traffic;
}

/** What passed through one pair of IPsec SAs that the packet path still knows. */
export const childTraffic = (c: Context, child: ChildSpis): Traffic =>
  c.traffic(child) ?? NO_TRAFFIC;
