import { after, elapsedMs } from '#base/instant';
import { WATCH_PART } from './constants.ts';
import { addressTaken, asleep, noMasterInReach } from './events.ts';
import { alivePeers } from './peers.ts';
import type { Backup, Candidate, Discovering, Master, Member, Refused } from './state.ts';
import { becomeMaster, claim, discover, isFit, isQuorate } from './transitions.ts';
import type { Turn } from './turn.ts';

/** Looking for a master, and what ends it. */

/** Whether something that was seen at `at` still stands in the way of a claim. */
const isRecent = (turn: Turn, at: number | undefined): boolean =>
  at !== undefined && turn.now - at <= 2 * turn.policy.timing.discoverIntervalMs;

/** A round is over: ask again, or take the address if nobody has it. */
export function discoveringTick(turn: Turn, member: Member, phase: Discovering): Member {
  if (turn.now < phase.nextAt) return member;
  const { roundsLeft, addressTakenAt, addressTakenBy, resumes } = phase;
  const named = isRecent(turn, phase.named?.at) ? phase.named : undefined;
  const kept = { named, addressTakenAt, addressTakenBy, resumes };
  if (roundsLeft > 0) return discover(turn, member, '', { ...kept, roundsLeft: roundsLeft - 1 });
  const waits = named !== undefined || !isFit(member) || !isQuorate(turn, member);
  if (waits) return discover(turn, member, '', kept);
  return isRecent(turn, addressTakenAt)
    ? discover(turn, addressIsTaken(turn, member, phase), '', kept)
    : claim(turn, member);
}

/** A member names a master that did not answer us in any round. */
export function masterNamed(turn: Turn, member: Member, by: string): Member {
  const key = 'named';
  if (member.said.has(key)) return member;
  turn.log(noMasterInReach, () => ({ address: by }));
  return { ...member, said: new Set(member.said).add(key) };
}

/** Nobody objected in time. */
export function candidateTick(turn: Turn, member: Member, phase: Candidate): Member {
  if (turn.now < phase.until) return member;
  const others = alivePeers(member).length;
  return becomeMaster(turn, member, phase.term, others === 0 ? 'no other member' : 'elected');
}

/** Somebody answers for the cluster address: the master that we are about to find, or a foreigner. */
export function addressAnswered(turn: Turn, member: Member, hardwareAddress: string): Member {
  const { phase } = member;
  if (phase.phase !== 'discovering') return member;
  return {
    ...member,
    phase: { ...phase, addressTakenAt: turn.now, addressTakenBy: hardwareAddress },
  };
}

/** No member is master, and yet somebody has the address. */
function addressIsTaken(turn: Turn, member: Member, { addressTakenBy }: Discovering): Member {
  if (member.said.has(addressTakenBy)) return member;
  turn.log(addressTaken, () => ({ hardwareAddress: addressTakenBy }));
  return { ...member, said: new Set(member.said).add(addressTakenBy) };
}

export const refusedTick = (turn: Turn, member: Member, phase: Refused): Member =>
  turn.now < phase.until
    ? member
    : discover(turn, member, '', { roundsLeft: 10 - turn.policy.device.priority });

/** The process stood still, and what it believed is of the past. */
export function awoke(turn: Turn, asleepMember: Member, lateMs: number): Member {
  const member: Member = { ...asleepMember, awokeAt: turn.now };
  const { phase } = member;
  switch (phase.phase) {
    case 'master':
      return awokeAsMaster(turn, member, phase, lateMs);
    case 'candidate':
      return discover(turn, member, '', { roundsLeft: 1 });
    case 'backup':
      return { ...member, phase: fresh(turn, phase) };
    case 'discovering':
      return discover(turn, member, '', { roundsLeft: phase.roundsLeft });
    default:
      return member;
  }
}

/** Others may have taken the address over; alone, there is nobody who could have. */
function awokeAsMaster(turn: Turn, member: Member, phase: Master, lateMs: number): Member {
  if (member.peers.size === 0) return { ...member, phase: { ...phase, watchAt: turn.now } };
  const milliseconds = Math.round(lateMs);
  turn.log(asleep, () => ({ milliseconds }));
  // They could not report to a process that did not run.
  const peers = new Map([...member.peers].map(([id, p]) => [id, { ...p, heardAt: turn.now }]));
  return discover(turn, { ...member, peers }, 'it was asleep', { resumes: true });
}

/** A backup that slept has not waited for its master. */
const fresh = (turn: Turn, phase: Backup): Backup => ({
  ...phase,
  nextKeepaliveAt: turn.now,
  reportedAt: undefined,
  watchAt: after(turn.now, turn.helloPart(WATCH_PART)),
  unansweredSince: undefined,
  misses: 0,
  announcedAt: undefined,
  suspicion: undefined,
});

/** How much later than `deadline` a step comes; 0 when it is not late. */
export const latenessMs = (turn: Turn, deadline: number | undefined): number =>
  deadline === undefined ? 0 : Math.max(0, elapsedMs(deadline as typeof turn.now, turn.now));
