import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { CountersView, SessionSummaryView } from '#views/views';
import type { ManagementPort } from './management-port.ts';

type Reader = (port: ManagementPort) => number | Readonly<Record<string, number>>;

/** One row of the table of metrics; a reader that answers a record gives one value per `label`. */
type Metric = {
  readonly type: 'gauge' | 'counter';
  readonly name: string;
  readonly help: string;
  readonly label?: 'kind' | 'reason' | 'direction';
  readonly read: Reader;
};

const summary =
  (key: keyof SessionSummaryView): Reader =>
  (port) =>
    port.summary()[key];
const counter =
  (key: keyof CountersView): Reader =>
  (port) =>
    port.counters()[key];

const metrics: readonly Metric[] = [
  {
    type: 'gauge',
    name: 'headend_sessions',
    help: 'Active sessions',
    label: 'kind',
    read: (port) => {
      const { activeRemoteAccess, activeLanToLan, activeManagement } = port.summary();
      return {
        remote_access: activeRemoteAccess,
        lan_to_lan: activeLanToLan,
        management: activeManagement,
      };
    },
  },
  {
    type: 'gauge',
    name: 'headend_sessions_limit',
    help: 'Concurrent sessions limit',
    read: summary('concurrentLimit'),
  },
  {
    type: 'gauge',
    name: 'headend_sessions_peak',
    help: 'Most sessions at one time since the start',
    read: summary('peakConcurrent'),
  },
  {
    type: 'counter',
    name: 'headend_sessions_started_total',
    help: 'Sessions of every kind since the start',
    read: summary('totalCumulative'),
  },
  {
    type: 'counter',
    name: 'headend_logins_total',
    help: 'VPN logins that succeeded',
    read: counter('logins'),
  },
  {
    type: 'counter',
    name: 'headend_login_failures_total',
    help: 'VPN logins that failed',
    label: 'reason',
    read: counter('loginFailures'),
  },
  {
    type: 'counter',
    name: 'headend_traffic_octets_total',
    help: 'Octets of inner packets; tx is towards the clients',
    label: 'direction',
    read: (port) => ({ tx: port.counters().octetsTx, rx: port.counters().octetsRx }),
  },
  {
    type: 'counter',
    name: 'headend_traffic_packets_total',
    help: 'Inner packets; tx is towards the clients',
    label: 'direction',
    read: (port) => ({ tx: port.counters().packetsTx, rx: port.counters().packetsRx }),
  },
  {
    type: 'counter',
    name: 'headend_packets_dropped_total',
    help: 'Packets that the data plane refused',
    label: 'reason',
    read: counter('packetsDropped'),
  },
  {
    type: 'gauge',
    name: 'headend_half_open_sas',
    help: 'ISAKMP SAs whose negotiation is not finished',
    read: counter('halfOpenSas'),
  },
  {
    type: 'gauge',
    name: 'headend_isakmp_sas',
    help: 'ISAKMP SAs',
    read: counter('isakmpSas'),
  },
  {
    type: 'gauge',
    name: 'headend_ipsec_sas',
    help: 'Pairs of IPsec SAs',
    read: counter('ipsecSas'),
  },
  {
    type: 'gauge',
    name: 'headend_load_percent',
    help: 'Load as the virtual cluster counts it',
    read: (port) => port.system().loadPercent,
  },
  {
    type: 'gauge',
    name: 'headend_uptime_seconds',
    help: 'Time since the device started',
    read: (port) => port.system().uptimeMs / 1000,
  },
];

/** The registry behind `/metrics`; every value is read from the device when it is asked for. */
export function createMetrics(port: ManagementPort): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const { type, name, help, label, read } of metrics) {
    const options = {
      name,
      help,
      registers: [registry],
      labelNames: label ? [label] : [],
    };
    const values = (): [number, string | undefined][] => {
      const value = read(port);
      if (typeof value === 'number') return [[value, undefined]];
      return Object.entries(value).map(([name, count]) => [count, name]);
    };
    if (type === 'gauge') {
      new Gauge({
        ...options,
        collect() {
          this.reset();
          for (const [value, name] of values())
            this.set(label && name !== undefined ? { [label]: name } : {}, value);
        },
      });
    } else {
      new Counter({
        ...options,
        collect() {
          this.reset();
          for (const [value, name] of values())
            this.inc(label && name !== undefined ? { [label]: name } : {}, value);
        },
      });
    }
  }
  return registry;
}
