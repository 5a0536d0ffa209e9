import type { Instant } from '#base/instant';
import type { RandomSource } from '#base/random';
import type { EventRecord } from '#events/event';
import type { Member } from '#protocol/vcl/state';
import type { Effect } from '#protocol/vcl/turn';
import { messageTypes } from '#wire/vcl/numbers';
import { type OwnSessions, SessionAnswers } from './answers.ts';
import { type Asked, Inquiries, type Pages, type Telling } from './inquiries.ts';

export type MemberPagesParts = {
  readonly random: RandomSource;
  readonly own: OwnSessions;
  readonly member: () => Member | undefined;
  readonly note: (record: EventRecord, now: Instant) => void;
};

type Heard = Extract<Effect, { kind: 'heard' }>;

/** Sessions of the whole cluster: pages asked of the other members, and given to them. Decision 007. */
export class MemberPages {
  readonly #member: () => Member | undefined;
  readonly #answers: SessionAnswers;
  readonly #inquiries: Inquiries;

  constructor({ random, own, member, note }: MemberPagesParts) {
    this.#member = member;
    this.#answers = new SessionAnswers(own, note);
    this.#inquiries = new Inquiries(random);
  }

  /**
   * Asks members for a page each; undefined when too many look already. `done` gets what they said, once,
   * when all have answered or were given up.
   */
  ask(asked: Asked, done: (pages: Pages) => void, now: Instant): readonly Telling[] | undefined {
    return this.#inquiries.ask(asked, done, now);
  }

  /** A member asked, or answered. */
  heard({ sender, message }: Heard, now: Instant): readonly Telling[] {
    if (message.type === messageTypes.sessions)
      return this.#inquiries.heard(sender.member, message, now);
    const peer = this.#member()?.peers.get(sender.member);
    const address = peer?.description.privateAddress ?? '';
    const answers = this.#answers.asked(sender.member, address, message, now);
    return answers.map((answer) => ({ to: sender.member, message: answer }));
  }

  deadline(): Instant | undefined {
    return this.#inquiries.deadline();
  }

  tick(now: Instant): readonly Telling[] {
    this.#answers.forget(now);
    if (this.#member()) return this.#inquiries.tick(now);
    this.#inquiries.close();
    return [];
  }
}
