import {
  addressBytes,
  addressFromBytes,
  compareAddresses,
  familyOf,
  type IpAddress,
} from '#base/address';
import { contains, prefixOf } from '#base/prefix';
import { err, ok, type Result } from '#base/result';
import type { AddressRange } from '#config/address-tokens';
import type { Configuration } from '#config/configuration';
import { type Interface, systemSlice } from '#config/system';
import { loadBalancingOf } from '#features/cluster/config';
import { clusterAddresses, endsOf, namesOf } from '#features/cluster/policy';
import { type AddressPool, sessionSlice } from '#session/config';

/** A configuration and where it came from, for complaints. */
export type Named = { readonly file: string; readonly configuration: Configuration };

const nth = (address: IpAddress, n: number): IpAddress => {
  const bytes = addressBytes(address).slice();
  for (let i = bytes.length - 1, carry = n; i >= 0 && carry > 0; i -= 1) {
    const sum = (bytes[i] ?? 0) + carry;
    bytes[i] = sum % 256;
    carry = Math.floor(sum / 256);
  }
  return addressFromBytes(bytes);
};

/** The interface with each address moved on, past those that are somebody else's already. */
function moved(
  found: Interface,
  n: number,
  taken: ReadonlySet<IpAddress>,
): Result<Interface, string> {
  if (!found.address) return ok(found);
  const { address, length } = found.address;
  let candidate = address;
  for (let left = n; left > 0; ) {
    candidate = nth(candidate, 1);
    if (!taken.has(candidate)) left -= 1;
  }
  if (!contains(prefixOf(address, length), candidate))
    return err(
      `the network of interface "${found.name}" has no ${n + 1} addresses from ${address} on`,
    );
  return ok({ ...found, address: { ...found.address, address: candidate } });
}

const sizeOf = ({ first, last }: AddressRange): number => {
  const ends = [first, last].map((a) => addressBytes(a).reduce((sum, b) => sum * 256 + b, 0));
  return (ends[1] ?? 0) - (ends[0] ?? 0) + 1;
};

const overlap = (a: AddressRange, b: AddressRange): boolean =>
  compareAddresses(a.first, b.last) <= 0 && compareAddresses(b.first, a.last) <= 0;

/** The configuration with each pool moved on to addresses that nobody gives yet; notes them in `given`. */
function withPoolsMoved(configuration: Configuration, given: AddressRange[]): Configuration {
  const session = sessionSlice.of(configuration);
  const pools = new Map<string, AddressPool>();
  for (const [name, pool] of session.pools) {
    let range = pool.range;
    const size = sizeOf(range);
    while (given.some((other) => overlap(range, other)))
      range = { first: nth(range.first, size), last: nth(range.last, size) };
    given.push(range);
    pools.set(name, { ...pool, range });
  }
  return sessionSlice.put(configuration, { ...session, pools });
}

/**
 * Members 1 to `count` made of one: equal but for their names, the addresses of their interfaces and their pools,
 * which follow on those of the first.
 */
export function membersAlike(
  configuration: Configuration,
  count: number,
): Result<readonly Configuration[], string> {
  const system = systemSlice.of(configuration);
  const b = loadBalancingOf(configuration);
  const taken = new Set(clusterAddresses(b, new Map()));
  const members: Configuration[] = [configuration];
  const given = [...sessionSlice.of(configuration).pools.values()].map(({ range }) => range);
  for (let n = 1; n < count; n += 1) {
    const interfaces = new Map<string, Interface>();
    for (const [hardware, found] of system.interfaces) {
      const isOurs = [b.publicInterface, b.privateInterface].includes(found.name ?? '');
      const next = isOurs ? moved(found, n, taken) : ok(found);
      if (!next.ok) return next;
      interfaces.set(hardware, next.value);
    }
    const hostname = `${system.hostname}-${n + 1}`;
    const named = systemSlice.put(configuration, { ...system, hostname, interfaces });
    members.push(withPoolsMoved(named, given));
  }
  return ok(members);
}

/** Members of one hostname are told apart by a number, as `membersAlike` does. */
export function withNamesOfTheirOwn(members: readonly Named[]): readonly Named[] {
  const taken = new Set<string>();
  return members.map((member) => {
    const system = systemSlice.of(member.configuration);
    let hostname = system.hostname;
    for (let n = 2; taken.has(hostname); n += 1) hostname = `${system.hostname}-${n}`;
    taken.add(hostname);
    if (hostname === system.hostname) return member;
    return {
      ...member,
      configuration: systemSlice.put(member.configuration, { ...system, hostname }),
    };
  });
}

/** The address that all of them are to serve; the error names the file and what is missing in it. */
export function sharedAddress(members: readonly Named[]): Result<IpAddress, string> {
  let shared: IpAddress | undefined;
  const seen = new Map<IpAddress, string>();
  for (const { file, configuration } of members) {
    const b = loadBalancingOf(configuration);
    if (!b.participates)
      return err(
        `${file}: it takes no part in a cluster; "participate" under "vpn load-balancing" is missing`,
      );
    const [name] = namesOf(b);
    if (name !== undefined)
      return err(`${file}: "${name}" is a name, which is not looked up here; write its address`);
    const ends = endsOf(configuration, new Map());
    const address = ends?.clusterAddresses.find((a) => familyOf(a) === 4);
    if (!ends || address === undefined)
      return err(
        `${file}: the cluster has no IPv4 address, or interface "${b.privateInterface}" has none`,
      );
    for (const own of [ends.privateAddress, ...ends.publicAddresses]) {
      const other = seen.get(own);
      if (other !== undefined) return err(`${file}: ${own} is an address of ${other} too`);
      seen.set(own, file);
    }
    if (shared !== undefined && shared !== address)
      return err(
        `${file}: its cluster address is ${address}, that of ${members[0]?.file} ${shared}`,
      );
    shared = address;
  }
  return shared === undefined ? err('there is no member') : ok(shared);
}
