import type { IpAddress } from '#base/address';
import { counts, isAlive } from '#protocol/vcl/peers';
import type { Policy } from '#protocol/vcl/policy';
import type { LoadReport, Member, Peer } from '#protocol/vcl/state';
import { totalOf } from './load.ts';
import { type Barrier, byAddress, type Contender, type PendingRedirects } from './selection.ts';

/** What may differ from how the vendor chose. */
export type ChoiceOptions = {
  /** Whether members without a free address are chosen all the same; the vendor did so (GEN-78). */
  readonly ignoresPools: boolean;
  /** Members that this client is not sent to, since they run an older release; GEN-54. */
  readonly older: ReadonlySet<IpAddress>;
};

function barrierOf(report: LoadReport | undefined, { ignoresPools }: ChoiceOptions) {
  if (report === undefined) return 'unreported';
  if (report.draining) return 'draining';
  if (report.full) return 'full';
  return report.poolEmpty && !ignoresPools ? 'poolEmpty' : undefined;
}

const releaseBarrier = (address: IpAddress, { older }: ChoiceOptions): Barrier | undefined =>
  older.has(address) ? 'olderRelease' : undefined;

function peerBarrier(policy: Policy, peer: Peer, options: ChoiceOptions): Barrier | undefined {
  if (!isAlive(peer)) return 'dead';
  if (peer.condition === 'suspect') return 'suspect';
  if (!counts(policy, peer)) return 'publicSideClosed';
  return (
    releaseBarrier(peer.description.privateAddress, options) ?? barrierOf(peer.report, options)
  );
}

/** Every member that a master can choose from, itself included, in the order of addresses. */
export function contendersOf(
  member: Member,
  policy: Policy,
  pending: PendingRedirects,
  nowMs: number,
  options: ChoiceOptions,
): Contender[] {
  const own: Contender = {
    member: member.identity.member,
    privateAddress: policy.device.privateAddress,
    isMaster: true,
    ...sessionsOf(member.report),
    pending: pending.count(member.identity.member, nowMs),
    barred:
      releaseBarrier(policy.device.privateAddress, options) ?? barrierOf(member.report, options),
  };
  const peers = [...member.peers.values()].map((peer) => ({
    member: peer.identity.member,
    privateAddress: peer.description.privateAddress,
    isMaster: false,
    ...sessionsOf(peer.report),
    pending: pending.count(peer.identity.member, nowMs),
    barred: peerBarrier(policy, peer, options),
  }));
  return byAddress([own, ...peers]);
}

const sessionsOf = (report: LoadReport | undefined) => {
  const { active, max } = totalOf(report?.loads ?? []);
  return { active, max };
};
