import { fromUtf8, toUtf8 } from '#base/bytes';
import type { Configuration } from '#config/configuration';
import type { EspSuiteName } from '#crypto/esp-suites';
import { secretKey } from '#crypto/secret-key';
import { type DynamicMapEntry, type IpsecConfiguration, ipsecSlice } from '#ipsec/config';
import type {
  IpsecPolicy,
  IsakmpPolicy,
  KeyingLimits,
  KeyingPolicy,
  PeerPolicy,
  PhaseOneIdentity,
} from '#ipsec/keying';
import { remoteAccessSlice, resolveGroupPolicy, type TunnelGroup } from './config.ts';

/** Ours: what strangers can make grow, in all and per source address. */
const limits: KeyingLimits = {
  halfOpen: 10_000,
  halfOpenPerAddress: 500,
  isakmpSas: 200_000,
  unauthenticated: 20_000,
};

/** A user may think this long before answering the XAUTH request (G-44). */
const EXTENDED_AUTHENTICATION_TIMEOUT_MS = 90_000;

/** R-U-THERE repetitions before a peer counts as dead. */
const DPD_RETRIES = 3;
/** Where `isakmp keepalive disable` is set a peer is never asked. */
const NEVER_SECONDS = Number.MAX_SAFE_INTEGER;

/** The entries that crypto maps applied to an interface lead to, in order of map, entry and sequence. */
function* dynamicEntries(c: IpsecConfiguration): Generator<DynamicMapEntry> {
  for (const map of c.maps.values()) {
    if (map.interfaces.length === 0) continue;
    for (const entry of [...map.entries.values()].sort((a, b) => a.sequence - b.sequence)) {
      const dynamic = c.dynamicMaps.get(entry.dynamicMap ?? '');
      if (dynamic) yield* [...dynamic.values()].sort((a, b) => a.sequence - b.sequence);
    }
  }
}

function ipsecPolicy(c: IpsecConfiguration): IpsecPolicy {
  const entries = [...dynamicEntries(c)];
  const suites = new Set<EspSuiteName>();
  for (const entry of entries)
    for (const name of entry.transformSets) {
      const set = c.transformSets.get(name);
      if (set?.mode === 'tunnel') suites.add(set.suite);
    }
  const [first] = entries;
  return {
    suites: [...suites],
    mode: 'tunnel',
    lifetimeSeconds: first?.lifetimeSeconds ?? c.lifetimeSeconds,
    lifetimeKilobytes: first?.lifetimeKilobytes ?? c.lifetimeKilobytes,
    pfs: first?.pfs,
    replayWindow: c.replayWindow,
  };
}

const isakmpPolicies = (c: IpsecConfiguration): readonly IsakmpPolicy[] =>
  [...c.isakmpPolicies.values()]
    .sort((a, b) => a.priority - b.priority)
    .flatMap((p) =>
      p.authentication === 'pre-share' ? [{ ...p, authentication: 'pre-share' }] : [],
    );

function peerPolicy(group: TunnelGroup, ipsec: IpsecPolicy): PeerPolicy | undefined {
  if (group.type !== 'remote-access' || !group.preSharedKey) return undefined;
  const { keepalive } = group;
  return {
    group: group.name,
    preSharedKey: secretKey(toUtf8(group.preSharedKey.reveal())),
    extendedAuthentication: true,
    asksAdmission: true,
    ipsec,
    dpd: {
      idleSeconds: keepalive === 'disabled' ? NEVER_SECONDS : keepalive.thresholdSeconds,
      retrySeconds: keepalive === 'disabled' ? NEVER_SECONDS : keepalive.retrySeconds,
      retries: DPD_RETRIES,
    },
  };
}

/** The name a peer gives as its group: KEY_ID for Cisco clients, a name for others. */
export function groupName(identity: PhaseOneIdentity): string | undefined {
  switch (identity.kind) {
    case 'keyId':
      return fromUtf8(identity.bytes);
    case 'fqdn':
    case 'userFqdn':
      return identity.name;
    case 'address':
    case 'other':
      return undefined;
  }
}

/**
 * The keying policy of a configuration; made once for each commit. A tunnel group without a key, and
 * a group whose policy does not permit IKEv1, are as unknown as one that does not exist.
 */
export function keyingPolicy(configuration: Configuration): KeyingPolicy {
  const c = ipsecSlice.of(configuration);
  const ipsec = ipsecPolicy(c);
  const peers = new Map<string, PeerPolicy>();
  for (const group of remoteAccessSlice.of(configuration).tunnelGroups.values()) {
    const policy = peerPolicy(group, ipsec);
    const permitted = resolveGroupPolicy(configuration, group.defaultGroupPolicy)?.tunnelProtocols;
    if (policy && permitted?.includes('ikev1')) peers.set(group.name, policy);
  }
  return {
    isakmp: isakmpPolicies(c),
    aggressiveModeDisabled: !c.aggressiveMode,
    natTraversal: c.natTraversal,
    peer: (identity) => peers.get(groupName(identity) ?? ''),
    limits,
    extendedAuthenticationTimeoutMs: EXTENDED_AUTHENTICATION_TIMEOUT_MS,
  };
}
