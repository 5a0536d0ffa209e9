import { after, earliest, elapsedMs, type Instant, instant } from '#base/instant';
import type { Message } from '#wire/vcl/message';
import { messageTypes, roles, stateBits } from '#wire/vcl/numbers';
import {
  ANNOUNCED_PART,
  LONGEST_PAUSE_PART,
  LOST_PART,
  RANK_PART,
  REPORT_PART,
  SHORTEST_PAUSE_PART,
  SUSPECT_PART,
  WATCH_PART,
} from './constants.ts';
import { loadFields, reportIn, standing } from './describe.ts';
import {
  keepaliveRequestReceived,
  keepaliveRequestSent,
  keepaliveResponseReceived,
  keepaliveResponseSent,
  masterLost,
} from './events.ts';
import {
  alivePeers,
  ownStanding,
  peerEntries,
  peerOf,
  precedes,
  sameIdentity,
  standingOf,
  withGone,
  withPeer,
} from './peers.ts';
import { publicUnanswered } from './public-check.ts';
import type { Backup, Member, Peer } from './state.ts';
import { suspect, verdictDue } from './suspicion.ts';
import { claim, discover, isFit } from './transitions.ts';
import type { Turn } from './turn.ts';

/** The occasions of a backup's life with its master, on one page. LB-84. */

/** It is time to report to the master. */
function keepaliveDue(turn: Turn, member: Member, phase: Backup, master: Peer): Member {
  const next = turn.jittered(turn.policy.timing.helloMs);
  const address = master.description.privateAddress;
  turn.send(master.endpoint, {
    type: messageTypes.keepaliveRequest,
    ...standing(member, turn.policy),
    ...loadFields(member, turn.policy),
    softwareVersion: turn.policy.device.softwareVersion,
  });
  turn.log(keepaliveRequestSent, () => ({ address }));
  const misses = phase.unansweredSince === undefined ? 0 : phase.misses + 1;
  const asked: Backup = {
    ...phase,
    misses,
    nextKeepaliveAt: next,
    reportedAt: turn.now,
    unansweredSince: phase.unansweredSince ?? turn.now,
  };
  const { detection } = turn.policy.timing;
  const isSuspect =
    detection.kind === 'misses' &&
    misses >= detection.suspectAfter &&
    phase.partialSince === undefined;
  return isSuspect && asked.suspicion === undefined
    ? suspect(turn, member, asked)
    : { ...member, phase: asked };
}

/** Our master announces itself, as it does every hello: the next keepalive follows in the middle. */
export function masterAnnounced(turn: Turn, member: Member, peer: Peer): Member {
  const { phase } = member;
  if (phase.phase !== 'backup' || !sameIdentity(phase.master, peer.identity)) return member;
  const nextKeepaliveAt = inTheMiddle(turn, phase);
  return { ...member, phase: { ...phase, announcedAt: turn.now, nextKeepaliveAt } };
}

/** One that waits for an answer asks when it was about to. */
function inTheMiddle(turn: Turn, { nextKeepaliveAt, reportedAt, unansweredSince }: Backup) {
  if (reportedAt === undefined || unansweredSince !== undefined) return nextKeepaliveAt;
  const middle = after(turn.now, turn.helloPart(REPORT_PART));
  const soonest = after(reportedAt, turn.helloPart(SHORTEST_PAUSE_PART));
  const latest = after(reportedAt, turn.helloPart(LONGEST_PAUSE_PART));
  return instant(Math.min(latest, Math.max(soonest, middle)));
}

/** A member reports to us: to the master, or to somebody who is none and says so. */
export function requestReceived(turn: Turn, member: Member, peer: Peer, message: Message): Member {
  const address = peer.description.privateAddress;
  const isMaster = member.phase.phase === 'master';
  const { softwareVersion = peer.description.softwareVersion, pools = [] } = message;
  const description = { ...peer.description, softwareVersion, pools };
  const report = isMaster ? reportIn(message) : undefined;
  const reported: Peer = report
    ? { ...peer, description, report, reportedAt: turn.now }
    : { ...peer, description };
  const isClosed = ((message.stateBits ?? 0) & stateBits.publicSideClosed) !== 0;
  const next = withPeer(member, isClosed ? publicUnanswered(turn, reported) : reported);
  turn.log(keepaliveRequestReceived, () => ({ address }));
  turn.send(peer.endpoint, {
    type: messageTypes.keepaliveResponse,
    ...standing(next, turn.policy),
    peers: peerEntries(next),
  });
  turn.log(keepaliveResponseSent, () => ({ address }));
  return next;
}

/** The master answered: it lives, and it hears us. */
export function responseReceived(turn: Turn, member: Member, peer: Peer, message: Message): Member {
  const { phase } = member;
  const address = peer.description.privateAddress;
  turn.log(keepaliveResponseReceived, () => ({ address }));
  if (phase.phase !== 'backup' || !sameIdentity(phase.master, peer.identity)) return member;
  if (message.role !== roles.master) return member;
  return { ...member, phase: answered(phase) };
}

/** Nothing is open with the master any more. */
export const answered = (phase: Backup): Backup => ({
  ...phase,
  unansweredSince: undefined,
  misses: 0,
  suspicion: undefined,
  takeoverAt: undefined,
  awaitingUntil: undefined,
  partialSince: undefined,
});

/**
 * When a master has to be probed: half an interval after a keepalive that it did not answer, or after an
 * announcement that did not come, whichever is first; one that is
 * known not to answer us, after as much silence as a master bears of a backup. Where misses are
 * counted, `keepaliveDue` decides instead.
 */
function suspectAt(turn: Turn, member: Member, phase: Backup): Instant | undefined {
  const { suspicion, partialSince, unansweredSince, announcedAt } = phase;
  if (suspicion !== undefined) return undefined;
  if (partialSince !== undefined) {
    const heardAt = peerOf(member, phase.master)?.heardAt ?? partialSince;
    return after(instant(Math.max(heardAt, partialSince)), turn.helloPart(LOST_PART));
  }
  const isCounted = turn.policy.timing.detection.kind === 'misses';
  if (isCounted) return undefined;
  const unanswered = unansweredSince && after(unansweredSince, turn.helloPart(SUSPECT_PART));
  const missed = announcedAt && after(announcedAt, turn.helloPart(ANNOUNCED_PART + SUSPECT_PART));
  return earliest(unanswered, missed);
}

/** How many backups take over before this one: those alive that precede it. LB-44. */
export function rankOf(turn: Turn, member: Member): number {
  const own = ownStanding(member, turn.policy);
  return alivePeers(member).filter((peer) => precedes(standingOf(peer), own)).length;
}

/** The master is gone: the backups take their turns. */
export function masterGone(turn: Turn, member: Member, phase: Backup, reason: string): Member {
  const master = peerOf(member, phase.master);
  const known = member.peers.get(phase.master.member);
  const address = known?.description.privateAddress ?? phase.master.member;
  turn.log(masterLost, () => ({ address, reason }));
  turn.emit({ kind: 'peersChanged' });
  const without = master && master.condition !== 'left' ? withGone(member, master) : member;
  const waitMs = rankOf(turn, without) * turn.helloPart(RANK_PART);
  const takeoverAt = after(turn.now, waitMs);
  const bereft: Member = {
    ...without,
    phase: { ...phase, unansweredSince: undefined, suspicion: undefined, takeoverAt },
  };
  return waitMs === 0 ? takeOver(turn, bereft) : bereft;
}

/** It is our turn. */
function takeOver(turn: Turn, member: Member): Member {
  return isFit(member) ? claim(turn, member) : discover(turn, member, 'own links are down');
}

/** Announcements that are lost for good, as by a switch, are missed once only. */
const missing = (phase: Backup): Backup => ({ ...phase, announcedAt: undefined });

/** Everything that can be due while somebody else is master. */
export function backupTick(turn: Turn, member: Member, phase: Backup): Member {
  if (turn.now < phase.watchAt) return backupDue(turn, member, phase);
  const watched: Backup = { ...phase, watchAt: after(turn.now, turn.helloPart(WATCH_PART)) };
  return backupDue(turn, { ...member, phase: watched }, watched);
}

function backupDue(turn: Turn, member: Member, phase: Backup): Member {
  const { takeoverAt, awaitingUntil } = phase;
  if (takeoverAt !== undefined) return turn.now >= takeoverAt ? takeOver(turn, member) : member;
  if (awaitingUntil !== undefined)
    return turn.now >= awaitingUntil
      ? discover(turn, member, 'the successor did not appear')
      : member;
  const master = peerOf(member, phase.master);
  if (!master) return masterGone(turn, member, phase, 'it was started anew');
  const verdict = verdictDue(turn, member, phase);
  if (verdict === 'dead') {
    const since = phase.unansweredSince ?? phase.suspicion?.since ?? turn.now;
    const reason = `no answer for ${Math.round(elapsedMs(since, turn.now))} ms, to nobody who was asked`;
    return masterGone(turn, member, phase, reason);
  }
  let next = verdict ?? member;
  if (next.phase.phase === 'backup') {
    const lateAt = suspectAt(turn, next, next.phase);
    if (lateAt !== undefined && turn.now >= lateAt) next = suspect(turn, next, missing(next.phase));
  }
  if (next.phase.phase === 'backup' && turn.now >= next.phase.nextKeepaliveAt)
    next = keepaliveDue(turn, next, next.phase, master);
  return next;
}

/** When a backup has to do something. */
export function backupDueAt(turn: Turn, member: Member, phase: Backup): Instant | undefined {
  const { takeoverAt, awaitingUntil, suspicion, nextKeepaliveAt, watchAt } = phase;
  const ends = takeoverAt ?? awaitingUntil;
  if (ends !== undefined) return earliest(watchAt, ends);
  const ask = earliest(nextKeepaliveAt, suspicion?.nextAt);
  return earliest(watchAt, earliest(ask, suspectAt(turn, member, phase)));
}
