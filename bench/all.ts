/**
 * Every bench, one after the other, and then the page.
 * Usage: all.ts [--turns 5] [--only NAME,...] [--from NAME] [--list]
 *
 * What ended well is in bench/results and in the page, whatever becomes of the rest: go on with --from,
 * or repeat some with --only.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { LabError } from '../labs/runner/lab-error.ts';
import { type Given, runBench } from './program.ts';
import { choose } from './turns.ts';

type Step = {
  readonly name: string;
  /** What runs, without `--turns`. */
  readonly command: readonly string[];
  /** Roughly, on a machine that does nothing else. */
  readonly secondsPerTurn: number;
};

const setups = ['setups.ts', '--users', '100', '--count', '1000', '--warm-up', '500', '--group'];
const setupsAmongMany = ['setups.ts', '--users', '100', '--count', '2000', '--warm-up', '1000'];
const cold = ['setups.ts', '--count', '100', '--warm-up', '0', '--users', '100'];
const steps: readonly Step[] = [
  { name: 'start', command: ['start.ts'], secondsPerTurn: 5 },
  { name: 'setups-group-2', command: [...setups, '2'], secondsPerTurn: 15 },
  { name: 'setups-group-14', command: [...setups, '14'], secondsPerTurn: 20 },
  { name: 'setups-group-19', command: [...setups, '19'], secondsPerTurn: 15 },
  {
    name: 'setups-among-many-group-2',
    command: [...setupsAmongMany, '--group', '2'],
    secondsPerTurn: 35,
  },
  {
    name: 'setups-among-many-group-19',
    command: [...setupsAmongMany, '--group', '19'],
    secondsPerTurn: 35,
  },
  { name: 'setups-cold', command: cold, secondsPerTurn: 15 },
  { name: 'sessions', command: ['sessions.ts'], secondsPerTurn: 50 },
  { name: 'logins-among-many', command: ['logins-among-many.ts'], secondsPerTurn: 100 },
  { name: 'goodput-vpnc', command: ['goodput.ts', '--seconds', '4'], secondsPerTurn: 32 },
  { name: 'packet-path', command: ['packet-path.ts'], secondsPerTurn: 150 },
  {
    name: 'packet-path-cbc',
    command: [
      'packet-path.ts',
      ...['--suite', 'aes-128-cbc-sha1', '--traffic', 'tcp', '--subjects', 'headend,charon'],
    ],
    secondsPerTurn: 22,
  },
  { name: 'many-tunnels', command: ['many-tunnels.ts'], secondsPerTurn: 65 },
  { name: 'sa-table', command: ['sa-table.ts'], secondsPerTurn: 49 },
  { name: 'hostile', command: ['hostile.ts'], secondsPerTurn: 45 },
  {
    name: 'takeover-1000',
    command: ['takeover.ts', '--interval-ms', '1000'],
    secondsPerTurn: 27,
  },
  { name: 'takeover-100', command: ['takeover.ts', '--interval-ms', '100'], secondsPerTurn: 23 },
  { name: 'handover', command: ['handover.ts'], secondsPerTurn: 20 },
  { name: 'decision', command: ['decision.ts'], secondsPerTurn: 65 },
  { name: 'spread', command: ['spread.ts'], secondsPerTurn: 3 },
  { name: 'cluster-idle', command: ['cluster-idle.ts'], secondsPerTurn: 70 },
  { name: 'cluster-flood', command: ['cluster-flood.ts'], secondsPerTurn: 60 },
  { name: 'member-loss', command: ['member-loss.ts'], secondsPerTurn: 50 },
  { name: 'collections', command: ['collections.ts', '--seconds', '8'], secondsPerTurn: 16 },
];

/** A bench takes down its networks when it hears one of these. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs a script of this folder with its output where ours goes; its status, or the signal that was passed on to it. */
async function run(script: string, ...words: readonly string[]): Promise<number | NodeJS.Signals> {
  const file = join(import.meta.dirname, script);
  const child = spawn(process.execPath, [file, ...words], { stdio: 'inherit' });
  let passedOn: NodeJS.Signals | undefined;
  const passOn = (signal: NodeJS.Signals): void => {
    passedOn = signal;
    child.kill(signal);
  };
  for (const signal of signals) process.on(signal, passOn);
  const [status]: (number | null)[] = await once(child, 'exit');
  for (const signal of signals) process.off(signal, passOn);
  return passedOn ?? status ?? 1;
}

const minutes = (seconds: number): string => `${(seconds / 60).toFixed(1)} min`;

function chosenSteps(only: string | undefined, from: string | undefined): readonly Step[] {
  const chosen = only === undefined ? steps : choose(only, steps);
  if (from === undefined) return chosen;
  const first = chosen.findIndex(({ name }) => name === from);
  if (first < 0) throw new LabError(`"${from}" is not one of ${chosen.map((s) => s.name)}`);
  return chosen.slice(first);
}

const accepts = {
  turns: { type: 'string', default: '5' },
  only: { type: 'string' },
  from: { type: 'string' },
  list: { type: 'boolean', default: false },
} as const;

async function main(options: Given<typeof accepts>): Promise<void> {
  const chosen = chosenSteps(options.only, options.from);
  const expected = (some: readonly Step[]): number =>
    some.reduce((sum, { secondsPerTurn }) => sum + secondsPerTurn * Number(options.turns), 0);
  for (const step of chosen) console.log(`${step.name}: about ${minutes(expected([step]))}`);
  console.log(`together about ${minutes(expected(chosen))}`);
  if (options.list) return;
  const failed: string[] = [];
  const begunAt = performance.now();
  for (const [index, { name, command }] of chosen.entries()) {
    const [script = '', ...words] = command;
    const left = expected(chosen.slice(index));
    console.log(`\n=== ${name}, ${index + 1} of ${chosen.length}; about ${minutes(left)} to go`);
    const startedAt = performance.now();
    const status = await run(script, ...words, '--turns', options.turns);
    if (typeof status === 'string') {
      console.log(`=== ${name} ended by ${status}; go on with --from ${name}`);
      process.exitCode = 1;
      return;
    }
    if (status !== 0) failed.push(name);
    const ended = failed.at(-1) === name ? 'failed' : 'done';
    console.log(`=== ${name} ${ended} after ${minutes((performance.now() - startedAt) / 1000)}`);
    await run('report.ts');
  }
  console.log(`\nall of it took ${minutes((performance.now() - begunAt) / 1000)}`);
  if (failed.length === 0) return;
  console.log(`failed: ${failed.join(', ')}; repeat with --only ${failed.join(',')}`);
  process.exitCode = 1;
}

await runBench(import.meta.filename, accepts, main);
