import { compareAddresses, familyOf, type IpAddress } from '#base/address';
import type { Instant } from '#base/instant';
import { hostPrefix, maskOf } from '#base/prefix';
import { occurred } from '#events/event';
import { ipsecSlice } from '#ipsec/config';
import type { ConfigurationAttribute, SaId } from '#ipsec/keying';
import { sessionSlice } from '#session/config';
import { addressPoolEmpty, fixedAddressTaken } from '#session/events';
import { enter } from './admission.ts';
import { endSession } from './children.ts';
import { clientVersion } from './client-version.ts';
import { type ResolvedGroupPolicy, remoteAccessSlice } from './config.ts';
import { type ClientConfiguration, configurationReply } from './configuration-reply.ts';
import { clientIdentified } from './events.ts';
import { policyOf } from './group-policy.ts';
import type { Admitted, Login } from './login.ts';
import type { Context, Effects, RemoteAccessEffect } from './parts.ts';
import { splitNetworks } from './split-tunnel.ts';

/** The mask of an address whose pool does not name one: that of its class. */
const classMaskLength = (address: IpAddress): number => {
  const first = Number(address.split('.')[0]);
  return first < 128 ? 8 : first < 192 ? 16 : 24;
};

function maskLengthOf(c: Context, user: string, address: IpAddress): number {
  const { users, pools } = sessionSlice.of(c.configuration());
  const framed = users.get(user)?.framedAddress;
  if (framed?.address === address) return framed.maskLength;
  const pool = [...pools.values()].find((p) => p.maskLength !== undefined && inRange(p, address));
  return pool?.maskLength ?? classMaskLength(address);
}

const inRange = (
  pool: { readonly range: { readonly first: IpAddress; readonly last: IpAddress } },
  address: IpAddress,
): boolean =>
  familyOf(address) === familyOf(pool.range.first) &&
  compareAddresses(pool.range.first, address) <= 0 &&
  compareAddresses(address, pool.range.last) <= 0;

/** Names of the pools that serve a client: those of the tunnel group, else those of its policy. */
function poolNames(c: Context, group: string, policy: ResolvedGroupPolicy): readonly string[] {
  const own = remoteAccessSlice.of(c.configuration()).tunnelGroups.get(group)?.addressPools ?? [];
  return own.length > 0 ? own : policy.addressPools;
}

/** An address, or none, and what is to be done first. */
type Lease = { readonly address?: IpAddress; readonly effects: Effects };

/**
 * Leases an address that belongs to the user. The user may be back from another place after a line went
 * without a word: a session of the same user and group that has the address gives way.
 */
function leaseOwn(c: Context, { group }: Login, user: string, own: IpAddress, now: Instant): Lease {
  const session = c.sessions.ofAddress(own);
  const isOwn = session?.username === user && session.group === group;
  const effects = session && isOwn ? endSession(c, session, 'replaced', now) : [];
  if (c.pools.leaseFixed(own, user)) return { address: own, effects };
  const args = { address: own, holder: c.pools.userOf(own) ?? '' };
  const record = occurred(fixedAddressTaken, args, { group, user });
  return { effects: [...effects, { kind: 'event', record }] };
}

/** Leases the address configured for the user, else one of the pools. */
function lease(c: Context, login: Login, user: string, now: Instant): Lease {
  const configuration = c.configuration();
  const framed = sessionSlice.of(configuration).users.get(user)?.framedAddress;
  const subject = { group: login.group, user };
  if (framed) return leaseOwn(c, login, user, framed.address, now);
  const policy = policyOf(configuration, login.group, user);
  const names = policy ? poolNames(c, login.group, policy) : [];
  const address = c.pools.lease(names, user);
  if (address !== undefined) return { address, effects: [] };
  const pools = names.join(', ') || '(none configured)';
  return { effects: [{ kind: 'event', record: occurred(addressPoolEmpty, { pools }, subject) }] };
}

/**
 * A client that negotiated phase 1 anew asks for its configuration although nothing was taken over:
 * the older SA ended before the newer one was acknowledged, and its session with it. It gets another.
 */
function reenter(c: Context, sa: SaId, login: Login, now: Instant): Effects {
  if (login.stage.kind !== 'renewing') return [];
  const { user } = login.stage;
  const summary = c.keying.summary(sa);
  const policy = policyOf(c.configuration(), login.group, user);
  const entered = summary && policy && enter(c, sa, user, summary, policy, now);
  if (entered && !entered.refusal) return entered.effects;
  return c.keying.close(sa, 'negotiation failed', now);
}

function clientConfiguration(
  c: Context,
  sa: SaId,
  user: string,
  address: IpAddress,
  policy: ResolvedGroupPolicy,
): ClientConfiguration {
  const configuration = c.configuration();
  const natTraversed = c.keying.summary(sa)?.natTraversal !== 'none';
  const enabled = ipsecSlice.of(configuration).natTraversal !== undefined;
  // NAT-14: NAT-T comes before IPsec over UDP, whose port is only told where NAT-T was not negotiated.
  const ipsecUdpPort = policy.ipsecUdp ? policy.ipsecUdpPort : undefined;
  return {
    address,
    netmask: maskOf(maskLengthOf(c, user, address)),
    dnsServers: policy.dnsServers,
    winsServers: policy.winsServers,
    defaultDomain: policy.defaultDomain,
    splitDns: policy.splitDns,
    banner: policy.banner.length === 0 ? undefined : policy.banner.join('\n'),
    splitInclude: splitNetworks(configuration, policy),
    savePassword: policy.passwordStorage,
    pfs: policy.pfs,
    backupServers: [],
    applicationVersion: c.applicationVersion,
    natTraversalPort: enabled && natTraversed ? c.natTraversalPort : ipsecUdpPort,
  };
}

/** A client asks for its configuration: lease an address once, and answer every time. */
export function configure(
  c: Context,
  sa: SaId,
  requested: readonly ConfigurationAttribute[],
  now: Instant,
): Effects {
  const login = c.logins.get(sa);
  if (!login) return [];
  const effects: RemoteAccessEffect[] = [...reenter(c, sa, login, now)];
  const stage = c.logins.admitted(sa);
  if (!stage) return effects;
  effects.push(...identify(c, login, stage, requested, now));
  const policy = policyOf(c.configuration(), login.group, stage.user);
  if (!policy) return [...effects, ...c.keying.close(sa, 'negotiation failed', now)];
  let address = stage.leased;
  if (address === undefined) {
    const leased = lease(c, login, stage.user, now);
    effects.push(...leased.effects);
    address = leased.address;
    if (address === undefined) return [...effects, ...c.keying.close(sa, 'no address', now)];
    c.logins.setStage(sa, { ...stage, leased: address });
    c.sessions.update(stage.session, { assigned: [address] });
  }
  const configuration = clientConfiguration(c, sa, stage.user, address, policy);
  const reply = configurationReply(requested, configuration);
  const grant = { assigned: [hostPrefix(address)] };
  return [...effects, ...c.keying.configurationReply(sa, reply, grant, now)];
}

/** Keeps what the client says of itself, and says so once. */
function identify(
  c: Context,
  login: Login,
  stage: Admitted,
  requested: readonly ConfigurationAttribute[],
  now: Instant,
): Effects {
  const { type, version, text } = clientVersion(requested);
  const session = c.sessions.get(stage.session);
  if (version === undefined || session?.clientVersion === version) return [];
  c.sessions.update(stage.session, { clientType: type, clientVersion: version });
  if (session && text !== undefined) c.identified?.(session.peer.address, text, now);
  const subject = { peer: session?.peer.address, group: login.group, user: stage.user };
  const args = { type: type ?? 'unknown', version };
  return [{ kind: 'event', record: occurred(clientIdentified, args, subject) }];
}
