import { setTimeout as sleep } from 'node:timers/promises';
import type { Bed } from '../labs/runner/bed.ts';
import { LabError } from '../labs/runner/lab-error.ts';
import { generatorProcess, subjectProcess } from './scenario.ts';

const generatorTimeoutMs = 900_000;
/** What a burst of logins leaves behind is given back meanwhile. */
const settleMs = 2000;

/** How clients connect: with so many users, and so many at once. */
export type Arrival = { readonly users: number; readonly concurrency: number };

/**
 * Connects clients of `load.pcf` that stay and fall silent; the answer is the head-end's processor time
 * per login, in ms.
 */
export async function connectIdle(
  bed: Bed,
  count: number,
  { users, concurrency }: Arrival,
): Promise<number> {
  const before = bed.processes.cpuMs(subjectProcess);
  const options = `--users ${users} --load ${count} --concurrency ${concurrency}`;
  bed.start('client', generatorProcess, `exec headend client $work/load.pcf ${options}`);
  const status = await bed.processes.finish(generatorProcess, generatorTimeoutMs);
  if (status !== 0)
    throw new LabError(
      `the generator ended with ${status}:\n${bed.processes.output(generatorProcess)}`,
    );
  await sleep(settleMs);
  bed.refuseFailures();
  return (bed.processes.cpuMs(subjectProcess) - before) / count;
}
