/**
 * How evenly clients are spread over members of unequal capacity, in virtual time: the product's own protocol and
 * choice, while reports are late and lost. No clock is read, so that a turn is a seed and says the same anywhere.
 * Usage: spread.ts [--turns 5] [--clients 10000] [--loss 0.1] [--out FILE]
 */
import { join } from 'node:path';
import { parseListing } from '#config/parse';
import { grammar } from '#engine/grammar';
import { ClusterSite } from '#simulation/cluster-site';
import { LabError } from '../labs/runner/lab-error.ts';
import { address } from '../src/base/address.ts';
import {
  describeMachine,
  type Metric,
  resultsFolder,
  type Sample,
  saveMeasurement,
} from './measurement.ts';
import { type Given, runBench } from './program.ts';
import { headend } from './subjects/headend.ts';
import { takeTurns } from './turns.ts';

const clusterAddress = address('172.18.124.254');
/** What members 1 to 10 take, 18,750 in all. */
const capacities = [250, 500, 750, 1000, 1250, 1500, 2000, 2500, 4000, 5000] as const;
const arrivalMs = 60_000;
const settleMs = 20_000;
const startMs = 20_000;
const delayMs = [0, 200] as const;

const metrics: readonly Metric[] = [
  {
    key: 'farthestPoints',
    title: 'Member farthest from the ideal',
    unit: 'percentage points',
    fractionDigits: 2,
  },
  { key: 'meanPoints', title: 'Mean of all members', unit: 'percentage points', fractionDigits: 2 },
  { key: 'misled', title: 'Redirects to a member without room', unit: '', fractionDigits: 0 },
];

const configurationOf = (capacity: number, index: number) => {
  const host = index + 1;
  const listing = `hostname m${host}
vpn-sessiondb max-session-limit ${capacity}
interface GigabitEthernet0/0
 nameif outside
 ip address 172.18.124.${host} 255.255.255.0
interface GigabitEthernet0/1
 nameif inside
 ip address 10.32.1.${host} 255.255.128.0
vpn load-balancing
 cluster ip address ${clusterAddress}
 cluster key shared-by-the-members
 participate
`;
  const { configuration, diagnostics } = parseListing(grammar, listing);
  const [wrong] = diagnostics.filter(({ severity }) => severity === 'error');
  if (wrong) throw new LabError(`${wrong.text}: ${wrong.reason}`);
  return configuration;
};

function measure(seed: number, clients: number, loss: number): Sample['values'] {
  const site = new ClusterSite(seed, capacities.map(configurationOf), clusterAddress);
  for (const member of site.members) member.start();
  site.clock.run(startMs);
  if (!site.isWhole()) throw new LabError(`seed ${seed}: the members did not become one cluster`);
  site.network.setFaults({ loss, delayMs });
  site.clients.arrive(clients, arrivalMs);
  site.clock.run(arrivalMs + settleMs);
  const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
  const active = site.members.map((member) => member.active);
  if (sum(active) !== clients) throw new LabError(`seed ${seed}: ${sum(active)} clients connected`);
  const ideal = (100 * clients) / sum(capacities);
  const away = capacities.map((capacity, i) =>
    Math.abs((100 * (active[i] ?? 0)) / capacity - ideal),
  );
  const { misled } = site.clients.counts;
  return { farthestPoints: Math.max(...away), meanPoints: sum(away) / away.length, misled };
}

const accepts = {
  turns: { type: 'string', default: '5' },
  clients: { type: 'string', default: '10000' },
  loss: { type: 'string', default: '0.1' },
  out: { type: 'string' },
} as const;

async function main(options: Given<typeof accepts>): Promise<void> {
  const [clients, loss] = [Number(options.clients), Number(options.loss)];
  let seed = 0;
  const samples = await takeTurns([headend], Number(options.turns), async () => {
    seed += 1;
    return measure(seed, clients, loss);
  });
  saveMeasurement(options.out ?? join(resultsFolder, 'spread.json'), {
    title: 'Spread of clients over unequal members',
    about:
      'Virtual time: ten members that take from 250 to 5000 sessions, clients that come within a minute, datagrams between members ' +
      'late and lost. Ideal is the same percentage everywhere. Every turn is another seed, and comes out the same on any machine.',
    takenAt: new Date().toISOString(),
    machine: describeMachine(),
    subjects: [{ name: headend.name, version: headend.version() }],
    parameters: {
      turns: options.turns,
      members: capacities.length,
      clients,
      'datagrams lost': loss,
      'datagrams late, ms': delayMs.join(' to '),
    },
    metrics,
    samples,
  });
}

await runBench(import.meta.filename, accepts, main);
