/** Sessions in memory, and the network between one who asks and those that answer. */
import { type Instant, instant } from '#base/instant';
import { Prng } from '#base/prng';
import { ok } from '#base/result';
import { type EventRecord, eventText } from '#events/event';
import type { SessionQuery, SessionView } from '#views/views';
import type { MemberId } from '#wire/vcl/fields';
import { Message } from '#wire/vcl/message';
import { type OwnSessions, SessionAnswers } from './answers.ts';
import { Inquiries, type Pages, type Telling } from './inquiries.ts';
import { noPages } from './no-pages.ts';

export const memberId = (n: number): MemberId => `${n}`.padStart(16, '0') as MemberId;

export const sessionNamed = (
  username: string,
  index: number,
  changes: Partial<SessionView> = {},
): SessionView => ({
  index,
  kind: 'remoteAccess',
  state: 'active',
  username,
  group: 'ipsecgroup',
  groupPolicy: 'ipsecgroup',
  assignedAddress: '10.1.2.1',
  publicAddress: '172.18.124.96',
  publicPort: 1029,
  localPort: 4500,
  protocol: 'IPSec/NAT-T',
  encryption: '3DES-168',
  hash: 'MD5',
  loginAt: Date.UTC(2001, 9, 18, 8, 49, 17),
  durationMs: 785_000,
  idleMs: 400,
  clientType: 'WinNT',
  clientVersion: '3.6.1 (Rel)',
  bytesTx: 280,
  bytesRx: 16_112,
  packetsTx: 3,
  packetsRx: 151,
  legacy: ['3DES', 'MD5'],
  ...changes,
});

/** The first sessions of a member, and how often it was made to look. */
export class ListedSessions implements OwnSessions {
  readonly rows: readonly SessionView[];
  looks = 0;
  seen: SessionQuery | undefined;

  constructor(rows: readonly SessionView[]) {
    this.rows = rows;
  }

  page(query: SessionQuery, now: Instant) {
    this.looks += 1;
    this.seen = query;
    const items = this.rows.slice(0, query.limit);
    const isCut = items.length < this.rows.length;
    return ok({ items, total: this.rows.length, asOf: now, ...(isCut && { nextCursor: 'x' }) });
  }

  summary = noPages.summary;
  size = () => this.rows.length;
}

type Answering = { readonly own: ListedSessions; readonly answers: SessionAnswers };

/** One member that asks, and others that answer over a network that may lose what it carries. */
export class AskingWorld {
  now = instant(1_000_000);
  readonly inquiries = new Inquiries(new Prng(7));
  readonly others = new Map<MemberId, Answering>();
  readonly said: string[] = [];
  /** Everything that was sent, and the most that was on its way to the one who asks. */
  datagrams = 0;
  longestOctets = 0;
  mostUnderWay = 0;
  /** Whether to lose the next datagram. */
  loses: (message: Message) => boolean = () => false;
  pages: Pages | undefined;
  #underWay: { readonly at: Instant; readonly run: () => void; readonly isAnswer: boolean }[] = [];

  /** A member with these sessions. */
  add(n: number, rows: readonly SessionView[]): ListedSessions {
    const own = new ListedSessions(rows);
    const note = (record: EventRecord) => void this.said.push(eventText(record));
    this.others.set(memberId(n), { own, answers: new SessionAnswers(own, note) });
    return own;
  }

  ask(query: SessionQuery, members = [...this.others.keys()]): boolean {
    this.pages = undefined;
    const asked = new Map(members.map((member) => [member, query]));
    const done = (pages: Pages) => {
      this.pages = pages;
    };
    const told = this.inquiries.ask(asked, done, this.now);
    this.#tell(told ?? []);
    return told !== undefined;
  }

  /** Lets time pass until everybody has answered; the milliseconds that it took. */
  settle(mostMs = 10_000): number {
    const from = this.now;
    while (!this.pages && this.now < from + mostMs) this.pass(1);
    return this.now - from;
  }

  pass(ms: number): void {
    this.now = instant(this.now + ms);
    const due = this.#underWay.filter(({ at }) => at <= this.now);
    this.#underWay = this.#underWay.filter(({ at }) => at > this.now);
    for (const { run } of due) run();
    const deadline = this.inquiries.deadline();
    if (deadline !== undefined && deadline <= this.now) this.#tell(this.inquiries.tick(this.now));
  }

  #tell(tellings: readonly Telling[]): void {
    for (const { to, message } of tellings)
      this.#carry(message, false, (arrived) => {
        const other = this.others.get(to);
        const nonce = arrived.nonce as string;
        const answers = other?.answers.asked(
          memberId(0),
          '10.32.1.1',
          { ...arrived, nonce },
          this.now,
        );
        for (const answer of answers ?? [])
          this.#carry(answer, true, (back) =>
            this.#tell(
              this.inquiries.heard(to, { ...back, nonce: back.nonce as string }, this.now),
            ),
          );
      });
  }

  /** Carries a message as octets, a millisecond long. */
  #carry(message: Message, isAnswer: boolean, arrived: (message: Message) => void): void {
    const octets = Message.encode(message);
    this.datagrams += 1;
    this.longestOctets = Math.max(this.longestOctets, octets.length);
    if (this.loses(message)) return;
    const at = instant(this.now + 1);
    const run = () => {
      const decoded = Message.decode(octets);
      if (decoded.ok) arrived(decoded.value);
    };
    this.#underWay.push({ at, run, isAnswer });
    const answers = this.#underWay.filter((u) => u.isAnswer).length;
    this.mostUnderWay = Math.max(this.mostUnderWay, answers);
  }
}
