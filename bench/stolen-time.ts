/** What a hypervisor takes from this machine while something runs; nothing on a machine of its own. */
import { readFileSync } from 'node:fs';

/** Times of the first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal; proc(5). */
const TIMES = 8;

/** Processor time since the start of the machine, in ticks. */
export type Ticks = { readonly all: number; readonly stolen: number };

/** Reads the text of /proc/stat. */
export function readTicks(stat: string): Ticks {
  const [line = ''] = stat.split('\n');
  const times = line
    .split(/\s+/)
    .slice(1, 1 + TIMES)
    .map(Number);
  if (!line.startsWith('cpu ') || times.length < TIMES || times.some(Number.isNaN))
    throw new Error(`not a line of processor times: "${line}"`);
  return { all: times.reduce((sum, time) => sum + time), stolen: times[TIMES - 1] as number };
}

/** The part of all processor time between two moments that was taken away, in percent. */
export const stolenPercent = (from: Ticks, to: Ticks): number =>
  to.all === from.all ? 0 : (100 * (to.stolen - from.stolen)) / (to.all - from.all);

export const ticksNow = (): Ticks => readTicks(readFileSync('/proc/stat', 'utf8'));
