import { type EventRecord, occurred } from '#events/event';
import type { Session } from '#session/session';
import { sessionsLoggedOff } from './events.ts';

/** So many sessions are named where many are logged off at once; each also has an event of its own. */
const NAMED = 5;

/** For the log, that `by` logs these sessions off; at least one. */
export function loggedOffRecord(by: string, sessions: readonly Session[]): EventRecord {
  const named = sessions
    .slice(0, NAMED)
    .map(({ index, username }) => (username === '' ? `${index}` : `${index} of ${username}`));
  const rest = sessions.length - named.length;
  const which = rest > 0 ? [...named, `and ${rest} more`] : named;
  return occurred(sessionsLoggedOff, { by, count: sessions.length, sessions: which.join(', ') });
}
