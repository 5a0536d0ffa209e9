import { address, compareAddresses, type IpAddress } from '#base/address';
import type { Instant } from '#base/instant';
import { err, ok, type Result } from '#base/result';
import type { Configuration } from '#config/configuration';
import { systemSlice } from '#config/system';
import type { Effects } from '#features/cluster/encryption/encryption';
import type { Cluster } from '#features/cluster/feature';
import { endsOf } from '#features/cluster/policy';
import type { OwnSessions } from '#features/cluster/sessions/answers';
import type { MemberPage } from '#features/cluster/sessions/inquiries';
import { isAlive } from '#protocol/vcl/peers';
import type { Peer } from '#protocol/vcl/state';
import type { ClusterSessionPage, ClusterSessionsMember } from '#views/cluster-views';
import type { SessionQuery } from '#views/views';
import type { MemberId } from '#wire/vcl/fields';
import { type MemberPart, mergedPage, partQuery } from './cluster-session-page.ts';

export type ClusterSessionsNeeds = {
  readonly cluster: Pick<Cluster, 'member' | 'policy' | 'askPages'>;
  readonly configuration: Configuration;
  readonly own: OwnSessions;
};

/** Why there is no page: the query is not right, or the device cannot ask now. */
export type PageRefusal = { readonly kind: 'query' | 'device'; readonly reason: string };

/** Called once with the page, or with what is wrong; maybe before `clusterSessions` returns. */
export type PageAnswered = (page: Result<ClusterSessionPage, PageRefusal>) => void;

/** Rows of a page of the cluster: what every member sends, at most. */
export const MOST_CLUSTER_ROWS = 100;

const NO_ADDRESS = address('0.0.0.0');

const ownAddress = ({ cluster, configuration }: ClusterSessionsNeeds): IpAddress =>
  cluster.policy?.device.privateAddress ??
  endsOf(configuration, new Map())?.privateAddress ??
  NO_ADDRESS;

const asMember = ({
  description: d,
}: Peer): Pick<ClusterSessionsMember, 'privateAddress' | 'hostname' | 'isSelf'> => ({
  privateAddress: d.privateAddress,
  hostname: d.hostName,
  isSelf: false,
});

const nothing = { rows: [], hasMore: false } as const;

function partOf(peer: Peer, page: MemberPage | undefined): MemberPart {
  const member = asMember(peer);
  if (page?.answer !== 'whole') return { ...member, ...nothing, answer: page?.answer ?? 'silent' };
  return { ...member, ...page };
}

function ownPart(
  needs: ClusterSessionsNeeds,
  query: SessionQuery,
  now: Instant,
): Result<MemberPart, string> {
  const privateAddress = ownAddress(needs);
  const wanted = partQuery(query, privateAddress);
  if (!wanted.ok) return wanted;
  const page = needs.own.page(wanted.value, now);
  if (!page.ok) return page;
  return ok({
    privateAddress,
    hostname: systemSlice.of(needs.configuration).hostname,
    isSelf: true,
    answer: 'whole',
    rows: page.value.items,
    total: page.value.total,
    hasMore: page.value.nextCursor !== undefined,
    summary: needs.own.summary(),
  });
}

/**
 * A page of the sessions of the whole cluster: the rows of this device, and those that the other members
 * send when they are asked. Outside of a cluster it is the page of this device.
 */
export function clusterSessions(
  needs: ClusterSessionsNeeds,
  { limit, ...rest }: SessionQuery,
  now: Instant,
  answered: PageAnswered,
): Effects {
  const query = { ...rest, limit: Math.min(limit, MOST_CLUSTER_ROWS) };
  const own = ownPart(needs, query, now);
  if (!own.ok) {
    answered(err({ kind: 'query', reason: own.error }));
    return [];
  }
  const peers = [...(needs.cluster.member?.peers.values() ?? [])].filter(
    ({ condition }) => condition !== 'left',
  );
  const queries = new Map<MemberId, SessionQuery>();
  for (const peer of peers.filter(isAlive)) {
    const part = partQuery(query, peer.description.privateAddress);
    if (part.ok) queries.set(peer.identity.member, part.value);
  }
  const done = (pages: ReadonlyMap<MemberId, MemberPage>) => {
    const others = peers.map((peer) => partOf(peer, pages.get(peer.identity.member)));
    const parts = [own.value, ...others].sort((a, b) =>
      compareAddresses(a.privateAddress as IpAddress, b.privateAddress as IpAddress),
    );
    answered(ok(mergedPage(query, parts, now)));
  };
  const effects = needs.cluster.askPages(queries, done, now);
  if (!effects) {
    const reason = 'Too many watch the sessions of the cluster. Try again in a moment.';
    answered(err({ kind: 'device', reason }));
  }
  return effects ?? [];
}
