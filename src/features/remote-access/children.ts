import type { Instant } from '#base/instant';
import { ESP_SUITES } from '#crypto/esp-suites';
import { legacyOf } from '#ipsec/badge';
import type { ChildSummary, CloseReason, SaId } from '#ipsec/keying';
import type { Session } from '#session/session';
import type { Context, Effects } from './parts.ts';
import { childTraffic, sessionTraffic } from './traffic.ts';

/** `IPSec/NAT-T` only where ESP really travels in UDP (G-53). */
const protocolOf = (child: ChildSummary): string =>
  child.encapsulation === 'udp' ? 'IPSec/NAT-T' : 'IPSec';

/** A pair of IPsec SAs came to be: with the first one the session works. */
export function childCreated(c: Context, sa: SaId, child: ChildSummary): Effects {
  const stage = c.logins.admitted(sa);
  const summary = c.keying.summary(sa);
  if (!stage || !summary) return [];
  const suite = ESP_SUITES[child.suite];
  const { inboundSpi, outboundSpi } = child;
  const children = [...stage.children, { inboundSpi, outboundSpi }];
  c.logins.setStage(sa, { ...stage, children });
  const before = c.sessions.get(stage.session);
  c.sessions.update(stage.session, {
    protocol: protocolOf(child),
    encryption: suite.encryptionLabel,
    hash: suite.integrityLabel,
    peer: summary.remote,
    local: summary.local,
    legacy: legacyOf(summary),
  });
  const session = c.sessions.activate(stage.session);
  if (!session || before?.state !== 'connecting') return [];
  return [{ kind: 'event', record: c.accounting.loggedIn(session) }];
}

/** A pair of IPsec SAs is gone; without any the session waits for its client. */
export function childDeleted(c: Context, sa: SaId, inboundSpi: number, now: Instant): Effects {
  const stage = c.logins.admitted(sa);
  const session = stage && c.sessions.get(stage.session);
  const child = stage?.children.find((known) => known.inboundSpi === inboundSpi);
  if (!stage || !session || !child) return [];
  c.logins.addPast(stage.session, childTraffic(c, child));
  const children = stage.children.filter((known) => known !== child);
  c.logins.setStage(sa, { ...stage, children });
  if (children.length === 0) c.sessions.deactivate(stage.session, now);
  return [];
}

/**
 * Ends a session at once, so that its place, its address and its count are free for whoever comes in
 * its place. What the keying manager tells later finds nothing left to do.
 */
export const endSession = (
  c: Context,
  session: Session,
  reason: CloseReason,
  now: Instant,
): Effects => {
  const sa = session.owner as SaId;
  return [...loginClosed(c, sa, reason, now), ...c.keying.close(sa, reason, now)];
};

/** The ISAKMP SA is gone, and with it everything that the client had. */
export function loginClosed(c: Context, sa: SaId, reason: CloseReason, now: Instant): Effects {
  const stage = c.logins.admitted(sa);
  const session = stage && c.sessions.get(stage.session);
  const traffic = session && sessionTraffic(c, session);
  c.logins.delete(sa);
  if (!stage || !session || !traffic) return [];
  c.sessions.close(session.index);
  c.logins.forgetPast(session.index);
  if (stage.leased !== undefined) c.pools.release(stage.leased);
  // A client that never had a tunnel was never announced.
  if (session.state === 'connecting') return [];
  return [{ kind: 'event', record: c.accounting.loggedOff(session, traffic, reason, now) }];
}
