import { join } from 'node:path';
import type { Bed } from '../../labs/runner/bed.ts';
import { clientProcess, subjectProcess } from '../scenario.ts';
import { headend as daemon } from '../subjects/headend.ts';
import type { Subject } from '../subjects/subject.ts';

const startTimeoutMs = 20_000;
const program = join(import.meta.dirname, 'headend-end.ts');

/** Starts both ends; `nodeOptions` are those of their processes. */
export async function openHeadend(bed: Bed, nodeOptions = ''): Promise<void> {
  for (const [node, name] of [
    ['conc', subjectProcess],
    ['client', clientProcess],
  ] as const) {
    bed.start(node, name, `exec ${process.execPath} ${nodeOptions} ${program} ${node}`);
    await bed.processes.hear(name, 'the tunnel stands', startTimeoutMs);
  }
}

/** Our packet path at both ends, between two processes. */
export const headend: Subject = {
  name: 'headend',
  needs: ['ip'],
  version: daemon.version,
  start: (bed) => openHeadend(bed),
};
