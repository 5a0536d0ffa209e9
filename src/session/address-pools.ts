import {
  addressBytes,
  addressFromBytes,
  familyOf,
  type IpAddress,
  ipv4ToNumber,
} from '#base/address';
import { LruMap } from '#base/lru-map';
import type { AddressPool } from './config.ts';

/** How full a pool is; `show ip local pool`. */
export type PoolUsage = {
  readonly name: string;
  readonly first: IpAddress;
  readonly last: IpAddress;
  readonly total: number;
  readonly inUse: number;
};

const toNumber = (address: IpAddress): bigint =>
  familyOf(address) === 4
    ? BigInt(ipv4ToNumber(address))
    : addressBytes(address).reduce((n, byte) => (n << 8n) | BigInt(byte), 0n);

function fromNumber(n: bigint, octets: number): IpAddress {
  const bytes = new Uint8Array(octets);
  let rest = n;
  for (let i = octets - 1; i >= 0; i -= 1) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return addressFromBytes(bytes);
}

/** The addresses of one range that nobody has, in the order in which they are to be given. */
class FreeAddresses {
  readonly pool: AddressPool;
  readonly #first: bigint;
  readonly #last: bigint;
  readonly #octets: number;
  /** The lowest address that was never given. */
  #next: bigint;
  /** Given and returned, the longest unused first. */
  readonly #returned = new Set<IpAddress>();
  inUse = 0;

  constructor(pool: AddressPool) {
    this.pool = pool;
    this.#octets = familyOf(pool.range.first) === 4 ? 4 : 16;
    this.#first = toNumber(pool.range.first);
    this.#last = toNumber(pool.range.last);
    this.#next = this.#first;
  }

  get size(): number {
    return Number(this.#last - this.#first + 1n);
  }

  contains(address: IpAddress): boolean {
    if ((familyOf(address) === 4 ? 4 : 16) !== this.#octets) return false;
    const n = toNumber(address);
    return n >= this.#first && n <= this.#last;
  }

  /**
   * An address that `isLeased` does not know, or undefined when the pool is empty. Each address that is
   * passed over is passed over once, so the cost does not depend on how many are in use.
   */
  take(isLeased: (address: IpAddress) => boolean): IpAddress | undefined {
    while (this.#next <= this.#last) {
      const address = fromNumber(this.#next, this.#octets);
      this.#next += 1n;
      if (!isLeased(address)) return address;
    }
    for (const address of this.#returned) {
      this.#returned.delete(address);
      if (!isLeased(address)) return address;
    }
    return undefined;
  }

  /** Takes note that an address of this range is free again. */
  putBack(address: IpAddress): void {
    if (toNumber(address) < this.#next) this.#returned.add(address);
  }

  /** Takes note that an address of this range was given by name. */
  withdraw(address: IpAddress): void {
    this.#returned.delete(address);
  }
}

/**
 * The address pools and who has which address. A new client gets an address that nobody had yet, then
 * the one unused for longest, so that an address changes hands as late as possible; a user who comes
 * back gets the last one again while it is free. Every operation costs the same in a pool of ten and
 * of a million addresses, with a walk over the pools that overlap.
 */
export class AddressPools {
  #pools = new Map<string, FreeAddresses>();
  readonly #leases = new Map<IpAddress, string>();
  readonly #lastOf: LruMap<string, IpAddress>;

  /** `remembered` bounds how many users' last addresses are known after they have gone. */
  constructor(remembered = 65_536) {
    this.#lastOf = new LruMap(remembered);
  }

  /** Puts a new set of pools in force; leases stay, also those that no pool contains any more. */
  configure(pools: Iterable<AddressPool>): void {
    const next = new Map<string, FreeAddresses>();
    for (const pool of pools) {
      const old = this.#pools.get(pool.name);
      const same =
        old?.pool.range.first === pool.range.first && old.pool.range.last === pool.range.last;
      next.set(pool.name, same ? old : new FreeAddresses(pool));
    }
    this.#pools = next;
    for (const free of next.values()) free.inUse = 0;
    for (const address of this.#leases.keys())
      for (const free of this.#containing(address)) free.inUse += 1;
  }

  /** Leases an address of the first pool in `names` that has one left to `user`. */
  lease(names: readonly string[], user: string): IpAddress | undefined {
    for (const name of names) {
      const free = this.#pools.get(name);
      if (!free) continue;
      const key = `${name} ${user}`;
      const last = this.#lastOf.get(key);
      const address =
        last !== undefined && !this.#leases.has(last) && free.contains(last)
          ? last
          : free.take((a) => this.#leases.has(a));
      if (address === undefined) continue;
      this.#lastOf.set(key, address);
      this.#put(address, user);
      return address;
    }
    return undefined;
  }

  /** Leases the address that is configured for `user`; false when someone else has it. */
  leaseFixed(address: IpAddress, user: string): boolean {
    if (this.#leases.has(address)) return false;
    this.#put(address, user);
    return true;
  }

  /** Ends a lease; an address that is not leased is left alone. */
  release(address: IpAddress): void {
    if (!this.#leases.delete(address)) return;
    for (const free of this.#containing(address)) {
      free.inUse -= 1;
      free.putBack(address);
    }
  }

  /** Who has an address. */
  userOf(address: IpAddress): string | undefined {
    return this.#leases.get(address);
  }

  usage(): PoolUsage[] {
    return [...this.#pools.values()].map((free) => ({
      name: free.pool.name,
      ...free.pool.range,
      total: free.size,
      inUse: free.inUse,
    }));
  }

  #put(address: IpAddress, user: string): void {
    this.#leases.set(address, user);
    for (const free of this.#containing(address)) {
      free.inUse += 1;
      free.withdraw(address);
    }
  }

  #containing(address: IpAddress): FreeAddresses[] {
    return [...this.#pools.values()].filter((free) => free.contains(address));
  }
}
