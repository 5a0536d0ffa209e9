import type { IpAddress } from '#base/address';
import { maskOf } from '#base/prefix';
import { exec, view } from '#config/exec';
import { optional } from '#config/path';
import { textTable } from '#config/text-table';
import { word } from '#config/tokens';
import { poolNames, sessionSlice } from '#session/config';
import type { RemoteAccessNeeds } from './needs.ts';

/** One line of `show ip local pool`. */
export type PoolView = {
  readonly name: string;
  readonly first: IpAddress;
  readonly last: IpAddress;
  /** Absent where clients are told that of the address class. */
  readonly mask?: string | undefined;
  readonly free: number;
  readonly inUse: number;
};

function poolViews(n: RemoteAccessNeeds, name: string | undefined): readonly PoolView[] {
  const { pools } = sessionSlice.of(n.configuration());
  return n.pools
    .usage()
    .filter((pool) => name === undefined || pool.name === name)
    .map(({ total, ...pool }) => {
      const length = pools.get(pool.name)?.maskLength;
      const mask = length === undefined ? undefined : maskOf(length);
      return { ...pool, mask, free: total - pool.inUse };
    });
}

const poolsText = (pools: readonly PoolView[]): string =>
  textTable(
    [
      { title: 'Pool', cell: (p) => p.name },
      { title: 'Begin', cell: (p) => p.first },
      { title: 'End', cell: (p) => p.last },
      { title: 'Mask', cell: (p) => p.mask ?? '-' },
      { title: 'Free', cell: (p) => `${p.free}`, right: true },
      { title: 'In use', cell: (p) => `${p.inUse}`, right: true },
    ],
    pools,
  ).join('\n');

const showPools = exec<RemoteAccessNeeds>()({
  path: ['show ip local pool', optional(word('name', 'Name of the pool', 64, poolNames))],
  words: {
    show: 'Show something',
    ip: 'Internet protocol',
    local: 'Addresses that this device gives',
    pool: 'Pools of addresses for clients',
  },
  help: 'Shows how many addresses of the pools clients have, and how many are left.',
  run(n, { name }) {
    const pools = poolViews(n, name);
    if (name !== undefined && pools.length === 0)
      return { kind: 'error', text: `% There is no pool "${name}"` };
    if (pools.length === 0) return { kind: 'text', text: 'No pool is configured' };
    return { kind: 'view', view: view('ip local pool', pools, poolsText) };
  },
});

/** The commands about address pools. */
export const poolCommands = [showPools] as const;
