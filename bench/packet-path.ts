/**
 * The packet path alone, AES-128-GCM in UDP, the same program at both ends: TCP, UDP of two sizes, ping.
 * Usage: packet-path.ts [--subjects headend,charon] [--turns 5] [--seconds 6] [--out FILE]
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bed } from '../labs/runner/bed.ts';
import { LabError } from '../labs/runner/lab-error.ts';
import {
  describeMachine,
  type Metric,
  resultsFolder,
  type Sample,
  saveMeasurement,
} from './measurement.ts';
import { clientProcess, newBed, subjectProcess } from './scenario.ts';
import type { Subject } from './subjects/subject.ts';
import { charon } from './tunnels/charon.ts';
import { headend } from './tunnels/headend.ts';
import { tunnel } from './tunnels/tunnel.ts';
import { reportedNames, requirePrograms, takeTurns } from './turns.ts';

const subjects: readonly Subject[] = [headend, charon];
const warmUpSeconds = 2;
const graceMs = 20_000;
const startTimeoutMs = 10_000;

/** Octets of UDP payload; 1340 and its headers come to the 1368 that fit every tunnel here. */
const datagrams = [
  { name: 'large', title: 'of 1340 octets', octets: 1340 },
  { name: 'small', title: 'of 64 octets', octets: 64 },
] as const;
/** Of the sockets of iperf3: what counts is the tunnel, not how long its receiver is asleep. */
const socketBuffer = '2M';
const floodSeconds = 3;
const probeSeconds = 2;
const probes = 4;
const mostLostPercent = 0.5;

const pings = { warmUp: 300, count: 1000, intervalS: 0.002 } as const;

const metrics: readonly Metric[] = [
  { key: 'tcpMbitPerS', title: 'TCP goodput', unit: 'Mbit/s', fractionDigits: 0 },
  { key: 'receiveCpuSPerGb', title: 'CPU time, receiving end', unit: 's/GB', fractionDigits: 2 },
  { key: 'sendCpuSPerGb', title: 'CPU time, sending end', unit: 's/GB', fractionDigits: 2 },
  ...datagrams.flatMap(({ name, title }) => [
    { key: `${name}Flood`, title: `UDP ${title}, flood`, unit: 'packets/s', fractionDigits: 0 },
    {
      key: `${name}Sustained`,
      title: `UDP ${title}, at most ${mostLostPercent} % lost`,
      unit: 'packets/s',
      fractionDigits: 0,
    },
  ]),
  { key: 'roundTripMs', title: 'Round trip, warm, median', unit: 'ms', fractionDigits: 3 },
];

/** The part of iperf3's JSON that is read here. */
type IperfReport = {
  readonly end?: {
    readonly sum_received?: { readonly bytes: number; readonly bits_per_second: number };
    readonly sum?: {
      readonly packets: number;
      readonly lost_packets: number;
      readonly seconds: number;
    };
  };
};

async function iperf(bed: Bed, seconds: number, options = '') {
  const command = `iperf3 --json --client ${tunnel.insideHost} --time ${seconds} ${options}`;
  const output = await bed.run('client', command, seconds * 1000 + graceMs);
  const { end } = JSON.parse(output) as IperfReport;
  if (end === undefined) throw new LabError(`iperf3 did not finish: ${output}`);
  return end;
}

async function tcp(bed: Bed, seconds: number): Promise<Sample['values']> {
  await iperf(bed, warmUpSeconds);
  const cpuMs = () => [subjectProcess, clientProcess].map((name) => bed.processes.cpuMs(name));
  const before = cpuMs();
  const { sum_received: received } = await iperf(bed, seconds);
  const after = cpuMs();
  if (received === undefined) throw new LabError('iperf3 received nothing');
  const [receiveCpuSPerGb = 0, sendCpuSPerGb = 0] = after.map(
    (ms, i) => (ms - (before[i] ?? 0)) / 1e3 / (received.bytes / 1e9),
  );
  return { tcpMbitPerS: received.bits_per_second / 1e6, receiveCpuSPerGb, sendCpuSPerGb };
}

/** Offers datagrams at a rate (0 for as many as possible); what arrived, and what part was lost. */
async function offer(bed: Bed, octets: number, packetsPerS: number, seconds: number) {
  const rate = Math.round(packetsPerS * octets * 8);
  const options = `--udp --window ${socketBuffer} --length ${octets} --bitrate ${rate}`;
  const { sum } = await iperf(bed, seconds, options);
  if (sum === undefined) throw new LabError('iperf3 said nothing of datagrams');
  const arrived = sum.packets - sum.lost_packets;
  return {
    packetsPerS: arrived / sum.seconds,
    lostPercent: (100 * sum.lost_packets) / sum.packets,
  };
}

/** The flood, and by halving the interval the highest rate that loses next to nothing. */
async function udp(bed: Bed, octets: number) {
  const flood = await offer(bed, octets, 0, floodSeconds);
  let sustained = 0;
  let [low, high] = [0, 2 * flood.packetsPerS];
  for (let i = 0; i < probes; i += 1) {
    const rate = (low + high) / 2;
    const { packetsPerS, lostPercent } = await offer(bed, octets, rate, probeSeconds);
    if (lostPercent <= mostLostPercent) {
      sustained = Math.max(sustained, packetsPerS);
      low = rate;
    } else high = rate;
  }
  return { flood: flood.packetsPerS, sustained };
}

async function roundTripMs(bed: Bed): Promise<number> {
  const ping = (count: number) =>
    bed.run('client', `ping -i ${pings.intervalS} -c ${count} ${tunnel.insideHost}`, graceMs);
  await ping(pings.warmUp);
  const times = [...(await ping(pings.count)).matchAll(/time=([\d.]+) ms/g)].map((m) =>
    Number(m[1]),
  );
  const median = times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
  if (median === undefined) throw new LabError('no ping was answered');
  return median;
}

async function measure(subject: Subject, seconds: number): Promise<Sample['values']> {
  const bed = newBed('packet-path');
  let finished = false;
  try {
    await subject.start(bed, 1);
    bed.start('srv', 'iperf-server', 'exec iperf3 --server --forceflush');
    await bed.processes.hear('iperf-server', 'Server listening', startTimeoutMs);
    const values: Record<string, number> = { ...(await tcp(bed, seconds)) };
    for (const { name, octets } of datagrams) {
      const { flood, sustained } = await udp(bed, octets);
      values[`${name}Flood`] = flood;
      values[`${name}Sustained`] = sustained;
    }
    values.roundTripMs = await roundTripMs(bed);
    bed.refuseFailures();
    finished = true;
    return values;
  } finally {
    await bed.close(!finished);
    if (!finished) console.error(`logs: ${bed.workFolder}`);
  }
}

async function main(): Promise<void> {
  const { values: options } = parseArgs({
    options: {
      subjects: { type: 'string', default: 'headend,charon' },
      turns: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '6' },
      out: { type: 'string' },
    },
  });
  const chosen = options.subjects.split(',').map((name) => {
    const found = subjects.find((subject) => subject.name === name);
    if (found === undefined) throw new LabError(`"${name}" is not one of headend, charon`);
    return found;
  });
  requirePrograms(['ip', 'iperf3', ...chosen.flatMap(({ needs }) => needs)]);
  const seconds = Number(options.seconds);
  const samples = await takeTurns(chosen, Number(options.turns), (subject) =>
    measure(subject, seconds),
  );
  const names = reportedNames(chosen);
  saveMeasurement(options.out ?? join(resultsFolder, 'packet-path.json'), {
    title: 'The packet path: AES-128-GCM in UDP, the same program at both ends',
    about:
      'One tunnel from the client through the head-end to an inside host, AES-128-GCM in UDP. Both ends of ' +
      'the tunnel and both ends of iperf3 share the processors of one machine. UDP is counted where it ' +
      `arrives; the second figure is the highest of ${probes} offered rates, found by halving, at which no ` +
      `more than ${mostLostPercent} % was lost.`,
    takenAt: new Date().toISOString(),
    machine: describeMachine(),
    subjects: chosen.map((subject, i) => ({ name: names[i] ?? '', version: subject.version() })),
    parameters: {
      turns: options.turns,
      'seconds of TCP': seconds,
      'MTU of the tunnel': tunnel.mtu,
      'socket buffers of UDP': socketBuffer,
    },
    metrics,
    samples,
  });
}

await main();
