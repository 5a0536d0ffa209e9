/**
 * Scenarios of the simulator by many seeds.
 * Usage: simulate.ts [--scenario NAME] [--seeds 1-100] [--list]
 * NAME is a scenario or the beginning of several; without it all are run. A failure prints the command
 * that runs its seed alone. --list names the scenarios.
 */
import { givenOptions } from '../bench/program.ts';
import { runSeeds, type ScenarioName, scenarioNames } from '../sim/seeds.ts';

/** At least this long between two lines of progress. */
const PROGRESS_MS = 5000;

const options = givenOptions(import.meta.filename, {
  scenario: { type: 'string', default: '' },
  seeds: { type: 'string', default: '1-100' },
  list: { type: 'boolean', default: false },
});

function refuse(message: string): never {
  console.error(message);
  process.exit(2);
}

/** `17`, or `1-5000`. */
function seedRange(text: string): readonly [first: number, last: number] {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  if (!match) refuse(`--seeds ${text} is neither a seed nor a range such as 1-5000`);
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  if (first > last || last > 0xffffffff) refuse(`--seeds ${text} is not a range of 32-bit numbers`);
  return [first, last];
}

/** Runs a scenario and says how it goes; whether every seed held. */
function run(name: ScenarioName, first: number, last: number): boolean {
  const startedAt = Date.now();
  let saidAt = startedAt;
  const seconds = (from: number) => ((Date.now() - from) / 1000).toFixed(1);
  try {
    runSeeds(name, first, last, (seed) => {
      if (Date.now() - saidAt < PROGRESS_MS || seed === last) return;
      saidAt = Date.now();
      console.log(`${name}: up to seed ${seed} in ${seconds(startedAt)} s`);
    });
  } catch (error) {
    const { message, cause } = error as Error;
    console.error(`${name}: ${message}`);
    if (first === last && cause instanceof Error) console.error(cause.stack);
    return false;
  }
  console.log(`${name}: seeds ${first} to ${last} hold, ${seconds(startedAt)} s`);
  return true;
}

const exact = scenarioNames.filter((name) => name === options.scenario);
const chosen =
  exact.length > 0 ? exact : scenarioNames.filter((name) => name.startsWith(options.scenario));
if (chosen.length === 0)
  refuse(`no scenario ${options.scenario}; there are ${scenarioNames.join(', ')}`);
if (options.list) for (const name of chosen) console.log(name);
else {
  const [first, last] = seedRange(options.seeds);
  const held = chosen.map((name) => run(name, first, last));
  process.exitCode = held.every(Boolean) ? 0 : 1;
}
