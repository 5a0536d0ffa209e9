/** Watches from the client's side who answers at the cluster address. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bed } from '../../labs/runner/bed.ts';
import { LabError } from '../../labs/runner/lab-error.ts';
import { scenario } from '../scenario.ts';
import { clientNode, clusterAddress } from './members.ts';

const probeProcess = 'owner-probe';
const newcomerProcess = 'newcomer-probe';
const pollMs = 20;
const timeoutMs = 30_000;

/** The first answer of an owner, and the last of the one before; milliseconds of the monotonic clock. */
export type Change = { readonly answeredAt: number; readonly lastBefore: number };

/** The lines of JSON that a probe has printed. */
const printed = (bed: Bed, name: string): readonly unknown[] =>
  bed.processes
    .output(name)
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line));

/** Waits for the first answer of owner `number`, counted from 1. */
export async function owner(bed: Bed, number: number): Promise<Change> {
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    const found = printed(bed, probeProcess)[number - 1];
    if (found !== undefined) return found as Change;
    bed.refuseFailures();
    if (performance.now() > giveUpAt) throw new LabError(`no owner ${number} ever answered`);
    await sleep(pollMs);
  }
}

function startProbe(bed: Bed, name: string): void {
  const file = join(import.meta.dirname, `../generators/${name}.ts`);
  const words = [file, clusterAddress, scenario.group, scenario.groupKey];
  bed.start(clientNode, name, `exec ${process.execPath} ${words.join(' ')}`);
}

/** Begins to ask; resolves when somebody has answered. */
export async function watchOwner(bed: Bed): Promise<void> {
  startProbe(bed, probeProcess);
  await owner(bed, 1);
}

/** Begins to come as one new client after the other; resolves when some were answered. */
export async function watchNewcomers(bed: Bed): Promise<void> {
  startProbe(bed, newcomerProcess);
  await bed.processes.hear(newcomerProcess, 'gapMs', timeoutMs);
}

/** The longest time so far, in milliseconds, in which no newcomer was answered. */
export const newcomerGapMs = (bed: Bed): number =>
  (printed(bed, newcomerProcess).at(-1) as { gapMs: number } | undefined)?.gapMs ?? Number.NaN;
