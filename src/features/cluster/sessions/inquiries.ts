import { toHex } from '#base/bytes';
import { after, earliest, type Instant } from '#base/instant';
import type { RandomSource } from '#base/random';
import type { ForMembers } from '#protocol/vcl/turn';
import type { SessionQuery, SessionSummaryView, SessionView } from '#views/views';
import type { MemberId } from '#wire/vcl/fields';
import type { Message } from '#wire/vcl/message';
import { messageTypes, pageStates } from '#wire/vcl/numbers';
import { MOST_ROWS, WINDOW } from './answers.ts';
import { questionOf, viewOf } from './rows.ts';

/** What one member said of a page. `silent` did not answer, or not whole; `busy` was asked too much. */
export type MemberPage =
  | {
      readonly answer: 'whole';
      readonly rows: readonly SessionView[];
      readonly total: number;
      readonly hasMore: boolean;
      readonly summary: SessionSummaryView | undefined;
    }
  | { readonly answer: 'silent' | 'busy' };

/** Whom to ask, and for which page. */
export type Asked = ReadonlyMap<MemberId, SessionQuery>;
/** What those said that were asked. */
export type Pages = ReadonlyMap<MemberId, MemberPage>;

/** Something to be told to a member. */
export type Telling = { readonly to: MemberId; readonly message: ForMembers };

/** Ours. What is in flight at once is bounded, so that answers leave room for keepalives in the sockets' buffers. */
const MOST_INQUIRIES = 16;
const MOST_IN_FLIGHT = 8;
const TRIES = 4;
const AGAIN_MS = 250;
/** A member that was asked too much is asked again after this time. */
const BUSY_MS = 400;
/** However a page comes, after this time it is done with. */
const LONGEST_MS = 4000;

type Inquiry = {
  readonly pages: Map<MemberId, MemberPage>;
  readonly asked: number;
  readonly done: (pages: Pages) => void;
};

/** One member asked for one page. */
type Question = {
  readonly inquiry: Inquiry;
  readonly member: MemberId;
  readonly query: SessionQuery;
  readonly nonce: string;
  readonly until: Instant;
  readonly received: Map<number, Message>;
  /** Datagrams of the page, once one came. */
  parts: number | undefined;
  /** Where the datagrams begin that are under way. */
  from: number;
  tries: number;
  /** When to ask again; undefined while it waits for its turn. */
  againAt: Instant | undefined;
  wasBusy: boolean;
};

/**
 * Pages of sessions that this member asks of others, datagram after datagram, since somebody looks at
 * them. Lost ones are asked for again; a member that does not answer holds up nobody for long.
 */
export class Inquiries {
  readonly #random: RandomSource;
  /** In the order in which they were asked; those in flight have `againAt`. */
  readonly #questions = new Set<Question>();
  #inquiries = 0;

  constructor(random: RandomSource) {
    this.#random = random;
  }

  /** Whether too many look already for one more. */
  get isFull(): boolean {
    return this.#inquiries >= MOST_INQUIRIES;
  }

  /** Asks them all; undefined when too many look already. `done` is called once, maybe at once. */
  ask(asked: Asked, done: Inquiry['done'], now: Instant): readonly Telling[] | undefined {
    if (this.isFull) return undefined;
    const inquiry: Inquiry = { pages: new Map(), asked: asked.size, done };
    this.#inquiries += 1;
    for (const [member, query] of asked)
      this.#questions.add({
        ...{ inquiry, member, query },
        nonce: toHex(this.#random.bytes(16)),
        until: after(now, LONGEST_MS),
        received: new Map(),
        ...{ parts: undefined, from: 0, tries: 0, againAt: undefined, wasBusy: false },
      });
    if (asked.size === 0) this.#finish(inquiry);
    return this.#goOn(now);
  }

  /** A datagram of a page came. */
  heard(sender: MemberId, { nonce, ...message }: ForMembers, now: Instant): readonly Telling[] {
    const question = [...this.#questions].find((q) => q.nonce === nonce && q.member === sender);
    const part = message.sessionPart;
    if (!question || !part) return [];
    if (part.state === pageStates.busy) {
      question.wasBusy = true;
      question.againAt = after(now, BUSY_MS);
      return [];
    }
    if (part.part >= part.parts || part.parts > MOST_ROWS + 1) return [];
    question.parts ??= part.parts;
    if (question.parts !== part.parts || question.received.has(part.part)) return [];
    question.wasBusy = false;
    question.tries = 0;
    question.received.set(part.part, message);
    if (question.received.size === part.parts) return this.#settle(question, whole(question), now);
    const end = Math.min(question.from + WINDOW, part.parts);
    for (let i = question.from; i < end; i += 1) if (!question.received.has(i)) return [];
    return [this.#tell(question, now)];
  }

  deadline(): Instant | undefined {
    let first: Instant | undefined;
    for (const { againAt } of this.#questions) first = earliest(first, againAt);
    return first;
  }

  tick(now: Instant): readonly Telling[] {
    const told: Telling[] = [];
    for (const question of [...this.#questions]) {
      const { againAt, tries, until, wasBusy } = question;
      if (againAt === undefined || now < againAt || !this.#questions.has(question)) continue;
      const isOver = now >= until || (tries >= TRIES && !wasBusy);
      if (!isOver) told.push(this.#tell(question, now));
      else told.push(...this.#settle(question, { answer: wasBusy ? 'busy' : 'silent' }, now));
    }
    return told;
  }

  /** This device leaves its cluster: nobody answers any more. */
  close(): void {
    for (const question of [...this.#questions]) {
      this.#questions.delete(question);
      this.#note(question, { answer: 'silent' });
    }
  }

  /** Asks for what is missing of a page, from its first missing datagram on. */
  #tell(question: Question, now: Instant): Telling {
    let from = question.from;
    while (question.received.has(from)) from += 1;
    question.from = from;
    question.tries += 1;
    question.againAt = after(now, AGAIN_MS);
    const sessionQuestion = questionOf(question.query, from);
    const { member, nonce } = question;
    return { to: member, message: { type: messageTypes.sessionsRequest, nonce, sessionQuestion } };
  }

  #settle(question: Question, page: MemberPage, now: Instant): readonly Telling[] {
    this.#questions.delete(question);
    this.#note(question, page);
    return this.#goOn(now);
  }

  #note({ inquiry, member }: Question, page: MemberPage): void {
    inquiry.pages.set(member, page);
    if (inquiry.pages.size === inquiry.asked) this.#finish(inquiry);
  }

  #finish({ done, pages }: Inquiry): void {
    this.#inquiries -= 1;
    done(pages);
  }

  /** Begins questions that waited: one a member, so that its page is kept, and some at once. */
  #goOn(now: Instant): readonly Telling[] {
    const told: Telling[] = [];
    const busy = new Set<MemberId>();
    for (const { againAt, member } of this.#questions) if (againAt !== undefined) busy.add(member);
    for (const question of this.#questions) {
      if (busy.size >= MOST_IN_FLIGHT) break;
      if (question.againAt !== undefined || busy.has(question.member)) continue;
      busy.add(question.member);
      told.push(this.#tell(question, now));
    }
    return told;
  }
}

/** The page that all its datagrams make; more rows than were asked for are not looked at, nor those of another kind. */
function whole({ received, query }: Question): MemberPage {
  const parts = [...received].sort(([a], [b]) => a - b).map(([, message]) => message);
  const rows = parts.flatMap(({ sessions }) => sessions ?? []).slice(0, query.limit);
  const [first] = parts;
  return {
    answer: 'whole',
    rows: rows
      .flatMap((row) => viewOf(row) ?? [])
      .filter(({ kind }) => query.kind === undefined || query.kind === kind),
    total: first?.sessionPart?.total ?? 0,
    hasMore: first?.sessionPart?.state === pageStates.more,
    summary: first?.sessionSummary,
  };
}
