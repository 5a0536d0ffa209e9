import { parseAddress } from '#base/address';
import { contains, formatPrefix } from '#base/prefix';
import type { Configuration } from '#config/configuration';
import type { Finding } from '#config/room';
import { ipsecSlice } from '#ipsec/config';
import { mapEntriesOf, mapEntryLines } from '#ipsec/crypto-map-commands';
import { selectorsOf } from '#ipsec/map-selectors';
import { remoteAccessSlice, type TunnelGroup } from './config.ts';
import { groupLines } from './group-commands.ts';

/** Tunnel groups of LAN-to-LAN peers and entries of crypto maps, which need each other. */

const warning = (at: readonly string[], reason: string, remedy: string): Finding => ({
  severity: 'warning',
  at,
  reason,
  remedy,
});

/** What keeps a group of type ipsec-l2l from having a tunnel. */
export function peerFindings(configuration: Configuration, group: TunnelGroup): readonly Finding[] {
  const { name } = group;
  if (!parseAddress(name).ok)
    return [
      warning(
        groupLines.type(group),
        `the key of a LAN-to-LAN peer is found by its address, and "${name}" is none`,
        '"tunnel-group A.B.C.D type ipsec-l2l" names the peer',
      ),
    ];
  const findings: Finding[] = [];
  if (!group.preSharedKey)
    findings.push(
      warning(
        groupLines.preSharedKey(group),
        `group "${name}" has no key, so no tunnel is made`,
        '"ikev1 pre-shared-key" sets it',
      ),
    );
  const entries = mapEntriesOf(ipsecSlice.of(configuration));
  if (!entries.some(({ entry }) => entry.peer === name))
    findings.push(
      warning(
        groupLines.type(group),
        'no entry of a crypto map leads to this peer, so no tunnel is made',
        `"crypto map NAME 10 set peer ${name}" makes one`,
      ),
    );
  return findings;
}

/** Entries of crypto maps whose peer has no group, or whose networks swallow the way to it. */
export function unknownPeers(configuration: Configuration): readonly Finding[] {
  const { tunnelGroups } = remoteAccessSlice.of(configuration);
  return mapEntriesOf(ipsecSlice.of(configuration)).flatMap(({ entry, ...key }) => {
    const { peer, accessList } = entry;
    if (peer === undefined) return [];
    const at = mapEntryLines.peer(key, peer);
    const findings: Finding[] = [];
    if (tunnelGroups.get(peer)?.type !== 'ipsec-l2l')
      findings.push(
        warning(
          at,
          `there is no tunnel group "${peer}", so no tunnel is made`,
          `"tunnel-group ${peer} type ipsec-l2l" makes it`,
        ),
      );
    const { selectors } = selectorsOf(configuration, accessList ?? '');
    const around = selectors.find((s) => contains(s.remote, peer));
    if (around)
      findings.push({
        severity: 'error',
        at,
        reason: `the peer lies in ${formatPrefix(around.remote)}, so the tunnel would lead into itself`,
      });
    return findings;
  });
}
