import { after, type Instant } from '#base/instant';
import type { RandomSource } from '#base/random';
import { type EventRecord, occurred } from '#events/event';
import type { Member } from '#protocol/vcl/state';
import type { Effect } from '#protocol/vcl/turn';
import { messageTypes } from '#wire/vcl/numbers';
import { sessionPageFailed } from '../events.ts';
import { type OwnSessions, SessionAnswers } from './answers.ts';
import { type Asked, Inquiries, type Pages, type Telling } from './inquiries.ts';

/** A contradiction is said once in so long. */
const SAY_AGAIN_MS = 60_000;

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
  readonly #note: MemberPagesParts['note'];
  #saidAt: Instant | undefined;

  constructor({ random, own, member, note }: MemberPagesParts) {
    this.#member = member;
    this.#note = note;
    this.#answers = new SessionAnswers(own, note);
    this.#inquiries = new Inquiries(random);
  }

  /** Whether too many look already for one more. */
  get isFull(): boolean {
    return this.#inquiries.isFull;
  }

  /**
   * Asks members for a page each; undefined when too many look already. `done` gets what they said, once,
   * when all have answered or were given up.
   */
  ask(asked: Asked, done: (pages: Pages) => void, now: Instant): readonly Telling[] | undefined {
    return this.#inquiries.ask(asked, done, now);
  }

  /** A member asked, or answered. */
  heard(heard: Heard, now: Instant): readonly Telling[] {
    return this.#guarded(() => this.#heard(heard, now), now);
  }

  #heard({ sender, message }: Heard, now: Instant): readonly Telling[] {
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
    return this.#guarded(() => {
      if (this.#member()) return this.#inquiries.tick(now);
      this.#inquiries.close();
      return [];
    }, now);
  }

  /** A contradiction in a list that somebody looks at must not end the tunnels of a whole device. */
  #guarded(run: () => readonly Telling[], now: Instant): readonly Telling[] {
    try {
      return run();
    } catch (error) {
      if (this.#saidAt !== undefined && now < after(this.#saidAt, SAY_AGAIN_MS)) return [];
      this.#saidAt = now;
      const reason = error instanceof Error ? error.message : 'unknown';
      this.#note(occurred(sessionPageFailed, { reason }), now);
      return [];
    }
  }
}
