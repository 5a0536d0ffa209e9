import type { IpAddress } from '#base/address';
import { elapsedMs } from '#base/instant';
import { fitting } from '#wire/vcl/fields';
import type { Message } from '#wire/vcl/message';
import { limits, messageTypes, roles, stateBits } from '#wire/vcl/numbers';
import { peerEntries } from './peers.ts';
import type { DevicePolicy, Policy } from './policy.ts';
import type { Identity, LoadReport, Member, PeerDescription, Phase } from './state.ts';
import type { Turn } from './turn.ts';

/** What a member says of itself, and how that of others is read. */

const ROLES: Readonly<Record<Phase['phase'], number>> = {
  off: roles.off,
  discovering: roles.discover,
  candidate: roles.candidate,
  backup: roles.backup,
  master: roles.master,
  leaving: roles.leaving,
  refused: roles.init,
};

export const roleOf = ({ phase }: Member): number => ROLES[phase.phase];

/** The master and its term, as far as this member knows one and does not doubt it. */
export function knownMaster(member: Member): (Identity & { readonly term: number }) | undefined {
  const { phase, identity } = member;
  if (phase.phase === 'master') return { ...identity, term: phase.term };
  if (phase.phase !== 'backup') return undefined;
  const gone = phase.takeoverAt !== undefined || phase.awaitingUntil !== undefined;
  return gone ? undefined : { ...phase.master, term: phase.term };
}

/** What every message says that others judge its sender by. */
export function standing(member: Member, { device, cluster }: Policy) {
  const master = knownMaster(member);
  return {
    role: roleOf(member),
    priority: device.priority,
    term: member.term,
    privateAddresses: [device.privateAddress],
    digest: cluster.digest,
    ...(master && { knownMaster: master }),
  };
}

/** One of each family. More would not fit into a datagram beside the list of peers. */
const MOST_ADDRESSES = 2;

/** What only an introduction says of a device. */
const credentials = (device: DevicePolicy) => ({
  hostName: fitting(device.hostName, limits.nameOctets),
  model: fitting(device.model, limits.nameOctets),
  softwareVersion: fitting(device.softwareVersion, limits.nameOctets),
  publicAddresses: device.publicAddresses.slice(0, MOST_ADDRESSES),
  natAddresses: device.natAddresses.slice(0, MOST_ADDRESSES),
  ...(device.fqdn !== undefined && { fqdn: fitting(device.fqdn, limits.fqdnOctets) }),
});

/** Whether two policies make no difference to an introduction. */
export const introducesAlike = (a: DevicePolicy, b: DevicePolicy): boolean =>
  a === b ||
  (a.priority === b.priority && JSON.stringify(credentials(a)) === JSON.stringify(credentials(b)));

/** Everything about this member, for those who do not know it. */
export function introduction(turn: Turn, member: Member) {
  const { device, timing } = turn.policy;
  const { detection } = timing;
  return {
    ...standing(member, turn.policy),
    ...credentials(device),
    joinedMs: Math.max(0, Math.floor(elapsedMs(member.joinedAt, turn.now))),
    peers: peerEntries(member),
    timers: {
      helloMs: timing.helloMs,
      deadCount: detection.kind === 'misses' ? detection.deadAfter : 0,
    },
  };
}

/** The load as a keepalive carries it, and the addresses it hands out. */
export function loadFields({ report, phase, peers }: Member, { device }: Policy) {
  const master = phase.phase === 'backup' ? peers.get(phase.master.member) : undefined;
  const bits =
    (report.draining ? stateBits.draining : 0) |
    (report.poolEmpty ? stateBits.poolEmpty : 0) |
    (report.full ? stateBits.full : 0) |
    (master?.publicPath === 'closed' ? stateBits.publicSideClosed : 0);
  return {
    loads: report.loads.slice(0, limits.loads),
    percent: { percent: report.percent, algorithm: report.algorithm },
    stateBits: bits,
    pools: device.pools.slice(0, limits.pools),
  };
}

/** The load in a keepalive; undefined when it has none. */
export function reportIn(message: Message): LoadReport | undefined {
  const { loads = [], percent, stateBits: bits } = message;
  if (bits === undefined) return undefined;
  return {
    loads,
    percent: percent?.percent ?? 0,
    algorithm: percent?.algorithm ?? 0,
    draining: (bits & stateBits.draining) !== 0,
    poolEmpty: (bits & stateBits.poolEmpty) !== 0,
    full: (bits & stateBits.full) !== 0,
  };
}

const priorityIn = ({ priority }: Message): number | undefined =>
  priority && Math.min(10, Math.max(1, priority));

const INTRODUCING: ReadonlySet<number> = new Set([
  messageTypes.hello,
  messageTypes.helloAck,
  messageTypes.probe,
  messageTypes.probeAck,
]);

/**
 * What is known of a member after one more message of it, since it may be configured anew in place: an introduction
 * tells everything but its pools, most others tell its priority; with another private address it would be another
 * member. The same value when nothing changed.
 */
export function described(before: PeerDescription, message: Message): PeerDescription {
  const priority = priorityIn(message) ?? before.priority;
  if (!INTRODUCING.has(message.type))
    return priority === before.priority ? before : { ...before, priority };
  const { pools, privateAddress } = before;
  const after = { ...descriptionIn(message, privateAddress), priority, privateAddress, pools };
  return JSON.stringify(after) === JSON.stringify(before) ? before : after;
}

/** What an introduction says of its sender; `from` where it names no private address. */
export function descriptionIn(message: Message, from: IpAddress): PeerDescription {
  return {
    hostName: message.hostName ?? '',
    model: message.model ?? '',
    softwareVersion: message.softwareVersion ?? '',
    priority: priorityIn(message) ?? 1,
    privateAddress: message.privateAddresses?.[0] ?? from,
    publicAddresses: message.publicAddresses ?? [],
    natAddresses: message.natAddresses ?? [],
    fqdn: message.fqdn,
    pools: message.pools ?? [],
  };
}

/** Nothing is known yet of our own sessions. */
export const noReport: LoadReport = {
  loads: [],
  percent: 0,
  algorithm: 0,
  draining: false,
  poolEmpty: false,
  full: false,
};
