import { after, type Instant } from '#base/instant';
import type { IsakmpSaSummary, SaId } from '#ipsec/keying';
import type { Session } from '#session/session';
import type { ResolvedGroupPolicy } from './config.ts';
import { legacyOf } from './legacy.ts';
import type { Context } from './parts.ts';
import { scheduleLook } from './timeouts.ts';

const MINUTE_MS = 60_000;

/** Opens the session of a client that proved who it is. */
export function openSession(
  c: Context,
  sa: SaId,
  user: string,
  summary: IsakmpSaSummary,
  policy: ResolvedGroupPolicy,
  now: Instant,
): Session {
  const session = c.sessions.open(
    {
      kind: 'remoteAccess',
      username: user,
      group: summary.group ?? '',
      groupPolicy: policy.name,
      owner: sa,
      peer: summary.remote,
      local: summary.local,
      assigned: [],
      protocol: 'IKEv1',
      encryption: summary.encryption,
      hash: summary.hash,
      legacy: legacyOf(summary),
    },
    now,
  );
  const minutes = policy.sessionTimeoutMinutes;
  c.logins.setStage(sa, {
    kind: 'admitted',
    user,
    session: session.index,
    leased: undefined,
    children: [],
    activity: { at: now, packets: 0 },
    endsAt: minutes === 'none' ? undefined : after(now, minutes * MINUTE_MS),
  });
  scheduleLook(c, sa, now);
  return session;
}

/** `sa` carries the session that `older` carried: the client negotiated phase 1 anew. */
export function takeOver(c: Context, sa: SaId, older: SaId, now: Instant): void {
  const stage = c.logins.admitted(older);
  if (!stage || !c.logins.get(sa)) return;
  c.logins.delete(older);
  c.logins.setStage(sa, stage);
  const summary = c.keying.summary(sa);
  c.sessions.update(stage.session, { owner: sa, ...(summary && { peer: summary.remote }) });
  scheduleLook(c, sa, now);
}
