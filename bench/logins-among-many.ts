/**
 * A login among 100,000 sessions against one among 5,000, in one process that is filled in between.
 * Usage: logins-among-many.ts [--turns 5] [--few 5000] [--many 100000] [--logins 500] [--users 200]
 *                             [--concurrency 32] [--out FILE]
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
import { headend } from './subjects/headend.ts';
import { requirePrograms } from './turns.ts';

const metrics: readonly Metric[] = [
  { key: 'cpuMs', title: 'CPU time of a login', unit: 'ms', fractionDigits: 2 },
  { key: 'residentMib', title: 'Resident memory', unit: 'MiB', fractionDigits: 0 },
];

const names = ['few', 'many'] as const;
type Size = (typeof names)[number];

type Load = Arrival & {
  readonly few: number;
  readonly many: number;
  /** Of one turn. */
  readonly logins: number;
  readonly turns: number;
};

const reported = (load: Load, size: Size): string =>
  `${load[size].toLocaleString('en-US')} sessions`;

async function measure(load: Load): Promise<readonly Sample[]> {
  const bed = newBed('logins-among-many');
  let finished = false;
  try {
    writeFileSync(join(bed.workFolder, 'load.pcf'), loadProfile(2));
    await headend.start(bed, load.users);
    let connected = 0;
    const connect = (count: number): Promise<number> => {
      connected += count;
      return connectIdle(bed, count, load);
    };
    const samples: Sample[] = [];
    for (const size of names) {
      await connect(load[size] - load.logins * load.turns - connected);
      for (let turn = 1; turn <= load.turns; turn += 1) {
        const cpuMs = await connect(load.logins);
        const residentMib = residentKibibytes(bed, subjectProcess) / 1024;
        samples.push({ subject: reported(load, size), turn, values: { cpuMs, residentMib } });
        console.log(`${connected} sessions: ${cpuMs.toFixed(2)} ms, ${residentMib.toFixed(0)} MiB`);
      }
    }
    finished = true;
    return samples;
  } finally {
    await bed.close(!finished);
    if (!finished) console.error(`logs: ${bed.workFolder}`);
  }
}

const accepts = {
  turns: { type: 'string', default: '5' },
  few: { type: 'string', default: '5000' },
  many: { type: 'string', default: '100000' },
  logins: { type: 'string', default: '500' },
  users: { type: 'string', default: '200' },
  concurrency: { type: 'string', default: '32' },
  out: { type: 'string' },
} as const;

async function main(options: Given<typeof accepts>): Promise<void> {
  requirePrograms(['ip']);
  const load: Load = {
    users: Number(options.users),
    concurrency: Number(options.concurrency),
    few: Number(options.few),
    many: Number(options.many),
    logins: Number(options.logins),
    turns: Number(options.turns),
  };
  const samples = await measure(load);
  saveMeasurement(options.out ?? join(resultsFolder, 'logins-among-many.json'), {
    title: 'A login among 100,000 sessions',
    about:
      'One process that clients fill and do not leave. The last logins before each of the two sizes count, in ' +
      'as many parts as there are turns; the sizes are minutes apart, so the ratio has the noise of the machine.',
    takenAt: new Date().toISOString(),
    machine: describeMachine(),
    // The first is the one that is compared.
    subjects: names
      .toReversed()
      .map((size) => ({ name: reported(load, size), version: headend.version() })),
    parameters: {
      turns: options.turns,
      'logins of a turn': options.logins,
      users: load.users,
      concurrency: load.concurrency,
    },
    metrics,
    samples,
  });
}

await runBench(import.meta.filename, accepts, main);
