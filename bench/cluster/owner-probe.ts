/** Watches from the client's side who answers at the cluster address. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bed } from '../../labs/runner/bed.ts';
import { LabError } from '../../labs/runner/lab-error.ts';
import { scenario } from '../scenario.ts';
import { clientNode, clusterAddress } from './members.ts';

const probeProcess = 'owner-probe';
const pollMs = 20;
const timeoutMs = 30_000;

/** The first answer of an owner, and the last of the one before; milliseconds of the monotonic clock. */
export type Change = { readonly answeredAt: number; readonly lastBefore: number };

const changes = (bed: Bed): readonly Change[] =>
  bed.processes
    .output(probeProcess)
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Change);

/** Waits for the first answer of owner `number`, counted from 1. */
export async function owner(bed: Bed, number: number): Promise<Change> {
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    const found = changes(bed)[number - 1];
    if (found !== undefined) return found;
    bed.refuseFailures();
    if (performance.now() > giveUpAt) throw new LabError(`no owner ${number} ever answered`);
    await sleep(pollMs);
  }
}

/** Begins to ask; resolves when somebody has answered. */
export async function watchOwner(bed: Bed): Promise<void> {
  const file = join(import.meta.dirname, '../generators/owner-probe.ts');
  const words = [file, clusterAddress, scenario.group, scenario.groupKey];
  bed.start(clientNode, probeProcess, `exec ${process.execPath} ${words.join(' ')}`);
  await owner(bed, 1);
}
