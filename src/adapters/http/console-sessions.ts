import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Shell } from '#adapters/terminal/shell';
import { LruMap } from '#base/lru-map';
import type { Administrator, ManagementSession } from './management-port.ts';

/** Our own choices; no document sets them. */
const idleMs = 30 * 60_000;
const lifetimeMs = 12 * 3_600_000;
export const consoleSessionsMax = 64;

/** Someone who is logged in by cookie or by bearer token. */
export type ConsoleSession = {
  readonly administrator: Administrator;
  /** Repeated in a header by every write that comes with the cookie. */
  readonly csrfToken: string;
  readonly row: ManagementSession;
  /** Replaced by a new one when a line ended it. */
  shell: Shell;
  readonly loggedInAt: number;
  usedAt: number;
};

const digest = (token: string): string => createHash('sha256').update(token).digest('base64');

/** Compares two texts in a time that depends on their lengths only. */
export function sameText(a: string, b: string): boolean {
  const x = createHash('sha256').update(a).digest();
  const y = createHash('sha256').update(b).digest();
  return timingSafeEqual(x, y);
}

/**
 * The logins of the console. Only digests of tokens are kept: neither a dump of the memory nor the time
 * of a look-up tells a token. When the table is full, the login unused for longest ends.
 */
export class ConsoleSessions {
  readonly #sessions = new LruMap<string, ConsoleSession>(consoleSessionsMax);

  get size(): number {
    return this.#sessions.size;
  }

  /** Opens a session; the token is told this once. */
  open(
    administrator: Administrator,
    row: ManagementSession,
    shell: Shell,
    now: number,
  ): { readonly token: string; readonly session: ConsoleSession } {
    const token = randomBytes(32).toString('base64url');
    const csrfToken = randomBytes(32).toString('base64url');
    const session: ConsoleSession = {
      administrator,
      csrfToken,
      row,
      shell,
      loggedInAt: now,
      usedAt: now,
    };
    const lost = this.#sessions.set(digest(token), session);
    if (lost) lost.value.row.close();
    return { token, session };
  }

  /** The session of a token, marked as used; undefined when it ended or never was. */
  find(token: string, now: number): ConsoleSession | undefined {
    const key = digest(token);
    const session = this.#sessions.get(key);
    if (!session) return undefined;
    if (isAlive(session, now)) {
      session.usedAt = now;
      return session;
    }
    this.#sessions.delete(key);
    session.row.close();
    return undefined;
  }

  end(token: string): void {
    const session = this.#sessions.get(digest(token));
    if (!session) return;
    this.#sessions.delete(digest(token));
    session.row.close();
  }

  /** Ends what is over at `now`; a walk over at most 64. */
  sweep(now: number): void {
    for (const [key, session] of [...this.#sessions.entries()]) {
      if (isAlive(session, now)) continue;
      this.#sessions.delete(key);
      session.row.close();
    }
  }

  endAll(): void {
    for (const [key, session] of [...this.#sessions.entries()]) {
      this.#sessions.delete(key);
      session.row.close();
    }
  }
}

const isAlive = (session: ConsoleSession, now: number): boolean =>
  now - session.usedAt < idleMs && now - session.loggedInAt < lifetimeMs && session.row.isOpen();
