import type { IpAddress } from '#base/address';
import { toUtf8 } from '#base/bytes';
import type { Secret } from '#base/secret';
import { type Configuration, sameValue } from '#config/configuration';
import { secretKey } from '#crypto/secret-key';
import { type CryptoMapEntry, type IpsecConfiguration, ipsecSlice } from '#ipsec/config';
import type { ChildSelectors, IpsecPolicy, PeerPolicy } from '#ipsec/keying';
import { entrySelectors, ownAddressFor, transformSetsOf } from '#ipsec/map-selectors';

/** The word by which the keying manager marks what concerns this feature. */
export const OWNER = 'lanToLan';

/** What a tunnel group of type ipsec-l2l says, whoever keeps it. */
export type SiteGroup = {
  /** The address of the peer. */
  readonly name: string;
  readonly preSharedKey?: Secret | undefined;
  readonly keepalive:
    | { readonly thresholdSeconds: number; readonly retrySeconds: number }
    | 'disabled';
  /** NAT-16: counts only while NAT traversal is on at all. */
  readonly natTraversal: boolean;
};

/** One LAN-to-LAN tunnel: a peer, and the networks on both sides. */
export type Site = {
  readonly peer: IpAddress;
  /** Our address on the interface that the crypto map is applied to. */
  readonly local: IpAddress;
  readonly policy: PeerPolicy;
  readonly selectors: readonly ChildSelectors[];
  /** Whether this end begins. */
  readonly begins: boolean;
  /** The lines that it was made of; a site whose lines change is another one. */
  readonly lines: unknown;
};

export const sameSite = (a: Site, b: Site): boolean => sameValue(a.lines, b.lines);

/** R-U-THERE repetitions before a peer counts as dead. */
const DPD_RETRIES = 3;
/** Where `isakmp keepalive disable` is set a peer is never asked. */
const NEVER_SECONDS = Number.MAX_SAFE_INTEGER;

/** The phase-2 policy of an entry; undefined when it has no transform set. */
function ipsecPolicy(c: IpsecConfiguration, entry: CryptoMapEntry): IpsecPolicy | undefined {
  const sets = transformSetsOf(c, entry);
  const mode = sets[0]?.mode;
  if (mode === undefined) return undefined;
  return {
    suites: [...new Set(sets.filter((s) => s.mode === mode).map((s) => s.suite))],
    mode,
    lifetimeSeconds: entry.lifetimeSeconds ?? c.lifetimeSeconds,
    lifetimeKilobytes: entry.lifetimeKilobytes ?? c.lifetimeKilobytes,
    pfs: entry.pfs,
    replayWindow: c.replayWindow,
  };
}

/**
 * The LAN-to-LAN tunnels of a configuration. Entries of one peer make one tunnel: its networks are those
 * of all of them, everything else is as the first says. What is not complete makes none.
 */
export function sitesOf(
  configuration: Configuration,
  groups: ReadonlyMap<string, SiteGroup>,
): readonly Site[] {
  const c = ipsecSlice.of(configuration);
  const sites = new Map<IpAddress, Site>();
  for (const map of c.maps.values())
    for (const entry of [...map.entries.values()].sort((a, b) => a.sequence - b.sequence)) {
      const { peer, accessList } = entry;
      if (peer === undefined || accessList === undefined || entry.dynamicMap !== undefined)
        continue;
      const local = ownAddressFor(configuration, map.interfaces, peer);
      const group = groups.get(peer);
      const ipsec = ipsecPolicy(c, entry);
      if (!local || !group?.preSharedKey || !ipsec) continue;
      const { carried: selectors } = entrySelectors(configuration, map.interfaces, entry);
      const known = sites.get(peer);
      const all = [...(known?.selectors ?? []), ...selectors];
      const { keepalive, preSharedKey } = group;
      const policy: PeerPolicy = known
        ? { ...known.policy, selectors: all }
        : {
            group: group.name,
            owner: OWNER,
            preSharedKey: secretKey(toUtf8(preSharedKey.reveal())),
            extendedAuthentication: false,
            ipsec,
            selectors: all,
            natTraversal: group.natTraversal,
            dpd: {
              idleSeconds: keepalive === 'disabled' ? NEVER_SECONDS : keepalive.thresholdSeconds,
              retrySeconds: keepalive === 'disabled' ? NEVER_SECONDS : keepalive.retrySeconds,
              retries: DPD_RETRIES,
            },
          };
      sites.set(peer, {
        peer,
        local,
        policy,
        selectors: all,
        begins: known?.begins ?? entry.connectionType !== 'answer-only',
        lines: { earlier: known?.lines, local, group, entry, ipsec, selectors },
      });
    }
  return [...sites.values()];
}
