/**
 * From the kill of whoever has the cluster address until another answers there.
 * Usage: takeover.ts [--interval-ms 1000] [--subjects headend,keepalived] [--turns 5]
 *                    [--members 3] [--kills 2] [--out FILE]
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { clusterBed } from './cluster/members.ts';
import { type Mover, movers } from './cluster/movers.ts';
import { owner, watchOwner } from './cluster/owner-probe.ts';
import {
  describeMachine,
  type Metric,
  resultsFolder,
  type Sample,
  saveMeasurement,
} from './measurement.ts';
import { monotonicMs } from './monotonic.ts';
import { type Given, runBench } from './program.ts';
import { choose, reportedNames, requirePrograms, takeTurns } from './turns.ts';

/** Everybody has started, and nothing is under way but the keepalives. */
const settleMs = 1500;

const metrics: readonly Metric[] = [
  {
    key: 'takeoverMs',
    title: 'From the kill to the first answer, mean',
    unit: 'ms',
    fractionDigits: 0,
  },
  { key: 'longestMs', title: 'the longest', unit: 'ms', fractionDigits: 0 },
];

type Wanted = { readonly members: number; readonly kills: number; readonly intervalMs: number };

async function measure(mover: Mover, wanted: Wanted): Promise<Sample['values']> {
  const bed = clusterBed('takeover', wanted.members);
  let finished = false;
  try {
    await mover.start(bed, wanted.members, wanted.intervalMs);
    await watchOwner(bed);
    const takeoversMs: number[] = [];
    for (let n = 1; n <= wanted.kills; n += 1) {
      // Any moment between two keepalives is as likely as another.
      await sleep(settleMs + Math.random() * wanted.intervalMs);
      const killedAt = monotonicMs();
      await Promise.all(mover.processesOf(n).map((name) => bed.processes.kill(name)));
      const { answeredAt } = await owner(bed, n + 1);
      takeoversMs.push(answeredAt - killedAt);
    }
    finished = true;
    const sum = takeoversMs.reduce((a, b) => a + b, 0);
    return { takeoverMs: sum / takeoversMs.length, longestMs: Math.max(...takeoversMs) };
  } finally {
    await bed.close(!finished);
    if (!finished) console.error(`logs: ${bed.workFolder}`);
  }
}

const accepts = {
  subjects: { type: 'string', default: 'headend,keepalived' },
  turns: { type: 'string', default: '5' },
  members: { type: 'string', default: '3' },
  kills: { type: 'string', default: '2' },
  'interval-ms': { type: 'string', default: '1000' },
  out: { type: 'string' },
} as const;

async function main(options: Given<typeof accepts>): Promise<void> {
  const chosen = choose(options.subjects, movers);
  requirePrograms(chosen.flatMap(({ needs }) => needs));
  const wanted = {
    members: Number(options.members),
    kills: Number(options.kills),
    intervalMs: Number(options['interval-ms']),
  };
  const samples = await takeTurns(chosen, Number(options.turns), (m) => measure(m, wanted));
  const names = reportedNames(chosen);
  const file = `takeover-${wanted.intervalMs}.json`;
  saveMeasurement(options.out ?? join(resultsFolder, file), {
    title: `Takeover of the cluster address, members that speak every ${wanted.intervalMs} ms`,
    about:
      'The processes of the node that has the address are killed (SIGKILL) at any moment between two keepalives, then those of the next that has it, while a client ' +
      'on the same network sends the first message of aggressive mode every 2 ms; the time ends with the first answer of ' +
      'another node. headend answers by itself; behind the address that keepalived moves (VRRP 3, the greatest ' +
      'priorities) a program echoes each datagram at once, so that its time is that of VRRP alone.',
    takenAt: new Date().toISOString(),
    machine: describeMachine(),
    subjects: chosen.map((mover, i) => ({ name: names[i] ?? '', version: mover.version() })),
    parameters: {
      turns: options.turns,
      members: wanted.members,
      'interval, ms': wanted.intervalMs,
    },
    metrics,
    samples,
  });
}

await runBench(import.meta.filename, accepts, main);
