import { after, type Instant } from '#base/instant';
import { type EventRecord, occurred } from '#events/event';
import { legacyOf } from '#ipsec/badge';
import type { IsakmpSaSummary, SaId } from '#ipsec/keying';
import { subjectOf } from '#session/accounting';
import { sessionLimitReached, sessionPreempted, simultaneousLoginsReached } from '#session/events';
import type { Session } from '#session/session';
import { endSession, loginClosed } from './children.ts';
import type { ResolvedGroupPolicy } from './config.ts';
import type { Context, Effects } from './parts.ts';
import { scheduleLook } from './timeouts.ts';

const MINUTE_MS = 60_000;

/** What came of letting a client in: what is to be done, or the reason and the event of a refusal. */
type Entry = {
  readonly effects: Effects;
  readonly refusal?: readonly [reason: string, record: EventRecord];
};

/** Opens the session of a client that proved who it is, if the limits let it in. */
export function enter(
  c: Context,
  sa: SaId,
  user: string,
  summary: IsakmpSaSummary,
  policy: ResolvedGroupPolicy,
  now: Instant,
): Entry {
  const admission = c.sessions.admit('remoteAccess', user, policy.simultaneousLogins);
  if (admission.kind === 'refused') {
    const { reason, limit } = admission;
    const full = reason === 'session limit' ? sessionLimitReached : simultaneousLoginsReached;
    return { effects: [], refusal: [reason, occurred(full, { limit })] };
  }
  const effects = admission.preempted.flatMap((session) => preempt(c, session, user, now));
  openSession(c, sa, user, summary, policy, now);
  return { effects };
}

function preempt(c: Context, session: Session, successor: string, now: Instant): Effects {
  const args = { index: session.index, successor };
  return [
    { kind: 'event', record: occurred(sessionPreempted, args, subjectOf(session)) },
    ...endSession(c, session, 'preempted', now),
  ];
}

function openSession(
  c: Context,
  sa: SaId,
  user: string,
  summary: IsakmpSaSummary,
  policy: ResolvedGroupPolicy,
  now: Instant,
): void {
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
}

/**
 * `sa` carries the session that `older` carried: the client negotiated phase 1 anew. A session that was
 * opened for `sa`, while its client seemed to be another at another port, gives way.
 */
export function takeOver(c: Context, sa: SaId, older: SaId, now: Instant): Effects {
  const stage = c.logins.admitted(older);
  const login = c.logins.get(sa);
  if (!stage || !login) return [];
  const effects = c.logins.admitted(sa) ? loginClosed(c, sa, 'replaced', now) : [];
  c.logins.delete(older);
  c.logins.put(sa, { ...login, stage });
  const summary = c.keying.summary(sa);
  c.sessions.update(stage.session, { owner: sa, ...(summary && { peer: summary.remote }) });
  scheduleLook(c, sa, now);
  return effects;
}
