/**
 * A member with many sessions dies: how long until its clients are connected again.
 * Usage: member-loss.ts [--turns 5] [--clients 1000] [--out FILE]
 *
 * Two members share the clients equally; the one that is not master is killed. Its clients notice by dead
 * peer detection and connect again at the cluster address.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { clientsWith, type Happening, startClients, untilHappened } from './cluster/clients.ts';
import { clusterBed, memberProcess, publicAddress, startMembers } from './cluster/members.ts';
import {
  describeMachine,
  type Metric,
  resultsFolder,
  type Sample,
  saveMeasurement,
} from './measurement.ts';
import { monotonicMs } from './monotonic.ts';
import { type Given, runBench } from './program.ts';
import { headend } from './subjects/headend.ts';
import { requirePrograms, takeTurns } from './turns.ts';

const clientsProcess = 'clients';
const timeoutMs = 90_000;
const users = 20;
/** More than two members on one machine get through, so that clients begin as fast as others are done. */
const perS = 400;
const settleMs = 3000;
/** The member that dies. */
const victim = 2;
/** As many as need to be back. */
const part = 0.99;
/** The set-up rate that is left to count on while all come at once. */
const rateLeft = 0.8;

const metrics: readonly Metric[] = [
  { key: 'lost', title: 'Sessions of the member that died', unit: '', fractionDigits: 0 },
  { key: 'setupsPerS', title: 'Set-ups before, through redirects', unit: '1/s', fractionDigits: 0 },
  {
    key: 'noticedMs',
    title: 'From the kill until 99 % of its clients have noticed',
    unit: 'ms',
    fractionDigits: 0,
  },
  { key: 'backMs', title: 'From the kill until 99 % are back', unit: 'ms', fractionDigits: 0 },
  { key: 'part', title: 'Of the time allowed', unit: '', fractionDigits: 2 },
];

/** The moment at which enough of these have happened. */
function enoughAt(moments: readonly number[], of: number): number {
  const sorted = [...moments].sort((a, b) => a - b);
  return sorted[Math.ceil(of * part) - 1] ?? Number.POSITIVE_INFINITY;
}

/** Clients and the member each is with. */
function whereabouts(all: readonly Happening[]): ReadonlyMap<number, string> {
  const servers = new Map<number, string>();
  for (const { client, kind, server } of all) if (kind === 'connected') servers.set(client, server);
  return servers;
}

/** Set-ups per second in the second half of a load, when every user was verified once. */
function setupRate(all: readonly Happening[]): number {
  const at = all.filter(({ kind }) => kind === 'connected').map((each) => each.at);
  const [low, high] = [Math.floor(at.length * 0.5), Math.floor(at.length * 0.95)];
  return ((high - low) * 1000) / ((at[high] ?? 0) - (at[low] ?? 0));
}

async function measure(clients: number): Promise<Sample['values']> {
  const bed = clusterBed('member-loss', 2);
  let finished = false;
  try {
    await startMembers(bed, { members: 2, helloMs: 1000, users });
    await startClients(bed, clientsProcess, {
      count: clients,
      users,
      perS,
      mode: 'come-back',
    });
    const connected = (some: readonly Happening[]) => clientsWith(some, 'connected') >= clients;
    const before = await untilHappened(bed, clientsProcess, connected, timeoutMs);
    await sleep(settleMs);
    const lost = new Set(
      [...whereabouts(before)].filter(([, at]) => at === publicAddress(victim)).map(([n]) => n),
    );
    const killedAt = monotonicMs();
    await bed.processes.kill(memberProcess(victim));
    const momentsOf = (some: readonly Happening[], kind: Happening['kind']) => [
      ...new Map(
        some
          .filter((each) => each.at > killedAt && each.kind === kind && lost.has(each.client))
          .map(({ client, at }) => [client, at]),
      ).values(),
    ];
    const isBack = (some: readonly Happening[]) =>
      momentsOf(some, 'connected').length >= lost.size * part;
    const all = await untilHappened(bed, clientsProcess, isBack, timeoutMs);
    const setupsPerS = setupRate(before);
    const noticedMs = enoughAt(momentsOf(all, 'closed'), lost.size) - killedAt;
    const backMs = enoughAt(momentsOf(all, 'connected'), lost.size) - killedAt;
    const allowedMs = noticedMs + (lost.size * 1000) / (rateLeft * setupsPerS);
    finished = true;
    return { lost: lost.size, setupsPerS, noticedMs, backMs, part: backMs / allowedMs };
  } finally {
    await bed.close(!finished);
    if (!finished) console.error(`logs: ${bed.workFolder}`);
  }
}

const accepts = {
  turns: { type: 'string', default: '5' },
  clients: { type: 'string', default: '1000' },
  out: { type: 'string' },
} as const;

async function main(options: Given<typeof accepts>): Promise<void> {
  requirePrograms(['ip', 'nft']);
  const clients = Number(options.clients);
  const samples = await takeTurns([headend], Number(options.turns), () => measure(clients));
  saveMeasurement(options.out ?? join(resultsFolder, 'member-loss.json'), {
    title: 'A member with many sessions dies',
    about:
      'Two members share the clients equally, then the one that is not master is killed (SIGKILL). Its clients notice by dead peer ' +
      'detection, silence of 10 s and three probes 5 s apart, and connect again at the cluster address; there each is redirected and logs in. The time ' +
      'allowed is that of noticing and, for every lost session, the time of a set-up at 0.8 times the rate of the first load, in which 64 clients are on ' +
      'their way at any time; those that lost their member come back all at once.',
    takenAt: new Date().toISOString(),
    machine: describeMachine(),
    subjects: [{ name: headend.name, version: headend.version() }],
    parameters: { turns: options.turns, clients },
    metrics,
    samples,
  });
}

await runBench(import.meta.filename, accepts, main);
