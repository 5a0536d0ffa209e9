import type { Endpoint } from '#base/address';
import { after, earliest, type Instant } from '#base/instant';
import type { Message } from '#wire/vcl/message';
import { messageTypes, reasons } from '#wire/vcl/numbers';
import { reclaimed } from './announce.ts';
import { roleSeen } from './conflict.ts';
import {
  CHALLENGE_PART,
  MOST_PEERS,
  MOST_SAID,
  MOST_STRANGERS,
  PROBE_PART,
  SUSPECT_PART,
} from './constants.ts';
import { descriptionIn, introduction, reportIn, standing } from './describe.ts';
import {
  cloneRefused,
  configurationDiffers,
  memberJoined,
  networkDiffers,
  tooManyMembers,
  tooManyStrangers,
} from './events.ts';
import { isAlive, peerOf, sameIdentity, withoutFormer, withPeer } from './peers.ts';
import type { Contending, Identity, Member, Peer, Stranger } from './state.ts';
import { beRefused } from './transitions.ts';
import type { Received, Turn } from './turn.ts';

/**
 * Who becomes a peer: whoever holds the key and answers a challenge, so that a recording of a member's
 * earlier datagrams makes nobody a peer.
 */

/** Whether something is said for the first time in a while, and the member that remembers it. */
function once(member: Member, what: string): Member | undefined {
  if (member.said.has(what) || member.said.size >= MOST_SAID) return undefined;
  return { ...member, said: new Set(member.said).add(what) };
}

/** The word of a refusal on the wire; `nonce` is that of the question, as proof that it is of now. */
function reject(
  turn: Turn,
  member: Member,
  to: Endpoint,
  code: number,
  text: string,
  nonce: string,
) {
  turn.send(to, {
    type: messageTypes.reject,
    ...standing(member, turn.policy),
    nonce,
    reason: { code, text },
  });
}

const noNonce = '0'.repeat(32);

/** A member whose common configuration differs is told so, once in a while. LB-16, GEN-44. */
export function refuseConfiguration(turn: Turn, member: Member, rx: Received): Member {
  const { from, message } = rx;
  const theirs = message.digest ?? '';
  const ours = turn.policy.cluster.digest;
  const peer = peerOf(member, rx.sender);
  const without = peer ? withPeer(member, { ...peer, condition: 'dead' }) : member;
  if (message.type === messageTypes.reject || message.nonce === undefined) return without;
  reject(turn, without, from, reasons.digest, `cluster configuration ${ours} here`, message.nonce);
  const said = once(without, `digest/${rx.sender.member}`);
  if (!said) return without;
  turn.log(configurationDiffers, () => ({ address: from.address, theirs, ours }));
  return said;
}

/** LB-17: a member whose addresses are in other networks than ours is told so, once in a while. */
export function refuseNetwork(turn: Turn, member: Member, rx: Received, why: string): Member {
  const { from, message, sender } = rx;
  const peer = peerOf(member, sender);
  const without = peer ? withPeer(member, { ...peer, condition: 'dead' }) : member;
  if (message.nonce === undefined) return without;
  reject(turn, without, from, reasons.network, why, message.nonce);
  const said = once(without, `network/${sender.member}`);
  if (!said) return without;
  turn.log(networkDiffers, () => ({ address: from.address, reason: why }));
  return said;
}

/** An earlier life of a member shows itself: a copy of its state that was started before it. */
export function refuseStale(turn: Turn, member: Member, rx: Received, known: Identity): Member {
  const { message, from } = rx;
  const text = 'a later life of the same member is known here';
  reject(turn, member, from, reasons.staleIncarnation, text, message.nonce ?? noNonce);
  const said = once(member, `clone/${rx.sender.member}`);
  if (!said) return member;
  const other = member.peers.get(known.member)?.endpoint.address ?? 'this device';
  turn.log(cloneRefused, () => ({ member: known.member, address: other, other: from.address }));
  return said;
}

/** Asks somebody who holds the key to show that it lives now, if it is not being asked already. */
export function challenge(turn: Turn, member: Member, rx: Received): Member {
  const before = member.strangers.get(rx.sender.member);
  const isAsked = before !== undefined && turn.now < after(before.askedAt, turn.helloPart(0.25));
  if (isAsked && sameIdentity(before.identity, rx.sender)) return member;
  if (before?.contending || before?.isRefused) return member;
  if (before === undefined && member.strangers.size >= MOST_STRANGERS) {
    turn.log(tooManyStrangers, () => ({ address: rx.from.address, most: MOST_STRANGERS }));
    return member;
  }
  const stranger: Stranger = {
    identity: rx.sender,
    endpoint: rx.from,
    nonce: turn.nonce(),
    askedAt: turn.now,
    isRefused: false,
    contending: undefined,
  };
  turn.send(rx.from, {
    type: messageTypes.probe,
    ...introduction(turn, member),
    nonce: stranger.nonce,
  });
  return {
    ...member,
    strangers: new Map(member.strangers).set(rx.sender.member, stranger),
  };
}

/** The answer to a question of ours came: from `rx.sender`, who lives. */
export function proved(turn: Turn, member: Member, rx: Received): Member {
  if (rx.sender.member === member.identity.member)
    return twin(turn, asRefused(turn, member, rx), rx);
  const before = member.peers.get(rx.sender.member);
  const isOtherLife = before !== undefined && !sameIdentity(before.identity, rx.sender);
  if (before && isOtherLife && rx.sender.incarnation < before.identity.incarnation)
    return refuseStale(turn, asRefused(turn, member, rx), rx, before.identity);
  const isElsewhere = before !== undefined && before.endpoint.address !== rx.from.address;
  if (isOtherLife && isElsewhere && isAlive(before)) return contend(turn, member, rx, before);
  return admit(turn, withoutStranger(member, rx.sender), rx, newPeer(turn, rx));
}

/** Remembers for a while that it was refused: two that refuse each other must not do so without end. */
function asRefused(turn: Turn, member: Member, rx: Received): Member {
  const refused: Stranger = {
    identity: rx.sender,
    endpoint: rx.from,
    nonce: noNonce,
    askedAt: turn.now,
    isRefused: true,
    contending: undefined,
  };
  return { ...member, strangers: new Map(member.strangers).set(rx.sender.member, refused) };
}

const withoutStranger = (member: Member, { member: id }: Identity): Member => {
  if (!member.strangers.has(id)) return member;
  const strangers = new Map(member.strangers);
  strangers.delete(id);
  return { ...member, strangers };
};

/** Our own identity lives elsewhere. The later life gives way, since it is the copy or the copied. */
function twin(turn: Turn, member: Member, rx: Received): Member {
  turn.log(cloneRefused, () => ({
    member: member.identity.member,
    address: turn.policy.device.privateAddress,
    other: rx.from.address,
  }));
  if (rx.sender.incarnation < member.identity.incarnation)
    return beRefused(turn, member, `${rx.from.address} has the same identity`);
  const text = `${turn.policy.device.privateAddress} has the same identity`;
  reject(turn, member, rx.from, reasons.clone, text, rx.message.nonce ?? noNonce);
  return member;
}

/** A later life of a member appears elsewhere while the former is alive: the former is asked first. */
function contend(turn: Turn, member: Member, rx: Received, before: Peer): Member {
  const { identity, ...peer } = newPeer(turn, rx);
  const stranger: Stranger = {
    identity,
    endpoint: rx.from,
    nonce: rx.message.nonce ?? noNonce,
    askedAt: turn.now,
    isRefused: false,
    contending: {
      peer,
      nextAt: after(turn.now, turn.helloPart(PROBE_PART)),
      until: after(turn.now, turn.helloPart(SUSPECT_PART)),
    },
  };
  askFormer(turn, member, before);
  return { ...member, strangers: new Map(member.strangers).set(identity.member, stranger) };
}

const askFormer = (turn: Turn, member: Member, former: Peer): void =>
  turn.send(former.endpoint, {
    type: messageTypes.probe,
    ...introduction(turn, member),
    nonce: turn.nonce(),
  });

/** Asks the former life of a contender once more. */
function askAgain(turn: Turn, member: Member, stranger: Stranger): Member {
  const { contending, identity } = stranger;
  const former = member.peers.get(identity.member);
  if (!contending || !former) return member;
  askFormer(turn, member, former);
  const nextAt = after(turn.now, turn.helloPart(PROBE_PART));
  const asked = { ...stranger, contending: { ...contending, nextAt } };
  return { ...member, strangers: new Map(member.strangers).set(identity.member, asked) };
}

const newPeer = (turn: Turn, { sender, from, message }: Received): Peer => ({
  identity: sender,
  endpoint: from,
  description: descriptionIn(message, from.address),
  condition: 'alive',
  role: message.role ?? 0,
  report: reportIn(message),
  reportedAt: undefined,
  joinedAt: turn.now,
  heardAt: turn.now,
  suspected: undefined,
  publicPath: 'unknown',
  publicCheck: undefined,
});

/** Room for one more, if need be that of the peer that is gone for longest; undefined when all are here. */
function withRoom(member: Member): Member | undefined {
  if (member.peers.size < MOST_PEERS) return member;
  const [gone] = [...member.peers.values()]
    .filter((peer) => !isAlive(peer))
    .sort((a, b) => a.heardAt - b.heardAt);
  if (!gone) return undefined;
  const peers = new Map(member.peers);
  peers.delete(gone.identity.member);
  return { ...member, peers };
}

function refuseMore(turn: Turn, member: Member, rx: Received, address: string): Member {
  const nonce = rx.message.nonce ?? noNonce;
  reject(turn, member, rx.from, reasons.full, 'the cluster is full', nonce);
  const refused = asRefused(turn, member, rx);
  const said = once(refused, `full/${rx.sender.member}`);
  if (!said) return refused;
  turn.log(tooManyMembers, () => ({ address, most: MOST_PEERS }));
  return said;
}

/** A peer more, or one again. */
function admit(turn: Turn, member: Member, rx: Received, fresh: Peer): Member {
  const before = peerOf(member, fresh.identity);
  const address = fresh.description.privateAddress;
  const without = withoutFormer(member, fresh);
  const roomy = without.peers.has(fresh.identity.member) ? without : withRoom(without);
  if (roomy === undefined) return refuseMore(turn, member, rx, address);
  const wasAlive = before !== undefined && isAlive(before);
  const suspected = member.peers.get(fresh.identity.member)?.suspected;
  const peer: Peer = before
    ? { ...fresh, suspected, joinedAt: before.joinedAt, publicPath: before.publicPath }
    : { ...fresh, suspected };
  const checked = turn.policy.neighbourhood.publicCheck
    ? { ...peer, publicCheck: { nextAt: turn.now, nonce: turn.nonce(), unanswered: 0 } }
    : peer;
  if (!wasAlive) {
    const { hostName: name, model, priority } = peer.description;
    turn.log(memberJoined, () => ({ address, name, model, priority }), { peer: address });
    turn.emit({ kind: 'peersChanged' });
  }
  const joined = withPeer(roomy, checked);
  // While nobody here heard it, it may have been master.
  return roleSeen(turn, wasAlive ? joined : reclaimed(turn, joined), checked, rx.message);
}

/** Strangers that did not answer in time are forgotten; of two lives of a member one is chosen. */
export function strangersTick(turn: Turn, member: Member): Member {
  let next = member;
  for (const stranger of member.strangers.values()) {
    const { contending, identity, askedAt } = stranger;
    if (contending && turn.now >= contending.until) next = choose(turn, next, stranger);
    else if (contending && turn.now >= contending.nextAt) next = askAgain(turn, next, stranger);
    else if (!contending && turn.now >= after(askedAt, turn.helloPart(CHALLENGE_PART)))
      next = withoutStranger(next, identity);
  }
  return next;
}

function choose(turn: Turn, member: Member, stranger: Stranger): Member {
  const { contending, identity, endpoint, askedAt } = stranger;
  const settled = withoutStranger(member, identity);
  const before = settled.peers.get(identity.member);
  if (contending === undefined) return settled;
  if (before && isAlive(before) && before.heardAt > askedAt) {
    const text = `${before.endpoint.address} has the same identity`;
    reject(turn, settled, endpoint, reasons.clone, text, stranger.nonce);
    const refused: Stranger = { ...stranger, isRefused: true, contending: undefined };
    turn.log(cloneRefused, () => ({
      member: identity.member,
      address: before.endpoint.address,
      other: endpoint.address,
    }));
    return { ...settled, strangers: new Map(settled.strangers).set(identity.member, refused) };
  }
  const peer: Peer = { identity, ...contending.peer, heardAt: turn.now };
  const message: Message = { type: messageTypes.probeAck, role: peer.role };
  const rx: Received = {
    kind: 'message',
    side: 'private',
    from: endpoint,
    sender: identity,
    message,
  };
  const replaced = before ? withPeer(settled, { ...before, condition: 'dead' }) : settled;
  return admit(turn, replaced, rx, peer);
}

const earlier = ({ nextAt, until }: Contending): Instant => (nextAt < until ? nextAt : until);

/** When the first stranger is due. */
export function strangersDueAt(turn: Turn, { strangers }: Member): Instant | undefined {
  let first: Instant | undefined;
  for (const { contending, askedAt } of strangers.values()) {
    const dueAt = contending ? earlier(contending) : after(askedAt, turn.helloPart(CHALLENGE_PART));
    first = earliest(first, dueAt);
  }
  return first;
}
