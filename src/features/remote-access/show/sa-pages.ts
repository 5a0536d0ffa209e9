import type { IpAddress } from '#base/address';
import { err, ok, type Result } from '#base/result';
import type { Configuration } from '#config/configuration';
import { interfaceNamed } from '#config/system';
import { ESP_SUITES } from '#crypto/esp-suites';
import { oneLine } from '#events/event';
import { ipsecSlice } from '#ipsec/config';
import type { ChildSummary, IsakmpSaSummary, SaId } from '#ipsec/keying';
import type { IpsecSaView, IsakmpSaView, ListQuery, Page } from '#views/views';
import type { RemoteAccessNeeds } from './needs.ts';
import { ipsecSaView, isakmpSaView } from './sa-views.ts';

/** Which SAs: a page, of one peer address when it is named. */
export type SaQuery = ListQuery & { readonly remote?: IpAddress | undefined };

const notOurs = 'the cursor is not one that this list gave';

/** The first `limit` of `rows`; one more is read to see whether the list goes on. */
function firstPage<T>(
  rows: Iterable<T>,
  limit: number,
  cursorOf: (last: T) => string,
): Pick<Page<T>, 'items' | 'nextCursor'> {
  const items: T[] = [];
  for (const row of rows) {
    const last = items.at(-1);
    if (items.length === limit && last) return { items, nextCursor: cursorOf(last) };
    items.push(row);
  }
  return { items };
}

const countOf = (rows: Iterable<unknown>): number => {
  let count = 0;
  for (const _ of rows) count += 1;
  return count;
};

/** ISAKMP SAs in the order of their age; the error says that the cursor is wrong. */
export function isakmpSaPage(
  n: RemoteAccessNeeds,
  { limit, cursor, remote }: SaQuery,
): Result<Page<IsakmpSaView>, string> {
  const now = n.now();
  if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) return err(notOurs);
  const after = Number(cursor ?? 0) as SaId;
  const { halfOpen, isakmpSas } = n.keying.counts();
  const total =
    remote === undefined ? halfOpen + isakmpSas : countOf(n.keying.summaries({ remote }));
  const page = firstPage(n.keying.summaries({ after, remote }), limit, (sa) => `${sa.id}`);
  const items = page.items.map((sa) => isakmpSaView(sa, now));
  return ok({ ...page, items, total, asOf: now });
}

/** A pair of IPsec SAs with the ISAKMP SA that made it. */
type Pair = { readonly sa: IsakmpSaSummary; readonly child: ChildSummary };

function* pairsOf(
  n: RemoteAccessNeeds,
  from: { readonly id: number; readonly spi: number },
  remote: IpAddress | undefined,
): Generator<Pair> {
  for (const sa of n.keying.summaries({ after: (from.id - 1) as SaId, remote })) {
    const children = [...sa.children].sort((a, b) => a.inboundSpi - b.inboundSpi);
    for (const child of children)
      if (sa.id > from.id || child.inboundSpi > from.spi) yield { sa, child };
  }
}

function pairPage(
  n: RemoteAccessNeeds,
  { limit, cursor, remote }: SaQuery,
): Result<Omit<Page<Pair>, 'asOf'>, string> {
  const place = /^(\d{1,15}):(\d{1,10})$/.exec(cursor ?? '0:0');
  if (!place) return err(notOurs);
  const from = { id: Number(place[1]), spi: Number(place[2]) };
  const total =
    remote === undefined
      ? n.keying.counts().ipsecSas
      : countOf(pairsOf(n, { id: 0, spi: 0 }, remote));
  const page = firstPage(
    pairsOf(n, from, remote),
    limit,
    ({ sa, child }) => `${sa.id}:${child.inboundSpi}`,
  );
  return ok({ ...page, total });
}

/** Pairs of IPsec SAs in the order of their ISAKMP SAs; the error says that the cursor is wrong. */
export function ipsecSaPage(
  n: RemoteAccessNeeds,
  query: SaQuery,
): Result<Page<IpsecSaView>, string> {
  const now = n.now();
  const page = pairPage(n, query);
  if (!page.ok) return page;
  const items = page.value.items.map(({ sa, child }) => ipsecSaView(sa, child, n.counters, now));
  return ok({ ...page.value, items, asOf: now });
}

/** A pair of IPsec SAs as `show crypto ipsec sa` has it: with where it is configured and whose it is. */
export type CryptoIpsecSaView = IpsecSaView & {
  /** Name of the interface of the local address, and the crypto map that is applied to it. */
  readonly interface?: string | undefined;
  readonly cryptoMap?: { readonly name: string; readonly sequence: number } | undefined;
  readonly username?: string | undefined;
  readonly assignedAddress?: string | undefined;
  /** The words of the transform set. */
  readonly transform: string;
  readonly ivOctets: number;
};

/** The first `limit` pairs of IPsec SAs, of one peer address when it is named. */
export function cryptoIpsecSas(
  n: RemoteAccessNeeds,
  query: { readonly limit: number; readonly remote?: IpAddress | undefined },
): Page<CryptoIpsecSaView> {
  const now = n.now();
  const configuration = n.configuration();
  const page = pairPage(n, query);
  if (!page.ok) return { items: [], total: 0, asOf: now };
  const items = page.value.items.map(({ sa, child }) => {
    const suite = ESP_SUITES[child.suite];
    return {
      ...ipsecSaView(sa, child, n.counters, now),
      ...placeOf(configuration, sa.local.address),
      username: sa.user === undefined ? undefined : oneLine(sa.user),
      assignedAddress: n.sessions.ofOwner(sa.id)?.assigned[0],
      transform: suite.words.join(' '),
      ivOctets: suite.ivOctets,
    };
  });
  return { ...page.value, items, asOf: now };
}

/** The interface that has an address, and the crypto map that is applied to it. */
function placeOf(
  configuration: Configuration,
  address: IpAddress,
): Pick<CryptoIpsecSaView, 'interface' | 'cryptoMap'> {
  for (const map of ipsecSlice.of(configuration).maps.values())
    for (const name of map.interfaces) {
      const found = interfaceNamed(configuration, name);
      const own = [found?.address, ...(found?.ipv6 ?? [])].map((a) => a?.address);
      if (!own.includes(address)) continue;
      const sequence = Math.min(...map.entries.keys());
      return { interface: name, cryptoMap: { name: map.name, sequence } };
    }
  return {};
}
