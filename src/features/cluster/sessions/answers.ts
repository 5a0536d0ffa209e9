import { after, elapsedMs, type Instant } from '#base/instant';
import type { Result } from '#base/result';
import { type EventRecord, occurred } from '#events/event';
import type { ForMembers } from '#protocol/vcl/turn';
import type { Page, SessionQuery, SessionSummaryView, SessionView } from '#views/views';
import { HEADER_OCTETS, TAG_OCTETS } from '#wire/vcl/datagram';
import type { MemberId } from '#wire/vcl/fields';
import { Message } from '#wire/vcl/message';
import { LONGEST_DATAGRAM, messageTypes, pageStates, sessionLimits } from '#wire/vcl/numbers';
import { sessionPagesLimited } from '../events.ts';
import { queryOf, rowOf } from './rows.ts';

/** What this device lists itself; the engine has the order and the filter of pages. */
export type OwnSessions = {
  page(query: SessionQuery, now: Instant): Result<Page<SessionView>, string>;
  summary(): SessionSummaryView;
  /** How many sessions a page is chosen from: what it costs. */
  size(): number;
};

/** Rows that a member asks for at once, at most. */
export const MOST_ROWS = 100;
/** Datagrams that answer one question; the next are asked for when these have come. */
export const WINDOW = 4;

/**
 * What others may make this member look through: so many sessions a second, and as many again saved up.
 * A question costs a little even where there are none.
 */
const BUDGET = { perSecond: 100_000, most: 200_000, question: 1000 } as const;
/** A page is kept for whoever asked while its datagrams are fetched. */
const KEPT_MS = 10_000;
const SAY_AGAIN_MS = 60_000;

type Kept = { readonly nonce: string; readonly parts: readonly Message[]; readonly at: Instant };

/** Pages of this member's sessions for the others, when they ask and never else. */
export class SessionAnswers {
  readonly #own: OwnSessions;
  readonly #note: (record: EventRecord, now: Instant) => void;
  /** The last page of each member that asked. */
  readonly #kept = new Map<MemberId, Kept>();
  #budget: { readonly left: number; readonly at: Instant } | undefined;
  #saidAt: Instant | undefined;

  constructor(own: OwnSessions, note: (record: EventRecord, now: Instant) => void) {
    this.#own = own;
    this.#note = note;
  }

  /** What a member is told that asked; nothing where its question is not understood. */
  asked(sender: MemberId, address: string, message: ForMembers, now: Instant): ForMembers[] {
    const { nonce, sessionQuestion: question } = message;
    const query = question && queryOf(question, MOST_ROWS);
    if (!question || !query) return [];
    const kept = this.#kept.get(sender);
    const parts = kept?.nonce === nonce ? kept.parts : this.#look(query, address, now);
    if (!parts) return [busy(nonce)];
    this.#kept.set(sender, { nonce, parts, at: now });
    const window = parts.slice(question.from, question.from + WINDOW);
    return window.map((part) => ({ ...part, nonce }));
  }

  /** Lets go of pages that nobody fetches any more. */
  forget(now: Instant): void {
    for (const [sender, { at }] of this.#kept)
      if (elapsedMs(at, now) > KEPT_MS) this.#kept.delete(sender);
  }

  #look(query: SessionQuery, address: string, now: Instant): readonly Message[] | undefined {
    if (!this.#spend(BUDGET.question + this.#own.size(), now)) {
      this.#sayLimited(address, now);
      return undefined;
    }
    const page = this.#own.page(query, now);
    return page.ok ? partsOf(page.value, this.#own.summary()) : [];
  }

  #spend(cost: number, now: Instant): boolean {
    const { left, at } = this.#budget ?? { left: BUDGET.most, at: now };
    const refilled = left + (elapsedMs(at, now) * BUDGET.perSecond) / 1000;
    const rest = Math.min(BUDGET.most, refilled) - Math.min(cost, BUDGET.most);
    if (rest >= 0) this.#budget = { left: rest, at: now };
    return rest >= 0;
  }

  #sayLimited(address: string, now: Instant): void {
    if (this.#saidAt !== undefined && now < after(this.#saidAt, SAY_AGAIN_MS)) return;
    this.#saidAt = now;
    this.#note(occurred(sessionPagesLimited, { address }), now);
  }
}

const busy = (nonce: string): ForMembers => ({
  type: messageTypes.sessions,
  nonce,
  sessionPart: { part: 0, parts: 0, state: pageStates.busy, total: 0 },
});

const TEMPLATE_NONCE = '0'.repeat(32);
const BODY_OCTETS = LONGEST_DATAGRAM - HEADER_OCTETS - TAG_OCTETS;

/** A page as the messages that carry it, each as full as a datagram may be; there is always one. */
function partsOf(page: Page<SessionView>, summary: SessionSummaryView): readonly Message[] {
  const state = page.nextCursor === undefined ? pageStates.last : pageStates.more;
  const part = { part: 0, parts: 0, state, total: page.total };
  const bare: Message = { type: messageTypes.sessions, nonce: TEMPLATE_NONCE, sessionPart: part };
  const octetsOf = (message: Message): number => Message.encode(message).length;
  const bareOctets = octetsOf(bare);
  const messages: Message[] = [{ ...bare, sessionSummary: summary }];
  let octets = octetsOf(messages[0] as Message);
  for (const row of page.items.map(rowOf)) {
    const rowOctets = octetsOf({ ...bare, sessions: [row] }) - bareOctets;
    const last = messages.at(-1) as Message;
    const rows = last.sessions ?? [];
    if (octets + rowOctets > BODY_OCTETS || rows.length === sessionLimits.rows) {
      messages.push({ ...bare, sessions: [row] });
      octets = bareOctets + rowOctets;
    } else {
      messages[messages.length - 1] = { ...last, sessions: [...rows, row] };
      octets += rowOctets;
    }
  }
  return messages.map((message, i) => ({
    ...message,
    sessionPart: { ...part, part: i, parts: messages.length },
  }));
}
