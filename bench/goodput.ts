/**
 * TCP through one tunnel, up and down: iperf3 between a client and an inside host.
 * Usage: goodput.ts [--subjects headend,charon] [--client vpnc] [--turns 5] [--seconds 8] [--out FILE]
 */
import { join } from 'node:path';
import type { Bed } from '../labs/runner/bed.ts';
import { LabError } from '../labs/runner/lab-error.ts';
import { charon } from './clients/charon.ts';
import type { Client } from './clients/client.ts';
import { vpnc } from './clients/vpnc.ts';
import {
  describeMachine,
  type Metric,
  resultsFolder,
  type Sample,
  saveMeasurement,
} from './measurement.ts';
import { type Given, runBench } from './program.ts';
import { clientProcess, newBed, scenario, subjectProcess } from './scenario.ts';
import type { Subject } from './subjects/subject.ts';
import { congestionControl } from './traffic.ts';
import { chooseSubjects, reportedNames, requirePrograms, takeTurns } from './turns.ts';

const clients: readonly Client[] = [vpnc, charon];
const warmUpSeconds = 2;
const iperfGraceMs = 20_000;
const startTimeoutMs = 10_000;

/** Up is from the client to the inside host, as a user would say. */
const directions = [
  { name: 'up', option: '' },
  { name: 'down', option: '--reverse' },
] as const;

const metrics: readonly Metric[] = directions.flatMap(({ name }) => [
  { key: `${name}MbitPerS`, title: `TCP ${name}`, unit: 'Mbit/s', fractionDigits: 0 },
  {
    key: `${name}SubjectCpuSPerGb`,
    title: `CPU time of the head-end, ${name}`,
    unit: 's/GB',
    fractionDigits: 1,
  },
  {
    key: `${name}ClientCpuSPerGb`,
    title: `CPU time of the client, ${name}`,
    unit: 's/GB',
    fractionDigits: 1,
  },
]);

/** The part of iperf3's JSON that is read here. */
type IperfReport = {
  readonly end?: {
    readonly sum_received?: { readonly bytes: number; readonly bits_per_second: number };
  };
};

async function iperf(bed: Bed, seconds: number, option: string) {
  const command = `iperf3 --json --client ${scenario.insideHost} --time ${seconds} ${option}`;
  const output = await bed.run('client', command, seconds * 1000 + iperfGraceMs);
  const received = (JSON.parse(output) as IperfReport).end?.sum_received;
  if (received === undefined) throw new LabError(`iperf3 did not finish: ${output}`);
  return { octets: received.bytes, bitsPerSecond: received.bits_per_second };
}

/** User and system time of the two ends of the tunnel. */
const cpuMs = (bed: Bed) => ({
  subject: bed.processes.cpuMs(subjectProcess),
  client: bed.processes.cpuMs(clientProcess),
});

async function measure(
  subject: Subject,
  client: Client,
  seconds: number,
): Promise<Sample['values']> {
  const bed = newBed('goodput');
  let finished = false;
  try {
    await subject.start(bed, 1);
    await client.connect(bed);
    bed.start('srv', 'iperf-server', 'exec iperf3 --server --forceflush');
    await bed.processes.hear('iperf-server', 'Server listening', startTimeoutMs);
    const values: Record<string, number> = {};
    for (const { name, option } of directions) {
      await iperf(bed, warmUpSeconds, option);
      const before = cpuMs(bed);
      const { octets, bitsPerSecond } = await iperf(bed, seconds, option);
      const after = cpuMs(bed);
      bed.refuseFailures();
      const secondsPerGb = (ms: number): number => ms / 1e3 / (octets / 1e9);
      values[`${name}MbitPerS`] = bitsPerSecond / 1e6;
      values[`${name}SubjectCpuSPerGb`] = secondsPerGb(after.subject - before.subject);
      values[`${name}ClientCpuSPerGb`] = secondsPerGb(after.client - before.client);
    }
    finished = true;
    return values;
  } finally {
    await bed.close(!finished);
    if (!finished) console.error(`logs: ${bed.workFolder}`);
  }
}

const accepts = {
  subjects: { type: 'string', default: 'headend,charon' },
  client: { type: 'string', default: vpnc.name },
  turns: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '8' },
  out: { type: 'string' },
} as const;

async function main(options: Given<typeof accepts>): Promise<void> {
  const chosen = chooseSubjects(options.subjects);
  const client = clients.find(({ name }) => name === options.client);
  if (client === undefined)
    throw new LabError(`--client is one of ${clients.map(({ name }) => name).join(', ')}`);
  requirePrograms(['ip', 'iperf3', ...client.needs, ...chosen.flatMap(({ needs }) => needs)]);
  const seconds = Number(options.seconds);
  const samples = await takeTurns(chosen, Number(options.turns), (subject) =>
    measure(subject, client, seconds),
  );
  const names = reportedNames(chosen);
  saveMeasurement(options.out ?? join(resultsFolder, `goodput-${client.name}.json`), {
    title: `Goodput of one tunnel, ${client.name} as the client`,
    about:
      'One TCP connection of iperf3 through one tunnel, AES-128-CBC with HMAC-SHA-1-96 in UDP, after a ' +
      'warm-up. Client, head-end and both ends of iperf3 share the processors of one machine, so the ' +
      'client limits the figure as much as the head-end does: compare the CPU times as well.',
    takenAt: new Date().toISOString(),
    machine: describeMachine(),
    subjects: chosen.map((subject, i) => ({ name: names[i] ?? '', version: subject.version() })),
    parameters: {
      turns: options.turns,
      'seconds per run': seconds,
      client: client.version(),
      'congestion control': congestionControl(),
    },
    metrics,
    samples,
  });
}

await runBench(import.meta.filename, accepts, main);
