/**
 * What a cluster costs while nothing happens: datagrams and processor time of its members.
 * Usage: cluster-idle.ts [--turns 5] [--members 10] [--seconds 20] [--out FILE]
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bed } from '../labs/runner/bed.ts';
import { clusterBed, memberNode, memberProcess, startMembers } from './cluster/members.ts';
import {
  describeMachine,
  type Metric,
  resultsFolder,
  type Sample,
  saveMeasurement,
} from './measurement.ts';
import { type Given, runBench } from './program.ts';
import { headend } from './subjects/headend.ts';
import { requirePrograms, takeTurns } from './turns.ts';

/** The last member has joined, its start is over, and what it does now has been compiled. */
const settleMs = 30_000;

const metrics: readonly Metric[] = [
  { key: 'datagramsPerS', title: 'Datagrams sent by all', unit: '1/s', fractionDigits: 1 },
  {
    key: 'busiestPercent',
    title: 'Processor time of the busiest member',
    unit: '% of a core',
    fractionDigits: 2,
  },
  {
    key: 'meanPercent',
    title: 'Processor time of a member, mean',
    unit: '% of a core',
    fractionDigits: 2,
  },
];

/** Everything that a node has sent in UDP; members send nothing else while nobody is there. */
async function sentBy(bed: Bed, number: number): Promise<number> {
  const table = await bed.run(memberNode(number), 'grep ^Udp: /proc/net/snmp');
  const [names = [], values = []] = table
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  return Number(values[names.indexOf('OutDatagrams')]);
}

async function measure(members: number, seconds: number): Promise<Sample['values']> {
  const bed = clusterBed('cluster-idle', members);
  const numbers = Array.from({ length: members }, (_, index) => index + 1);
  let finished = false;
  try {
    await startMembers(bed, { members, helloMs: 1000, users: 1 });
    await sleep(settleMs);
    const read = async () => {
      const at = performance.now();
      const cpuMs = numbers.map((n) => bed.processes.cpuMs(memberProcess(n)));
      let sent = 0;
      for (const n of numbers) sent += await sentBy(bed, n);
      return { at, cpuMs, sent };
    };
    const before = await read();
    await sleep(seconds * 1000);
    const after = await read();
    const tookMs = after.at - before.at;
    const percents = numbers.map(
      (n) => (100 * ((after.cpuMs[n - 1] ?? 0) - (before.cpuMs[n - 1] ?? 0))) / tookMs,
    );
    finished = true;
    return {
      datagramsPerS: ((after.sent - before.sent) * 1000) / tookMs,
      busiestPercent: Math.max(...percents),
      meanPercent: percents.reduce((a, b) => a + b, 0) / members,
    };
  } finally {
    await bed.close(!finished);
    if (!finished) console.error(`logs: ${bed.workFolder}`);
  }
}

const accepts = {
  turns: { type: 'string', default: '5' },
  members: { type: 'string', default: '10' },
  seconds: { type: 'string', default: '20' },
  out: { type: 'string' },
} as const;

async function main(options: Given<typeof accepts>): Promise<void> {
  requirePrograms(['ip', 'nft']);
  const [members, seconds] = [Number(options.members), Number(options.seconds)];
  const samples = await takeTurns([headend], Number(options.turns), () =>
    measure(members, seconds),
  );
  saveMeasurement(options.out ?? join(resultsFolder, 'cluster-idle.json'), {
    title: 'A cluster without clients',
    about:
      'Members of the timer preset `fast`, a second between two keepalives, on one machine. Counted is what all of them send in UDP; a ' +
      'datagram to the multicast group counts once. Processor time is that of the whole process, from half a minute after the last has ' +
      'joined. In 20 s every public side is asked once.',
    takenAt: new Date().toISOString(),
    machine: describeMachine(),
    subjects: [{ name: headend.name, version: headend.version() }],
    parameters: { turns: options.turns, members, seconds },
    metrics,
    samples,
  });
}

await runBench(import.meta.filename, accepts, main);
