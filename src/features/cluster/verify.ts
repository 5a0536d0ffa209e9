import { addressBytes, familyOf, type IpAddress } from '#base/address';
import { contains, prefixOf } from '#base/prefix';
import type { Configuration } from '#config/configuration';
import type { Finding } from '#config/room';
import { type Interface, interfaceNamed, systemSlice } from '#config/system';
import { ipsecSlice } from '#ipsec/config';
import { strongCryptoRemedy } from '#ipsec/strong-crypto';
import { clusterLines } from './commands.ts';
import { addressesOf, clusterSlice, type LoadBalancing, loadBalancingOf } from './config.ts';
import { filterOfSide, stopsOf } from './filters.ts';
import { PLATFORM_MODELS } from './platform.ts';

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

const ownAddresses = (found: Interface | undefined) => [
  ...(found?.address ? [found.address] : []),
  ...(found?.ipv6 ?? []),
];

/** Whether packets for an address could come from another network; LB-09. */
function isRoutable(address: IpAddress): boolean {
  const [first = 0, second = 0] = addressBytes(address);
  if (familyOf(address) === 6)
    return first !== 0xff && !(first === 0xfe && second >= 0x80) && !/^::1?$/.test(address);
  return first !== 0 && first !== 127 && first < 224 && !(first === 169 && second === 254);
}

const isLoopback = (address: IpAddress): boolean => /^127\.|^::1$/.test(address);

/** LB-05, GEN-63: the two interfaces have addresses and are in service. */
function verifyInterfaces(configuration: Configuration, b: LoadBalancing): readonly Finding[] {
  const findings: Finding[] = [];
  for (const [name, at] of [
    [b.publicInterface, clusterLines.publicInterface(b)],
    [b.privateInterface, clusterLines.privateInterface(b)],
  ] as const) {
    const found = interfaceNamed(configuration, name);
    if (!found) findings.push(error(at, `no interface has the name "${name}"`));
    else if (ownAddresses(found).length === 0)
      findings.push(error(at, `interface "${name}" has no address`));
  }
  if (b.publicInterface === b.privateInterface)
    findings.push(
      error(clusterLines.privateInterface(b), 'it is the public interface of the cluster too'),
    );
  return findings;
}

/** LB-09, LB-17, LB-27, GEN-66: the address is one of the public network, and nobody's yet. */
function verifyAddress(configuration: Configuration, b: LoadBalancing): readonly Finding[] {
  const at = clusterLines.address(b);
  const networks = ownAddresses(interfaceNamed(configuration, b.publicInterface));
  const taken = [...systemSlice.of(configuration).interfaces.values()].flatMap(ownAddresses);
  const findings: Finding[] = [];
  for (const address of addressesOf(b.cluster)) {
    // A cluster that is all on loopback, such as a demo, is reached from nowhere else anyway.
    const isLocal = isLoopback(address) && networks.some((own) => isLoopback(own.address));
    if (!isRoutable(address) && !isLocal) {
      findings.push(error(at, `${address} cannot be reached from other networks`));
      continue;
    }
    if (taken.some((own) => own.address === address))
      findings.push(error(at, `${address} is the address of an interface of this device`));
    const same = networks.filter((own) => familyOf(own.address) === familyOf(address));
    if (!same.some((own) => contains(prefixOf(own.address, own.length), address)))
      findings.push(
        error(
          at,
          `${address} is not in the network of interface "${b.publicInterface}"`,
          'the cluster address is one of the public network, which all members share',
        ),
      );
  }
  const families = addressesOf(b.cluster).map(familyOf);
  if (families.length === 2 && families[0] === families[1])
    findings.push(error(at, 'a cluster has one address of each family at most'));
  return findings;
}

/** GEN-68 to GEN-71: what encryption between members needs. */
function verifyEncryption(configuration: Configuration, b: LoadBalancing): readonly Finding[] {
  if (!b.encryption) return [];
  const findings: Finding[] = [];
  if (!b.key)
    findings.push(
      error(clusterLines.encryption, 'encryption starts from a key', '"cluster key" sets it'),
    );
  const inside = interfaceNamed(configuration, b.privateInterface);
  const isDown = inside?.enabled !== true;
  const reason = inside
    ? `interface "${b.privateInterface}" is shut down`
    : `no interface has the name "${b.privateInterface}"`;
  if (isDown) findings.push({ ...error(clusterLines.encryption, reason), onlyWhenSet: true });
  if (isDown && b.participates)
    findings.push({ ...error(clusterLines.participate, reason), onlyWhenSet: true });
  const { isakmpInterfaces, isakmpPolicies } = ipsecSlice.of(configuration);
  const usesKeys = [...isakmpPolicies.values()].some((p) => p.authentication === 'pre-share');
  if (b.participates && !usesKeys)
    findings.push(
      error(
        clusterLines.participate,
        'encryption between members needs a policy of phase 1 with a pre-shared key',
        '"crypto ikev1 policy"',
      ),
    );
  if (b.participates && !isakmpInterfaces.includes(b.privateInterface))
    findings.push(
      error(
        clusterLines.participate,
        `encryption between members needs IKE on interface "${b.privateInterface}"`,
        `"crypto ikev1 enable ${b.privateInterface}"`,
      ),
    );
  return findings;
}

/** LB-18, LB-20, LB-22: filters are there where a VPN 3000 wants them, and let members speak. */
function verifyFilters(configuration: Configuration): readonly Finding[] {
  const missing =
    clusterSlice.of(configuration).personality === 'vpn3000'
      ? (['private', 'public'] as const)
          .map((side) => filterOfSide(configuration, side))
          .filter(({ filter }) => filter === undefined)
      : [];
  return [
    ...missing.map(({ interface: name }) =>
      error(
        clusterLines.participate,
        `interface "${name}" has no filter, which the VPN 3000 wants of a member`,
        '"no filter" in its mode brings the usual one back',
      ),
    ),
    ...stopsOf(configuration).map(({ at, reason, remedy }) => warning(at, reason, remedy)),
  ];
}

/** GEN-42: an ASA looks for its 3DES/AES licence before it takes part, or encrypts for the cluster. */
function verifyCapability(configuration: Configuration, b: LoadBalancing): readonly Finding[] {
  if (ipsecSlice.of(configuration).strongCrypto) return [];
  const { participate, encryption } = clusterLines;
  const reason = 'this device may not encrypt with 3DES or AES, which load balancing needs';
  return [
    ...(b.encryption ? [error(encryption, reason, strongCryptoRemedy)] : []),
    ...(b.participates ? [error(participate, reason, strongCryptoRemedy)] : []),
  ];
}

/** What only matters to a member. */
function verifyMember(configuration: Configuration, b: LoadBalancing): readonly Finding[] {
  const { participate } = clusterLines;
  const findings: Finding[] = [];
  if (!b.cluster)
    findings.push(error(participate, 'the cluster has no address', '"cluster ip address" sets it'));
  if (!ipsecSlice.of(configuration).isakmpInterfaces.includes(b.publicInterface))
    findings.push(
      warning(
        participate,
        `no client is served on interface "${b.publicInterface}"`,
        `"crypto ikev1 enable ${b.publicInterface}"`,
      ),
    );
  if (!b.key)
    findings.push(
      warning(
        participate,
        'the cluster is not authenticated: whoever reaches its port can take part',
        '"cluster key" sets a secret',
      ),
    );
  const model = clusterSlice.of(configuration).model ?? '';
  if (PLATFORM_MODELS.get(model)?.standsAlone)
    findings.push(
      error(
        participate,
        `an ASA ${model} takes part in no cluster`,
        '"platform model" names another',
      ),
    );
  if (clusterSlice.of(configuration).vrrp)
    findings.push(error(participate, 'VRRP and load balancing exclude each other', '"no vrrp"'));
  if (systemSlice.of(configuration).routes.every((r) => r.prefix.length > 0 || r.tunneled))
    findings.push(warning(participate, 'there is no default route to the clients'));
  return findings;
}

/** Judges what `vpn load-balancing` says against the rest of the configuration. */
export function verifyCluster(configuration: Configuration): readonly Finding[] {
  const slice = clusterSlice.of(configuration);
  if (slice.loadBalancing.size === 0) return [];
  const b = loadBalancingOf(configuration);
  return [
    ...(b.participates || b.cluster ? verifyInterfaces(configuration, b) : []),
    ...verifyAddress(configuration, b),
    ...verifyCapability(configuration, b),
    ...verifyEncryption(configuration, b),
    ...(b.participates ? verifyMember(configuration, b) : []),
    ...(b.participates ? verifyFilters(configuration) : []),
  ];
}
