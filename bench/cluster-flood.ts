/**
 * What becomes of a cluster while somebody on its private network sends its members forged and replayed datagrams.
 * Usage: cluster-flood.ts [--turns 5] [--seconds 18] [--rate 50000] [--out FILE]
 *
 * The flood goes to the master, then to a backup, so many seconds each.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bed } from '../labs/runner/bed.ts';
import { LabError } from '../labs/runner/lab-error.ts';
import {
  clusterBed,
  clusterPort,
  memberNode,
  memberProcess,
  privateAddress,
  startMembers,
  strangerAddress,
  strangerNode,
} from './cluster/members.ts';
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

const members = 3;
const recordingSeconds = 3;
const settleMs = 3000;
const graceMs = 20_000;
/** Whoever speaks late because of the flood has been missed by then. */
const afterwardsMs = 5000;

/** Events of class LBSSF by what they tell. */
const counted = {
  takeovers: [40, 42, 44, 47],
  stateChanges: [41, 45, 46, 48, 49, 50, 55, 56, 57, 58, 59, 69, 70],
  suspicions: [43],
} as const;

const metrics: readonly Metric[] = [
  { key: 'sentPerS', title: 'Datagrams sent', unit: '1/s', fractionDigits: 0 },
  {
    key: 'lostPercent',
    title: 'Lost in the full queue of the socket, honest ones included',
    unit: '%',
    fractionDigits: 1,
  },
  { key: 'takeovers', title: 'Masters that were taken for gone', unit: '', fractionDigits: 0 },
  { key: 'stateChanges', title: 'Other changes of state', unit: '', fractionDigits: 0 },
  {
    key: 'suspicions',
    title: 'Keepalives that were asked after with probes, and found alive',
    unit: '',
    fractionDigits: 0,
  },
  {
    key: 'cpuPercent',
    title: 'Processor time of the member that is flooded',
    unit: '% of a core',
    fractionDigits: 0,
  },
];

type Sent = { readonly total: number; readonly seconds: number };
type Wanted = { readonly seconds: number; readonly rate: number };

/** What all members have logged of these events. */
function occurrences(bed: Bed, numbers: readonly number[]): readonly string[] {
  const pattern = new RegExp(` LBSSF/(${numbers.join('|')}) `);
  return Array.from({ length: members }, (_, n) => memberProcess(n + 1)).flatMap((name) =>
    bed.processes
      .output(name)
      .split('\n')
      .filter((line) => pattern.test(line))
      .map((line) => `${name}: ${line}`),
  );
}

/** Datagrams that found the queue of a socket full, as the kernel counts them for a node. */
async function overflows(bed: Bed, number: number): Promise<number> {
  const [names, values] = (await bed.run(memberNode(number), 'grep ^Udp: /proc/net/snmp'))
    .split('\n')
    .map((line) => line.split(' '));
  return Number(values?.[names?.indexOf('RcvbufErrors') ?? -1]);
}

const script = (name: string, ...words: readonly (string | number)[]): string =>
  `exec ${process.execPath} ${join(import.meta.dirname, `generators/${name}.ts`)} ${words.join(' ')}`;

async function finished(bed: Bed, name: string, timeoutMs: number): Promise<string> {
  if ((await bed.processes.finish(name, timeoutMs)) !== 0)
    throw new LabError(`${name} failed${bed.processes.tail(name)}`);
  return bed.processes.output(name);
}

/** Floods one member with what is in `recording`. */
async function flood(bed: Bed, number: number, recording: string, { seconds, rate }: Wanted) {
  const name = `flood-${number}`;
  const cpuMs = () => bed.processes.cpuMs(memberProcess(number));
  const before = { lost: await overflows(bed, number), cpu: cpuMs() };
  const words = [recording, privateAddress(number), strangerAddress, clusterPort, rate, seconds];
  bed.start(strangerNode, name, script('cluster-flood', ...words));
  const sent = JSON.parse(await finished(bed, name, seconds * 1000 + graceMs)) as Sent;
  const lost = (await overflows(bed, number)) - before.lost;
  return { ...sent, lost, cpuMs: cpuMs() - before.cpu };
}

async function measure(wanted: Wanted): Promise<Sample['values']> {
  const bed = clusterBed('cluster-flood', members);
  let isDone = false;
  try {
    await startMembers(bed, { members, helloMs: 1000, users: 1 });
    await sleep(settleMs);
    // From the wire of the last member, which sees the keepalives of one and the announcements.
    bed.start(
      memberNode(members),
      'recorder',
      script('cluster-recorder', clusterPort, recordingSeconds),
    );
    const recording = join(bed.workFolder, 'recording');
    writeFileSync(recording, await finished(bed, 'recorder', graceMs));
    const all = () =>
      Object.entries(counted).map(([key, numbers]) => [key, occurrences(bed, numbers)] as const);
    const before = new Set(all().flatMap(([, lines]) => lines));
    const floods = [await flood(bed, 1, recording, wanted), await flood(bed, 2, recording, wanted)];
    await sleep(afterwardsMs);
    const total = (of: (one: (typeof floods)[number]) => number) =>
      floods.reduce((sum, one) => sum + of(one), 0);
    const seconds = total((one) => one.seconds);
    const since = all().map(([key, lines]) => [key, lines.filter((l) => !before.has(l))] as const);
    for (const line of since.flatMap(([, lines]) => lines)) console.log(line);
    isDone = true;
    return {
      sentPerS: total((one) => one.total) / seconds,
      lostPercent: (100 * total((one) => one.lost)) / total((one) => one.total),
      ...Object.fromEntries(since.map(([key, lines]) => [key, lines.length])),
      cpuPercent: total((one) => one.cpuMs) / (10 * seconds),
    };
  } finally {
    await bed.close(!isDone);
    if (!isDone) console.error(`logs: ${bed.workFolder}`);
  }
}

const accepts = {
  turns: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '18' },
  rate: { type: 'string', default: '50000' },
  out: { type: 'string' },
} as const;

async function main(options: Given<typeof accepts>): Promise<void> {
  requirePrograms(['ip', 'nft']);
  const wanted = { seconds: Number(options.seconds), rate: Number(options.rate) };
  const samples = await takeTurns([headend], Number(options.turns), () => measure(wanted));
  saveMeasurement(options.out ?? join(resultsFolder, 'cluster-flood.json'), {
    title: 'A cluster among forged and replayed datagrams',
    about:
      'Somebody on the private network of three members with a cluster key sends one of them, first the master, then a backup, datagrams on the ' +
      'cluster port: recorded ones again, forged ones with the identity and the next numbers of members, of unknown members, cut short, of another ' +
      'cluster; nine of ten from the address of another member. Sender and members share the processors. A keepalive that is lost meanwhile is asked ' +
      'after with probes; taken for gone is a master that did not answer these either.',
    takenAt: new Date().toISOString(),
    machine: describeMachine(),
    subjects: [{ name: headend.name, version: headend.version() }],
    parameters: {
      turns: options.turns,
      members,
      'seconds of each flood': wanted.seconds,
      'datagrams/s intended': wanted.rate,
    },
    metrics,
    samples,
  });
}

await runBench(import.meta.filename, accepts, main);
