import type { Instant } from '#base/instant';
import { Ring } from '#base/ring';
import type { EventRecord } from './event.ts';
import { StrangerLimiter } from './stranger-limiter.ts';

/** Severities from the gravest to the finest that a class writes to the log, both included. */
export type SeverityRange = { readonly from: number; readonly to: number };

/** G-07: severities 1 to 5 of every class, on the scale of 1 to 13. */
export const DEFAULT_SEVERITY_TO_LOG: SeverityRange = { from: 1, to: 5 };

/** An event in the log. */
export type LoggedEvent = {
  /** Rises by one with every event and never repeats; NAT-61, G-50. */
  readonly sequence: number;
  readonly at: Instant;
  /** How often this class and number happened; RPT of the concentrator. It jumps over lines left out. */
  readonly repeat: number;
  readonly record: EventRecord;
};

/** Which events of the log; an absent filter lets everything pass. */
export type LogQuery = {
  readonly classes?: readonly string[] | undefined;
  readonly severity?: SeverityRange | undefined;
  /** Only events with a greater sequence number. */
  readonly after?: number | undefined;
  /** Only events with a smaller sequence number: the way back, page by page. */
  readonly before?: number | undefined;
  readonly limit: number;
};

const within = (severity: number, range: SeverityRange): boolean =>
  severity >= range.from && severity <= range.to;

/** The event log: a bounded memory of what happened, and the filter of what is worth keeping. */
export class EventLog {
  #ring: Ring<LoggedEvent>;
  readonly #capacity: number;
  readonly #repeats = new Map<string, number>();
  readonly #strangers = new StrangerLimiter();
  readonly #listeners = new Set<(event: LoggedEvent) => void>();
  #ranges: ReadonlyMap<string, SeverityRange>;
  #sequence = 0;

  /** `capacity` is the number of events kept; `ranges` the severities to log by event class. */
  constructor(capacity: number, ranges: ReadonlyMap<string, SeverityRange> = new Map()) {
    this.#capacity = capacity;
    this.#ring = new Ring(capacity);
    this.#ranges = ranges;
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** Events in the memory now. */
  get length(): number {
    return this.#ring.length;
  }

  /** Number of the newest event; 0 before the first. */
  get lastSequence(): number {
    return this.#sequence;
  }

  /** Replaces the severities to log (`event class C severity-to-log A-B`), beginning with the next. */
  setSeveritiesToLog(ranges: ReadonlyMap<string, SeverityRange>): void {
    this.#ranges = ranges;
  }

  /**
   * Whether an event of that class and severity would be logged, for those who would rather not
   * take a packet apart for nothing.
   */
  wants(eventClass: string, severity: number): boolean {
    return within(severity, this.#ranges.get(eventClass) ?? DEFAULT_SEVERITY_TO_LOG);
  }

  /**
   * Logs what happened at `now` and tells the listeners; undefined when the filter leaves it out, or
   * when strangers cause more of it than anybody would read.
   */
  add(record: EventRecord, now: Instant): LoggedEvent | undefined {
    const { class: eventClass, number, severity, byStrangers } = record.definition;
    if (!this.wants(eventClass, severity)) return undefined;
    const key = `${eventClass}/${number}`;
    const repeat = (this.#repeats.get(key) ?? 0) + 1;
    this.#repeats.set(key, repeat);
    if (byStrangers && !this.#strangers.admits(key, now)) return undefined;
    this.#sequence += 1;
    const logged = { sequence: this.#sequence, at: now, repeat, record };
    this.#ring.push(logged);
    for (const listener of this.#listeners) listener(logged);
    return logged;
  }

  /** Calls `listener` with every event that is logged from now on, until the answer is called. */
  listen(listener: (event: LoggedEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Forgets the events (`clear logging`); sequence numbers and counts go on. */
  clear(): void {
    this.#ring = new Ring(this.#capacity);
  }

  /** The events, newest first; a reader that stops early has walked no further. */
  newestFirst(): Generator<LoggedEvent> {
    return this.#ring.reversed();
  }

  /** At most `limit` events of the query, newest first; NAT-60. */
  select(query: LogQuery): LoggedEvent[] {
    const found: LoggedEvent[] = [];
    const classes = query.classes && new Set(query.classes);
    for (const logged of this.newestFirst()) {
      if (query.after !== undefined && logged.sequence <= query.after) break;
      if (found.length >= query.limit) break;
      if (query.before !== undefined && logged.sequence >= query.before) continue;
      const { class: eventClass, severity } = logged.record.definition;
      if (classes && !classes.has(eventClass)) continue;
      if (query.severity && !within(severity, query.severity)) continue;
      found.push(logged);
    }
    return found;
  }
}
