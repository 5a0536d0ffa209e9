/** Memory of the processes that a bench measures. */
import { readFileSync } from 'node:fs';
import type { Bed } from '../labs/runner/bed.ts';
import { groupMembers } from '../labs/runner/process-group.ts';

/** Resident memory of a process and everything it started, in KiB. */
export function residentKibibytes(bed: Bed, name: string): number {
  const sizes = groupMembers(bed.processes.pid(name)).map(({ pid }) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}
