/** What a packet costs: processor time of every process that takes part, around a run. */
import type { Bed } from '../labs/runner/bed.ts';
import { reapedCpuMs } from '../labs/runner/process-group.ts';
import type { Metric, Sample } from './measurement.ts';
import { subjectProcess } from './scenario.ts';
import type { TunnelClient } from './tunnels/tunnel.ts';

/** Who takes part, by the suffix of a metric's key. */
const parties = {
  HeadEnd: 'head-end',
  Client: 'client',
  Receiver: 'receiving program',
  Sender: 'sending program',
} as const;
type Party = keyof typeof parties;

/** User and system time, in milliseconds; of all clients together, and of all programs of a kind. */
export type ProcessorTime = Readonly<Record<Party, number>>;

/**
 * Measures what a run costs each party; `clients` are all whose processes run. Commands that end within
 * the run count as `Sender`.
 */
export async function timed<T>(
  bed: Bed,
  clients: readonly TunnelClient[],
  receivers: readonly string[],
  run: () => Promise<T>,
): Promise<readonly [T, ProcessorTime]> {
  const sum = (names: readonly string[]): number =>
    names.reduce((total, name) => total + bed.processes.cpuMs(name), 0);
  const read = (): ProcessorTime => ({
    HeadEnd: sum([subjectProcess]),
    Client: sum([...new Set(clients.map((client) => client.process))]),
    Receiver: sum(receivers),
    Sender: reapedCpuMs(),
  });
  const before = read();
  const outcome = await run();
  const after = read();
  const spent = (party: Party): number => after[party] - before[party];
  return [
    outcome,
    {
      HeadEnd: spent('HeadEnd'),
      Client: spent('Client'),
      Receiver: spent('Receiver'),
      Sender: spent('Sender'),
    },
  ];
}

/** The rows below a figure: processor time of each party, in ns per packet that arrived. */
export const processorTimeMetrics = (key: string): readonly Metric[] =>
  Object.entries(parties).map(([party, title]) => ({
    key: `${key}${party}Ns`,
    title: `– CPU time per packet, ${title}`,
    unit: 'ns',
    fractionDigits: 0,
  }));

/** The values of those rows. */
export const perPacket = (key: string, time: ProcessorTime, packets: number): Sample['values'] =>
  Object.fromEntries(
    Object.entries(time).map(([party, ms]) => [`${key}${party}Ns`, (ms * 1e6) / packets]),
  );
