import type { Instant } from '#base/instant';
import { elapsedMs } from '#base/instant';
import type { Traffic } from '#session/accounting';
import type { Session } from '#session/session';
import type { SessionSummary } from '#session/session-table';
import type { SessionSummaryView, SessionView } from '#views/views';

/** What the packet path tells about a session. */
export type SessionActivity = {
  readonly traffic: Traffic;
  /** How long at least nothing has passed; undefined for a session without a tunnel of ours. */
  readonly idleMs: number | undefined;
};

/** A session as every `show`, the API and the console have it; LB-65 to LB-67, NAT-37. */
export const sessionView = (
  session: Session,
  activity: SessionActivity,
  now: Instant,
): SessionView => ({
  index: session.index,
  kind: session.kind,
  state: session.state,
  username: session.username,
  group: session.group,
  groupPolicy: session.groupPolicy,
  assignedAddress: session.assigned[0],
  publicAddress: session.peer.address,
  publicPort: session.peer.port,
  localPort: session.local?.port,
  protocol: session.protocol,
  encryption: session.encryption,
  hash: session.hash,
  loginAt: session.loginAt,
  durationMs: elapsedMs(session.loginAt, now),
  idleMs: activity.idleMs,
  clientType: session.clientType,
  clientVersion: session.clientVersion,
  ...activity.traffic,
  legacy: session.legacy,
});

/** The columns of the Session Summary; LB-62. */
export const sessionSummaryView = (summary: SessionSummary): SessionSummaryView => ({
  activeLanToLan: summary.active.lanToLan,
  activeRemoteAccess: summary.active.remoteAccess,
  activeManagement: summary.active.management,
  totalActive: summary.totalActive,
  peakConcurrent: summary.peak,
  concurrentLimit: summary.limit,
  totalCumulative: summary.cumulative,
});
