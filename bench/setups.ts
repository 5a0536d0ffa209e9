/**
 * Set-ups per second: IKEv1 aggressive mode, XAUTH, Mode Config and Quick Mode against a responder.
 * Usage: setups.ts [--subjects headend,charon] [--turns 5] [--count 500] [--users 500]
 *                  [--rounds 3] [--concurrency 32] [--generator COMMAND] [--out FILE]
 *
 * Each sample is the last of --rounds runs of the generator against one process: with 1, the first
 * logins the process ever sees, each of which costs a head-end that hashes passwords a scrypt.
 *
 * The generator is a command that runs in the client's namespace and whose last line is JSON:
 * {"established": N, "failed": N, "seconds": S}. These words in it are replaced:
 * {gateway} {group} {groupKey} {count} {concurrency} {users}.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bed } from '../labs/runner/bed.ts';
import { LabError } from '../labs/runner/lab-error.ts';
import { reapedCpuMs } from '../labs/runner/process-group.ts';
import {
  describeMachine,
  type Metric,
  resultsFolder,
  type Sample,
  saveMeasurement,
} from './measurement.ts';
import { generatorProcess, newBed, scenario, subjectProcess } from './scenario.ts';
import type { Subject } from './subjects/subject.ts';
import { chooseSubjects, reportedNames, requirePrograms, takeTurns } from './turns.ts';

const generatorTimeoutMs = 120_000;
const charonGenerator = `${process.execPath} ${join(import.meta.dirname, 'generators/charon.ts')} {count}`;

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
  { key: 'failed', title: 'Set-ups that failed', unit: '', fractionDigits: 0 },
];

type Load = {
  readonly command: string;
  readonly count: number;
  readonly users: number;
  readonly concurrency: number;
  readonly rounds: number;
};

type GeneratorResult = {
  readonly established: number;
  readonly failed: number;
  readonly seconds: number;
};

const generatorCommand = ({ command, count, users, concurrency }: Load): string =>
  Object.entries({ ...scenario, count, users, concurrency }).reduce(
    (text, [word, value]) => text.replaceAll(`{${word}}`, String(value)),
    command,
  );

function readResult(output: string): GeneratorResult {
  try {
    return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as GeneratorResult;
  } catch {
    throw new LabError(`the generator's last line is not JSON:\n${output}`);
  }
}

/** One run of the generator against a head-end that is up. */
async function round(bed: Bed, load: Load): Promise<Sample['values']> {
  const subjectBefore = bed.processes.cpuMs(subjectProcess);
  const reapedBefore = reapedCpuMs();
  bed.start('client', generatorProcess, `exec ${generatorCommand(load)}`);
  const status = await bed.processes.finish(generatorProcess, generatorTimeoutMs);
  const output = bed.processes.output(generatorProcess);
  if (status !== 0) throw new LabError(`the generator ended with ${status}:\n${output}`);
  const generatorCpuMs = reapedCpuMs() - reapedBefore;
  const subjectCpuMs = bed.processes.cpuMs(subjectProcess) - subjectBefore;
  bed.refuseFailures();
  const { established, failed, seconds } = readResult(output);
  if (established === 0) throw new LabError('not one set-up succeeded');
  return {
    setupsPerS: established / seconds,
    subjectCpuMs: subjectCpuMs / established,
    generatorCpuMs: generatorCpuMs / established,
    failed,
  };
}

async function measure(subject: Subject, load: Load): Promise<Sample['values']> {
  const bed = newBed('setups');
  let finished = false;
  try {
    await subject.start(bed, load.users);
    for (let warm = 1; warm < load.rounds; warm += 1) await round(bed, load);
    const values = await round(bed, load);
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
      count: { type: 'string', default: '500' },
      users: { type: 'string', default: '500' },
      rounds: { type: 'string', default: '3' },
      concurrency: { type: 'string', default: '32' },
      generator: { type: 'string', default: charonGenerator },
      out: { type: 'string' },
    },
  });
  const chosen = chooseSubjects(options.subjects);
  const needsCharon = options.generator === charonGenerator ? (['charon'] as const) : [];
  requirePrograms(['ip', ...needsCharon, ...chosen.flatMap(({ needs }) => needs)]);
  const load: Load = {
    command: options.generator,
    count: Number(options.count),
    users: Number(options.users),
    concurrency: Number(options.concurrency),
    rounds: Number(options.rounds),
  };
  const samples = await takeTurns(chosen, Number(options.turns), (s) => measure(s, load));
  const names = reportedNames(chosen);
  saveMeasurement(options.out ?? join(resultsFolder, 'setups-aggressive-xauth.json'), {
    title: 'Set-ups per second: IKEv1 aggressive mode, XAUTH, Mode Config, Quick Mode',
    about:
      'Diffie-Hellman group 2, AES-128, SHA-1, pre-shared key, NAT traversal on, no PFS; a burst of clients ' +
      'with a user of its own each. The generator shares the processors with the head-end.',
    takenAt: new Date().toISOString(),
    machine: describeMachine(),
    subjects: chosen.map((subject, i) => ({ name: names[i] ?? '', version: subject.version() })),
    parameters: {
      turns: options.turns,
      'set-ups per run': load.count,
      users: load.users,
      'round that counts': load.rounds,
      'at once': needsCharon.length > 0 ? 'all' : load.concurrency,
      generator: needsCharon.length > 0 ? 'charon' : load.command,
    },
    metrics,
    samples,
  });
}

await main();
