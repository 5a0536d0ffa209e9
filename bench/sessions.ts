/**
 * What an idle session costs: resident memory by the number of sessions, and the time of a login
 * among few and among many.
 * Usage: sessions.ts [--subjects headend,charon] [--turns 5] [--few 1000] [--many 10000]
 *                    [--charon-few 200] [--charon-many 1000] [--users 100] [--concurrency 32] [--out FILE]
 *
 * Clients connect in two runs of our own generator and stay silent: up to --few, then up to --many.
 * charon takes part with fewer sessions.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Arrival, connectIdle } from './idle-clients.ts';
import { loadProfile } from './load-profile.ts';
import {
  describeMachine,
  type Metric,
  resultsFolder,
  type Sample,
  saveMeasurement,
} from './measurement.ts';
import { type Given, runBench } from './program.ts';
import { residentKibibytes } from './resident.ts';
import { newBed, subjectProcess } from './scenario.ts';
import type { Subject } from './subjects/subject.ts';
import { chooseSubjects, reportedNames, requirePrograms, takeTurns } from './turns.ts';

const metrics: readonly Metric[] = [
  { key: 'kibPerSession', title: 'Memory per idle session', unit: 'KiB', fractionDigits: 1 },
  {
    key: 'kibPerLaterSession',
    title: 'The same, without the first --few (compiled code, first heap)',
    unit: 'KiB',
    fractionDigits: 1,
  },
  { key: 'cpuMsFew', title: 'CPU time of a login among few', unit: 'ms', fractionDigits: 2 },
  { key: 'cpuMsMany', title: 'CPU time of a login among many', unit: 'ms', fractionDigits: 2 },
];

type Load = Arrival & { readonly few: number; readonly many: number };

async function measure(subject: Subject, load: Load): Promise<Sample['values']> {
  const bed = newBed('sessions');
  let finished = false;
  try {
    writeFileSync(join(bed.workFolder, 'load.pcf'), loadProfile(2));
    await subject.start(bed, load.users);
    const { few, many } = load;
    const resident = () => residentKibibytes(bed, subjectProcess);
    const empty = resident();
    // The first half compiles the code and verifies each user once; it says nothing of a login's cost.
    await connectIdle(bed, few / 2, load);
    const cpuMsFew = await connectIdle(bed, few / 2, load);
    const atFew = resident();
    const between = many - few - few / 2;
    await connectIdle(bed, between, load);
    const cpuMsMany = await connectIdle(bed, few / 2, load);
    const atMany = resident();
    finished = true;
    return {
      kibPerSession: (atMany - empty) / many,
      kibPerLaterSession: (atMany - atFew) / (many - few),
      cpuMsFew,
      cpuMsMany,
    };
  } finally {
    await bed.close(!finished);
    if (!finished) console.error(`logs: ${bed.workFolder}`);
  }
}

const accepts = {
  subjects: { type: 'string', default: 'headend,charon' },
  turns: { type: 'string', default: '5' },
  few: { type: 'string', default: '1000' },
  many: { type: 'string', default: '10000' },
  'charon-few': { type: 'string', default: '200' },
  'charon-many': { type: 'string', default: '1000' },
  users: { type: 'string', default: '100' },
  concurrency: { type: 'string', default: '32' },
  out: { type: 'string' },
} as const;

async function main(options: Given<typeof accepts>): Promise<void> {
  const chosen = chooseSubjects(options.subjects);
  requirePrograms(['ip', ...chosen.flatMap(({ needs }) => needs)]);
  const common = { users: Number(options.users), concurrency: Number(options.concurrency) };
  const ours: Load = { ...common, few: Number(options.few), many: Number(options.many) };
  const peers: Load = {
    ...common,
    few: Number(options['charon-few']),
    many: Number(options['charon-many']),
  };
  const samples = await takeTurns(chosen, Number(options.turns), (subject) =>
    measure(subject, subject.name === 'headend' ? ours : peers),
  );
  const names = reportedNames(chosen);
  saveMeasurement(options.out ?? join(resultsFolder, 'sessions.json'), {
    title: 'Idle sessions: memory, and a login among many',
    about:
      'Resident memory of the whole process before the first login and after the last, divided by the ' +
      'sessions; nothing forces a collection of garbage. Clients connect and fall silent; charon serves fewer.',
    takenAt: new Date().toISOString(),
    machine: describeMachine(),
    subjects: chosen.map((subject, i) => ({ name: names[i] ?? '', version: subject.version() })),
    parameters: {
      turns: options.turns,
      'sessions of headend, few and many': `${ours.few}, ${ours.many}`,
      'sessions of charon, few and many': `${peers.few}, ${peers.many}`,
      ...common,
    },
    metrics,
    samples,
  });
}

await runBench(import.meta.filename, accepts, main);
