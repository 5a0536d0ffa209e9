import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bed } from '../../labs/runner/bed.ts';
import { subjectProcess } from '../scenario.ts';
import { headend as daemon } from '../subjects/headend.ts';
import { byNode, type TunnelProgram, type TunnelRequest } from './tunnel.ts';

const startTimeoutMs = 20_000;
const program = join(import.meta.dirname, 'headend-end.ts');

/** Starts all ends; `nodeOptions` are those of their processes. */
export async function openHeadend(
  bed: Bed,
  request: TunnelRequest,
  nodeOptions = '',
): Promise<void> {
  writeFileSync(join(bed.workFolder, 'tunnels.json'), JSON.stringify(request));
  const command = `exec ${process.execPath} ${nodeOptions} ${program} $work/tunnels.json`;
  bed.start('conc', subjectProcess, `${command} conc`);
  const names = [subjectProcess];
  for (const [first, ...others] of byNode(request.clients)) {
    if (!first) continue;
    // The interface gets the address of the first.
    for (const { inside } of others)
      await bed.run(first.node, `ip address add ${inside}/32 dev lo`);
    bed.start(first.node, first.process, `${command} ${first.node}`);
    names.push(first.process);
  }
  for (const name of names) await bed.processes.hear(name, 'the tunnel stands', startTimeoutMs);
}

/** Our packet path at both ends, between two processes. */
export const headend: TunnelProgram = {
  name: 'headend',
  needs: ['ip'],
  version: daemon.version,
  sharesProcess: true,
  open: openHeadend,
};

/** The same with two packet workers at the head-end. */
export const headendTwoWorkers: TunnelProgram = {
  ...headend,
  name: 'headend-2-workers',
  open: (bed, request) => openHeadend(bed, { ...request, workers: 2 }),
};
