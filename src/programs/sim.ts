import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Configuration } from '#config/configuration';
import { parseListing } from '#config/parse';
import { countOf, summaryOf } from '#config/summary';
import { grammar } from '#engine/grammar';
import {
  membersAlike,
  type Named,
  sharedAddress,
  withNamesOfTheirOwn,
} from '#simulation/cluster-configurations';
import { FAULTS, type FaultName } from '#simulation/cluster-faults';
import { runTrial, TrialFailed } from '#simulation/cluster-trial';
import { trialPlot } from '#simulation/trial-plot';
import { trialText } from '#simulation/trial-text';
import { readText } from './check.ts';
import { type Program, UsageError } from './program.ts';

const names = FAULTS.map(({ name }) => name);
const CLIENTS_DEFAULT = 400;
const CLIENTS_MOST = 20_000;
const MEMBERS_MOST = 25;

/** A whole number of an option, within bounds. */
function count(name: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < low || value > high)
    throw new UsageError(`--${name} takes a number from ${low} to ${high}`);
  return value;
}

function faultsOf(text: string | undefined): readonly FaultName[] {
  if (text === undefined) return names;
  if (text === 'none') return [];
  return text.split(',').map((word) => {
    const found = names.find((name) => name === word);
    if (!found)
      throw new UsageError(`"${word}" is not a fault; there are ${names.join(', ')} and none`);
    return found;
  });
}

async function load(file: string): Promise<Named> {
  const { configuration, diagnostics } = parseListing(grammar, await readText(file), {});
  if (diagnostics.some(({ severity }) => severity === 'error')) {
    const lines = summaryOf(file, diagnostics, { all: false, quiet: true });
    throw new UsageError([`${file}: ${countOf(diagnostics)}`, ...lines].join('\n'));
  }
  return { file, configuration };
}

/** The members that the files describe, or as many as wanted like the one of the only file. */
async function membersOf(
  files: readonly string[],
  wanted: string | undefined,
): Promise<readonly Named[]> {
  const loaded: Named[] = [];
  for (const file of files) loaded.push(await load(file));
  const [first, ...more] = loaded;
  if (!first) throw new UsageError('sim cluster takes --config FILE, once for every member');
  if (wanted === undefined) {
    if (more.length === 0)
      throw new UsageError('one FILE is one member; --members N makes N members like it');
    if (loaded.length > MEMBERS_MOST)
      throw new UsageError(`a cluster has ${MEMBERS_MOST} members at most`);
    return withNamesOfTheirOwn(loaded);
  }
  if (more.length > 0) throw new UsageError('--members goes with one FILE only');
  const alike = membersAlike(first.configuration, count('members', wanted, 2, MEMBERS_MOST));
  if (!alike.ok) throw new UsageError(`${first.file}: ${alike.error}`);
  return alike.value.map((configuration: Configuration) => ({ file: first.file, configuration }));
}

async function simulate(args: readonly string[]): Promise<number> {
  const { values: options } = parseArgs({
    args: [...args],
    options: {
      config: { type: 'string', multiple: true, default: [] },
      members: { type: 'string' },
      seed: { type: 'string', default: '1' },
      clients: { type: 'string', default: `${CLIENTS_DEFAULT}` },
      faults: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      svg: { type: 'string' },
      events: { type: 'boolean', default: false },
      quiet: { type: 'boolean', default: false },
    },
  });
  const members = await membersOf(options.config, options.members);
  const clusterAddress = sharedAddress(members);
  if (!clusterAddress.ok) throw new UsageError(clusterAddress.error);
  let trial: ReturnType<typeof runTrial>;
  try {
    trial = runTrial({
      seed: count('seed', options.seed, 0, 0xffff_ffff),
      configurations: members.map(({ configuration }) => configuration),
      clusterAddress: clusterAddress.value,
      clients: count('clients', options.clients, 1, CLIENTS_MOST),
      faults: faultsOf(options.faults),
      rounds: count('rounds', options.rounds, 1, 100),
      progress: (text) => {
        if (!options.quiet) process.stderr.write(`${text}\n`);
      },
    });
  } catch (error) {
    if (!(error instanceof TrialFailed)) throw error;
    process.stdout.write(`${error.message}\n`);
    return 1;
  }
  process.stdout.write(trialText(trial, options.events));
  if (options.svg !== undefined) {
    await writeFile(options.svg, trialPlot(trial));
    if (!options.quiet) process.stderr.write(`the picture is in ${options.svg}\n`);
  }
  return trial.episodes.every(({ healedMs }) => healedMs !== undefined) ? 0 : 1;
}

export const simProgram: Program = {
  name: 'sim',
  synopsis: 'cluster --config FILE... [--members N] [--seed N] [OPTIONS]',
  summary: 'run a cluster configuration through faults in virtual time',
  help: `The members are what the files configure under "vpn load-balancing": priorities, capacities, timers, personality,
addresses. They run the product's own protocol and choose for its own clients, in virtual time on a network that does
what it is told; nothing is opened, and no root is needed. One seed gives one result, octet by octet. Not
simulated: IKE itself (a login is a delay), packets of clients, DNS, what the kernel takes to move an address.

  --config FILE    a member; once for each; those of one hostname are given numbers
  --members N      N members like the one of the only FILE, with addresses and pools that follow on its own
  --seed N         another course of events; 1 if absent
  --clients N      how many come before anything goes wrong, within a minute; ${CLIENTS_DEFAULT} if absent
  --faults LIST    some of these, with commas, or none:
                   ${names.join(', ')}
  --rounds N       how often each is tried; 3 if absent
  --svg FILE       writes a picture: load of each member over time, and who has the cluster address
  --events         shows every event of severity 1 to 3, not only the first
  --quiet          says nothing meanwhile

Exit status 0: after every fault there was one cluster again; 1: not so, or the members never became one cluster.`,
  async run(args) {
    const [what, ...rest] = args;
    if (what !== 'cluster') throw new UsageError('sim takes what to simulate: cluster');
    return simulate(rest);
  },
};
