import { elapsedMs, type Instant } from '#base/instant';
import type { KeyingNotice, SaId } from '#ipsec/keying';
import type { Traffic } from '#session/accounting';
import type { CredentialAnswer } from '#session/credentials';
import type { Session } from '#session/session';
import { configure } from './addressing.ts';
import { takeOver } from './admission.ts';
import { checkCredentials, settleCredentials } from './authentication.ts';
import { childCreated, childDeleted, loginClosed } from './children.ts';
import { admissionOf } from './direction.ts';
import { LoginTable } from './login-table.ts';
import type { Context, Effects, RemoteAccessParts } from './parts.ts';
import { checkTimeouts } from './timeouts.ts';
import { sessionTraffic } from './traffic.ts';

/**
 * Remote access: takes what the keying manager tells of its peers and decides who they are, what they
 * get and how long they may stay. Every method returns all that is to be done.
 */
export class RemoteAccess {
  readonly #context: Context;

  constructor(parts: RemoteAccessParts) {
    this.#context = { ...parts, logins: new LoginTable() };
  }

  notice(notice: KeyingNotice, now: Instant): Effects {
    const { sa } = notice;
    const c = this.#context;
    switch (notice.kind) {
      case 'phaseOneCompleted':
        return this.#begin(sa);
      case 'admissionWanted':
        return c.keying.admit(sa, admissionOf(c, notice, now), now);
      case 'initialContact':
        return this.#initialContact(sa);
      case 'credentials':
        return checkCredentials(c, sa, notice.user, notice.password, now);
      case 'configurationRequested':
        return configure(c, sa, notice.attributes, now);
      case 'childCreated':
        return childCreated(c, sa, notice.child);
      case 'childDeleted':
        return childDeleted(c, sa, notice.inboundSpi, now);
      case 'rekeyed':
        return takeOver(c, sa, notice.replaces, now);
      case 'peerMoved': {
        const stage = c.logins.admitted(sa);
        if (stage) c.sessions.update(stage.session, { peer: notice.remote });
        return [];
      }
      case 'closed':
        return loginClosed(c, sa, notice.reason, now);
      // These are told to initiators.
      case 'credentialsWanted':
      case 'credentialsJudged':
      case 'configurationReceived':
      case 'redirected':
        return [];
    }
  }

  /** The answer to an `askCredentials`. */
  answer(ticket: number, answer: CredentialAnswer, now: Instant): Effects {
    return settleCredentials(this.#context, ticket, answer, now);
  }

  /** When the next `tick` is due. */
  deadline(): Instant | undefined {
    return this.#context.logins.earliest();
  }

  tick(now: Instant): Effects {
    return checkTimeouts(this.#context, now);
  }

  /** Ends a session for the administrator; nothing when it is not one of ours. */
  logOff(session: Session, now: Instant): Effects {
    const sa = session.owner as SaId;
    const owned = this.#context.logins.admitted(sa)?.session === session.index;
    return owned ? this.#context.keying.close(sa, 'administrator', now) : [];
  }

  /** What passed through a session so far. */
  traffic(session: Session): Traffic {
    return sessionTraffic(this.#context, session);
  }

  /** How long at least nothing has passed through a session, as far as the looks at its counters tell. */
  idleMs(session: Session, now: Instant): number | undefined {
    const activity = this.#context.logins.admitted(session.owner as SaId)?.activity;
    if (!activity) return undefined;
    const { packetsRx, packetsTx } = this.traffic(session);
    return packetsRx + packetsTx === activity.packets ? elapsedMs(activity.at, now) : 0;
  }

  #begin(sa: SaId): Effects {
    const { keying, logins } = this.#context;
    const group = keying.summary(sa)?.group;
    if (group !== undefined && !logins.get(sa))
      logins.put(sa, { group, stage: { kind: 'asked' }, initialContact: false });
    return [];
  }

  #initialContact(sa: SaId): Effects {
    this.#begin(sa);
    const login = this.#context.logins.get(sa);
    if (login) this.#context.logins.put(sa, { ...login, initialContact: true });
    return [];
  }
}
