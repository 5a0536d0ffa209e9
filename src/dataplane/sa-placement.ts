import type { TrafficSelectors } from './data-plane.ts';
import type { TableChange } from './sa-directory.ts';

/** Workers that a data plane may have; ours. */
export const MOST_WORKERS = 8;

/**
 * The part of an SPI that says which worker its SA belongs to. Whoever draws SPIs spreads it evenly over
 * peers, and gives all SAs of one peer the same, so that its packets keep their order when keys change.
 */
export const PLACING_BITS = 0xff;

/** Which of `workers` owns the SA of an SPI of ours. Filters in the kernel compute the same. */
export const workerOf = (spi: number, workers: number): number => (spi & PLACING_BITS) % workers;

/** `spi` with the part of `other` that places it. */
export const placedLike = (spi: number, other: number): number =>
  ((spi & ~PLACING_BITS) | (other & PLACING_BITS)) >>> 0;

/** An outbound SA of another worker: enough to know whose a packet is. */
export type RouteChange = {
  readonly kind: 'route';
  readonly slot: number;
  readonly worker: number;
  readonly selectors: TrafficSelectors;
};

/**
 * What a worker has to know of a transaction: its own SAs, and where packets of the outbound SAs of
 * others have to go. Keys come to their owner only.
 */
export function partOf(
  worker: number,
  changes: readonly TableChange[],
): readonly (TableChange | RouteChange)[] {
  return changes.flatMap((change): (TableChange | RouteChange)[] => {
    if (change.kind !== 'install' || change.worker === worker) return [change];
    const { slot, sa } = change;
    if (sa.direction === 'inbound') return [];
    return [{ kind: 'route', slot, worker: change.worker, selectors: sa.selectors }];
  });
}
