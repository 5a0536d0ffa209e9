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
  readonly cluster: Pick<Cluster, 'member' | 'policy' | 'askPages' | 'hasReadersEnough'>;
  readonly configuration: Configuration;
  readonly own: OwnSessions;
};

/** Why there is no page: the query is not right, or the device cannot ask now. */
export type PageRefusal = { readonly kind: 'query' | 'device'; readonly reason: string };

/** Called once with the page, or with what is wrong; maybe before `clusterSessions` returns. */
export type PageAnswered = (page: Result<ClusterSessionPage, PageRefusal>) => void;

/** Rows of a page of the cluster: what every member sends, at most. */
export const MOST_CLUSTER_ROWS = 100;

const TOO_MANY = 'Too many watch the sessions of the cluster. Try again in a moment.';
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
  const page = needs.own.page(query, now);
  if (!page.ok) return page;
  return ok({
    privateAddress: ownAddress(needs),
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
  const refuse = (kind: PageRefusal['kind'], reason: string): Effects => {
    answered(err({ kind, reason }));
    return [];
  };
  // A page is a walk over the sessions: whoever gets none does not cost one.
  const wanted = partQuery(query, ownAddress(needs));
  if (!wanted.ok) return refuse('query', wanted.error);
  if (needs.cluster.hasReadersEnough) return refuse('device', TOO_MANY);
  const own = ownPart(needs, wanted.value, now);
  if (!own.ok) return refuse('query', own.error);
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
  return needs.cluster.askPages(queries, done, now) ?? refuse('device', TOO_MANY);
}
