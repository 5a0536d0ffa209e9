import { ok } from '#base/result';
import type { OwnSessions } from './answers.ts';

/** Of a device whose sessions nobody lists: one that is simulated for its place in the cluster alone. */
export const noPages: OwnSessions = {
  page: (_, now) => ok({ items: [], total: 0, asOf: now }),
  summary: () => ({
    ...{ activeLanToLan: 0, activeRemoteAccess: 0, activeManagement: 0, totalActive: 0 },
    ...{ peakConcurrent: 0, concurrentLimit: 0, totalCumulative: 0 },
  }),
  size: () => 0,
};
