import type { CountersView, SessionSummaryView } from '#views/views';
import { clusterMetrics } from './cluster-metrics.ts';
import type { ManagementPort } from './management-port.ts';
import type { Metric, Sample } from './metric.ts';

const one = (value: number): Sample[] => [{ value, labels: {} }];

const summary = (key: keyof SessionSummaryView) => (port: ManagementPort) =>
  one(port.summary()[key]);

/** One value for each name. */
const each = (label: string, values: Readonly<Record<string, number>>): Sample[] =>
  Object.entries(values).map(([name, value]) => ({ value, labels: { [label]: name } }));

type NumberKey = {
  [K in keyof CountersView]: CountersView[K] extends number ? K : never;
}[keyof CountersView];

const counter = (key: NumberKey) => (port: ManagementPort) => one(port.counters()[key]);

/** Everything that `/metrics` tells of this program, apart from the process itself. */
export const metrics: readonly Metric[] = [
  {
    type: 'gauge',
    name: 'headend_sessions',
    help: 'Active sessions',
    labels: ['kind'],
    read: (port) => {
      const { activeRemoteAccess, activeLanToLan, activeManagement } = port.summary();
      return each('kind', {
        remote_access: activeRemoteAccess,
        lan_to_lan: activeLanToLan,
        management: activeManagement,
      });
    },
  },
  {
    type: 'gauge',
    name: 'headend_sessions_limit',
    help: 'Concurrent sessions limit',
    labels: [],
    read: summary('concurrentLimit'),
  },
  {
    type: 'gauge',
    name: 'headend_sessions_peak',
    help: 'Most sessions at one time since the start',
    labels: [],
    read: summary('peakConcurrent'),
  },
  {
    type: 'counter',
    name: 'headend_sessions_started_total',
    help: 'Sessions of every kind since the start',
    labels: [],
    read: summary('totalCumulative'),
  },
  {
    type: 'counter',
    name: 'headend_logins_total',
    help: 'VPN logins that succeeded',
    labels: [],
    read: counter('logins'),
  },
  {
    type: 'counter',
    name: 'headend_login_failures_total',
    help: 'VPN logins that failed',
    labels: ['reason'],
    read: (port) => each('reason', port.counters().loginFailures),
  },
  {
    type: 'counter',
    name: 'headend_traffic_octets_total',
    help: 'Octets of inner packets; tx is towards the clients',
    labels: ['direction'],
    read: (port) =>
      each('direction', { tx: port.counters().octetsTx, rx: port.counters().octetsRx }),
  },
  {
    type: 'counter',
    name: 'headend_traffic_packets_total',
    help: 'Inner packets; tx is towards the clients',
    labels: ['direction'],
    read: (port) =>
      each('direction', { tx: port.counters().packetsTx, rx: port.counters().packetsRx }),
  },
  {
    type: 'counter',
    name: 'headend_packets_dropped_total',
    help: 'Packets that the data plane refused',
    labels: ['reason'],
    read: (port) => each('reason', port.counters().packetsDropped),
  },
  {
    type: 'gauge',
    name: 'headend_half_open_sas',
    help: 'ISAKMP SAs whose negotiation is not finished',
    labels: [],
    read: counter('halfOpenSas'),
  },
  {
    type: 'gauge',
    name: 'headend_isakmp_sas',
    help: 'ISAKMP SAs',
    labels: [],
    read: counter('isakmpSas'),
  },
  {
    type: 'gauge',
    name: 'headend_ipsec_sas',
    help: 'Pairs of IPsec SAs',
    labels: [],
    read: counter('ipsecSas'),
  },
  {
    type: 'gauge',
    name: 'headend_load_percent',
    help: 'Load as the virtual cluster counts it',
    labels: [],
    read: (port) => one(port.system().loadPercent),
  },
  {
    type: 'gauge',
    name: 'headend_uptime_seconds',
    help: 'Time since the device started',
    labels: [],
    read: (port) => one(port.system().uptimeMs / 1000),
  },
  ...clusterMetrics,
];
