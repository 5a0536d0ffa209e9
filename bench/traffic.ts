/** What goes through tunnels: iperf3 from clients to the inside host, and ping. */
import { readFileSync } from 'node:fs';
import type { Bed } from '../labs/runner/bed.ts';
import { LabError } from '../labs/runner/lab-error.ts';
import { type TunnelClient, tunnel } from './tunnels/tunnel.ts';

const graceMs = 20_000;
const startTimeoutMs = 10_000;
const firstPort = 5201;
/** Of the sockets of iperf3: what counts is the tunnel, not how long its receiver is asleep. */
export const socketBuffer = '2M';

/** The part of iperf3's JSON that is read here. */
type IperfReport = {
  readonly intervals?: readonly { readonly sum: { readonly bits_per_second: number } }[];
  readonly end?: {
    readonly sum_received?: { readonly bytes: number; readonly bits_per_second: number };
    readonly sum?: {
      readonly packets: number;
      readonly lost_packets: number;
      readonly seconds: number;
    };
  };
};

const serverName = ({ number }: TunnelClient): string => `iperf-server-${number}`;

/** The names of the servers of these clients, which `startServers` starts. */
export const serverNames = (clients: readonly TunnelClient[]): readonly string[] =>
  clients.map(serverName);

/** How TCP finds its rate on this machine, for the report. */
export const congestionControl = (): string =>
  readFileSync('/proc/sys/net/ipv4/tcp_congestion_control', 'utf8').trim();

/** A server of iperf3 for each client: it serves one at a time. */
export async function startServers(bed: Bed, clients: readonly TunnelClient[]): Promise<void> {
  for (const client of clients) {
    const port = firstPort + client.number;
    bed.start('srv', serverName(client), `exec iperf3 --server --port ${port} --forceflush`);
  }
  for (const name of serverNames(clients))
    await bed.processes.hear(name, 'Server listening', startTimeoutMs);
}

async function iperf(
  bed: Bed,
  { node, number }: TunnelClient,
  seconds: number,
  options = '',
): Promise<IperfReport> {
  const command = `iperf3 --json --client ${tunnel.insideHost} --port ${firstPort + number}`;
  const timeoutMs = seconds * 1000 + graceMs;
  const output = await bed.run(node, `${command} --time ${seconds} ${options}`, timeoutMs);
  const report = JSON.parse(output) as IperfReport;
  if (report.end === undefined) throw new LabError(`iperf3 did not finish: ${output}`);
  return report;
}

/** One TCP connection, as the receiver counts it. */
export async function tcp(bed: Bed, client: TunnelClient, seconds: number) {
  const received = (await iperf(bed, client, seconds)).end?.sum_received;
  if (received === undefined) throw new LabError('iperf3 received nothing');
  return { octets: received.bytes, mbitPerS: received.bits_per_second / 1e6 };
}

/**
 * One TCP connection of each client at once. The rate is that of the seconds in which all of them
 * run: without the first and the last, since they are not started in the same instant.
 */
export async function tcpTogether(bed: Bed, clients: readonly TunnelClient[], seconds: number) {
  const shared = new Set(clients.map(({ node }) => node)).size < clients.length;
  const reports = await Promise.all(
    clients.map((client) => iperf(bed, client, seconds, shared ? `--bind ${client.inside}` : '')),
  );
  const rates = reports.map(({ intervals = [] }) => {
    const inner = intervals.slice(1, -1).map(({ sum }) => sum.bits_per_second);
    if (inner.length === 0) throw new LabError('iperf3 ran for too short a time');
    return inner.reduce((total, rate) => total + rate, 0) / inner.length / 1e6;
  });
  return {
    octets: reports.reduce((total, { end }) => total + (end?.sum_received?.bytes ?? 0), 0),
    mbitPerS: rates.reduce((total, rate) => total + rate, 0),
    /** Of the slowest client. */
    leastMbitPerS: Math.min(...rates),
  };
}

/** Offers datagrams at a rate (0 for as many as possible); what arrived, and what part was lost. */
export async function offer(
  bed: Bed,
  client: TunnelClient,
  { octets, packetsPerS, seconds }: { octets: number; packetsPerS: number; seconds: number },
) {
  const rate = Math.round(packetsPerS * octets * 8);
  const options = `--udp --window ${socketBuffer} --length ${octets} --bitrate ${rate}`;
  const sum = (await iperf(bed, client, seconds, options)).end?.sum;
  if (sum === undefined) throw new LabError('iperf3 said nothing of datagrams');
  const arrived = sum.packets - sum.lost_packets;
  return {
    arrived,
    packetsPerS: arrived / sum.seconds,
    lostPercent: (100 * sum.lost_packets) / sum.packets,
  };
}

/** Pings at an interval; the median round trip in ms. */
export async function ping(bed: Bed, { node }: TunnelClient, count: number, intervalS: number) {
  const command = `ping -i ${intervalS} -c ${count} ${tunnel.insideHost}`;
  const output = await bed.run(node, command, graceMs);
  const times = [...output.matchAll(/time=([\d.]+) ms/g)].map((match) => Number(match[1]));
  const median = times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
  if (median === undefined) throw new LabError('no ping was answered');
  return median;
}
