import { after } from '#base/instant';
import type { MemberId } from '#wire/vcl/fields';
import type { Message } from '#wire/vcl/message';
import { conditions, messageTypes } from '#wire/vcl/numbers';
import { HELPERS, MOST_ERRANDS, PROBE_PART, PROBE_ROUNDS } from './constants.ts';
import { introduction, standing } from './describe.ts';
import { masterPartlyReachable, masterSuspected } from './events.ts';
import {
  alivePeers,
  peerOf,
  precedes,
  sameIdentity,
  standingOf,
  underSuspicion,
  withPeer,
} from './peers.ts';
import type { Backup, Errand, Member, Peer, Suspicion } from './state.ts';
import type { Turn } from './turn.ts';

/** A master that does not answer is probed, by others too, before it is given up. */

/** Members that may reach the master where we do not; others in each round. */
function helpers(member: Member, { member: master }: { readonly member: MemberId }, round: number) {
  const others = alivePeers(member)
    .filter((peer) => peer.identity.member !== master)
    .sort((a, b) => (precedes(standingOf(a), standingOf(b)) ? -1 : 1));
  if (others.length <= HELPERS) return others;
  const from = (round * HELPERS) % others.length;
  return [...others.slice(from), ...others.slice(0, from)].slice(0, HELPERS);
}

/** A keepalive was not answered in time. */
export function suspect(turn: Turn, member: Member, phase: Backup): Member {
  const master = peerOf(member, phase.master);
  const address = master?.description.privateAddress ?? phase.master.member;
  const asked = helpers(member, phase.master, 0).length;
  turn.log(masterSuspected, () => ({ address, helpers: asked }), {
    peer: master?.description.privateAddress,
  });
  const suspected = master ? withPeer(member, underSuspicion(master, turn.now)) : member;
  turn.emit({ kind: 'peersChanged' });
  return probeRound(turn, suspected, phase, {
    since: turn.now,
    round: 0,
    nonce: turn.nonce(),
    nextAt: turn.now,
  });
}

/** One round: the master itself, and members that ask it for us. */
function probeRound(turn: Turn, member: Member, phase: Backup, suspicion: Suspicion): Member {
  const master = peerOf(member, phase.master);
  const { nonce, round } = suspicion;
  if (master) {
    turn.send(master.endpoint, {
      type: messageTypes.probe,
      ...introduction(turn, member),
      nonce,
    });
    const ends = helpers(member, phase.master, round).map((peer) => peer.endpoint);
    const target = { ...phase.master, condition: conditions.suspect };
    turn.send(ends, {
      type: messageTypes.probeRequest,
      ...standing(member, turn.policy),
      nonce,
      peers: [target],
    });
  }
  const nextAt = after(turn.now, turn.helloPart(PROBE_PART));
  return {
    ...member,
    phase: { ...phase, suspicion: { ...suspicion, round: round + 1, nextAt } },
  };
}

/** The next round of probes, the verdict after the last, or undefined when nothing is due. */
export function verdictDue(turn: Turn, member: Member, phase: Backup): Member | 'dead' | undefined {
  const { suspicion, misses } = phase;
  if (suspicion === undefined || turn.now < suspicion.nextAt) return undefined;
  if (suspicion.round < PROBE_ROUNDS) return probeRound(turn, member, phase, suspicion);
  const { detection } = turn.policy.timing;
  if (detection.kind === 'misses' && misses < detection.deadAfter)
    return probeRound(turn, member, phase, { ...suspicion, round: PROBE_ROUNDS - 1 });
  return 'dead';
}

/** The suspect answered somebody: it lives, but not for us. */
function partlyReachable(turn: Turn, member: Member, phase: Backup, evidence: string): Member {
  const master = peerOf(member, phase.master);
  const address = master?.description.privateAddress ?? phase.master.member;
  if (phase.partialSince === undefined)
    turn.log(masterPartlyReachable, () => ({ address, evidence }));
  const cleared = master ? withPeer(member, { ...master, condition: 'alive' }) : member;
  turn.emit({ kind: 'peersChanged' });
  return {
    ...cleared,
    phase: {
      ...phase,
      suspicion: undefined,
      misses: 0,
      // The next question is a new one.
      unansweredSince: undefined,
      partialSince: turn.now,
    },
  };
}

/** Any word of a suspect master that is not an answer: it speaks, and may not hear us. */
export function heardSuspect(turn: Turn, member: Member, peer: Peer, message: Message): Member {
  const { phase } = member;
  if (phase.phase !== 'backup' || !sameIdentity(phase.master, peer.identity)) return member;
  if (phase.suspicion === undefined || message.type === messageTypes.probeAck) return member;
  return partlyReachable(turn, member, phase, 'it is heard');
}

/** The suspect answered our own probe. */
export function probeAnswered(turn: Turn, member: Member, peer: Peer, message: Message): Member {
  const { phase } = member;
  const errand = member.errands.find(
    (e) => e.target === peer.identity.member && e.nonce === message.nonce,
  );
  const reported = errand ? report(turn, member, peer, errand) : member;
  if (phase.phase !== 'backup' || phase.suspicion?.nonce !== message.nonce) return reported;
  // Another member has its address by now, since its store was removed.
  if (!sameIdentity(phase.master, peer.identity)) return reported;
  turn.emit({ kind: 'peersChanged' });
  return {
    ...reported,
    phase: {
      ...phase,
      suspicion: undefined,
      misses: 0,
      unansweredSince: undefined,
      partialSince: undefined,
    },
  };
}

/** Another member cannot reach somebody, and asks us to try. */
export function probeRequested(turn: Turn, member: Member, peer: Peer, message: Message): Member {
  const entry = message.peers?.[0];
  const target = entry && peerOf(member, entry);
  if (!target || message.nonce === undefined) return member;
  const open = member.errands.filter((e) => turn.now < e.until);
  if (open.length >= MOST_ERRANDS) return { ...member, errands: open };
  const errand: Errand = {
    requester: peer.identity.member,
    requestNonce: message.nonce,
    target: target.identity.member,
    nonce: turn.nonce(),
    until: after(turn.now, turn.helloPart(1)),
  };
  turn.send(target.endpoint, {
    type: messageTypes.probe,
    ...introduction(turn, member),
    nonce: errand.nonce,
  });
  return { ...member, errands: [...open, errand] };
}

function report(turn: Turn, member: Member, target: Peer, errand: Errand): Member {
  const requester = member.peers.get(errand.requester);
  if (requester)
    turn.send(requester.endpoint, {
      type: messageTypes.probeResult,
      ...standing(member, turn.policy),
      nonce: errand.requestNonce,
      peers: [{ ...target.identity, condition: conditions.alive }],
    });
  return { ...member, errands: member.errands.filter((e) => e !== errand) };
}

/** A member that we asked reached the suspect. */
export function probeResult(turn: Turn, member: Member, peer: Peer, message: Message): Member {
  const { phase } = member;
  if (phase.phase !== 'backup' || phase.suspicion?.nonce !== message.nonce) return member;
  const reached = message.peers?.some(
    (p) => sameIdentity(p, phase.master) && p.condition === conditions.alive,
  );
  if (!reached) return member;
  const by = peer.description.privateAddress;
  return partlyReachable(turn, member, phase, `${by} reaches it`);
}
