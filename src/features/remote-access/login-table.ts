import { DeadlineHeap } from '#base/deadline-heap';
import type { Instant } from '#base/instant';
import type { SaId } from '#ipsec/keying';
import { addTraffic, NO_TRAFFIC, type Traffic } from '#session/accounting';
import type { Admitted, Login, Stage } from './login.ts';

/** The logins by the ISAKMP SA that carries them, the questions under way, and when each is looked at. */
export class LoginTable {
  readonly #logins = new Map<SaId, Login>();
  readonly #asked = new Map<number, SaId>();
  /** Traffic of IPsec SAs that are gone, by session. */
  readonly #past = new Map<number, Traffic>();
  readonly #deadlines = new DeadlineHeap<SaId>();
  #lastTicket = 0;

  get(sa: SaId): Login | undefined {
    return this.#logins.get(sa);
  }

  /** The stage of a login whose session is open. */
  admitted(sa: SaId): Admitted | undefined {
    const stage = this.#logins.get(sa)?.stage;
    return stage?.kind === 'admitted' ? stage : undefined;
  }

  put(sa: SaId, login: Login): void {
    this.#logins.set(sa, login);
  }

  /** Moves a login to another stage; one that has ended stays gone. */
  setStage(sa: SaId, stage: Stage): void {
    const login = this.#logins.get(sa);
    if (login) this.#logins.set(sa, { ...login, stage });
  }

  delete(sa: SaId): void {
    this.#logins.delete(sa);
    this.#deadlines.set(sa, undefined);
  }

  /** A new number for a question about `sa`. */
  ticketFor(sa: SaId): number {
    this.#lastTicket += 1;
    this.#asked.set(this.#lastTicket, sa);
    return this.#lastTicket;
  }

  /** Whom a question was about; each ticket is redeemed once. */
  redeem(ticket: number): SaId | undefined {
    const sa = this.#asked.get(ticket);
    this.#asked.delete(ticket);
    return sa;
  }

  /** Adds the last counters of an IPsec SA that goes. */
  addPast(session: number, traffic: Traffic): void {
    this.#past.set(session, addTraffic(this.past(session), traffic));
  }

  past(session: number): Traffic {
    return this.#past.get(session) ?? NO_TRAFFIC;
  }

  forgetPast(session: number): void {
    this.#past.delete(session);
  }

  /** Sets when a login is to be looked at. */
  lookAt(sa: SaId, at: Instant | undefined): void {
    this.#deadlines.set(sa, at);
  }

  earliest(): Instant | undefined {
    return this.#deadlines.earliest();
  }

  takeDue(now: Instant): SaId | undefined {
    return this.#deadlines.takeDue(now);
  }
}
