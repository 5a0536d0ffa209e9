import type { Endpoint } from '#base/address';
import { after, type Instant, instant } from '#base/instant';
import { DEFAULT_CLUSTER_PORT, messageTypes } from '#wire/vcl/numbers';
import { announce } from './announce.ts';
import { ADDRESS_AGAIN_MS, ADDRESS_ANNOUNCEMENTS, REFUSED_PART, WATCH_PART } from './constants.ts';
import { introduction, standing } from './describe.ts';
import { becameBackup, becameMaster, gaveAddressUp, tooFewMembers } from './events.ts';
import { alivePeers, everybody, isAlive, termAfter } from './peers.ts';
import type { Candidate, Discovering, Master, Member, Peer, Phase } from './state.ts';
import type { Turn } from './turn.ts';

/** How a member changes its phase. Whoever was master gives the address up before anything else. */

function enter(turn: Turn, member: Member, phase: Phase, reason: string): Member {
  if (member.phase.phase === 'master' && phase.phase !== 'master') {
    turn.emit({ kind: 'releaseAddress', addresses: turn.policy.cluster.addresses });
    turn.log(gaveAddressUp, () => ({ reason }));
  }
  if (member.phase.phase !== phase.phase) turn.emit({ kind: 'roleChanged' });
  const hasJoined = member.hasJoined || phase.phase === 'master' || phase.phase === 'backup';
  return { ...member, hasJoined, phase };
}

/** Leaves the cluster, or never was in it. */
export const switchOff = (turn: Turn, member: Member, reason: string): Member =>
  enter(turn, member, { phase: 'off' }, reason);

type Search = Partial<Omit<Discovering, 'phase' | 'nextAt' | 'nonce'>>;

/** Asks everybody for a master, now and in each round to come. */
export function discover(turn: Turn, member: Member, reason: string, search: Search = {}): Member {
  const nonce = turn.nonce();
  const searching: Member = enter(
    turn,
    member,
    {
      phase: 'discovering',
      roundsLeft: 0,
      named: undefined,
      addressTakenAt: undefined,
      addressTakenBy: '',
      resumes: false,
      ...search,
      nonce,
      nextAt: after(turn.now, turn.policy.timing.discoverIntervalMs),
    },
    reason,
  );
  const message = { type: messageTypes.hello, ...introduction(turn, searching), nonce };
  turn.send(everybody(searching, turn.policy), message);
  turn.send(otherPort(turn), message);
  if (!search.resumes)
    turn.emit({ kind: 'probeAddress', addresses: turn.policy.cluster.addresses });
  return searching;
}

/**
 * The ends of the members on the port that is the default, for a member with another: so that those who
 * forgot to set it learn why they find nobody. LB-16.
 */
function otherPort({ policy: { cluster, device, neighbourhood } }: Turn): Endpoint[] {
  if (cluster.port === DEFAULT_CLUSTER_PORT) return [];
  const { members, group } = neighbourhood;
  return [...members, ...(group === undefined ? [] : [group])]
    .filter((address) => address !== device.privateAddress)
    .map((address) => ({ address, port: DEFAULT_CLUSTER_PORT }));
}

/** The search of a member that starts: 11 less its priority rounds. LB-38, LB-42. */
export const discoverFromStart = (turn: Turn, member: Member): Member =>
  discover(turn, member, '', { roundsLeft: 10 - turn.policy.device.priority });

/** Lets somebody else become master, and looks for it when it does not come forward in time. */
export const standBack = (turn: Turn, member: Member, waitMs: number, reason: string): Member =>
  enter(
    turn,
    member,
    {
      phase: 'discovering',
      roundsLeft: 1,
      nextAt: after(turn.now, waitMs),
      nonce: turn.nonce(),
      named: undefined,
      addressTakenAt: undefined,
      addressTakenBy: '',
      resumes: false,
    },
    reason,
  );

/** Whether this member may serve the address at all: not with a link down that others would serve it by. */
export const isFit = ({ links, peers }: Member): boolean =>
  links.public && (links.private || peers.size === 0);

/** Whether enough members are in reach. */
export const isQuorate = (turn: Turn, member: Member): boolean =>
  alivePeers(member).length + 1 >= turn.policy.cluster.minMembers;

/** Announces that it is about to take the address, and waits for objections. */
export function claim(turn: Turn, member: Member): Member {
  const term = termAfter(member.term);
  const phase: Candidate = {
    phase: 'candidate',
    term,
    until: after(turn.now, turn.policy.timing.claimWaitMs),
  };
  const claiming = enter(turn, { ...member, term }, phase, '');
  const message = { type: messageTypes.claim, ...standing(claiming, turn.policy) };
  turn.send(everybody(claiming, turn.policy), message);
  return claiming;
}

/** Serves the address from now on, and says so to neighbours and members. */
export function becomeMaster(turn: Turn, member: Member, term: number, reason: string): Member {
  if (!isQuorate(turn, member)) {
    const alive = alivePeers(member).length + 1;
    turn.log(tooFewMembers, () => ({ alive, wanted: turn.policy.cluster.minMembers }));
    return discover(turn, member, reason);
  }
  const { addresses } = turn.policy.cluster;
  turn.emit({ kind: 'acquireAddress', addresses });
  turn.emit({ kind: 'announceAddress', addresses, times: ADDRESS_ANNOUNCEMENTS });
  turn.log(becameMaster, () => ({ term, reason }));
  const phase: Master = {
    phase: 'master',
    term,
    nextAnnounceAt: turn.jittered(turn.policy.timing.helloMs),
    watchAt: after(turn.now, turn.helloPart(WATCH_PART)),
    announcedAlive: 1,
    addressAnnounceAt: after(turn.now, ADDRESS_AGAIN_MS),
    contestedAt: undefined,
    contested: new Map(),
  };
  // What others reported to the former master is not known here; they get a full interval to report.
  const peers = new Map(
    [...member.peers].map(([id, peer]) => [
      id,
      {
        ...peer,
        heardAt: isAlive(peer) ? turn.now : peer.heardAt,
        report: undefined,
        reportedAt: undefined,
      },
    ]),
  );
  const serving = enter(
    turn,
    { ...member, peers, term: Math.max(member.term, term) },
    phase,
    reason,
  );
  return announce(turn, serving, true);
}

/**
 * Follows a master; it is asked at once whether it agrees. `partialSince` for one that is known not to
 * hear us.
 */
export function follow(
  turn: Turn,
  member: Member,
  master: Peer,
  term: number,
  partialSince?: Instant,
): Member {
  const { phase } = member;
  const address = master.description.privateAddress;
  const isOther =
    phase.phase !== 'backup' ||
    phase.master.member !== master.identity.member ||
    phase.master.incarnation !== master.identity.incarnation;
  const following = enter(
    turn,
    { ...member, term: Math.max(member.term, term) },
    {
      phase: 'backup',
      master: master.identity,
      term,
      nextKeepaliveAt: turn.now,
      reportedAt: undefined,
      watchAt: after(turn.now, turn.helloPart(WATCH_PART)),
      unansweredSince: undefined,
      misses: 0,
      announcedAt: undefined,
      suspicion: undefined,
      takeoverAt: undefined,
      awaitingUntil: undefined,
      partialSince,
      listed: undefined,
    },
    `${address} is master`,
  );
  if (isOther) turn.log(becameBackup, () => ({ address, term }));
  if (isOther && phase.phase === 'backup') turn.emit({ kind: 'roleChanged' });
  return following;
}

/** Stays out of the cluster for a while. */
export const beRefused = (turn: Turn, member: Member, reason: string): Member =>
  enter(
    turn,
    member,
    {
      phase: 'refused',
      reason,
      until: instant(turn.now + turn.helloPart(REFUSED_PART)),
    },
    reason,
  );
