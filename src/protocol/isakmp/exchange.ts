import { randomUint32 } from '#base/random';
import { fingerprint } from '#crypto/hashes';
import { ANSWERED_MOST, MESSAGE_IDS_MOST } from './constants.ts';
import { logSent } from './decode-text.ts';
import { type Retransmission, retransmissionDue } from './retransmission.ts';
import type { Sealed } from './seal.ts';
import type { Established } from './state.ts';
import type { Turn } from './turn.ts';

/** What every exchange of an established SA does with its messages. */

/** Recognizes a datagram that was received before. */
export const messageKey = (octets: Uint8Array): string => fingerprint(octets);

/** The answer of a message whose exchange is over; undefined when it is new. */
export const answeredBefore = (sa: Established, key: string) =>
  sa.answered.find((a) => a.key === key);

/** Keeps the answer of a message, so that its repetition gets the same octets. */
export function remember(
  sa: Established,
  key: string,
  answer: Uint8Array | undefined,
): Established {
  const others = sa.answered.filter((a) => a.key !== key);
  return { ...sa, answered: [...others, { key, answer }].slice(-ANSWERED_MOST) };
}

/** The message id of a Quick Mode is used: neither end begins another one with it. */
export const takeMessageId = (sa: Established, messageId: number): Established => ({
  ...sa,
  messageIds: [...sa.messageIds, messageId].slice(-MESSAGE_IDS_MOST),
});

/** Sends a message of an established SA. */
export function transmit(turn: Turn, sa: Established, messageId: number, sealed: Sealed): void {
  logSent(turn, sa.subject, messageId, sealed.payloads, sealed.length);
  turn.emit({ kind: 'send', path: sa.path, octets: sealed.octets });
}

/** A message id that no exchange of this SA uses; zero is phase 1's. */
export const newMessageId = (turn: Turn, sa: Established): number =>
  randomUint32(
    turn.environment.random,
    (id) =>
      id !== 0 &&
      !sa.messageIds.includes(id) &&
      !sa.quickModes.some((q) => q.messageId === id) &&
      !('transaction' in sa.configuration && sa.configuration.transaction.messageId === id) &&
      !(
        'transaction' in sa.extendedAuthentication &&
        sa.extendedAuthentication.transaction.messageId === id
      ),
  );

/** Sends again what is due; the result replaces the retransmission. */
export function repeat(
  turn: Turn,
  sa: { readonly path: Established['path'] },
  retransmission: Retransmission,
): Retransmission | 'exhausted' {
  const due = retransmissionDue(retransmission, turn.now);
  if (due === undefined) return retransmission;
  if (due !== 'exhausted') turn.emit({ kind: 'send', path: sa.path, octets: due.octets });
  return due;
}
