import { after, type Instant } from '#base/instant';

/** Taking a member out of service without ending its sessions at once. */
export type Drain = {
  readonly since: Instant;
  /** Sessions when it began. */
  readonly sessionsAtStart: number;
  /** Whether clients are told to connect anew, to other members. */
  readonly moves: boolean;
  /** It ends then, with sessions or without; undefined for never. */
  readonly until: Instant | undefined;
  /** When it is looked at again; undefined when it is over. */
  readonly lookAt: Instant | undefined;
  /** Why it is over. The member takes no new clients all the same, until the drain is taken back. */
  readonly over: string | undefined;
};

/** How often a drain looks whether it is over, and moves some clients on. */
const LOOK_MS = 1000;
/** Clients that are told to connect anew at each look, so that the other members can take them. */
export const MOVED_AT_ONCE = 50;

export const newDrain = (
  now: Instant,
  sessions: number,
  moves: boolean,
  minutes: number | undefined,
): Drain => ({
  since: now,
  sessionsAtStart: sessions,
  moves,
  until: minutes === undefined ? undefined : after(now, minutes * 60_000),
  lookAt: now,
  over: undefined,
});

/** The drain after a look at `now`, with so many sessions left. */
export function lookedAt(drain: Drain, sessions: number, now: Instant): Drain {
  const over =
    sessions === 0
      ? 'no session is left'
      : drain.until !== undefined && now >= drain.until
        ? `its time is over, ${sessions} sessions are left`
        : undefined;
  return { ...drain, over, lookAt: over === undefined ? after(now, LOOK_MS) : undefined };
}
