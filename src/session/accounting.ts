import { formatDuration } from '#base/calendar';
import { elapsedMs, type Instant } from '#base/instant';
import { type EventRecord, type EventSubject, occurred } from '#events/event';
import { sessionClosed, sessionOpened } from './events.ts';
import type { Session } from './session.ts';

/** What passed through a session, inside the tunnel; Tx is what the head-end sent. */
export type Traffic = {
  readonly bytesTx: number;
  readonly bytesRx: number;
  readonly packetsTx: number;
  readonly packetsRx: number;
};

export const NO_TRAFFIC: Traffic = { bytesTx: 0, bytesRx: 0, packetsTx: 0, packetsRx: 0 };

export const addTraffic = (a: Traffic, b: Traffic): Traffic => ({
  bytesTx: a.bytesTx + b.bytesTx,
  bytesRx: a.bytesRx + b.bytesRx,
  packetsTx: a.packetsTx + b.packetsTx,
  packetsRx: a.packetsRx + b.packetsRx,
});

/** Totals since the start; they only grow. */
export type AccountingTotals = {
  readonly logins: number;
  /** By reason. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Traffic of the sessions that have ended. */
  readonly ended: Traffic;
};

/** Whom the events of a session are about. */
export const subjectOf = (session: Session): EventSubject => ({
  peer: session.peer.address,
  group: session.group,
  user: session.username,
});

/** Keeps the books on logins and sessions that ended, and says so in events. */
export class Accounting {
  #logins = 0;
  readonly #refusals = new Map<string, number>();
  #ended = NO_TRAFFIC;

  /** A session has been opened. */
  loggedIn(session: Session): EventRecord {
    this.#logins += 1;
    const { protocol, assigned } = session;
    const addresses = assigned.join(', ') || 'none';
    return occurred(sessionOpened, { protocol, assigned: addresses }, subjectOf(session));
  }

  /** A session has ended; `reason` is a close reason in words. */
  loggedOff(session: Session, traffic: Traffic, reason: string, now: Instant): EventRecord {
    this.#ended = addTraffic(this.#ended, traffic);
    const { protocol, loginAt } = session;
    const duration = formatDuration(elapsedMs(loginAt, now));
    const { bytesTx, bytesRx } = traffic;
    return occurred(
      sessionClosed,
      { protocol, duration, bytesTx, bytesRx, reason },
      subjectOf(session),
    );
  }

  /** A login was refused; `reason` is one of a fixed set, never a word of the client. */
  refused(reason: string): void {
    this.#refusals.set(reason, (this.#refusals.get(reason) ?? 0) + 1);
  }

  totals(): AccountingTotals {
    return {
      logins: this.#logins,
      refusals: Object.fromEntries(this.#refusals),
      ended: this.#ended,
    };
  }
}
