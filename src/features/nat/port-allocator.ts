/**
 * Global ports of one address and protocol. A local port is translated inside its own class, so that a
 * peer that expects a low source port sees one; gaps.md G-42, and the seed's `show xlate` (NAT-33), where
 * local 500 became 4 and local 4500 became 1025 and 1026.
 */
export type PortPool = {
  readonly low: number;
  readonly high: number;
  /** The port given out first; the rest follow in sequence and wrap round. */
  readonly first: number;
};

export const portPools: readonly PortPool[] = [
  { low: 1, high: 511, first: 1 },
  { low: 512, high: 1023, first: 512 },
  { low: 1024, high: 65535, first: 1025 },
];

/** The number of the pool that a local port belongs to. */
export function poolOf(localPort: number): number {
  if (localPort < 512) return 0;
  return localPort < 1024 ? 1 : 2;
}

/** Gives out the ports of the pools, each at most once at a time. */
export class PortAllocator {
  readonly #used = new Uint32Array(2048);
  readonly #cursors = portPools.map((pool) => pool.first);
  readonly #free = portPools.map((pool) => pool.high - pool.low + 1);

  /** The next free port of the class of `localPort`; undefined when the class has none left. */
  allocate(localPort: number): number | undefined {
    const index = poolOf(localPort);
    const pool = portPools[index] as PortPool;
    if (this.#free[index] === 0) return undefined;
    let port = this.#cursors[index] as number;
    while (this.#isUsed(port)) {
      // A full word is stepped over at once, so that a crowded pool stays cheap to search.
      const wordIsFull = this.#used[port >>> 5] === 0xffffffff;
      port = wordIsFull ? (port | 31) + 1 : port + 1;
      if (port > pool.high) port = pool.low;
    }
    this.#used[port >>> 5] = (this.#used[port >>> 5] as number) | (1 << (port & 31));
    this.#free[index] = (this.#free[index] as number) - 1;
    this.#cursors[index] = port === pool.high ? pool.low : port + 1;
    return port;
  }

  /** Takes a port back. */
  release(port: number): void {
    if (!this.#isUsed(port)) return;
    this.#used[port >>> 5] = (this.#used[port >>> 5] as number) & ~(1 << (port & 31));
    const index = poolOf(port);
    this.#free[index] = (this.#free[index] as number) + 1;
  }

  #isUsed(port: number): boolean {
    return (((this.#used[port >>> 5] as number) >>> (port & 31)) & 1) === 1;
  }
}
