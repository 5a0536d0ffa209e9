import { compareAddresses, type IpAddress } from '#base/address';
import { elapsedMs, type Instant } from '#base/instant';
import type { Configuration } from '#config/configuration';
import { interfaceNamed, systemSlice } from '#config/system';
import { isAlive, sameIdentity } from '#protocol/vcl/peers';
import type { Backup, LoadReport, Member, Peer, Phase } from '#protocol/vcl/state';
import type {
  ChoiceView,
  ClusterCountersView,
  ClusterMemberView,
  ClusterRole,
  ClusterView,
  DrainView,
} from '#views/cluster-views';
import { conditions, roles } from '#wire/vcl/numbers';
import { addressesOf, clusterSlice, loadBalancingOf } from './config.ts';
import { type Explanation, explanationText } from './explanation.ts';
import type { Cluster } from './feature.ts';
import { percentOf, rulesOf, totalOf } from './load.ts';
import { endsOf } from './policy.ts';

/** What this device does. Whoever looks for a master and had one, or claims to be the next, elects one. */
function roleOfSelf({ phase, hasJoined }: Member): ClusterRole {
  switch (phase.phase) {
    case 'discovering':
      return hasJoined ? 'electing' : 'joining';
    case 'candidate':
      return 'electing';
    case 'backup':
      return isBereft(phase) ? 'electing' : 'backup';
    default:
      return phase.phase;
  }
}

/** A backup whose master is gone, while the backups take their turns. */
const isBereft = ({ takeoverAt, awaitingUntil }: Backup): boolean =>
  takeoverAt !== undefined || awaitingUntil !== undefined;

/**
 * What a peer said last of its role. Backups do not tell each other that they have joined: where there is
 * a master, whoever is there and is none is its backup; where there was one, it takes part in the election.
 */
function roleOfPeer(role: number, own: ClusterRole): ClusterRole {
  switch (role) {
    case roles.master:
      return 'master';
    case roles.backup:
      return own === 'electing' ? own : 'backup';
    case roles.leaving:
      return 'leaving';
    case roles.off:
      return 'off';
    default:
      if (own === 'master') return 'backup';
      if (own === 'backup' || own === 'electing') return own;
      return role === roles.candidate ? 'electing' : 'joining';
  }
}

function loadOf(configuration: Configuration, report: LoadReport | undefined) {
  if (!report) return undefined;
  const { rounding } = rulesOf(clusterSlice.of(configuration).personality);
  const { active, inactive, max } = totalOf(report.loads);
  return { percent: percentOf(active, max, rounding), sessions: active, limit: max, inactive };
}

const conditionsOf = (report: LoadReport | undefined) => ({
  draining: report?.draining ?? false,
  full: report?.full ?? false,
  poolEmpty: report?.poolEmpty ?? false,
});

/** When a peer was heard last; a backup hears its master, and of the others what that lists. */
function lastHeard({ phase }: Member, peer: Peer, now: Instant): ClusterMemberView['heard'] {
  const hears =
    phase.phase === 'master' ||
    (phase.phase === 'backup' && sameIdentity(phase.master, peer.identity));
  if (hears) return { by: 'self', agoMs: elapsedMs(peer.heardAt, now) };
  const { at } = (isAlive(peer) && listed(phase, peer)) || {};
  return at === undefined ? undefined : { by: 'master', agoMs: elapsedMs(at, now) };
}

/** What the master said last of a peer that this backup does not hear itself. */
function listed(phase: Phase, peer: Peer) {
  if (phase.phase !== 'backup' || phase.listed === undefined) return undefined;
  const { at, peers } = phase.listed;
  const entry = peers.find((each) => sameIdentity(each, peer.identity));
  return entry && entry.condition !== conditions.dead
    ? { at, isSuspect: entry.condition === conditions.suspect }
    : undefined;
}

/** So many hellos without an announcement, and who was master is none any more; masters announce every hello. */
const SILENT_HELLOS = 3;

/**
 * The role that a peer said last, unless that is of the past: a master that found another one and became
 * its backup tells that to its master alone.
 */
function roleSaid({ phase }: Member, peer: Peer, helloMs: number, now: Instant): number {
  if (peer.role !== roles.master) return peer.role;
  const isOurs = phase.phase === 'backup' && sameIdentity(phase.master, peer.identity);
  const isHeard = elapsedMs(peer.heardAt, now) < SILENT_HELLOS * helloMs;
  return isOurs || isHeard ? peer.role : roles.backup;
}

function peerView(
  configuration: Configuration,
  member: Member,
  peer: Peer,
  helloMs: number,
  now: Instant,
): ClusterMemberView {
  const { description: d, report } = peer;
  const isSuspect = peer.condition === 'alive' && listed(member.phase, peer)?.isSuspect === true;
  return {
    privateAddress: d.privateAddress,
    publicAddress: d.publicAddresses[0] ?? '',
    mappedAddress: d.natAddresses[0],
    role: isAlive(peer)
      ? roleOfPeer(roleSaid(member, peer, helloMs, now), roleOfSelf(member))
      : 'off',
    condition: isSuspect ? 'suspect' : peer.condition,
    deviceType: d.model,
    hostname: d.hostName,
    version: d.softwareVersion,
    priority: d.priority,
    load: loadOf(configuration, report),
    ...conditionsOf(report),
    publicPath: peer.publicPath,
    durationMs: elapsedMs(peer.joinedAt, now),
    suspected: peer.suspected,
    heard: lastHeard(member, peer, now),
  };
}

function selfView(cluster: Cluster, configuration: Configuration, now: Instant): ClusterMemberView {
  const { member, policy, obstacle, platform } = cluster;
  const role = member ? roleOfSelf(member) : cluster.gathers ? 'joining' : 'off';
  const b = loadBalancingOf(configuration);
  const ends = endsOf(configuration, new Map());
  const report = cluster.report();
  return {
    privateAddress: ends?.privateAddress ?? '',
    publicAddress: ends?.publicAddresses[0] ?? '',
    mappedAddress: policy?.device.natAddresses[0] ?? addressesOf(b.nat)[0],
    role: obstacle === undefined ? role : 'waiting',
    condition: 'alive',
    deviceType: platform.deviceType,
    hostname: systemSlice.of(configuration).hostname,
    version: policy?.device.softwareVersion ?? '',
    priority: policy?.device.priority ?? b.priority ?? platform.priority,
    load: loadOf(configuration, report),
    ...conditionsOf(report),
    publicPath: 'open',
    durationMs: member ? elapsedMs(member.joinedAt, now) : 0,
  };
}

function drainView(cluster: Cluster): DrainView | undefined {
  const { drain } = cluster;
  return (
    drain && {
      since: drain.since,
      sessionsAtStart: drain.sessionsAtStart,
      sessionsLeft: cluster.clients(),
      moves: drain.moves,
      until: drain.until,
      over: drain.over,
    }
  );
}

/** The cluster as this device sees it. Members that left or died stay until they are forgotten. */
export function clusterView(
  cluster: Cluster,
  configuration: Configuration,
  now: Instant,
): ClusterView {
  const b = loadBalancingOf(configuration);
  const inside = interfaceNamed(configuration, b.privateInterface);
  const { member, policy } = cluster;
  const peers = [...(member?.peers.values() ?? [])].sort((x, y) =>
    compareAddresses(x.description.privateAddress, y.description.privateAddress),
  );
  return {
    asOf: now,
    participates: b.participates,
    personality: clusterSlice.of(configuration).personality,
    // GEN-70: nothing is encrypted by an interface that is out of service.
    encryption: b.encryption && inside?.enabled === true,
    authenticated: cluster.authenticates,
    clusterAddresses: policy?.cluster.addresses ?? addressesOf(b.cluster),
    port: b.port,
    term: member?.term ?? 0,
    obstacle: cluster.obstacle,
    self: selfView(cluster, configuration, now),
    peers:
      member && policy
        ? peers.map((peer) => peerView(configuration, member, peer, policy.timing.helloMs, now))
        : [],
    filters: cluster.filters.views(configuration),
    drain: drainView(cluster),
  };
}

/** The last choices of the director, the newest first. */
export const choiceViews = ({ director }: Cluster): ChoiceView[] =>
  director.choices().map(({ seq, at, explanation, target, name }) => ({
    seq,
    at,
    rule: explanation.rule,
    outcome: outcomeOf(explanation, target),
    client: explanation.client.address,
    clientPort: explanation.client.port,
    member: explanation.taker,
    target,
    name,
    explanation: explanationText(explanation),
  }));

function outcomeOf({ rule }: Explanation, target: IpAddress | undefined): ChoiceView['outcome'] {
  if (target === undefined) return 'refused';
  return rule === 'masterIsLeast' || rule === 'noBackup' ? 'master' : 'backup';
}

/** What this device did for the cluster since it started. */
export const clusterCounters = (cluster: Cluster): ClusterCountersView => ({
  ...cluster.director.counts.view(),
  takeovers: cluster.takeovers,
});
