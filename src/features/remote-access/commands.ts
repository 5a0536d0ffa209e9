import { resolveAccessList, unknownAccessList } from '#config/access-list';
import type { Configuration } from '#config/configuration';
import type { Finding, Room } from '#config/room';
import { systemSlice } from '#config/system';
import { legacyNeeds } from '#ipsec/commands';
import { ipsecSlice } from '#ipsec/config';
import { type LegacyNeed, legacyFindings, permitCommand } from '#ipsec/legacy';
import { sessionSlice } from '#session/config';
import {
  BUILT_IN_GROUPS,
  remoteAccessSlice,
  resolveGroupPolicy,
  type TunnelGroup,
} from './config.ts';
import { groupCommands, groupKeptFindings, groupLines } from './group-commands.ts';
import { peerFindings, unknownPeers } from './peer-findings.ts';
import {
  ipsecUdpLines,
  policyCommands,
  policyKeptFindings,
  policyPoolLines,
  splitTunnelListLines,
} from './policy-commands.ts';
import { serviceFindings } from './service-findings.ts';
import { vpngroupCommands } from './vpngroup-commands.ts';

const error = (at: readonly string[], reason: string, remedy?: string): Finding => ({
  severity: 'error',
  at,
  reason,
  ...(remedy === undefined ? {} : { remedy }),
});
const warning = (at: readonly string[], reason: string, remedy?: string): Finding => ({
  ...error(at, reason, remedy),
  severity: 'warning',
});

/** The UDP port of NAT traversal; RFC 3947 section 4. */
const NAT_TRAVERSAL_PORT = 4500;

const unknownPools = (
  configuration: Configuration,
  names: readonly string[],
  at: readonly string[],
): readonly Finding[] =>
  names
    .filter((name) => !sessionSlice.of(configuration).pools.has(name))
    .map((name) => error(at, `there is no pool "${name}"`));

/** A split tunnel list that is not there, that has names without addresses, or that permits nothing. */
function splitTunnelFindings(
  configuration: Configuration,
  policy: string,
  list: string,
): readonly Finding[] {
  const at = splitTunnelListLines(policy, list);
  const { entries, unresolved } = resolveAccessList(configuration, list);
  const findings = [
    ...unknownAccessList(configuration, list, at),
    ...unresolved.map((name) =>
      error(at, `access list "${list}" names "${name}", which stands for no addresses`),
    ),
  ];
  const splits = resolveGroupPolicy(configuration, policy)?.splitTunnelPolicy === 'tunnelspecified';
  if (findings.length > 0 || !splits || entries.some((e) => e.action === 'permit')) return findings;
  const reason = `access list "${list}" permits nothing that is in force, so clients send everything through the tunnel`;
  return [warning(at, reason)];
}

/** NAT-18: IPsec over UDP and NAT traversal cannot share a port. */
function verifyPolicies(configuration: Configuration): readonly Finding[] {
  const { groupPolicies } = remoteAccessSlice.of(configuration);
  const { natTraversal } = ipsecSlice.of(configuration);
  const findings: Finding[] = [];
  for (const policy of groupPolicies.values()) {
    const { name, splitTunnelList, addressPools } = policy;
    const resolved = resolveGroupPolicy(configuration, name);
    findings.push(...policyKeptFindings(policy));
    if (natTraversal && resolved?.ipsecUdp && resolved.ipsecUdpPort === NAT_TRAVERSAL_PORT)
      findings.push(
        error(
          ipsecUdpLines(policy, name),
          `group "${name}" uses UDP port 4500, which NAT traversal needs`,
          '"ipsec-udp-port 10000" moves it',
        ),
      );
    if (splitTunnelList !== undefined && splitTunnelList !== 'none')
      findings.push(...splitTunnelFindings(configuration, name, splitTunnelList));
    if (addressPools)
      findings.push(
        ...unknownPools(configuration, addressPools, policyPoolLines(name, addressPools)),
      );
  }
  return findings;
}

/** A built-in group need not be complete. With a key it lets those in who name no other group. */
const builtInFindings = (group: TunnelGroup): readonly Finding[] =>
  group.preSharedKey && group.type === 'remote-access'
    ? [
        warning(
          groupLines.preSharedKey(group),
          `clients have to name the group "${group.name}": nobody falls into it by naming another`,
        ),
      ]
    : [];

/** What becomes of a group whose users only servers know. */
function serverFinding(group: TunnelGroup, known: boolean): Finding {
  const { name, authenticationServerGroup: servers, localFallback } = group;
  const at = groupLines.authentication(group);
  const remedy = '"authentication-server-group LOCAL" asks the users of this device';
  if (!known) return error(at, `there is no group of servers "${servers}"`, remedy);
  return localFallback
    ? warning(at, 'no server is asked yet: the users of this device are asked at once', remedy)
    : warning(at, `no server is asked yet, so nobody of group "${name}" can log in`, remedy);
}

function verifyGroup(configuration: Configuration, group: TunnelGroup): readonly Finding[] {
  const { aaaServerGroups } = sessionSlice.of(configuration);
  const findings: Finding[] = [
    ...unknownPools(configuration, group.addressPools, groupLines.pools(group)),
    ...groupKeptFindings(group),
  ];
  const { name, defaultGroupPolicy, authenticationServerGroup: servers } = group;
  const policy = resolveGroupPolicy(configuration, defaultGroupPolicy);
  if (!policy)
    findings.push(
      error(
        groupLines.policy(group),
        `there is no group policy "${defaultGroupPolicy}"`,
        `"group-policy ${defaultGroupPolicy} internal" makes it`,
      ),
    );
  if (servers !== 'LOCAL') findings.push(serverFinding(group, aaaServerGroups.has(servers)));
  const own = systemSlice.of(configuration).interfaces.values();
  if (group.redirectTo && [...own].some((i) => i.address?.address === group.redirectTo))
    findings.push(
      error(
        groupLines.redirectTo(group),
        `${group.redirectTo} is an address of this device, so clients would go in circles`,
      ),
    );
  if (BUILT_IN_GROUPS.has(name)) return [...findings, ...builtInFindings(group)];
  if (group.type === 'ipsec-l2l') return [...findings, ...peerFindings(configuration, group)];
  if (!group.preSharedKey)
    findings.push(
      warning(
        groupLines.preSharedKey(group),
        `group "${name}" has no key, so no client can use it`,
        '"ikev1 pre-shared-key" sets it',
      ),
    );
  if (policy && group.addressPools.length === 0 && policy.addressPools.length === 0)
    findings.push(
      warning(
        groupLines.type(group),
        `group "${name}" has no pool, so only users with an address of their own can log in`,
        '"address-pool" names one',
      ),
    );
  return findings;
}

/** A client that proves itself by a group key does so in aggressive mode, which is old. */
function aggressiveNeeds(configuration: Configuration): readonly LegacyNeed[] {
  const { aggressiveMode, isakmpInterfaces } = ipsecSlice.of(configuration);
  if (!aggressiveMode || isakmpInterfaces.length === 0) return [];
  return [...remoteAccessSlice.of(configuration).tunnelGroups.values()]
    .filter((group) => group.type === 'remote-access' && group.preSharedKey)
    .map((group) => ({ at: groupLines.preSharedKey(group), items: ['aggressive-mode'] }));
}

/** The one command that permits everything old that the configuration needs and has not permitted. */
export function missingPermit(configuration: Configuration): string | undefined {
  const { legacyPermitted } = ipsecSlice.of(configuration);
  const missing = [...legacyNeeds(configuration), ...aggressiveNeeds(configuration)]
    .flatMap(({ items }) => items)
    .filter((item) => !legacyPermitted.has(item));
  return missing.length === 0 ? undefined : permitCommand(missing);
}

function verify(configuration: Configuration): readonly Finding[] {
  const { tunnelGroups } = remoteAccessSlice.of(configuration);
  const findings: Finding[] = [
    ...verifyPolicies(configuration),
    ...[...tunnelGroups.values()].flatMap((group) => verifyGroup(configuration, group)),
    ...unknownPeers(configuration),
    ...legacyFindings(ipsecSlice.of(configuration), aggressiveNeeds(configuration)),
    ...serviceFindings(configuration),
  ];
  for (const user of sessionSlice.of(configuration).users.values())
    if (user.groupPolicy !== undefined && !resolveGroupPolicy(configuration, user.groupPolicy))
      findings.push(
        error(
          [`username ${user.name} attributes`, `vpn-group-policy ${user.groupPolicy}`],
          `there is no group policy "${user.groupPolicy}"`,
        ),
      );
  const permit = missingPermit(configuration);
  if (permit !== undefined)
    findings.push({
      severity: 'info',
      at: [permit],
      reason: 'this one command permits everything old that the configuration needs',
    });
  return findings;
}

/** The room of clients that log in from anywhere. */
export const remoteAccessRoom: Room = {
  slices: [remoteAccessSlice],
  verify,
  sections: [
    { title: 'Group policies', place: 'policies', collated: true, commands: policyCommands },
    { title: 'Tunnel groups', place: 'groups', collated: true, commands: groupCommands },
    { title: 'Groups of a PIX', place: 'groups', commands: vpngroupCommands },
  ],
};
