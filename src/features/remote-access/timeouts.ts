import { elapsedMs, type Instant, instant } from '#base/instant';
import type { SaId } from '#ipsec/keying';
import { policyOf } from './group-policy.ts';
import type { Admitted } from './login.ts';
import type { Context, Effects } from './parts.ts';
import { sessionTraffic } from './traffic.ts';

const MINUTE_MS = 60_000;
/** Ours: the counters of a session are looked at this many times in its idle timeout. */
const LOOKS_PER_TIMEOUT = 4;

function idleTimeoutMs(c: Context, sa: SaId, stage: Admitted): number | undefined {
  const group = c.logins.get(sa)?.group ?? '';
  const minutes = policyOf(c.configuration(), group, stage.user)?.idleTimeoutMinutes ?? 'none';
  return minutes === 'none' ? undefined : minutes * MINUTE_MS;
}

/** Sets when a session is looked at next: its end, or a part of its idle timeout from now. */
export function scheduleLook(c: Context, sa: SaId, now: Instant): void {
  const stage = c.logins.admitted(sa);
  if (!stage) return;
  const idleMs = idleTimeoutMs(c, sa, stage);
  const endsAt = stage.endsAt ?? Number.POSITIVE_INFINITY;
  const lookAt = idleMs === undefined ? Number.POSITIVE_INFINITY : now + idleMs / LOOKS_PER_TIMEOUT;
  const at = Math.min(endsAt, lookAt);
  c.logins.lookAt(sa, Number.isFinite(at) ? instant(at) : undefined);
}

/** Ends the sessions that have lasted as long as they may, or through which nothing passed. */
export function checkTimeouts(c: Context, now: Instant): Effects {
  const effects: Effects[number][] = [];
  for (let sa = c.logins.takeDue(now); sa !== undefined; sa = c.logins.takeDue(now)) {
    const stage = c.logins.admitted(sa);
    const session = stage && c.sessions.get(stage.session);
    if (!stage || !session) continue;
    const traffic = sessionTraffic(c, session);
    const packets = traffic.packetsRx + traffic.packetsTx;
    const activity = packets === stage.activity.packets ? stage.activity : { at: now, packets };
    c.logins.setStage(sa, { ...stage, activity });
    const idleMs = idleTimeoutMs(c, sa, stage);
    if (stage.endsAt !== undefined && now >= stage.endsAt)
      effects.push(...c.keying.close(sa, 'lifetime expired', now));
    else if (idleMs !== undefined && elapsedMs(activity.at, now) >= idleMs)
      effects.push(...c.keying.close(sa, 'idle timeout', now));
    else scheduleLook(c, sa, now);
  }
  return effects;
}
