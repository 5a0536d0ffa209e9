import { promises as dns } from 'node:dns';
import { addressBytes, familyOf, type IpAddress, parseAddress } from '#base/address';
import { toHex } from '#base/bytes';
import type { ClusterAnswer, ClusterQuestion, FoundName } from '#features/cluster/port';
import { isDnsName } from '#features/cluster/tokens';

/** Names and addresses by DNS, the name servers of a configuration or those of the machine. */

/** A server has this long, twice, before the next one is asked. */
const TIMEOUT_MS = 1500;
const TRIES = 2;
/** Of all names that an address may have, and addresses that a name may have, so many are looked at. */
const NAMES_MOST = 4;
const ADDRESSES_MOST = 16;

export type LookupQuestion = Extract<ClusterQuestion, { kind: 'resolveName' | 'nameOf' }>;
export type LookupAnswer = ClusterAnswer;

const addressesIn = (texts: readonly string[]): IpAddress[] =>
  texts.slice(0, ADDRESSES_MOST).flatMap((text) => {
    const parsed = parseAddress(text);
    return parsed.ok ? [parsed.value] : [];
  });

function resolverOf(servers: readonly IpAddress[]): dns.Resolver {
  const resolver = new dns.Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  if (servers.length > 0)
    resolver.setServers(servers.map((a) => (familyOf(a) === 6 ? `[${a}]` : a)));
  return resolver;
}

/** Whether an error of a resolver is an answer: that there is nothing of that kind. */
const isNothing = (error: unknown): boolean =>
  ['ENOTFOUND', 'ENODATA'].includes((error as NodeJS.ErrnoException).code ?? '');

/** What is there; nothing where DNS says so. Throws when nobody answers. */
const orNothing = (asked: Promise<string[]>): Promise<string[]> =>
  asked.catch((error: unknown) => {
    if (isNothing(error)) return [];
    throw error;
  });

/** The addresses of a name, IPv4 first; throws when there are none, or nobody answers. */
export async function addressesOf(
  name: string,
  servers: readonly IpAddress[],
): Promise<readonly IpAddress[]> {
  if (servers.length === 0) {
    const found = await dns.lookup(name, { all: true, order: 'ipv4first' });
    return addressesIn(found.map(({ address }) => address));
  }
  const resolver = resolverOf(servers);
  const four = await orNothing(resolver.resolve4(name));
  return addressesIn([...four, ...(await orNothing(resolver.resolve6(name)))]);
}

/** Where reverse DNS has an address; RFC 1035 section 3.5, RFC 3596 section 2.5. */
function reverseName(address: IpAddress): string {
  const octets = addressBytes(address);
  return octets.length === 4
    ? `${[...octets].reverse().join('.')}.in-addr.arpa`
    : `${[...toHex(octets)].reverse().join('.')}.ip6.arpa`;
}

/** The names of an address in reverse DNS, and where each leads; throws when nobody answers. */
export async function namesOf(
  address: IpAddress,
  servers: readonly IpAddress[],
): Promise<readonly FoundName[]> {
  const resolver = resolverOf(servers);
  // `reverse` would look into the hosts file too, and call servers that are silent an empty answer.
  const pointers = await orNothing(resolver.resolvePtr(reverseName(address)));
  const names: string[] = [];
  for (const name of pointers) if (names.length < NAMES_MOST && isDnsName(name)) names.push(name);
  const forward = (name: string) =>
    familyOf(address) === 4 ? resolver.resolve4(name) : resolver.resolve6(name);
  const settled = await Promise.allSettled(
    names.map(async (name) => ({ name, addresses: addressesIn(await orNothing(forward(name))) })),
  );
  const found = settled.flatMap((s) => (s.status === 'fulfilled' ? s.value : []));
  const failed = settled.find((s) => s.status === 'rejected');
  // A name that cannot be looked up does not matter beside one that leads back.
  if (failed && !found.some(({ addresses }) => addresses.includes(address))) throw failed.reason;
  return found;
}

/** What is answered to a question that came to nothing. */
export const unanswered = (question: LookupQuestion, reason: string): LookupAnswer =>
  question.kind === 'nameOf'
    ? { kind: 'namesUnknown', reason }
    : { kind: 'failed', reason: `${question.name} cannot be looked up: ${reason}` };

/** Looks up what a question asks for; never throws. */
export async function answerLookup(question: LookupQuestion): Promise<LookupAnswer> {
  try {
    const { servers } = question;
    if (question.kind === 'nameOf')
      return { kind: 'namesFound', names: await namesOf(question.address, servers) };
    return { kind: 'nameResolved', addresses: await addressesOf(question.name, servers) };
  } catch (error) {
    return unanswered(question, lookupFailure(error));
  }
}

/** Why a lookup failed, in words. */
export function lookupFailure(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ETIMEOUT':
      return 'no name server answers';
    case 'ECONNREFUSED':
      return 'no name server listens';
    case 'ESERVFAIL':
    case 'EREFUSED':
      return 'the name server refuses to answer';
    case 'EBADRESP':
      return 'the name server answers with something that is no answer';
    case 'EFORMERR':
    case 'ENOTIMP':
      return 'the name server does not understand the question';
    default:
      return code ?? message;
  }
}
