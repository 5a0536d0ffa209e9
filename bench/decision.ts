/**
 * How long it takes to choose a member for a client, by itself and with everything around it.
 * Usage: decision.ts [--turns 5] [--per-s 500] [--warm-up 25] [--seconds 15]
 *   [--group 19] [--out FILE]
 */
import { join } from 'node:path';
import { rulesOf } from '#features/cluster/load';
import { byAddress, type Contender, choose } from '#features/cluster/selection';
import { address } from '../src/base/address.ts';
import { Prng } from '../src/base/prng.ts';
import { type Happening, startClients, untilHappened } from './cluster/clients.ts';
import { clusterBed, startMembers } from './cluster/members.ts';
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

const clientsProcess = 'clients';
const members = 3;
const timeoutMs = 180_000;
/** So many choices are timed as one, and the first so many are not. */
const choicesAtOnce = 20_000;
const choicesBefore = 200_000;

const metrics: readonly Metric[] = [
  { key: 'choose10Us', title: 'A choice among 10 members', unit: 'µs', fractionDigits: 2 },
  { key: 'choose100Us', title: 'A choice among 100 members', unit: 'µs', fractionDigits: 2 },
  { key: 'redirectMs', title: 'A whole redirect, median', unit: 'ms', fractionDigits: 2 },
  {
    key: 'redirectP99Ms',
    title: 'A whole redirect, 99th percentile',
    unit: 'ms',
    fractionDigits: 2,
  },
  { key: 'redirectsPerS', title: 'Redirects', unit: '1/s', fractionDigits: 0 },
  { key: 'failed', title: 'Clients that were not redirected', unit: '', fractionDigits: 0 },
];

/** Members of unequal capacity and load, none of which is out of the question. */
function contendersAmong(count: number): readonly Contender[] {
  const random = new Prng(count);
  return byAddress(
    Array.from({ length: count }, (_, n): Contender => {
      const max = random.between(100, 10_000);
      return {
        member: `${n}` as Contender['member'],
        privateAddress: address(`10.32.${n >> 7}.${1 + (n & 127)}`),
        isMaster: n === 0,
        active: random.between(0, max - 10),
        max,
        pending: random.between(0, 5),
        barred: undefined,
      };
    }),
  );
}

/** Microseconds of one choice. */
function chooseUs(count: number): number {
  const contenders = contendersAmong(count);
  const rules = rulesOf('asa');
  let chosen = 0;
  const some = (times: number) => {
    for (let n = 0; n < times; n += 1)
      if (choose(contenders, rules).kind === 'redirect') chosen += 1;
  };
  some(choicesBefore);
  const startedAt = performance.now();
  some(choicesAtOnce);
  const us = ((performance.now() - startedAt) * 1000) / choicesAtOnce;
  if (chosen !== choicesBefore + choicesAtOnce) throw new Error('a choice was refused');
  return us;
}

/** What clients saw, those of the warm-up left out: both ends are compiled while they come. */
function redirects(all: readonly Happening[], count: number, warmUp: number): Sample['values'] {
  const begun = new Map<number, number>();
  const tookMs: number[] = [];
  let [from, to] = [Number.POSITIVE_INFINITY, 0];
  for (const { client, kind, at } of all) {
    if (client <= warmUp) continue;
    if (kind === 'begun') begun.set(client, at);
    if (kind !== 'redirected') continue;
    tookMs.push(at - (begun.get(client) ?? at));
    [from, to] = [Math.min(from, at), Math.max(to, at)];
  }
  const sorted = tookMs.sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN;
  return {
    redirectMs: at(0.5),
    redirectP99Ms: at(0.99),
    redirectsPerS: (sorted.length * 1000) / (to - from),
    failed: count - warmUp - sorted.length,
  };
}

type Load = {
  readonly perS: number;
  readonly warmUpS: number;
  readonly seconds: number;
  readonly dhGroup: number;
};

async function measure({ perS, warmUpS, seconds, dhGroup }: Load): Promise<Sample['values']> {
  const choices = { choose10Us: chooseUs(10), choose100Us: chooseUs(100) };
  const bed = clusterBed('decision', members);
  let finished = false;
  try {
    await startMembers(bed, { members, helloMs: 1000, users: 1 });
    const warmUp = perS * warmUpS;
    const count = warmUp + perS * seconds;
    await startClients(bed, clientsProcess, {
      count,
      users: count,
      perS,
      mode: 'redirect-only',
      dhGroup,
    });
    const ended = (all: readonly Happening[]) =>
      all.filter(({ kind }) => kind === 'redirected' || kind === 'closed').length >= count;
    const all = await untilHappened(bed, clientsProcess, ended, timeoutMs);
    finished = true;
    return { ...choices, ...redirects(all, count, warmUp) };
  } finally {
    await bed.close(!finished);
    if (!finished) console.error(`logs: ${bed.workFolder}`);
  }
}

const accepts = {
  turns: { type: 'string', default: '5' },
  'per-s': { type: 'string', default: '500' },
  'warm-up': { type: 'string', default: '25' },
  seconds: { type: 'string', default: '15' },
  group: { type: 'string', default: '19' },
  out: { type: 'string' },
} as const;

async function main(options: Given<typeof accepts>): Promise<void> {
  requirePrograms(['ip', 'nft']);
  const load = {
    perS: Number(options['per-s']),
    warmUpS: Number(options['warm-up']),
    seconds: Number(options.seconds),
    dhGroup: Number(options.group),
  };
  const samples = await takeTurns([headend], Number(options.turns), () => measure(load));
  saveMeasurement(options.out ?? join(resultsFolder, 'decision.json'), {
    title: 'Choosing a member, and redirecting a client',
    about:
      'A choice is the pure function of the loads that the master has. A whole redirect begins when a client sends its first message and ends when it ' +
      'has read where to go: the member makes a Diffie-Hellman value, both ends agree on a key, three messages of aggressive ' +
      'mode, the choice, an encrypted notification. Clients have made their value and first message before; they begin at a steady rate whether or not earlier ones are done, and one that is late delays those after it; ' +
      'those of the warm-up do not count, while both ends are compiled. They share the processors with three members, and V8 has one thread of its own for them.',
    takenAt: new Date().toISOString(),
    machine: describeMachine(),
    subjects: [{ name: headend.name, version: headend.version() }],
    parameters: {
      turns: options.turns,
      members,
      'clients per s': load.perS,
      'seconds of warm-up': load.warmUpS,
      seconds: load.seconds,
      'DH group': load.dhGroup,
    },
    metrics,
    samples,
  });
}

await runBench(import.meta.filename, accepts, main);
