import type { Instant } from '#base/instant';
import type { Configuration } from '#config/configuration';
import { about, type EventRecord, occurred } from '#events/event';
import type { IsakmpSaSummary, SaId } from '#ipsec/keying';
import { knownPassword, sessionSlice } from '#session/config';
import type { CredentialAnswer, KnownPassword } from '#session/credentials';
import { credentialsOverloaded, loginRefused } from '#session/events';
import { enter } from './admission.ts';
import { endSession } from './children.ts';
import { remoteAccessSlice } from './config.ts';
import { serverGroupUnsupported } from './events.ts';
import { policyOf } from './group-policy.ts';
import type { Login } from './login.ts';
import type { Context, Effects, RemoteAccessEffect } from './parts.ts';

/** The one answer to an unknown user, a wrong password, and a user who may not log in here. */
const WRONG_CREDENTIALS = 'wrong password or unknown user';

/** What a password is checked against; undefined for a user who may not log in with this group. */
function passwordFor(
  configuration: Configuration,
  name: string,
  group: string,
): KnownPassword | undefined {
  const user = sessionSlice.of(configuration).users.get(name);
  if (user === undefined || user.service === 'admin' || user.service === 'nas-prompt')
    return undefined;
  // What is said about the user goes before what the policy says, "none" included.
  const lock = user.groupLock ?? policyOf(configuration, group, name)?.groupLock ?? 'none';
  if (lock !== 'none' && lock !== group) return undefined;
  return knownPassword(user);
}

/** A client answered the XAUTH request: judge it now, or ask scrypt. */
export function checkCredentials(
  c: Context,
  sa: SaId,
  user: string,
  password: Uint8Array,
  now: Instant,
): Effects {
  const login = c.logins.get(sa);
  if (login?.stage.kind !== 'asked') return [];
  const configuration = c.configuration();
  const group = remoteAccessSlice.of(configuration).tunnelGroups.get(login.group);
  const serverGroup = group?.authenticationServerGroup ?? 'LOCAL';
  if (serverGroup !== 'LOCAL' && !group?.localFallback)
    return refuse(
      c,
      sa,
      user,
      'server group',
      occurred(serverGroupUnsupported, { serverGroup }),
      now,
    );
  const against = passwordFor(configuration, user, login.group);
  const check = c.credentials.check(user, password, against);
  if (check.kind === 'verified') return admit(c, sa, login, user, now);
  const ticket = c.logins.ticketFor(sa);
  c.logins.setStage(sa, { kind: 'verifying', user, ticket, pending: check.pending });
  return [{ kind: 'askCredentials', ticket, question: check.question }];
}

/** The answer about a password arrived. */
export function settleCredentials(
  c: Context,
  ticket: number,
  answer: CredentialAnswer,
  now: Instant,
): Effects {
  const sa = c.logins.redeem(ticket);
  const login = sa === undefined ? undefined : c.logins.get(sa);
  if (sa === undefined || login?.stage.kind !== 'verifying') return [];
  const { user, pending } = login.stage;
  if (c.credentials.settle(pending, answer)) return admit(c, sa, login, user, now);
  if (answer.overloaded)
    return refuse(c, sa, user, 'overloaded', occurred(credentialsOverloaded, {}), now);
  const record = occurred(loginRefused, { reason: WRONG_CREDENTIALS });
  return refuse(c, sa, user, WRONG_CREDENTIALS, record, now);
}

function refuse(
  c: Context,
  sa: SaId,
  user: string,
  reason: string,
  record: EventRecord,
  now: Instant,
): Effects {
  const summary = c.keying.summary(sa);
  const subject = { peer: summary?.remote.address, group: summary?.group, user };
  c.accounting.refused(reason);
  c.logins.setStage(sa, { kind: 'asked' });
  return [
    { kind: 'event', record: about(record, subject) },
    ...c.keying.extendedAuthenticationResult(sa, false, now),
  ];
}

/**
 * The session that this same client has already: of the same user and group, from the same address and
 * port, where phase 1 went on or, as for vpnc with a new socket, where it began. Another client of the
 * user behind the same NAT has another port (NAT-45).
 */
const earlierSession = (c: Context, login: Login, user: string, summary: IsakmpSaSummary) =>
  c.sessions.ofClient(user, login.group, summary.remote) ??
  c.sessions.ofClient(user, login.group, summary.origin);

function admit(c: Context, sa: SaId, login: Login, user: string, now: Instant): Effects {
  const summary = c.keying.summary(sa);
  const policy = policyOf(c.configuration(), login.group, user);
  if (!summary || !policy) return c.keying.close(sa, 'negotiation failed', now);
  if (!policy.tunnelProtocols.includes('ikev1')) {
    const reason = 'group policy without IKEv1';
    return refuse(c, sa, user, reason, occurred(loginRefused, { reason }), now);
  }
  const earlier = earlierSession(c, login, user, summary);
  const effects: RemoteAccessEffect[] = [];
  if (earlier && !login.initialContact) c.logins.setStage(sa, { kind: 'renewing', user });
  else {
    if (earlier) effects.push(...endSession(c, earlier, 'replaced', now));
    const entered = enter(c, sa, user, summary, policy, now);
    if (entered.refusal) return [...effects, ...refuse(c, sa, user, ...entered.refusal, now)];
    effects.push(...entered.effects);
  }
  return [...effects, ...c.keying.extendedAuthenticationResult(sa, true, now)];
}
