import { after, elapsedMs } from '#base/instant';
import type { Message } from '#wire/vcl/message';
import { messageTypes, roles } from '#wire/vcl/numbers';
import { AWAIT_PART, MASTER_FRESH_PART } from './constants.ts';
import { standing } from './describe.ts';
import { ownStanding, peerOf, precedes, sameIdentity, standingOf, termAfter } from './peers.ts';
import type { Backup, Discovering, Member, Peer } from './state.ts';
import { suspect } from './suspicion.ts';
import { claim, isFit, standBack } from './transitions.ts';
import type { Turn } from './turn.ts';

/** How long the better of two candidates gets to appear as master. */
const patienceMs = (turn: Turn): number =>
  2 * turn.policy.timing.claimWaitMs + turn.helloPart(AWAIT_PART);

function object(turn: Turn, member: Member, to: Peer): Member {
  turn.send(to.endpoint, { type: messageTypes.claimNak, ...standing(member, turn.policy) });
  return member;
}

/** Somebody is about to take the address. */
export function claimReceived(turn: Turn, member: Member, peer: Peer, message: Message): Member {
  const term = message.term ?? 0;
  const seen: Member = { ...member, term: Math.max(member.term, term) };
  const isBetter = precedes(standingOf(peer), ownStanding(member, turn.policy));
  const { phase } = seen;
  switch (phase.phase) {
    case 'master':
      return object(turn, { ...seen, phase: { ...phase, term: seen.term } }, peer);
    case 'candidate':
      if (!isBetter) return object(turn, seen, peer);
      return standBack(turn, seen, patienceMs(turn), 'a better candidate');
    case 'discovering': {
      // Whoever was named a master, or heard of fewer masters than the candidate, was started later.
      const isNew = term <= termAfter(member.term) && phase.named === undefined;
      return whileDiscovering(turn, seen, phase, peer, isNew);
    }
    case 'backup':
      return whileBackup(turn, seen, phase, peer, isBetter);
    default:
      return seen;
  }
}

/**
 * A newcomer does not stand in the way of who was up before it (LB-41), unless the two were started together:
 * then both are in the last of equally many rounds and know of no master (`isNew`), and the order decides (LB-43).
 */
function whileDiscovering(
  turn: Turn,
  member: Member,
  phase: Discovering,
  peer: Peer,
  isNew: boolean,
): Member {
  const own = ownStanding(member, turn.policy);
  const isEqual = peer.description.priority === own.priority && phase.roundsLeft === 0;
  if (isNew && isEqual && isFit(member) && precedes(own, standingOf(peer))) {
    object(turn, member, peer);
    return claim(turn, member);
  }
  return {
    ...member,
    phase: { ...phase, nextAt: after(turn.now, patienceMs(turn)), resumes: false },
  };
}

function whileBackup(
  turn: Turn,
  member: Member,
  phase: Backup,
  peer: Peer,
  isBetter: boolean,
): Member {
  const master = peerOf(member, phase.master);
  // Without it, a later life of that member is here, which is no master.
  const silentMs = master && elapsedMs(master.heardAt, turn.now);
  const isDoubted =
    silentMs === undefined || phase.takeoverAt !== undefined || phase.awaitingUntil !== undefined;
  const isMaster = sameIdentity(phase.master, peer.identity);
  if (!isDoubted && silentMs < turn.helloPart(MASTER_FRESH_PART) && !isMaster)
    return object(turn, member, peer);
  if (isBetter || !isFit(member)) {
    const awaitingUntil = after(turn.now, patienceMs(turn));
    return {
      ...member,
      phase: { ...phase, takeoverAt: undefined, suspicion: undefined, awaitingUntil },
    };
  }
  if (isDoubted) {
    object(turn, member, peer);
    return claim(turn, member);
  }
  // It may be right about the master, but we go before it: first see for ourselves.
  object(turn, member, peer);
  return phase.suspicion === undefined ? suspect(turn, member, phase) : member;
}

/** Somebody objects to our claim: there is a master, or a better candidate. */
export function objectionReceived(turn: Turn, member: Member, message: Message): Member {
  const seen: Member = { ...member, term: Math.max(member.term, message.term ?? 0) };
  if (seen.phase.phase !== 'candidate') return seen;
  // A master speaks for itself: `roleSeen` has followed it already.
  if (message.role === roles.master) return seen;
  const back = standBack(turn, seen, patienceMs(turn), 'an objection');
  const named = message.knownMaster;
  if (named === undefined || back.phase.phase !== 'discovering') return back;
  if (named.member === member.identity.member) return back;
  const { member: id, incarnation } = named;
  return {
    ...back,
    phase: { ...back.phase, named: { identity: { member: id, incarnation }, at: turn.now } },
  };
}
