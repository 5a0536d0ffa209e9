/**
 * From the start of the process to its first answer to a client, and its memory when all is loaded.
 * Usage: start.ts [--subjects headend,charon] [--turns 5] [--users 10] [--out FILE]
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bed } from '../labs/runner/bed.ts';
import { LabError } from '../labs/runner/lab-error.ts';
import {
  describeMachine,
  type Metric,
  resultsFolder,
  type Sample,
  saveMeasurement,
} from './measurement.ts';
import { monotonicMs } from './monotonic.ts';
import { type Given, runBench } from './program.ts';
import { residentKibibytes } from './resident.ts';
import { newBed, scenario, subjectProcess } from './scenario.ts';
import type { Subject } from './subjects/subject.ts';
import { chooseSubjects, reportedNames, requirePrograms, takeTurns } from './turns.ts';

const probeProcess = 'probe';
const probe = `${process.execPath} ${join(import.meta.dirname, 'generators/probe.ts')}`;
const readyTimeoutMs = 20_000;
const answerTimeoutMs = 60_000;
const pollMs = 20;
/** What is not needed for the first answer, such as a web console, is loaded after it. */
const restMs = 3_000;

const metrics: readonly Metric[] = [
  { key: 'servingMs', title: 'From start to the first answer', unit: 'ms', fractionDigits: 0 },
  { key: 'residentMib', title: 'Resident memory 3 s later', unit: 'MiB', fractionDigits: 0 },
];

/** Waits for a line of the probe. */
async function probeSays(bed: Bed, pattern: RegExp, timeoutMs: number): Promise<string> {
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    const found = pattern.exec(bed.processes.output(probeProcess));
    if (found) return found[1] ?? '';
    bed.refuseFailures();
    if (performance.now() > giveUpAt) throw new LabError(`the probe never said ${pattern}`);
    await sleep(pollMs);
  }
}

async function measure(subject: Subject, users: number): Promise<Sample['values']> {
  const bed = newBed('start');
  let finished = false;
  try {
    const { gateway, group, groupKey } = scenario;
    bed.start('client', probeProcess, `exec ${probe} ${gateway} ${group} ${groupKey}`);
    await probeSays(bed, /(ready)/, readyTimeoutMs);
    const startedAt = monotonicMs();
    const up = subject.start(bed, users);
    const answeredAt = await probeSays(bed, /"answeredAt":([\d.]+)/, answerTimeoutMs);
    await up;
    await sleep(restMs);
    const residentMib = residentKibibytes(bed, subjectProcess) / 1024;
    finished = true;
    return { servingMs: Number(answeredAt) - startedAt, residentMib };
  } finally {
    await bed.close(!finished);
    if (!finished) console.error(`logs: ${bed.workFolder}`);
  }
}

const accepts = {
  subjects: { type: 'string', default: 'headend,charon' },
  turns: { type: 'string', default: '5' },
  users: { type: 'string', default: '10' },
  out: { type: 'string' },
} as const;

async function main(options: Given<typeof accepts>): Promise<void> {
  const chosen = chooseSubjects(options.subjects);
  requirePrograms(['ip', ...chosen.flatMap(({ needs }) => needs)]);
  const users = Number(options.users);
  const samples = await takeTurns(chosen, Number(options.turns), (s) => measure(s, users));
  const names = reportedNames(chosen);
  saveMeasurement(options.out ?? join(resultsFolder, 'start.json'), {
    title: 'From start to serving',
    about:
      'A client sends the first message of aggressive mode every 5 ms, from before the start of the process ' +
      'until it is answered. The files of both are read within that time; headend also hashes the passwords ' +
      'that its file has in the clear, charon is told its connections by swanctl.',
    takenAt: new Date().toISOString(),
    machine: describeMachine(),
    subjects: chosen.map((subject, i) => ({ name: names[i] ?? '', version: subject.version() })),
    parameters: { turns: options.turns, users },
    metrics,
    samples,
  });
}

await runBench(import.meta.filename, accepts, main);
