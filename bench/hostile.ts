/**
 * What one honest connection keeps while packets that nobody should send arrive at 50,000 a second.
 * Usage: hostile.ts [--turns 5] [--seconds 2] [--rate 50000] [--out FILE]
 */
import { join } from 'node:path';
import type { Bed } from '../labs/runner/bed.ts';
import { LabError } from '../labs/runner/lab-error.ts';
import type { DataPlaneCounters } from '../src/dataplane/data-plane.ts';
import {
  describeMachine,
  type Metric,
  resultsFolder,
  type Sample,
  saveMeasurement,
} from './measurement.ts';
import { type Given, runBench } from './program.ts';
import { newBed, subjectProcess } from './scenario.ts';
import { startServers, tcp } from './traffic.ts';
import { headend } from './tunnels/headend.ts';
import { onlyClient, spisOf, tunnel } from './tunnels/tunnel.ts';
import { requirePrograms } from './turns.ts';

const generator = join(import.meta.dirname, 'generators/hostile.ts');
const generatorProcess = 'hostile';
/** Another address of the head-end, to which the firewall lets nothing. */
const VOID = '172.16.172.51';
const PORT = 4500;
const warmUpSeconds = 2;
const leadMs = 500;
/** A machine is not the same from second to second: short runs take turns, and their mean counts. */
const rounds = 4;
const graceMs = 20_000;
const answerMs = 5000;

/** Where the hostile packets go in a run. */
const conditions = [
  { name: 'hostile packets at the tunnel', target: tunnel.gateway },
  { name: 'the same packets, dropped by the firewall', target: VOID },
  { name: 'no hostile packets', target: undefined },
] as const;
type Condition = (typeof conditions)[number];

const metrics: readonly Metric[] = [
  { key: 'mbitPerS', title: 'TCP goodput', unit: 'Mbit/s', fractionDigits: 0 },
  { key: 'sentPerS', title: 'Hostile packets sent', unit: 'packets/s', fractionDigits: 0 },
  {
    key: 'countedPercent',
    title: '– refused or reported, and counted',
    unit: '%',
    fractionDigits: 1,
  },
  {
    key: 'overflowPercent',
    title: '– or lost in the full queue of the socket, honest ones included',
    unit: '%',
    fractionDigits: 1,
  },
  { key: 'stateChanges', title: 'Changes of state that they caused', unit: '', fractionDigits: 0 },
];

/** What the head-end has counted so far, as it prints it when asked. */
type Account = { readonly counters: DataPlaneCounters; readonly reports: Record<string, number> };

async function account(bed: Bed, number: number): Promise<Account> {
  process.kill(bed.processes.pid(subjectProcess), 'SIGUSR2');
  const label = `account ${number} `;
  await bed.processes.hear(subjectProcess, label, answerMs);
  const line = bed.processes
    .output(subjectProcess)
    .split('\n')
    .find((text) => text.startsWith(label));
  return JSON.parse(line?.slice(label.length) ?? '') as Account;
}

/** Datagrams that found the queue of a socket full, as the kernel counts them for the node. */
async function overflows(bed: Bed): Promise<number> {
  const lines = (await bed.run('conc', 'cat /proc/net/snmp')).split('\n');
  const [names, values] = lines.filter((line) => line.startsWith('Udp:'));
  const at = names?.split(' ').indexOf('RcvbufErrors') ?? -1;
  return Number(values?.split(' ')[at] ?? Number.NaN);
}

type Sent = Record<'overlapping' | 'total' | 'seconds', number>;

/** What hostile packets end as: refused under some name, or reported as a message to the engine. */
const counted = ({ counters: c, reports }: Account): number =>
  c.unknownSpi +
  c.malformed +
  c.replayed +
  c.authenticationFailed +
  c.selectorMismatch +
  c.queueFull +
  (reports.datagram ?? 0) +
  (reports.keepalive ?? 0);

/** What would be a consequence beyond counters: a peer moved, an SA that ends, a worker lost. */
const changes = ({ reports }: Account): number =>
  (reports.peerMoved ?? 0) + (reports.expiring ?? 0) + (reports.expired ?? 0) + (reports.lost ?? 0);

/** Packets that miss their aim would cost little: each of the ways to refuse one has to be taken. */
function refuseMisses(before: Account, after: Account, datagrams: number): void {
  for (const reason of ['authenticationFailed', 'replayed', 'malformed', 'unknownSpi'] as const)
    if (after.counters[reason] - before.counters[reason] < datagrams / 20)
      throw new LabError(`hardly a packet was refused as ${reason}`);
}

/** The mean of each value. */
function meanOf(samples: readonly Sample['values'][]): Sample['values'] {
  const keys = Object.keys(samples[0] ?? {});
  const sum = (key: string) => samples.reduce((total, values) => total + (values[key] ?? 0), 0);
  return Object.fromEntries(keys.map((key) => [key, sum(key) / samples.length]));
}

async function measure(
  bed: Bed,
  { target }: Condition,
  seconds: number,
  rate: number,
  accounts: () => Promise<Account>,
): Promise<Sample['values']> {
  if (target === undefined) return { mbitPerS: (await tcp(bed, onlyClient, seconds)).mbitPerS };
  const before = await accounts();
  const full = await overflows(bed);
  const time = seconds + (2 * leadMs) / 1000;
  const words = [target, PORT, spisOf(onlyClient).towardsHeadEnd, rate, time].join(' ');
  bed.start('client', generatorProcess, `exec ${process.execPath} ${generator} ${words}`);
  await new Promise((resolve) => setTimeout(resolve, leadMs));
  const { mbitPerS } = await tcp(bed, onlyClient, seconds);
  if ((await bed.processes.finish(generatorProcess, graceMs)) !== 0)
    throw new LabError(`the sender failed${bed.processes.tail(generatorProcess)}`);
  const sent = JSON.parse(bed.processes.output(generatorProcess)) as Sent;
  const after = await accounts();
  const sentPerS = sent.total / sent.seconds;
  if (target === VOID) return { mbitPerS, sentPerS };
  // Fragments that overlap are refused by the kernel, one fragment or the whole.
  const datagrams = sent.total - sent.overlapping;
  refuseMisses(before, after, datagrams);
  return {
    mbitPerS,
    sentPerS,
    countedPercent: (100 * (counted(after) - counted(before))) / datagrams,
    overflowPercent: (100 * ((await overflows(bed)) - full)) / datagrams,
    stateChanges: changes(after) - changes(before),
  };
}

async function takeTurn(turn: number, seconds: number, rate: number): Promise<Sample[]> {
  const bed = newBed('hostile');
  let finished = false;
  try {
    await headend.open(bed, { suite: 'aes-128-gcm', clients: [onlyClient] });
    await bed.run('conc', `ip address add ${VOID}/24 dev outside`);
    await bed.run(
      'conc',
      `nft 'table ip void { chain in { type filter hook prerouting priority -300; ip daddr ${VOID} drop; }; }'`,
    );
    await startServers(bed, [onlyClient]);
    await tcp(bed, onlyClient, warmUpSeconds);
    let asked = 0;
    const accounts = () => {
      asked += 1;
      return account(bed, asked);
    };
    const runs = conditions.map((): Sample['values'][] => []);
    // Whoever comes first in one round comes last in another.
    for (let i = 0; i < rounds * conditions.length; i += 1) {
      const which = (i + Math.floor(i / conditions.length) + turn) % conditions.length;
      const condition = conditions[which] as Condition;
      runs[which]?.push(await measure(bed, condition, seconds, rate, accounts));
    }
    const samples = conditions.map(({ name }, i) => ({
      subject: name,
      turn,
      values: meanOf(runs[i] ?? []),
    }));
    for (const { subject, values } of samples) {
      const shown = Object.entries(values).map(([key, value]) => `${key} ${value.toFixed(1)}`);
      console.log(`turn ${turn}, ${subject}: ${shown.join(', ')}`);
    }
    bed.refuseFailures();
    finished = true;
    return samples;
  } finally {
    await bed.close(!finished);
    if (!finished) console.error(`logs: ${bed.workFolder}`);
  }
}

const accepts = {
  turns: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '2' },
  rate: { type: 'string', default: '50000' },
  out: { type: 'string' },
} as const;

async function main(options: Given<typeof accepts>): Promise<void> {
  requirePrograms(['ip', 'iperf3', 'nft']);
  const [seconds, rate] = [Number(options.seconds), Number(options.rate)];
  const samples: Sample[] = [];
  for (let turn = 1; turn <= Number(options.turns); turn += 1)
    samples.push(...(await takeTurn(turn, seconds, rate)));
  saveMeasurement(options.out ?? join(resultsFolder, 'hostile.json'), {
    title: 'One honest tunnel among hostile packets',
    about:
      'One TCP connection through one tunnel, AES-128-GCM in UDP, while a program in the client’s namespace ' +
      'sends packets that nobody should: forged, replayed, cut short, oversized, in fragments that overlap, ' +
      'under unknown SPIs, and control messages that are none. Sender, both ends and iperf3 share the ' +
      'processors, so the comparison is with the same sender sending the same packets to an address where ' +
      'the firewall drops them: that is what the sender’s own processor time leaves.',
    takenAt: new Date().toISOString(),
    machine: describeMachine(),
    subjects: conditions.map(({ name }) => ({ name, version: headend.version() })),
    parameters: {
      turns: options.turns,
      'seconds of TCP': seconds,
      'runs of each kind and turn': rounds,
      'packets/s intended': rate,
    },
    metrics,
    samples,
  });
}

await runBench(import.meta.filename, accepts, main);
