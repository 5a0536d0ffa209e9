/**
 * A planned handover: the master leaves while clients come.
 * Usage: handover.ts [--turns 5] [--members 3] [--clients 300] [--per-s 50] [--out FILE]
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { clientsWith, startClients, untilHappened } from './cluster/clients.ts';
import { clusterBed, startMembers, tell } from './cluster/members.ts';
import { newcomerGapMs, owner, watchNewcomers, watchOwner } from './cluster/owner-probe.ts';
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
const timeoutMs = 60_000;
const users = 30;

const metrics: readonly Metric[] = [
  {
    key: 'withoutOwnerMs',
    title: 'From the last answer of the old master to the first of the new',
    unit: 'ms',
    fractionDigits: 0,
  },
  {
    key: 'newcomersMs',
    title: 'The longest time in which no newcomer was answered',
    unit: 'ms',
    fractionDigits: 0,
  },
  { key: 'failed', title: 'Clients whose attempt failed', unit: '', fractionDigits: 0 },
  { key: 'connected', title: 'Clients that connected', unit: '', fractionDigits: 0 },
];

type Wanted = { readonly members: number; readonly clients: number; readonly perS: number };

async function measure({ members, clients, perS }: Wanted): Promise<Sample['values']> {
  const bed = clusterBed('handover', members);
  let finished = false;
  try {
    await startMembers(bed, { members, helloMs: 1000, users });
    await watchOwner(bed);
    await startClients(bed, clientsProcess, { count: clients, users, perS, mode: 'stay' });
    await sleep((clients / perS / 2) * 1000);
    await watchNewcomers(bed);
    await tell(bed, 1, ['configure terminal', 'vpn load-balancing', 'no participate']);
    const { answeredAt, lastBefore } = await owner(bed, 2);
    const all = await untilHappened(
      bed,
      clientsProcess,
      (some) => clientsWith(some, 'connected') + clientsWith(some, 'closed') >= clients,
      timeoutMs,
    );
    finished = true;
    return {
      withoutOwnerMs: answeredAt - lastBefore,
      newcomersMs: newcomerGapMs(bed),
      failed: clientsWith(all, 'closed'),
      connected: clientsWith(all, 'connected'),
    };
  } finally {
    await bed.close(!finished);
    if (!finished) console.error(`logs: ${bed.workFolder}`);
  }
}

const accepts = {
  turns: { type: 'string', default: '5' },
  members: { type: 'string', default: '3' },
  clients: { type: 'string', default: '300' },
  'per-s': { type: 'string', default: '50' },
  out: { type: 'string' },
} as const;

async function main(options: Given<typeof accepts>): Promise<void> {
  requirePrograms(['ip', 'nft']);
  const wanted = {
    members: Number(options.members),
    clients: Number(options.clients),
    perS: Number(options['per-s']),
  };
  const samples = await takeTurns([headend], Number(options.turns), () => measure(wanted));
  saveMeasurement(options.out ?? join(resultsFolder, 'handover.json'), {
    title: 'Planned handover of the cluster address',
    about:
      'Clients begin at the cluster address at a steady rate, each with a whole login. In the middle of them the master is told ' +
      '`no participate`. An attempt has failed when the client gives it up; messages that are repeated are part of an attempt. ' +
      'Besides, one first message is sent every 2 ms, which tells who answers, and from shortly before the handover a new client begins ' +
      'every 5 ms and goes no further: the master that leaves lets clients whose phase 1 is under way end it, and takes no others meanwhile.',
    takenAt: new Date().toISOString(),
    machine: describeMachine(),
    subjects: [{ name: headend.name, version: headend.version() }],
    parameters: {
      turns: options.turns,
      members: wanted.members,
      clients: wanted.clients,
      'clients per s': wanted.perS,
    },
    metrics,
    samples,
  });
}

await runBench(import.meta.filename, accepts, main);
