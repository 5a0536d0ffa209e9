import { elapsedMs } from '#base/instant';
import type { PeerEntry } from '#wire/vcl/fields';
import type { Message } from '#wire/vcl/message';
import { conditions, messageTypes, reasons, roles } from '#wire/vcl/numbers';
import { challenge, proved, refuseConfiguration, refuseNetwork, refuseStale } from './admission.ts';
import { reclaimed } from './announce.ts';
import { claimReceived, objectionReceived } from './claims.ts';
import { roleSeen } from './conflict.ts';
import { LARGEST_TERM_STEP } from './constants.ts';
import { described, introduction } from './describe.ts';
import { masterNamed } from './discovery.ts';
import { datagramRefused, refusedByMember } from './events.ts';
import { masterAnnounced, requestReceived, responseReceived } from './keepalive.ts';
import { handoverReceived, leaveReceived } from './leaving.ts';
import { outsideOurNetworks } from './networks.ts';
import {
  alivePeers,
  hasFollower,
  isAlive,
  ownStanding,
  peerOf,
  precedes,
  sameIdentity,
  withGone,
  withPeer,
} from './peers.ts';
import { publicHeard, withUnknownPath } from './public-check.ts';
import { breach } from './rules.ts';
import type { Member, Peer, PeerDescription } from './state.ts';
import { heardSuspect, probeAnswered, probeRequested, probeResult } from './suspicion.ts';
import { beRefused } from './transitions.ts';
import type { Received, Turn } from './turn.ts';

/** An authentic, new message arrived: shape and rules, then who sent it, then what it means. */
export function received(turn: Turn, member: Member, rx: Received): Member {
  const { message, sender, from } = rx;
  if (member.phase.phase === 'off') return member;
  const wrong = breach(message) ?? absurd(member, message);
  if (wrong !== undefined) {
    turn.log(datagramRefused, () => ({ address: from.address, reason: wrong }));
    return member;
  }
  if (sameIdentity(sender, member.identity)) return member;
  if (message.type === messageTypes.reject) return rejected(turn, member, rx);
  const { digest } = message;
  if (digest !== undefined && digest !== turn.policy.cluster.digest)
    return refuseConfiguration(turn, member, rx);
  const elsewhere = outsideOurNetworks(turn.policy, message);
  if (elsewhere !== undefined) return refuseNetwork(turn, member, rx, elsewhere);
  const peer = peerOf(member, sender);
  return peer && isAlive(peer) ? fromPeer(turn, member, peer, rx) : fromStranger(turn, member, rx);
}

/** A term that nobody can have counted up to. */
function absurd(member: Member, message: Message): string | undefined {
  const term = Math.max(message.term ?? 0, message.knownMaster?.term ?? 0);
  return term > member.term + LARGEST_TERM_STEP ? `term ${term} was never reached` : undefined;
}

/** Somebody who has still to prove that it lives, or an earlier or later life of a member. */
function fromStranger(turn: Turn, member: Member, rx: Received): Member {
  const { sender, message } = rx;
  const known = member.peers.get(sender.member)?.identity;
  const isStale = known !== undefined && sender.incarnation < known.incarnation;
  switch (message.type) {
    case messageTypes.hello:
      if (isStale) return refuseStale(turn, member, rx, known);
      acknowledge(turn, member, rx, messageTypes.helloAck);
      return challenge(turn, member, rx);
    case messageTypes.probe:
      acknowledge(turn, member, rx, messageTypes.probeAck);
      return challenge(turn, member, rx);
    case messageTypes.helloAck:
      return answersHello(member, message) ? proved(turn, member, rx) : challenge(turn, member, rx);
    case messageTypes.probeAck: {
      const asked = member.strangers.get(sender.member);
      const answers = asked?.nonce === message.nonce && sameIdentity(asked?.identity, sender);
      return answers && !asked?.contending ? proved(turn, member, rx) : challenge(turn, member, rx);
    }
    default:
      return challenge(turn, member, rx);
  }
}

const answersHello = ({ phase }: Member, { nonce }: Message): boolean =>
  phase.phase === 'discovering' && phase.nonce === nonce;

/** Returns the question of a HELLO or a PROBE, by the side it came from. */
function acknowledge(turn: Turn, member: Member, rx: Received, type: number): void {
  const { from, message, side } = rx;
  const nonce = message.nonce as string;
  turn.send(from, { type, ...introduction(turn, member), nonce }, side);
}

const sameAddresses = (a: PeerDescription, b: PeerDescription): boolean =>
  a === b || a.publicAddresses.join() === b.publicAddresses.join();

/** A member of the cluster. */
function fromPeer(turn: Turn, member: Member, before: Peer, rx: Received): Member {
  const { message } = rx;
  const role = message.role ?? before.role;
  const description = described(before.description, message);
  if (role !== before.role || description !== before.description)
    turn.emit({ kind: 'peersChanged' });
  const wasSilent = before.condition === 'suspect' && member.phase.phase === 'master';
  const condition = wasSilent ? 'alive' : before.condition;
  const told: Peer = { ...before, description, role, condition, heardAt: turn.now };
  const isElsewhere = !sameAddresses(before.description, description);
  // Clients are sent nowhere that has not answered by the public side.
  const peer = isElsewhere ? withUnknownPath(turn, told) : told;
  let next = withPeer(member, peer);
  if (rx.side === 'public') {
    const isAnswer = message.type === messageTypes.helloAck;
    next = publicHeard(turn, next, peer, isAnswer ? message.nonce : undefined);
  }
  next = heardSuspect(turn, next, peer, message);
  const heard = next.peers.get(peer.identity.member) ?? peer;
  if (before.role === roles.master && role !== roles.master) next = reclaimed(turn, next);
  const isAskedByMaster =
    message.type === messageTypes.hello &&
    next.phase.phase === 'backup' &&
    sameIdentity(next.phase.master, peer.identity);
  // Our master asks whether it still is one: it is told what was known here until it asked.
  if (isAskedByMaster) acknowledge(turn, next, rx, messageTypes.helloAck);
  next = roleSeen(turn, next, heard, message);
  if (isAskedByMaster) return next;
  return meaning(turn, next, next.peers.get(peer.identity.member) ?? heard, rx);
}

function meaning(turn: Turn, member: Member, peer: Peer, rx: Received): Member {
  const { message } = rx;
  if (member.phase.phase === 'leaving') return member;
  switch (message.type) {
    case messageTypes.hello:
      acknowledge(turn, member, rx, messageTypes.helloAck);
      return member;
    case messageTypes.probe:
      acknowledge(turn, member, rx, messageTypes.probeAck);
      return member;
    case messageTypes.helloAck:
      return inReach(turn, member, peer, message);
    case messageTypes.probeAck:
      return probeAnswered(turn, member, peer, message);
    case messageTypes.keepaliveRequest:
      return requestReceived(turn, member, peer, message);
    case messageTypes.keepaliveResponse:
      return listRead(turn, responseReceived(turn, member, peer, message), peer, message);
    case messageTypes.announce:
      return listRead(turn, masterAnnounced(turn, member, peer), peer, message);
    case messageTypes.claim:
      return claimReceived(turn, member, peer, message);
    case messageTypes.claimNak:
      return objectionReceived(turn, member, message);
    case messageTypes.leave:
      return leaveReceived(turn, member, peer, message);
    case messageTypes.handover:
      return handoverReceived(turn, member, peer, message);
    case messageTypes.probeRequest:
      return probeRequested(turn, member, peer, message);
    case messageTypes.probeResult:
      return probeResult(turn, member, peer, message);
    case messageTypes.sessionsRequest:
    case messageTypes.sessions:
      passOn(turn, peer, rx);
      return member;
    default:
      return member;
  }
}

/** What the protocol does not understand: members speak of sessions on the private side only. */
function passOn(turn: Turn, { identity }: Peer, { side, message }: Received): void {
  const { nonce } = message;
  if (side !== 'private' || nonce === undefined) return;
  turn.emit({ kind: 'heard', sender: identity, message: { ...message, nonce } });
}

/** A member that we know already answers while we look for a master, and names one that does not. */
function inReach(turn: Turn, member: Member, peer: Peer, message: Message): Member {
  const { phase } = member;
  if (phase.phase !== 'discovering' || phase.named === undefined) return member;
  if (message.role === roles.master || phase.roundsLeft > 0) return member;
  return masterNamed(turn, member, peer.description.privateAddress);
}

/** Our master says who is in the cluster. Whom we do not know, we ask. */
function listRead(turn: Turn, member: Member, master: Peer, message: Message): Member {
  const { phase, identity } = member;
  if (phase.phase !== 'backup' || !sameIdentity(phase.master, master.identity)) return member;
  const { peers } = message;
  let next: Member = peers
    ? { ...member, phase: { ...phase, listed: { at: turn.now, peers } } }
    : member;
  let isUnknown = !message.peers?.some((p) => sameIdentity(p, identity));
  for (const entry of message.peers ?? []) {
    if (entry.member === identity.member) continue;
    const peer = peerOf(next, entry);
    if (!peer) isUnknown ||= entry.condition !== conditions.dead;
    else if (entry.condition === conditions.dead) next = buried(turn, next, peer);
    else if (!isAlive(peer) && entry.condition === conditions.alive)
      next = challenge(turn, next, {
        kind: 'message',
        side: 'private',
        from: peer.endpoint,
        sender: peer.identity,
        message: { type: messageTypes.announce },
      });
  }
  if (isUnknown) introduceAgain(turn, next);
  return peers ? withoutForgotten(turn, next, master, peers) : next;
}

/** Whom the master forgot, since another member has its address by now, is gone. */
function withoutForgotten(
  turn: Turn,
  member: Member,
  master: Peer,
  listed: readonly PeerEntry[],
): Member {
  const names = new Set(listed.map((entry) => entry.member)).add(master.identity.member);
  let next = member;
  for (const peer of alivePeers(member))
    if (!names.has(peer.identity.member) && hasFollower(member, peer))
      next = buried(turn, next, peer);
  return next;
}

/** The master gave somebody up of whom we have heard nothing either. */
function buried(turn: Turn, member: Member, peer: Peer): Member {
  if (!isAlive(peer) || elapsedMs(peer.heardAt, turn.now) < turn.helloPart(1)) return member;
  turn.emit({ kind: 'peersChanged' });
  return withGone(member, peer);
}

function introduceAgain(turn: Turn, member: Member): void {
  const { neighbourhood, cluster, device } = turn.policy;
  const ends = [...neighbourhood.members, ...(neighbourhood.group ? [neighbourhood.group] : [])]
    .filter((address) => address !== device.privateAddress)
    .map((address) => ({ address, port: cluster.port }));
  const message = { type: messageTypes.hello, ...introduction(turn, member), nonce: turn.nonce() };
  turn.send(ends, message);
}

/** Somebody refuses us. Only a peer, or who returns our question, can make us stay out. */
function rejected(turn: Turn, member: Member, rx: Received): Member {
  const { message, sender, from } = rx;
  const peer = peerOf(member, sender);
  const isOfNow = (peer !== undefined && isAlive(peer)) || answersHello(member, message);
  const code = message.reason?.code ?? 0;
  if (!isOfNow || !mustGiveWay(turn, member, rx, code)) return member;
  const reason = message.reason?.text ?? '';
  turn.log(refusedByMember, () => ({ address: from.address, reason }));
  return beRefused(turn, member, `${from.address}: ${reason}`);
}

/** Of two that do not fit together, the one that serves nobody yet gives way; then the lesser one. */
function mustGiveWay(turn: Turn, member: Member, rx: Received, code: number): boolean {
  const { phase } = member.phase;
  if (phase === 'refused' || phase === 'leaving') return false;
  if (code === reasons.clone || code === reasons.staleIncarnation) return true;
  if (phase === 'master') return false;
  if (code === reasons.full) return true;
  if (phase === 'backup') return false;
  const { role, priority = 1, privateAddresses } = rx.message;
  if (role === roles.master || role === roles.backup) return true;
  const theirs = {
    priority,
    privateAddress: privateAddresses?.[0] ?? rx.from.address,
    member: rx.sender.member,
  };
  return precedes(theirs, ownStanding(member, turn.policy));
}
