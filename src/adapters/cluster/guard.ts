import { familyOf, type IpAddress } from '#base/address';

/** What nft(8) calls an address of that family. */
const wordOf = (address: IpAddress): string => (familyOf(address) === 4 ? 'ip' : 'ip6');

/**
 * Rules that let only the protocols of clients through to the cluster address: no ping, no other port.
 * They replace those of a process that was killed, in one transaction.
 */
export function guardRules(
  table: string,
  addresses: readonly IpAddress[],
  udpPorts: readonly number[],
): string {
  const rules = addresses.flatMap((address) => {
    const to = `${wordOf(address)} daddr ${address}`;
    return [
      `    ${to} udp dport { ${udpPorts.join(', ')} } accept`,
      // A client that no other member can be named to may be served here, without NAT.
      `    ${to} meta l4proto esp accept`,
      // Without neighbour discovery nobody on the link would find an IPv6 address.
      ...(familyOf(address) === 6
        ? [`    ${to} icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept`]
        : []),
      `    ${to} drop`,
    ];
  });
  return [
    `table inet ${table}`,
    `delete table inet ${table}`,
    `table inet ${table} {`,
    '  chain input {',
    '    type filter hook input priority filter - 10; policy accept;',
    ...rules,
    '  }',
    '}',
    '',
  ].join('\n');
}
