/**
 * What a packet costs a head-end that has many pairs of SAs, with traffic on one pair and on all.
 * Usage: sa-table.ts [--many 100000] [--few 1000] [--octets 512] [--rate 20000] [--turns 5] [--seconds 2] [--out FILE]
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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
import { residentKibibytes } from './resident.ts';
import { clientProcess, newBed, subjectProcess } from './scenario.ts';
import { headend } from './subjects/headend.ts';
import { table } from './tunnels/table.ts';
import { tunnel } from './tunnels/tunnel.ts';
import { requirePrograms, takeTurns } from './turns.ts';

const startTimeoutMs = 60_000;
const graceMs = 20_000;
/** Every pair carries a packet before any counts: for the first one of an SA the kernel is asked about its path. */
const leastWarmUpSeconds = 1;
const pollMs = 20;
const spread = `${process.execPath} ${join(import.meta.dirname, 'generators/spread.ts')}`;
const end = `${process.execPath} ${join(import.meta.dirname, 'tunnels/table-end.ts')}`;

/** Down is from the inside host to the clients: the head-end seals. Up: it opens. */
const directions = [
  { name: 'down', title: 'to clients', node: 'srv', first: table.clientsInside.first },
  { name: 'up', title: 'from clients', node: 'client', first: table.hosts.first },
] as const;
type Direction = (typeof directions)[number];

const metrics: readonly Metric[] = [
  ...directions.flatMap(({ name, title }) => [
    { key: `${name}All`, title: `CPU time per packet ${title}, all pairs in turn`, unit: 'ns' },
    { key: `${name}One`, title: `CPU time per packet ${title}, one pair`, unit: 'ns' },
  ]),
  { key: 'kibPerPair', title: 'Resident memory per pair', unit: 'KiB' },
].map((metric) => ({ ...metric, fractionDigits: metric.unit === 'ns' ? 0 : 1 }));

type Load = { readonly octets: number; readonly rate: number; readonly seconds: number };

/** Asks an end for its counters. */
async function counters(bed: Bed, name: string): Promise<DataPlaneCounters> {
  const lines = () => bed.processes.output(name).trimEnd().split('\n');
  const before = lines().length;
  process.kill(bed.processes.pid(name), 'SIGUSR2');
  const giveUpAt = performance.now() + startTimeoutMs;
  while (lines().length === before) {
    bed.refuseFailures();
    if (performance.now() > giveUpAt) throw new LabError(`${name} does not say its counters`);
    await sleep(pollMs);
  }
  return JSON.parse(lines().at(-1) ?? '') as DataPlaneCounters;
}

const send = (bed: Bed, { node, first }: Direction, count: number, load: Load) =>
  bed.run(
    node,
    `exec ${spread} ${first} ${count} ${load.octets} ${load.rate} ${load.seconds}`,
    load.seconds * 1000 + graceMs,
  );

/** Both ends with their tables, and somewhere for packets to go. */
async function open(bed: Bed, pairs: number): Promise<void> {
  bed.start('conc', subjectProcess, `exec ${end} conc ${pairs}`);
  bed.start('client', clientProcess, `exec ${end} client ${pairs}`);
  const { clientsInside, clientsOutside, hosts } = table;
  for (const { prefix } of [clientsInside, clientsOutside])
    await bed.run('client', `ip route add local ${prefix} dev lo`);
  await bed.run('srv', `ip route add local ${hosts.prefix} dev lo`);
  await bed.run('conc', `ip route add ${clientsOutside.prefix} via 172.16.172.2`);
  await bed.run('conc', `ip route add ${hosts.prefix} via ${tunnel.insideHost}`);
  for (const name of [subjectProcess, clientProcess])
    await bed.processes.hear(name, 'the table is handed over', startTimeoutMs);
  for (const node of ['srv', 'client']) {
    bed.start(node, `sink-${node}`, `exec ${spread} sink`);
    await bed.processes.hear(`sink-${node}`, 'ready', startTimeoutMs);
  }
}

/** Waits until a packet for the pair that was installed last gets through in both directions. */
async function stands(bed: Bed): Promise<void> {
  const giveUpAt = performance.now() + startTimeoutMs;
  for (const direction of directions)
    for (const receiver = direction.name === 'up' ? subjectProcess : clientProcess; ; ) {
      if (performance.now() > giveUpAt) throw new LabError('the tables do not come to stand');
      await send(bed, direction, 1, { octets: 64, rate: 10, seconds: 0.1 });
      if ((await counters(bed, receiver)).packetsRx > 0) break;
    }
}

/** Processor time of the head-end per packet that it has carried, in ns. */
async function cost(bed: Bed, direction: Direction, count: number, load: Load): Promise<number> {
  const seconds = Math.max(leastWarmUpSeconds, count / load.rate);
  await send(bed, direction, count, { ...load, seconds });
  const carried = async (): Promise<number> => {
    const { packetsRx, packetsTx } = await counters(bed, subjectProcess);
    return packetsRx + packetsTx;
  };
  const [packets, cpuMs] = [await carried(), bed.processes.cpuMs(subjectProcess)];
  await send(bed, direction, count, load);
  const spentMs = bed.processes.cpuMs(subjectProcess) - cpuMs;
  const more = (await carried()) - packets;
  if (more < (load.rate * load.seconds) / 2)
    throw new LabError(`the head-end carried ${more} packets only; lower --rate`);
  return (spentMs * 1e6) / more;
}

async function measure(pairs: number, load: Load): Promise<Sample['values']> {
  const bed = newBed('sa-table');
  let finished = false;
  try {
    await open(bed, pairs);
    await stands(bed);
    const values: Record<string, number> = {
      kibPerPair: residentKibibytes(bed, subjectProcess) / pairs,
    };
    for (const direction of directions) {
      values[`${direction.name}All`] = await cost(bed, direction, pairs, load);
      values[`${direction.name}One`] = await cost(bed, direction, 1, load);
    }
    bed.refuseFailures();
    finished = true;
    return values;
  } finally {
    await bed.close(!finished);
    if (!finished) console.error(`logs: ${bed.workFolder}`);
  }
}

const grouped = (count: number): string => count.toLocaleString('en-US');

const accepts = {
  many: { type: 'string', default: '100000' },
  few: { type: 'string', default: '1000' },
  octets: { type: 'string', default: '512' },
  rate: { type: 'string', default: '20000' },
  turns: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '2' },
  out: { type: 'string' },
} as const;

async function main(options: Given<typeof accepts>): Promise<void> {
  requirePrograms(['ip']);
  const tables = [options.many, options.few].map((pairs) => ({
    name: `${grouped(Number(pairs))} pairs`,
    pairs: Number(pairs),
  }));
  const load: Load = {
    octets: Number(options.octets),
    rate: Number(options.rate),
    seconds: Number(options.seconds),
  };
  const samples = await takeTurns(tables, Number(options.turns), ({ pairs }) =>
    measure(pairs, load),
  );
  saveMeasurement(options.out ?? join(resultsFolder, 'sa-table.json'), {
    title: `A packet among ${grouped(Number(options.many))} pairs of SAs`,
    about:
      'Processor time of the head-end per packet, by the size of its table, AES-128-GCM in UDP. In turn means ' +
      'that each datagram goes to another client than any of those before it, until all had one: nothing of an ' +
      'SA is in a cache when its packet comes. Every pair has carried one before. Packets to clients leave for as many addresses. The SAs of all ' +
      'clients are in one process, and no IKE takes part.',
    takenAt: new Date().toISOString(),
    machine: describeMachine(),
    subjects: tables.map(({ name }) => ({ name, version: headend.version() })),
    parameters: {
      turns: options.turns,
      'octets of UDP payload': load.octets,
      'packets/s offered': load.rate,
      'seconds of each run': load.seconds,
      'MTU of the tunnel': tunnel.mtu,
    },
    metrics,
    samples,
  });
}

await runBench(import.meta.filename, accepts, main);
