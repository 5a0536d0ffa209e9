import { after } from '#base/instant';
import type { Message } from '#wire/vcl/message';
import { messageTypes, reasons } from '#wire/vcl/numbers';
import { AWAIT_PART, DROWSY_PART, LEAVE_PAUSE_MS, LEAVE_REPEATS } from './constants.ts';
import { standing } from './describe.ts';
import { gaveAddressUp, handingOver, memberLeft } from './events.ts';
import { masterGone } from './keepalive.ts';
import {
  alivePeers,
  counts,
  peerEndpoints,
  precedes,
  sameIdentity,
  standingOf,
  termAfter,
  withPeer,
} from './peers.ts';
import type { LeaveReason, Leaving, Member, Peer } from './state.ts';
import { becomeMaster, discover, isFit, switchOff } from './transitions.ts';
import type { Turn } from './turn.ts';

/** Leaving, and handing the address over while doing so. */

/** Who is to be master: the best that clients can reach and that is not emptied; else the best alive. */
function successorOf(turn: Turn, member: Member): Peer | undefined {
  const alive = alivePeers(member);
  const good = alive.filter((p) => counts(turn.policy, p) && p.report?.draining !== true);
  const [best] = (good.length > 0 ? good : alive).sort((a, b) =>
    precedes(standingOf(a), standingOf(b)) ? -1 : 1,
  );
  return best;
}

/** Gives the address up, if we have it, and tells everybody; `stays` for a member with a link down. */
export function leave(turn: Turn, member: Member, reason: LeaveReason, stays = false): Member {
  const { phase } = member;
  if (phase.phase === 'off' || phase.phase === 'leaving') return member;
  const isMaster = phase.phase === 'master';
  const successor = isMaster ? successorOf(turn, member) : undefined;
  if (isMaster) {
    turn.emit({ kind: 'releaseAddress', addresses: turn.policy.cluster.addresses });
    turn.log(gaveAddressUp, () => ({ reason: `leaves the cluster: ${reason}` }));
  }
  if (successor) turn.log(handingOver, () => ({ address: successor.description.privateAddress }));
  turn.emit({ kind: 'roleChanged' });
  const term = termAfter(member.term);
  const leaving: Leaving = {
    phase: 'leaving',
    successor: successor?.identity,
    term,
    repeatsLeft: LEAVE_REPEATS,
    nextAt: turn.now,
    reason,
    stays,
  };
  return leavingTick(turn, { ...member, phase: leaving }, leaving);
}

/** Tells everybody once more, or is done. */
export function leavingTick(turn: Turn, member: Member, phase: Leaving): Member {
  if (turn.now < phase.nextAt) return member;
  if (phase.repeatsLeft === 0) return left(turn, member, phase);
  const { successor, term, reason } = phase;
  const named = successor && { knownMaster: { ...successor, term } };
  const heir = successor && member.peers.get(successor.member);
  if (heir)
    turn.send(heir.endpoint, {
      type: messageTypes.handover,
      ...standing(member, turn.policy),
      ...named,
    });
  const code = reasons[reason];
  turn.send(peerEndpoints(member), {
    type: messageTypes.leave,
    ...standing(member, turn.policy),
    ...named,
    reason: { code, text: reason },
  });
  const nextAt = after(turn.now, LEAVE_PAUSE_MS);
  return { ...member, phase: { ...phase, repeatsLeft: phase.repeatsLeft - 1, nextAt } };
}

function left(turn: Turn, member: Member, phase: Leaving): Member {
  if (phase.stays) return discover(turn, member, '', { roundsLeft: 1 });
  turn.emit({ kind: 'stopped' });
  return switchOff(turn, member, phase.reason);
}

/** The master hands the address over, to us. */
export function handoverReceived(turn: Turn, member: Member, peer: Peer, message: Message): Member {
  const { phase } = member;
  const named = message.knownMaster;
  if (named === undefined || !sameIdentity(named, member.identity)) return member;
  const isFromMaster = phase.phase === 'backup' && sameIdentity(phase.master, peer.identity);
  if (!isFromMaster || !isFit(member)) return member;
  const without = departed(turn, member, peer, 'hands over');
  if (without.phase.phase === 'backup' && isDrowsy(turn, without))
    return masterGone(turn, without, without.phase, 'it handed over while this member was asleep');
  const from = peer.description.privateAddress;
  return becomeMaster(
    turn,
    without,
    Math.max(named.term, termAfter(member.term)),
    `handed over by ${from}`,
  );
}

/** Whether what arrives now may have waited for us while we were asleep. */
const isDrowsy = (turn: Turn, { awokeAt }: Member): boolean =>
  awokeAt !== undefined && turn.now < after(awokeAt, turn.helloPart(DROWSY_PART));

function departed(turn: Turn, member: Member, peer: Peer, reason: string): Member {
  if (peer.condition === 'left') return member;
  const address = peer.description.privateAddress;
  turn.log(memberLeft, () => ({ address, reason }), { peer: address });
  turn.emit({ kind: 'peersChanged' });
  return withPeer(member, { ...peer, condition: 'left', report: undefined });
}

/** A member leaves. If it was our master, its successor is us, another, or to be found. */
export function leaveReceived(turn: Turn, member: Member, peer: Peer, message: Message): Member {
  const { phase } = member;
  const named = message.knownMaster;
  const wasMaster = phase.phase === 'backup' && sameIdentity(phase.master, peer.identity);
  if (wasMaster && named && sameIdentity(named, member.identity))
    return handoverReceived(turn, member, peer, message);
  const without = departed(turn, member, peer, message.reason?.text ?? '');
  if (without.phase.phase !== 'backup' || !wasMaster) return without;
  const heir = named && without.peers.get(named.member);
  if (!heir) return masterGone(turn, without, without.phase, 'it left');
  const waitMs = turn.policy.timing.claimWaitMs + turn.helloPart(AWAIT_PART / 2);
  return {
    ...without,
    phase: {
      ...without.phase,
      suspicion: undefined,
      unansweredSince: undefined,
      awaitingUntil: after(turn.now, waitMs),
    },
  };
}
