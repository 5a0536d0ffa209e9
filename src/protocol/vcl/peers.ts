import { compareAddresses, type Endpoint, type IpAddress } from '#base/address';
import type { Instant } from '#base/instant';
import type { MemberId } from '#wire/vcl/fields';
import { conditions } from '#wire/vcl/numbers';
import type { Policy } from './policy.ts';
import type { Condition, Identity, Member, Peer } from './state.ts';

/** The name of one life of one member. */
export const identityKey = ({ member, incarnation }: Identity): string =>
  `${member}/${incarnation}`;

export const sameIdentity = (a: Identity | undefined, b: Identity | undefined): boolean =>
  a?.member === b?.member && a?.incarnation === b?.incarnation;

/** Whether a peer is in the cluster, as far as it is known. */
export const isAlive = ({ condition }: Peer): boolean =>
  condition === 'alive' || condition === 'suspect';

/** The peers that are in the cluster, in no particular order. */
export const alivePeers = ({ peers }: Member): Peer[] => [...peers.values()].filter(isAlive);

/**
 * Whether a peer counts: it is alive and both its sides answer. Only such peers are shown, and only to
 * such are clients sent. LB-20, LB-51.
 */
export const counts = (policy: Policy, peer: Peer): boolean =>
  isAlive(peer) && (peer.publicPath === 'open' || !policy.neighbourhood.publicCheck);

/** By what one member is preferred to another as master. */
export type Standing = {
  readonly priority: number;
  readonly privateAddress: IpAddress;
  readonly member: MemberId;
};

/** Whether `a` goes before `b`: higher priority, then lower private address, then lower number. LB-42, LB-43. */
export function precedes(a: Standing, b: Standing): boolean {
  if (a.priority !== b.priority) return a.priority > b.priority;
  const order = compareAddresses(a.privateAddress, b.privateAddress);
  return order === 0 ? a.member < b.member : order < 0;
}

export const standingOf = ({ identity, description }: Peer): Standing => ({
  priority: description.priority,
  privateAddress: description.privateAddress,
  member: identity.member,
});

export const ownStanding = (member: Member, { device }: Policy): Standing => ({
  priority: device.priority,
  privateAddress: device.privateAddress,
  member: member.identity.member,
});

/** The term after this one. The last that can be counted follows itself; then only the order decides. */
export const termAfter = (term: number): number => Math.min(term + 1, Number.MAX_SAFE_INTEGER);

export const withPeer = (member: Member, peer: Peer): Member => ({
  ...member,
  peers: new Map(member.peers).set(peer.identity.member, peer),
});

/** Whether two are one device by their address: the member of a store that was removed, and the one that follows it. */
const isSameDevice = (a: Peer, b: Peer): boolean =>
  a.identity.member !== b.identity.member &&
  a.description.privateAddress === b.description.privateAddress;

/** Whether another member has the address of this one by now. */
export const hasFollower = (member: Member, peer: Peer): boolean =>
  alivePeers(member).some((other) => isSameDevice(other, peer));

/** A peer is gone; it is forgotten where another member has its address by now, since it cannot come back. */
export function withGone(member: Member, peer: Peer): Member {
  if (!hasFollower(member, peer))
    return withPeer(member, { ...peer, condition: 'dead', report: undefined });
  const peers = new Map(member.peers);
  peers.delete(peer.identity.member);
  return { ...member, peers };
}

/** The member without those that are gone and whose address this one has. */
export function withoutFormer(member: Member, fresh: Peer): Member {
  const isFormer = (peer: Peer) => !isAlive(peer) && isSameDevice(peer, fresh);
  const kept = [...member.peers].filter(([, peer]) => !isFormer(peer));
  return kept.length === member.peers.size ? member : { ...member, peers: new Map(kept) };
}

/** A peer that is suspected to be gone from now on; one that is already, or is gone, stays as it is. */
export const underSuspicion = (peer: Peer, now: Instant): Peer =>
  peer.condition === 'alive'
    ? {
        ...peer,
        condition: 'suspect',
        suspected: { times: (peer.suspected?.times ?? 0) + 1, lastAt: now },
      }
    : peer;

/** The peer of that life of that member, if it is one of ours. */
export function peerOf(member: Member, identity: Identity): Peer | undefined {
  const peer = member.peers.get(identity.member);
  return peer?.identity.incarnation === identity.incarnation ? peer : undefined;
}

/** Where every member may be: the group and those named in the configuration, and the peers in reach. */
export function everybody(member: Member, { neighbourhood, cluster, device }: Policy): Endpoint[] {
  const { group, members } = neighbourhood;
  const addresses = new Set<IpAddress>(members);
  if (group !== undefined) addresses.add(group);
  addresses.delete(device.privateAddress);
  const endpoints = [...addresses].map((address) => ({ address, port: cluster.port }));
  return [...endpoints, ...peerEndpoints(member).filter((e) => !addresses.has(e.address))];
}

/** Where the peers are that are in reach. */
export const peerEndpoints = (member: Member): Endpoint[] =>
  alivePeers(member).map((peer) => peer.endpoint);

/**
 * Where an announcement goes: to the group, and to those who are out of reach, since they may have another
 * master by now and must learn of this one also where no multicast passes. News go to each member too.
 */
export function audience(member: Member, policy: Policy, isNews: boolean): Endpoint[] {
  const alive = new Set(peerEndpoints(member).map((e) => e.address));
  const isToAll = isNews || policy.neighbourhood.group === undefined;
  const all = everybody(member, policy).filter((e) => isToAll || !alive.has(e.address));
  const addresses = new Set([...alive, ...all.map((e) => e.address)]);
  const dead = [...member.peers.values()].filter((p) => p.condition === 'dead');
  return [...all, ...dead.map((p) => p.endpoint).filter((e) => !addresses.has(e.address))];
}

const CONDITION_NUMBERS: Readonly<Record<Exclude<Condition, 'left'>, number>> = conditions;

/** The peers as a list on the wire; those that left are not told. */
export const peerEntries = ({ peers }: Member) =>
  [...peers.values()].flatMap(({ identity, condition }) =>
    condition === 'left' ? [] : [{ ...identity, condition: CONDITION_NUMBERS[condition] }],
  );
