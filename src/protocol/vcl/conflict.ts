import { after } from '#base/instant';
import type { Message } from '#wire/vcl/message';
import { conditions, roles } from '#wire/vcl/numbers';
import { announce, reclaimed } from './announce.ts';
import { CONTEST_PART, UNHEARD_ANNOUNCEMENTS } from './constants.ts';
import { conflictWon } from './events.ts';
import { ownStanding, precedes, sameIdentity, standingOf, termAfter } from './peers.ts';
import type { Backup, Master, Member, Peer } from './state.ts';
import { claim, discover, follow } from './transitions.ts';
import type { Turn } from './turn.ts';

/** What a member concludes from the role that another says it has. */
export function roleSeen(turn: Turn, member: Member, peer: Peer, message: Message): Member {
  if (message.role === roles.master) return masterSeen(turn, member, peer, message);
  const { phase } = member;
  if (phase.phase === 'backup' && sameIdentity(phase.master, peer.identity))
    return resigned(turn, member, phase, message);
  if (phase.phase === 'discovering') return named(turn, member, message);
  return member;
}

function masterSeen(turn: Turn, member: Member, peer: Peer, message: Message): Member {
  const { phase } = member;
  const term = message.term ?? 0;
  switch (phase.phase) {
    case 'off':
    case 'refused':
      return member;
    case 'leaving':
      // Somebody serves the address, so there is nobody left to tell.
      return { ...member, phase: { ...phase, repeatsLeft: 0, nextAt: turn.now } };
    case 'discovering':
    case 'candidate':
      return follow(turn, member, peer, term);
    case 'backup':
      return whileBackup(turn, member, phase, peer, term);
    case 'master':
      return message.peers === undefined ? member : conflict(turn, member, phase, peer, message);
  }
}

function whileBackup(turn: Turn, member: Member, phase: Backup, peer: Peer, term: number): Member {
  if (sameIdentity(phase.master, peer.identity)) {
    const isDoubted = phase.takeoverAt !== undefined || phase.awaitingUntil !== undefined;
    if (isDoubted) return follow(turn, member, peer, term);
    const highest = Math.max(phase.term, term);
    return {
      ...member,
      term: Math.max(member.term, term),
      phase: { ...phase, term: highest },
    };
  }
  const doubts =
    phase.suspicion !== undefined ||
    phase.takeoverAt !== undefined ||
    phase.awaitingUntil !== undefined;
  return term > phase.term || doubts ? follow(turn, member, peer, term) : member;
}

/** Our master says that it is none. */
function resigned(turn: Turn, member: Member, phase: Backup, message: Message): Member {
  const { role, knownMaster, term = 0 } = message;
  // Something that it sent before it became one, and that was overtaken.
  if (term < phase.term && role !== roles.leaving) return member;
  if (role === roles.leaving) return member;
  const seen = { ...member, term: Math.max(member.term, term) };
  if (sameIdentity(knownMaster, member.identity)) return claim(turn, seen);
  const identity = knownMaster && {
    member: knownMaster.member,
    incarnation: knownMaster.incarnation,
  };
  return discover(turn, seen, 'the master is none any more', {
    roundsLeft: 1,
    named: identity && { identity, at: turn.now },
  });
}

/**
 * While we look for a master, somebody names one, or us: then the others were asked enough, and a claim
 * tells whether anybody objects.
 */
function named(turn: Turn, member: Member, message: Message): Member {
  const { phase } = member;
  const { knownMaster } = message;
  if (phase.phase !== 'discovering' || knownMaster === undefined) return member;
  const seen = { ...member, term: Math.max(member.term, knownMaster.term) };
  if (knownMaster.member === member.identity.member)
    return phase.resumes && sameIdentity(knownMaster, member.identity) ? claim(turn, seen) : member;
  const { member: id, incarnation } = knownMaster;
  return {
    ...seen,
    phase: { ...phase, named: { identity: { member: id, incarnation }, at: turn.now } },
  };
}

/**
 * Two masters know of each other: the one with more members in its last announcement keeps the address,
 * then the one that goes before the other. Both judge by what was announced, so that they agree.
 */
function conflict(
  turn: Turn,
  member: Member,
  phase: Master,
  peer: Peer,
  { term = 0, peers = [] }: Message,
): Member {
  const own = member.identity;
  const theirAlive = peers.filter((p) => p.condition === conditions.alive).length + 1;
  const hearsUs = peers.some((p) => sameIdentity(p, own) && p.condition !== conditions.dead);
  const unheard = hearsUs ? 0 : (phase.contested.get(peer.identity.member) ?? 0) + 1;
  const isMore = phase.announcedAlive > theirAlive;
  const wins =
    phase.announcedAlive === theirAlive
      ? precedes(ownStanding(member, turn.policy), standingOf(peer))
      : isMore;
  if (!wins) return follow(turn, member, peer, term);
  // It hears nothing of us, so that we are the only one who can end this.
  if (unheard > UNHEARD_ANNOUNCEMENTS) return follow(turn, member, peer, term, turn.now);
  const contested = new Map(phase.contested).set(peer.identity.member, unheard);
  turn.log(conflictWon, () => ({
    address: peer.description.privateAddress,
    reason: isMore ? 'fewer members follow it' : 'it comes after this one in the order of masters',
  }));
  const next = term >= phase.term ? termAfter(term) : phase.term;
  const isSoon =
    phase.contestedAt !== undefined &&
    turn.now < after(phase.contestedAt, turn.helloPart(CONTEST_PART));
  const contestedAt = isSoon ? phase.contestedAt : turn.now;
  const serving: Member = {
    ...member,
    term: Math.max(member.term, next),
    phase: { ...phase, term: next, contested, contestedAt },
  };
  return isSoon ? serving : announce(turn, reclaimed(turn, serving), true);
}
