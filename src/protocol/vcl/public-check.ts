import { after, earliest, type Instant } from '#base/instant';
import { messageTypes } from '#wire/vcl/numbers';
import { PUBLIC_AGAIN_PART, PUBLIC_RETRY_PART, PUBLIC_TRIES } from './constants.ts';
import { introduction } from './describe.ts';
import { publicSideClosed, publicSideOpen } from './events.ts';
import { isAlive, sameIdentity, withPeer } from './peers.ts';
import type { Member, Peer, PublicPath } from './state.ts';
import type { Turn } from './turn.ts';

/** Whether the public sides of two members answer each other; LB-20. */

/** A peer's public side of the family that we have one of. */
function publicEnd(turn: Turn, peer: Peer) {
  const [own] = turn.policy.device.publicAddresses;
  const theirs = peer.description.publicAddresses;
  const alike = theirs.find((a) => a.includes(':') === own?.includes(':'));
  return alike && { address: alike, port: turn.policy.cluster.port };
}

/** The peer with a public side that has still to answer, and is asked at once. */
export const withUnknownPath = (turn: Turn, peer: Peer): Peer => ({
  ...peer,
  publicPath: 'unknown',
  publicCheck: turn.policy.neighbourhood.publicCheck
    ? { nextAt: turn.now, nonce: turn.nonce(), unanswered: 0 }
    : undefined,
});

/** A question or an answer of that peer came in by the public side. */
export function publicHeard(turn: Turn, member: Member, peer: Peer, nonce?: string): Member {
  const check = peer.publicCheck;
  const isAnswer = nonce !== undefined && nonce === check?.nonce;
  const opened = withPath(turn, peer, 'open');
  if (!isAnswer || !check) return withPeer(member, opened);
  const nextAt = turn.jittered(turn.helloPart(PUBLIC_AGAIN_PART));
  return withPeer(member, { ...opened, publicCheck: { ...check, unanswered: 0, nextAt } });
}

function withPath(turn: Turn, peer: Peer, publicPath: PublicPath): Peer {
  if (peer.publicPath === publicPath) return peer;
  const address = peer.description.privateAddress;
  const publicAddress = peer.description.publicAddresses[0] ?? 'none';
  const event = publicPath === 'open' ? publicSideOpen : publicSideClosed;
  turn.log(event, () => ({ address, publicAddress }), { peer: address });
  turn.emit({ kind: 'peersChanged' });
  return { ...peer, publicPath };
}

/** A backup says in its keepalive that our public side does not answer it. */
export const publicUnanswered = (turn: Turn, peer: Peer): Peer => withPath(turn, peer, 'closed');

/** Asks public sides that are due. Once open, only a master and its backups go on asking each other. */
export function publicChecksTick(turn: Turn, member: Member): Member {
  let next = member;
  for (const peer of member.peers.values())
    if (checkDue(turn, member, peer)) next = ask(turn, next, peer);
  return next;
}

/** The check of a peer that has to be repeated, if it has one. */
function activeCheck(member: Member, peer: Peer) {
  if (!isAlive(peer) || peer.publicCheck === undefined) return undefined;
  const { phase } = member;
  const isRest = peer.publicPath === 'open' && peer.publicCheck.unanswered === 0;
  const follows = phase.phase === 'backup' && sameIdentity(phase.master, peer.identity);
  return isRest && !follows ? undefined : peer.publicCheck;
}

function checkDue(turn: Turn, member: Member, peer: Peer): boolean {
  const check = activeCheck(member, peer);
  return check !== undefined && turn.now >= check.nextAt;
}

function ask(turn: Turn, member: Member, peer: Peer): Member {
  const check = peer.publicCheck;
  if (!check) return member;
  const to = publicEnd(turn, peer);
  const nonce = turn.nonce();
  if (to)
    turn.send(to, { type: messageTypes.hello, ...introduction(turn, member), nonce }, 'public');
  const unanswered = check.unanswered + 1;
  const isClosed = unanswered > PUBLIC_TRIES;
  const closed = isClosed ? withPath(turn, peer, 'closed') : peer;
  const pauseMs = turn.helloPart(isClosed ? PUBLIC_AGAIN_PART / 4 : PUBLIC_RETRY_PART);
  const nextAt = after(turn.now, pauseMs);
  return withPeer(member, {
    ...closed,
    publicCheck: { nonce, unanswered: Math.min(unanswered, PUBLIC_TRIES + 1), nextAt },
  });
}

/** When the first public side has to be asked. */
export function publicChecksDueAt(member: Member): Instant | undefined {
  let first: Instant | undefined;
  for (const peer of member.peers.values())
    first = earliest(first, activeCheck(member, peer)?.nextAt);
  return first;
}
