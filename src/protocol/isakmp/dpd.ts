import { after, elapsedMs, instant } from '#base/instant';
import { uint32 } from '#crypto/keymat';
import { notifyTypes } from '#wire/isakmp/numbers';
import type { Notification } from '#wire/isakmp/payload';
import { endEstablished } from './close.ts';
import { DPD_LOOKS } from './constants.ts';
import { deadPeerAnswered, deadPeerAsked, deadPeerDetected } from './events.ts';
import { isakmpNotification, sendInformational } from './informational-send.ts';
import type { DeadPeerDetection, Established, State } from './state.ts';
import type { Turn } from './turn.ts';

/** Dead peer detection, RFC 3706: the occasions of its life on one page. */

const packetsOf = (turn: Turn, sa: Established): number =>
  [...sa.children, ...sa.retiring.map((r) => r.child)].reduce(
    (sum, c) => sum + turn.environment.inboundPackets(c.inboundSpi),
    0,
  );

const idleMs = (sa: Established): number => sa.peer.dpd.idleSeconds * 1000;

/** The peer gave a sign of life just now. Later ones are seen only by looking at the packet counters. */
const watching = (turn: Turn, sa: Established, sequence: number): DeadPeerDetection => ({
  stage: 'watching',
  packets: packetsOf(turn, sa),
  sequence,
  aliveAt: turn.now,
  checkAt: after(turn.now, idleMs(sa) / DPD_LOOKS),
});

/** The peer is authenticated: from now on it is watched, if both ends want that. */
export const startWatching = (turn: Turn, sa: Established): Established =>
  sa.extensions.deadPeerDetection && sa.peer.dpd.idleSeconds > 0
    ? { ...sa, deadPeerDetection: watching(turn, sa, firstSequence(turn)) }
    : sa;

/** An authentic message arrived: the peer lives. */
export const messageArrived = (turn: Turn, sa: Established): Established =>
  sa.deadPeerDetection.stage === 'off'
    ? sa
    : { ...sa, deadPeerDetection: watching(turn, sa, sa.deadPeerDetection.sequence) };

/**
 * Whether a notification can only be the peer's own and of now: a question with a greater number than any
 * before, or the answer to one of ours. RFC 3706 section 6.2 numbers them against repetition.
 */
export function isFromNow(sa: Established, { notifyType, data }: Notification): boolean {
  if (data.length !== 4) return false;
  const number = numberOf(data);
  const { deadPeerDetection: dpd, lastPeerQuestion } = sa;
  if (notifyType === notifyTypes.rUThere)
    return lastPeerQuestion === undefined || number > lastPeerQuestion;
  return (
    notifyType === notifyTypes.rUThereAck &&
    dpd.stage === 'asking' &&
    number > dpd.sequence - dpd.asked &&
    number <= dpd.sequence
  );
}

/** The peer asks whether we live: it gets its sequence number back (NAT-71), whatever the number is. */
export function peerAsked(turn: Turn, sa: Established, notification: Notification): Established {
  if (notification.data.length !== 4) return sa;
  turn.log(deadPeerAnswered, sa.subject, () => ({ sequence: sequenceText(notification.data) }));
  const acknowledgement = isakmpNotification(sa, notifyTypes.rUThereAck, notification.data);
  sendInformational(turn, sa, [acknowledgement]);
  const lastPeerQuestion = Math.max(sa.lastPeerQuestion ?? 0, numberOf(notification.data));
  return { ...sa, lastPeerQuestion };
}

const numberOf = (octets: Uint8Array): number =>
  octets.reduce((number, octet) => number * 256 + octet, 0);

const sequenceText = (octets: Uint8Array): string => numberOf(octets).toString(16);

/** Nothing came for the idle time, or an answer is missing. */
export function silence(turn: Turn, sa: Established): State {
  const { deadPeerDetection: dpd } = sa;
  if (dpd.stage === 'off') return sa;
  const packets = packetsOf(turn, sa);
  if (packets !== dpd.packets)
    return { ...sa, deadPeerDetection: watching(turn, sa, dpd.sequence) };
  if (dpd.stage === 'watching' && elapsedMs(dpd.aliveAt, turn.now) < idleMs(sa)) {
    const checkAt = instant(Math.min(dpd.aliveAt + idleMs(sa), turn.now + idleMs(sa) / DPD_LOOKS));
    return { ...sa, deadPeerDetection: { ...dpd, checkAt } };
  }
  const asked = dpd.stage === 'asking' ? dpd.asked : 0;
  if (asked > sa.peer.dpd.retries) {
    turn.log(deadPeerDetected, sa.subject, () => ({}));
    return endEstablished(turn, sa, 'dead peer', true);
  }
  const sequence = (dpd.sequence + 1) & 0x7fffffff;
  const data = uint32(sequence);
  turn.log(deadPeerAsked, sa.subject, () => ({ sequence: sequenceText(data) }));
  sendInformational(turn, sa, [isakmpNotification(sa, notifyTypes.rUThere, data)]);
  const nextAt = after(turn.now, sa.peer.dpd.retrySeconds * 1000);
  return {
    ...sa,
    deadPeerDetection: { stage: 'asking', packets, sequence, asked: asked + 1, nextAt },
  };
}

/** Random, with the high bit clear; RFC 3706 section 6.2. */
function firstSequence(turn: Turn): number {
  const [a = 0, b = 0, c = 0, d = 0] = turn.environment.random.bytes(4);
  return ((a & 0x7f) << 24) | (b << 16) | (c << 8) | d;
}
