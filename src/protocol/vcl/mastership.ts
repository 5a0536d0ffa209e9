import { after, earliest, elapsedMs, type Instant } from '#base/instant';
import { messageTypes } from '#wire/vcl/numbers';
import { announce } from './announce.ts';
import { ADDRESS_ANNOUNCEMENTS, LOST_PART, SILENT_PART, WATCH_PART } from './constants.ts';
import { introduction } from './describe.ts';
import { memberLost, tooFewMembers } from './events.ts';
import { alivePeers, isAlive, underSuspicion, withGone, withPeer } from './peers.ts';
import type { Timing } from './policy.ts';
import type { Master, Member, Peer } from './state.ts';
import { discover, isQuorate } from './transitions.ts';
import type { Turn } from './turn.ts';

/** What a master does of itself: it announces, looks after its members, and doubts itself. */

/** After how many hello intervals of silence a member is probed, and given up. */
function patience({ detection }: Timing): { readonly probed: number; readonly lost: number } {
  if (detection.kind === 'probes') return { probed: SILENT_PART, lost: LOST_PART };
  return { probed: detection.suspectAfter + 0.5, lost: detection.deadAfter + 1 };
}

export function masterTick(turn: Turn, member: Member, phase: Master): Member {
  let next: Member = member;
  if (turn.now >= phase.watchAt) {
    next = watch(turn, next);
    const watchAt = after(turn.now, turn.helloPart(WATCH_PART));
    next = { ...next, phase: { ...phase, watchAt } };
    next = doubt(turn, next);
  }
  if (next.phase.phase !== 'master') return next;
  if (phase.addressAnnounceAt !== undefined && turn.now >= phase.addressAnnounceAt)
    next = announceAddress(turn, next, next.phase);
  return turn.now >= phase.nextAnnounceAt ? announce(turn, next) : next;
}

function announceAddress(turn: Turn, member: Member, phase: Master): Member {
  const { cluster, addressRefreshMs } = turn.policy;
  turn.emit({
    kind: 'announceAddress',
    addresses: cluster.addresses,
    times: ADDRESS_ANNOUNCEMENTS,
  });
  const addressAnnounceAt =
    addressRefreshMs === undefined ? undefined : after(turn.now, addressRefreshMs);
  return { ...member, phase: { ...phase, addressAnnounceAt } };
}

/** Whether a look at the peers and at itself would find nothing to do. */
export function isCalm(turn: Turn, member: Member): boolean {
  const silentMs = turn.helloPart(patience(turn.policy.timing).probed);
  let alive = 0;
  for (const peer of member.peers.values()) {
    if (!isAlive(peer)) continue;
    if (elapsedMs(peer.heardAt, turn.now) >= silentMs) return false;
    alive += 1;
  }
  return alive + 1 >= turn.policy.cluster.minMembers && (alive > 0 || !isCutOff(member));
}

/** Members that are silent are asked, then given up. */
function watch(turn: Turn, member: Member): Member {
  const { probed, lost } = patience(turn.policy.timing);
  let next = member;
  for (const peer of alivePeers(member)) {
    const silentMs = elapsedMs(peer.heardAt, turn.now);
    if (silentMs >= turn.helloPart(lost)) next = lose(turn, next, peer, silentMs);
    else if (silentMs >= turn.helloPart(probed)) next = probe(turn, next, peer);
  }
  return next;
}

function lose(turn: Turn, member: Member, peer: Peer, milliseconds: number): Member {
  const address = peer.description.privateAddress;
  turn.log(memberLost, () => ({ address, milliseconds: Math.round(milliseconds) }), {
    peer: address,
  });
  turn.emit({ kind: 'peersChanged' });
  return withGone(member, peer);
}

function probe(turn: Turn, member: Member, peer: Peer): Member {
  turn.send(peer.endpoint, {
    type: messageTypes.probe,
    ...introduction(turn, member),
    nonce: turn.nonce(),
  });
  if (peer.condition === 'suspect') return member;
  turn.emit({ kind: 'peersChanged' });
  return withPeer(member, underSuspicion(peer, turn.now));
}

/** A master alone behind a dead link, or with too few members, gives the address up. */
function doubt(turn: Turn, member: Member): Member {
  const alive = alivePeers(member).length;
  if (!isQuorate(turn, member)) {
    const wanted = turn.policy.cluster.minMembers;
    turn.log(tooFewMembers, () => ({ alive: alive + 1, wanted }));
    return discover(turn, member, 'too few members are in reach');
  }
  return alive === 0 && isCutOff(member)
    ? discover(turn, member, 'the private link is down')
    : member;
}

/** Whether it is for a link of ours that no peer is heard. */
const isCutOff = ({ links, peers }: Member): boolean => !links.private && peers.size > 0;

/** When a master has to do something. */
export const masterDueAt = ({
  nextAnnounceAt,
  watchAt,
  addressAnnounceAt,
}: Master): Instant | undefined => earliest(earliest(nextAnnounceAt, watchAt), addressAnnounceAt);
