import type { ClusterMemberView, ClusterView } from '#views/cluster-views';
import type { ManagementPort } from './management-port.ts';
import type { Metric, Sample } from './metric.ts';

const membersOf = ({ participates, self, peers }: ClusterView): ClusterMemberView[] =>
  participates ? [self, ...peers] : [];

const isThere = ({ condition }: ClusterMemberView): boolean =>
  condition === 'alive' || condition === 'suspect';

/** One value for each member for which there is one. */
const perMember =
  (read: (member: ClusterMemberView) => number | undefined) =>
  (port: ManagementPort): Sample[] =>
    membersOf(port.cluster.view()).flatMap((member) => {
      const value = read(member);
      return value === undefined ? [] : [{ value, labels: { member: member.privateAddress } }];
    });

/** The cluster as this device sees it; nothing while it takes part in none. A member is its private address. */
export const clusterMetrics: readonly Metric[] = [
  {
    type: 'gauge',
    name: 'headend_cluster_members',
    help: 'Members of the cluster that answer, this one among them; 0 outside a cluster',
    labels: [],
    read: (port) => [{ value: membersOf(port.cluster.view()).filter(isThere).length, labels: {} }],
  },
  {
    type: 'gauge',
    name: 'headend_cluster_member_up',
    help: 'Whether a member answers; 0 for one that is suspected or gone',
    labels: ['member'],
    read: perMember(({ condition }) => (condition === 'alive' ? 1 : 0)),
  },
  {
    type: 'gauge',
    name: 'headend_cluster_member_role',
    help: '1 for the role that a member has',
    labels: ['member', 'role'],
    read: (port) =>
      membersOf(port.cluster.view()).map(({ privateAddress, role }) => ({
        value: 1,
        labels: { member: privateAddress, role },
      })),
  },
  {
    type: 'gauge',
    name: 'headend_cluster_member_load_percent',
    help: 'Load of a member; of others it is known to the master only',
    labels: ['member'],
    read: perMember(({ load }) => load?.percent),
  },
  {
    type: 'gauge',
    name: 'headend_cluster_member_sessions',
    help: 'Sessions that a member counts as load; of others they are known to the master only',
    labels: ['member'],
    read: perMember(({ load }) => load?.sessions),
  },
  {
    type: 'gauge',
    name: 'headend_cluster_member_draining',
    help: 'Whether a member takes no new clients; of others it is known to the master only',
    labels: ['member'],
    read: perMember(({ load, draining }) => (load ? Number(draining) : undefined)),
  },
  {
    type: 'gauge',
    name: 'headend_cluster_member_silence_seconds',
    help: 'Time since the last word of another member; of other backups a backup hears by its master only, and has none',
    labels: ['member'],
    read: perMember(({ heard }) => (heard?.by === 'self' ? heard.agoMs / 1000 : undefined)),
  },
  {
    type: 'counter',
    name: 'headend_cluster_redirects_total',
    help: 'Clients that this device sent to a member as the master, by the rule that decided',
    labels: ['member', 'reason'],
    read: (port) =>
      port.cluster.counters().redirects.map(({ member, rule, count }) => ({
        value: count,
        labels: { member, reason: rule },
      })),
  },
  {
    type: 'counter',
    name: 'headend_cluster_refusals_total',
    help: 'Clients at the cluster address that this device turned away',
    labels: ['reason'],
    read: (port) =>
      Object.entries(port.cluster.counters().refusals).map(([reason, value]) => ({
        value,
        labels: { reason },
      })),
  },
  {
    type: 'counter',
    name: 'headend_cluster_takeovers_total',
    help: 'How often this device became master',
    labels: [],
    read: (port) => [{ value: port.cluster.counters().takeovers, labels: {} }],
  },
];
