import type { LoadReport } from '#protocol/vcl/state';
import type { AddressPools } from '#session/address-pools';
import type { SessionTable } from '#session/session-table';
import { loadAlgorithms, loadProtocols } from '#wire/vcl/numbers';
import type { Personality } from './config.ts';
import { percentOf, rulesOf, totalOf } from './load.ts';

/**
 * What this member reports of itself: sessions of clients and of LAN-to-LAN tunnels, without those
 * that sleep (GEN-51) and without those of administrators.
 */
export function ownLoad(
  sessions: SessionTable,
  pools: AddressPools,
  personality: Personality,
  draining: boolean,
): LoadReport {
  const { active, inactive, limit } = sessions.summary();
  const counted = active.remoteAccess + active.lanToLan;
  const loads = [{ protocol: loadProtocols.ipsec, active: counted, inactive, max: limit }];
  const usage = pools.usage();
  const total = totalOf(loads);
  return {
    loads,
    percent: percentOf(total.active, total.max, rulesOf(personality).rounding),
    algorithm: loadAlgorithms[personality],
    draining,
    poolEmpty: usage.length > 0 && usage.every((pool) => pool.inUse >= pool.total),
    full: total.active >= total.max,
  };
}

/** Whether two reports say the same. */
export function sameReport(a: LoadReport, b: LoadReport | undefined): boolean {
  if (b === undefined || a.loads.length !== b.loads.length) return false;
  const same = (field: keyof LoadReport) => field === 'loads' || a[field] === b[field];
  return (
    a.loads.every((load, i) => {
      const other = b.loads[i];
      return (
        load.active === other?.active && load.inactive === other.inactive && load.max === other.max
      );
    }) && (Object.keys(a) as (keyof LoadReport)[]).every(same)
  );
}
