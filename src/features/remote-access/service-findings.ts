import type { Configuration } from '#config/configuration';
import type { Finding } from '#config/room';
import { DH_GROUPS } from '#crypto/dh-groups';
import { type DynamicMapEntry, type IpsecConfiguration, ipsecSlice } from '#ipsec/config';
import { enableLine } from '#ipsec/isakmp-commands';
import { sessionSlice, type User } from '#session/config';
import { remoteAccessSlice, resolveGroupPolicy } from './config.ts';

/** The names and entries of dynamic maps that crypto maps on an interface lead to. */
function servingEntries(c: IpsecConfiguration): readonly (DynamicMapEntry & { map: string })[] {
  return [...c.maps.values()]
    .filter((map) => map.interfaces.length > 0)
    .flatMap((map) => [...map.entries.values()].sort((a, b) => a.sequence - b.sequence))
    .flatMap(({ dynamicMap }) =>
      dynamicMap === undefined
        ? []
        : [...(c.dynamicMaps.get(dynamicMap)?.values() ?? [])]
            .sort((a, b) => a.sequence - b.sequence)
            .map((entry) => ({ ...entry, map: dynamicMap })),
    );
}

const warning = (at: readonly string[], reason: string, remedy: string): Finding => ({
  severity: 'warning',
  at,
  reason,
  remedy,
});

/** Whether a password lets the user in as a client. */
const mayLogIn = (user: User): boolean =>
  (user.credential.kind === 'clear' || user.credential.kind === 'verifier') &&
  (user.service === 'any' || user.service === 'remote-access') &&
  user.simultaneousLogins !== 0;

/** The groups whose clients name a key. */
const servedGroups = (configuration: Configuration) =>
  [...remoteAccessSlice.of(configuration).tunnelGroups.values()].filter(
    (group) => group.type === 'remote-access' && group.preSharedKey,
  );

/** What is missing before any client gets a tunnel from a head-end that runs. */
export function serviceFindings(configuration: Configuration): readonly Finding[] {
  const c = ipsecSlice.of(configuration);
  const [enabled] = c.isakmpInterfaces;
  const { tunnelGroups } = remoteAccessSlice.of(configuration);
  const clients = [...tunnelGroups.values()].filter((g) => g.type === 'remote-access');
  // A gateway for other gateways has no clients to serve.
  if (enabled === undefined || (clients.length === 0 && tunnelGroups.size > 0)) return [];
  const findings: Finding[] = [];
  const at = [enableLine(enabled)];
  if (!servingEntries(c).some((entry) => entry.transformSets.length > 0))
    findings.push(
      warning(
        at,
        'no crypto map on an interface leads to a transform set, so no client gets a tunnel',
        '"crypto dynamic-map D 10 set ikev1 transform-set T", "crypto map M 10 ipsec-isakmp dynamic D" and ' +
          `"crypto map M interface ${enabled}" make the way`,
      ),
    );
  if (clients.length === 0)
    findings.push(
      warning(
        at,
        'there is no tunnel group for clients, so nobody can log in',
        '"tunnel-group NAME type remote-access" makes one',
      ),
    );
  if (![...sessionSlice.of(configuration).users.values()].some(mayLogIn))
    findings.push(
      warning(
        at,
        'there is no user with a password that can be checked here, so nobody can log in',
        '"username NAME password PASSWORD" adds one',
      ),
    );
  return [...findings, ...forwardSecrecyFindings(configuration)];
}

/**
 * Groups whose policy tells clients to do without perfect forward secrecy, while the dynamic map demands
 * it: clients that obey the policy, such as vpnc, are refused in quick mode.
 */
function forwardSecrecyFindings(configuration: Configuration): readonly Finding[] {
  const [entry] = servingEntries(ipsecSlice.of(configuration));
  if (entry?.pfs === undefined) return [];
  const { number } = DH_GROUPS[entry.pfs];
  const line = `crypto dynamic-map ${entry.map} ${entry.sequence} set pfs`;
  const contradicting = servedGroups(configuration).filter(
    (group) => resolveGroupPolicy(configuration, group.defaultGroupPolicy)?.pfs === false,
  );
  return contradicting.map((group) =>
    warning(
      [`${line} group${number}`],
      `clients of group "${group.name}" are told to do without PFS and refused without it, vpnc among them`,
      `"pfs enable" in group policy "${group.defaultGroupPolicy}" tells them, "no ${line}" does without`,
    ),
  );
}
