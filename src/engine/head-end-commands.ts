import { elapsedMs, type Instant } from '#base/instant';
import type { ExecDeclaration } from '#config/exec';
import { systemSlice } from '#config/system';
import {
  type ClusterNeeds,
  type ClusterRequest,
  clusterCommands,
} from '#features/cluster/exec-commands';
import { type ManagementNeeds, managementCommands } from '#features/management/show';
import { remoteAccessSlice } from '#features/remote-access/config';
import {
  type RemoteAccessNeeds,
  type RemoteAccessRequest,
  remoteAccessCommands,
} from '#features/remote-access/exec-commands';
import { ipsecSlice } from '#ipsec/config';
import type { SessionSummary } from '#session/session-table';
import type { SystemView } from '#views/views';
import { headEndCatalogue } from './catalogue.ts';
import type { HeadEnd } from './head-end.ts';

/** What the process around a head-end tells about itself. */
export type ProcessPorts = {
  readonly now: () => Instant;
  /** `memory`, `userspace`. */
  readonly dataPlane: string;
  readonly figures: () => Pick<
    SystemView,
    'cpuPercent' | 'processors' | 'memoryBytes' | 'memoryTotalBytes'
  >;
};

/** Load in percent as the cluster reports it: sessions of administrators are no load, and the limit is not theirs. */
export function loadPercentOf({ active, limit }: Pick<SessionSummary, 'active' | 'limit'>): number {
  return limit === 0 ? 100 : (100 * (active.remoteAccess + active.lanToLan)) / limit;
}

/** The device as a whole, as `show version`, the API and the console have it. */
export function systemView(device: HeadEnd, ports: ProcessPorts): SystemView {
  const { configuration, sessions, startedAt, version } = device;
  const asOf = ports.now();
  return {
    hostname: systemSlice.of(configuration).hostname,
    version,
    asOf,
    uptimeMs: elapsedMs(startedAt, asOf),
    dataPlane: ports.dataPlane,
    loadPercent: loadPercentOf(sessions.summary()),
    legacyPermitted: [...ipsecSlice.of(configuration).legacyPermitted],
    groups: [...remoteAccessSlice.of(configuration).tunnelGroups.keys()],
    ...ports.figures(),
  };
}

/** What the commands of a head-end read. */
export type HeadEndNeeds = ManagementNeeds & RemoteAccessNeeds & ClusterNeeds;
/** What they request of the device. */
export type HeadEndRequest = RemoteAccessRequest | ClusterRequest;

export const headEndNeeds = (device: HeadEnd, ports: ProcessPorts): HeadEndNeeds => ({
  now: ports.now,
  log: device.log,
  catalogue: headEndCatalogue,
  system: () => systemView(device, ports),
  sessions: device.sessions,
  keying: device.keying,
  remoteAccess: {
    idleMs: (session, now) => device.remoteAccess.idleMs(session, now),
    traffic: (session) => device.traffic(session),
  },
  cluster: device.cluster,
  pools: device.pools,
  counters: device.counters,
  configuration: () => device.configuration,
});

/** Every exec command of a head-end. */
export const headEndCommands: readonly ExecDeclaration<HeadEndNeeds, HeadEndRequest>[] = [
  ...managementCommands,
  ...remoteAccessCommands,
  ...clusterCommands,
];
