import { after, earliest, type Instant, instant } from '#base/instant';
import { messageTypes } from '#wire/vcl/numbers';
import { strangersDueAt, strangersTick } from './admission.ts';
import { REFUSED_PART, STALL_PART, WATCH_PART } from './constants.ts';
import { introducesAlike, introduction, noReport } from './describe.ts';
import {
  addressAnswered,
  awoke,
  candidateTick,
  discoveringTick,
  latenessMs,
  refusedTick,
} from './discovery.ts';
import { notAuthenticated } from './events.ts';
import { backupDueAt, backupTick } from './keepalive.ts';
import { leave, leavingTick } from './leaving.ts';
import { isCalm, masterDueAt, masterTick } from './mastership.ts';
import { everybody, isAlive, peerOf } from './peers.ts';
import { publicChecksDueAt, publicChecksTick } from './public-check.ts';
import { received } from './receive.ts';
import type { Identity, Links, Member, Phase } from './state.ts';
import { discoverFromStart } from './transitions.ts';
import { type Command, type Environment, type Outcome, type Received, Turn } from './turn.ts';

/** A member of a cluster among members whose messages are authentic and new: what the protocol is about. */

const nobody = { member: '', incarnation: '' } as unknown as Identity;

/** A member that takes no part yet. */
export const offMember: Member = {
  identity: nobody,
  introducedAs: undefined,
  phase: { phase: 'off' },
  term: 0,
  joinedAt: instant(0),
  hasJoined: false,
  peers: new Map(),
  strangers: new Map(),
  errands: [],
  awokeAt: undefined,
  report: noReport,
  links: { public: true, private: true },
  said: new Set(),
  saidUntil: instant(0),
};

/** One step of a member that was due at `dueAt`. The outcomes are complete and in order. */
export function advance(
  member: Member,
  input: Command | Received,
  now: Instant,
  environment: Environment,
  dueAt = memberDeadline(member, environment),
): readonly [Member, readonly Outcome[]] {
  const turn = new Turn(now, environment);
  const lateMs = latenessMs(turn, dueAt);
  const awake = lateMs > turn.helloPart(STALL_PART) ? awoke(turn, member, lateMs) : member;
  const acted = act(turn, forgetful(turn, awake), input);
  return [watched(turn, introducedAgain(turn, acted)), turn.outcomes];
}

/** Whoever is configured anew while it is in a cluster tells the others; who is not yet introduces itself anyway. */
function introducedAgain(turn: Turn, member: Member): Member {
  const { device } = turn.policy;
  const { introducedAs, phase } = member;
  if (introducedAs === device) return member;
  const isIn = phase.phase === 'backup' || phase.phase === 'master';
  if (isIn && introducedAs && !introducesAlike(introducedAs, device))
    turn.send(everybody(member, turn.policy), {
      type: messageTypes.hello,
      ...introduction(turn, member),
      nonce: turn.nonce(),
    });
  return { ...member, introducedAs: device };
}

/** Whoever takes a step is awake. Where there was nothing else to see, the next look is put off. */
function watched(turn: Turn, member: Member): Member {
  const { phase } = member;
  const watchAt = after(turn.now, turn.helloPart(WATCH_PART));
  if (phase.phase === 'backup')
    return peerOf(member, phase.master) ? { ...member, phase: { ...phase, watchAt } } : member;
  if (phase.phase !== 'master' || !isCalm(turn, member)) return member;
  return { ...member, phase: { ...phase, watchAt } };
}

/** What was said once may be said again after a while. */
const forgetful = (turn: Turn, member: Member): Member =>
  turn.now < member.saidUntil || member.said.size === 0
    ? member
    : { ...member, said: new Set(), saidUntil: after(turn.now, turn.helloPart(REFUSED_PART)) };

function act(turn: Turn, member: Member, input: Command | Received): Member {
  switch (input.kind) {
    case 'message':
      return received(turn, member, input);
    case 'participate':
      return participate(turn, member, input.identity);
    case 'leave':
      return leave(turn, member, input.reason);
    case 'report':
      return { ...member, report: input.report };
    case 'addressTaken':
      return addressAnswered(turn, member, input.hardwareAddress);
    case 'links':
      return linksChanged(turn, member, input.links);
    case 'tell':
      return tell(turn, member, input);
    case 'tick':
      return tick(turn, member);
  }
}

/** What others are told beside the protocol goes to members of the cluster alone. */
function tell(turn: Turn, member: Member, { to, message }: Extract<Command, { kind: 'tell' }>) {
  const { phase } = member.phase;
  const peer = member.peers.get(to);
  if (peer && isAlive(peer) && phase !== 'off' && phase !== 'leaving')
    turn.send(peer.endpoint, message);
  return member;
}

function participate(turn: Turn, member: Member, identity: Identity): Member {
  if (member.phase.phase !== 'off') return member;
  if (!turn.policy.keys.authenticates) turn.log(notAuthenticated, () => ({}));
  const { report, links } = member;
  const saidUntil = after(turn.now, turn.helloPart(REFUSED_PART));
  const begun = { ...offMember, identity, report, links, joinedAt: turn.now, saidUntil };
  return discoverFromStart(turn, begun);
}

/** A master without the link that it serves the address by hands it over, and stays a member. */
function linksChanged(turn: Turn, member: Member, links: Links): Member {
  const changed: Member = { ...member, links };
  const isUnable = changed.phase.phase === 'master' && !links.public;
  return isUnable ? leave(turn, changed, 'unhealthy', true) : changed;
}

function tick(turn: Turn, member: Member): Member {
  if (member.phase.phase === 'off') return member;
  const next = publicChecksTick(turn, strangersTick(turn, member));
  const { phase } = next;
  switch (phase.phase) {
    case 'off':
      return next;
    case 'discovering':
      return discoveringTick(turn, next, phase);
    case 'candidate':
      return candidateTick(turn, next, phase);
    case 'backup':
      return backupTick(turn, next, phase);
    case 'master':
      return masterTick(turn, next, phase);
    case 'leaving':
      return leavingTick(turn, next, phase);
    case 'refused':
      return refusedTick(turn, next, phase);
  }
}

/** When a `tick` is due; undefined for a member that is off. */
export function memberDeadline(member: Member, environment: Environment): Instant | undefined {
  const { phase } = member;
  if (phase.phase === 'off') return undefined;
  const turn = new Turn(instant(0), environment);
  const others = earliest(strangersDueAt(turn, member), publicChecksDueAt(member));
  return earliest(others, phaseDueAt(turn, member, phase));
}

function phaseDueAt(turn: Turn, member: Member, phase: Phase): Instant | undefined {
  switch (phase.phase) {
    case 'off':
      return undefined;
    case 'discovering':
    case 'leaving':
      return phase.nextAt;
    case 'candidate':
    case 'refused':
      return phase.until;
    case 'backup':
      return backupDueAt(turn, member, phase);
    case 'master':
      return masterDueAt(phase);
  }
}
