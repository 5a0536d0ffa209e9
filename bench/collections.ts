/**
 * Garbage collections of both ends of a tunnel in ten seconds of TCP: how much a packet allocates.
 * Usage: collections.ts [--turns 5] [--seconds 10] [--out FILE]
 */
import { join } from 'node:path';
import { LabError } from '../labs/runner/lab-error.ts';
import {
  describeMachine,
  type Metric,
  resultsFolder,
  type Sample,
  saveMeasurement,
} from './measurement.ts';
import { type Given, runBench } from './program.ts';
import { clientProcess, newBed, subjectProcess } from './scenario.ts';
import { headend, openHeadend } from './tunnels/headend.ts';
import { onlyClient, tunnel } from './tunnels/tunnel.ts';
import { requirePrograms, takeTurns } from './turns.ts';

/** The compiler and what a start leaves behind are done by then. */
const warmUpSeconds = 5;
const graceMs = 20_000;
const startTimeoutMs = 10_000;

const metrics: readonly Metric[] = [
  { key: 'sending', title: 'Collections, sending end', unit: '', fractionDigits: 0 },
  { key: 'receiving', title: 'Collections, receiving end', unit: '', fractionDigits: 0 },
  { key: 'packets', title: 'Full packets meanwhile', unit: '', fractionDigits: 0 },
];

type IperfReport = { readonly end?: { readonly sum_received?: { readonly bytes: number } } };

async function measure(seconds: number): Promise<Sample['values']> {
  const bed = newBed('collections');
  try {
    await openHeadend(bed, { suite: 'aes-128-gcm', clients: [onlyClient] }, '--trace-gc');
    bed.start('srv', 'iperf-server', 'exec iperf3 --server --forceflush');
    await bed.processes.hear('iperf-server', 'Server listening', startTimeoutMs);
    const iperf = async (time: number): Promise<IperfReport> => {
      const command = `iperf3 --json --client ${tunnel.insideHost} --time ${time}`;
      return JSON.parse(await bed.run('client', command, time * 1000 + graceMs)) as IperfReport;
    };
    const collections = (name: string): number =>
      bed.processes.output(name).match(/: (Scavenge|Mark-Compact)/g)?.length ?? 0;
    await iperf(warmUpSeconds);
    const [sending, receiving] = [collections(clientProcess), collections(subjectProcess)];
    const octets = (await iperf(seconds)).end?.sum_received?.bytes;
    if (octets === undefined) throw new LabError('iperf3 did not finish');
    return {
      sending: collections(clientProcess) - sending,
      receiving: collections(subjectProcess) - receiving,
      packets: octets / (tunnel.mtu - 52),
    };
  } finally {
    await bed.close(false);
  }
}

const accepts = {
  turns: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '10' },
  out: { type: 'string' },
} as const;

async function main(options: Given<typeof accepts>): Promise<void> {
  requirePrograms(['ip', 'iperf3']);
  const seconds = Number(options.seconds);
  const samples = await takeTurns([headend], Number(options.turns), () => measure(seconds));
  saveMeasurement(options.out ?? join(resultsFolder, 'collections.json'), {
    title: 'Garbage of the packet path',
    about:
      'Garbage collections that V8 reports (`--trace-gc`, all threads of the process) while one TCP connection ' +
      'runs through a tunnel at full speed. A new generation of V8 holds some megabytes: 100 octets a packet ' +
      'would be several collections a second.',
    takenAt: new Date().toISOString(),
    machine: describeMachine(),
    subjects: [{ name: headend.name, version: headend.version() }],
    parameters: { turns: options.turns, 'seconds of TCP': seconds },
    metrics,
    samples,
  });
}

await runBench(import.meta.filename, accepts, main);
