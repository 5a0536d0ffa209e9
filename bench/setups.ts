/**
 * Set-ups per second: IKEv1 aggressive mode, XAUTH, Mode Config and Quick Mode against a responder.
 * Usage: setups.ts [--group 2|14|19] [--subjects headend,charon] [--turns 5] [--count 2000]
 *                  [--warm-up 1000] [--users 200] [--concurrency 32] [--rounds 1]
 *                  [--generator COMMAND] [--out FILE]
 *
 * The clients of the warm-up come first and do not count: after them both processes are compiled, and
 * the head-end has verified every user once. With --warm-up 0 each user costs it a scrypt.
 *
 * The generator is a command that runs in the client's namespace and whose last line is JSON:
 * {"established": N, "failed": N, "seconds": S}, and perhaps cpuSeconds and setupMs: {p50, p99}. A
 * line {"warmUp": N} before it says that from now on it counts. These words in it are replaced:
 * {gateway} {group} {groupKey} {profile} {count} {warmUp} {concurrency} {users}. With --rounds, only
 * the last of several runs against one process counts.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bed } from '../labs/runner/bed.ts';
import { LabError } from '../labs/runner/lab-error.ts';
import { reapedCpuMs } from '../labs/runner/process-group.ts';
import { loadProfile } from './load-profile.ts';
import {
  describeMachine,
  type Metric,
  resultsFolder,
  type Sample,
  saveMeasurement,
} from './measurement.ts';
import { type Given, runBench } from './program.ts';
import {
  type DhGroupNumber,
  dhGroups,
  generatorProcess,
  newBed,
  scenario,
  subjectProcess,
} from './scenario.ts';
import type { Subject } from './subjects/subject.ts';
import { chooseSubjects, reportedNames, requirePrograms, takeTurns } from './turns.ts';

const generatorTimeoutMs = 120_000;
const pollMs = 20;
const ownGenerator =
  'headend client {profile} --users {users} {warmUpOption} --load {count} --concurrency {concurrency}';

const metrics: readonly Metric[] = [
  { key: 'setupsPerS', title: 'Set-ups', unit: '1/s', fractionDigits: 0 },
  {
    key: 'subjectCpuMs',
    title: 'CPU time of the head-end per set-up',
    unit: 'ms',
    fractionDigits: 2,
  },
  {
    key: 'generatorCpuMs',
    title: 'CPU time of the generator per set-up',
    unit: 'ms',
    fractionDigits: 2,
  },
  { key: 'medianMs', title: 'Time of one set-up, median', unit: 'ms', fractionDigits: 1 },
  { key: 'slowMs', title: 'Time of one set-up, 99th percentile', unit: 'ms', fractionDigits: 1 },
  { key: 'failed', title: 'Set-ups that failed', unit: '', fractionDigits: 0 },
];

type Load = {
  readonly command: string;
  readonly group: DhGroupNumber;
  readonly count: number;
  readonly warmUp: number;
  readonly users: number;
  readonly concurrency: number;
  readonly rounds: number;
};

type GeneratorResult = {
  readonly established: number;
  readonly failed: number;
  readonly seconds: number;
  readonly cpuSeconds?: number;
  readonly setupMs?: { readonly p50: number; readonly p99: number };
};

const profileFile = 'load.pcf';

function generatorCommand({ command, count, warmUp, users, concurrency }: Load): string {
  const warmUpOption = warmUp > 0 ? `--warm-up ${warmUp}` : '';
  const words = { count, warmUp, warmUpOption, users, concurrency };
  return Object.entries({ ...scenario, ...words, profile: `$work/${profileFile}` }).reduce(
    (text, [word, value]) => text.replaceAll(`{${word}}`, String(value)),
    command,
  );
}

/** Waits until the generator says that it begins to count, or has ended. */
async function warm(bed: Bed): Promise<void> {
  const giveUpAt = performance.now() + generatorTimeoutMs;
  while (!bed.processes.output(generatorProcess).includes('"warmUp"')) {
    if (performance.now() > giveUpAt) throw new LabError('the generator does not get warm');
    await sleep(pollMs);
  }
}

function readResult(output: string): GeneratorResult {
  try {
    return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as GeneratorResult;
  } catch {
    throw new LabError(`the generator's last line is not JSON:\n${output}`);
  }
}

/** One run of the generator against a head-end that is up. */
async function round(bed: Bed, load: Load): Promise<Sample['values']> {
  const reapedBefore = reapedCpuMs();
  writeFileSync(join(bed.workFolder, profileFile), loadProfile(load.group));
  bed.start('client', generatorProcess, `exec ${generatorCommand(load)}`);
  if (load.warmUp > 0) await warm(bed);
  const subjectBefore = bed.processes.cpuMs(subjectProcess);
  const status = await bed.processes.finish(generatorProcess, generatorTimeoutMs);
  const output = bed.processes.output(generatorProcess);
  if (status !== 0) throw new LabError(`the generator ended with ${status}:\n${output}`);
  const generatorCpuMs = reapedCpuMs() - reapedBefore;
  const subjectCpuMs = bed.processes.cpuMs(subjectProcess) - subjectBefore;
  bed.refuseFailures();
  const { established, failed, seconds, cpuSeconds, setupMs } = readResult(output);
  if (established === 0) throw new LabError('not one set-up succeeded');
  return {
    setupsPerS: established / seconds,
    subjectCpuMs: subjectCpuMs / established,
    generatorCpuMs: (cpuSeconds === undefined ? generatorCpuMs : cpuSeconds * 1000) / established,
    ...(setupMs && { medianMs: setupMs.p50, slowMs: setupMs.p99 }),
    failed,
  };
}

async function measure(subject: Subject, load: Load): Promise<Sample['values']> {
  const bed = newBed('setups');
  let finished = false;
  try {
    await subject.start(bed, load.users, load.group);
    for (let warm = 1; warm < load.rounds; warm += 1) await round(bed, load);
    const values = await round(bed, load);
    finished = true;
    return values;
  } finally {
    await bed.close(!finished);
    if (!finished) console.error(`logs: ${bed.workFolder}`);
  }
}

const warmAbout =
  'Every user was verified once before, so that no password is hashed while it counts.';
const staying = ({ warmUp, count }: Load): string =>
  `Clients stay, so that the head-end has from ${warmUp} to ${warmUp + count} sessions while it counts.`;
const coldAbout =
  'The first logins that the process ever sees: headend keeps hashes of passwords, so each costs it a scrypt of 16 MiB; charon keeps passwords.';

function groupOf(text: string): DhGroupNumber {
  const group = Object.keys(dhGroups)
    .map(Number)
    .find((number) => number === Number(text));
  if (group === undefined)
    throw new LabError(`--group is one of ${Object.keys(dhGroups).join(', ')}`);
  return group as DhGroupNumber;
}

const accepts = {
  subjects: { type: 'string', default: 'headend,charon' },
  turns: { type: 'string', default: '5' },
  group: { type: 'string', default: '2' },
  count: { type: 'string', default: '2000' },
  'warm-up': { type: 'string', default: '1000' },
  users: { type: 'string', default: '200' },
  rounds: { type: 'string', default: '1' },
  concurrency: { type: 'string', default: '32' },
  generator: { type: 'string', default: ownGenerator },
  out: { type: 'string' },
} as const;

async function main(options: Given<typeof accepts>): Promise<void> {
  const chosen = chooseSubjects(options.subjects);
  requirePrograms(['ip', ...chosen.flatMap(({ needs }) => needs)]);
  const load: Load = {
    command: options.generator,
    group: groupOf(options.group),
    warmUp: Number(options['warm-up']),
    count: Number(options.count),
    users: Number(options.users),
    concurrency: Number(options.concurrency),
    rounds: Number(options.rounds),
  };
  const samples = await takeTurns(chosen, Number(options.turns), (s) => measure(s, load));
  const names = reportedNames(chosen);
  const isCold = load.warmUp === 0;
  const file = `setups-${isCold ? 'cold' : `from-${load.warmUp}`}-group-${load.group}.json`;
  const among = isCold ? 'after a restart' : `from ${load.warmUp} sessions on`;
  saveMeasurement(options.out ?? join(resultsFolder, file), {
    title: `Set-ups per second, Diffie-Hellman group ${load.group}, ${among}: IKEv1 aggressive mode, XAUTH, Mode Config, Quick Mode`,
    about: `AES-128, SHA-1, pre-shared key, NAT traversal on, no PFS. ${isCold ? coldAbout : warmAbout} ${staying(load)} The generator is headend's own client unless the parameters say otherwise, and shares the processors with the head-end.`,
    takenAt: new Date().toISOString(),
    machine: describeMachine(),
    subjects: chosen.map((subject, i) => ({ name: names[i] ?? '', version: subject.version() })),
    parameters: {
      turns: options.turns,
      'set-ups that count': load.count,
      'set-ups before': load.warmUp,
      users: load.users,
      'at once': load.concurrency,
      generator: load.command,
    },
    metrics,
    samples,
  });
}

await runBench(import.meta.filename, accepts, main);
