/** Clients in the client's node, and what has become of them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bed } from '../../labs/runner/bed.ts';
import { LabError } from '../../labs/runner/lab-error.ts';
import { scenario, userName, userPassword } from '../scenario.ts';
import { clientNode, clusterAddress } from './members.ts';

const readyTimeoutMs = 20_000;
const pollMs = 100;

/** What happened to one client: milliseconds of the monotonic clock, and the head-end it was with. */
export type Happening = {
  readonly client: number;
  readonly kind: 'begun' | 'redirected' | 'connected' | 'closed';
  readonly at: number;
  readonly server: string;
};

const profile = (dhGroup: number): string => `[main]
Host=${clusterAddress}
GroupName=${scenario.group}
GroupPwd=${scenario.groupKey}
Username=${userName('%n')}
UserPassword=${userPassword('%n')}
EnableNat=1
PeerTimeout=30
DHGroup=${dhGroup}
`;

export type ClientLoad = {
  readonly count: number;
  /** Those that the members know; several clients may be of one. */
  readonly users: number;
  readonly perS: number;
  readonly mode: 'stay' | 'come-back' | 'redirect-only';
  /** Of phase 1; 2 if absent. */
  readonly dhGroup?: number;
};

/**
 * Room for what clients leave behind: one machine stands for those of all clients, none of which would
 * stop in the middle of a login to collect what others left, nor compile on more than one processor. Memory that is
 * used for the first time is slow on a virtual machine, so there is no more room than is filled before clients come.
 */
const nodeFlags = [
  '--max-semi-space-size=128',
  '--min-semi-space-size=128',
  '--initial-old-space-size=4096',
  '--expose-gc',
  '--v8-pool-size=1',
];

/** Starts them under a name; resolves when the first begins. */
export async function startClients(bed: Bed, name: string, load: ClientLoad): Promise<void> {
  writeFileSync(join(bed.workFolder, `${name}.pcf`), profile(load.dhGroup ?? 2));
  const file = join(import.meta.dirname, '../generators/cluster-clients.ts');
  const { mode, users, count, perS } = load;
  const words = [file, `$work/${name}.pcf`, mode, users, count, perS];
  bed.start(clientNode, name, `exec ${process.execPath} ${nodeFlags.join(' ')} ${words.join(' ')}`);
  await bed.processes.hear(name, 'ready', readyTimeoutMs);
}

/** Reads what happened since the last call; reading all of it each time would keep a processor from the members. */
function newHappenings(bed: Bed, name: string): () => readonly Happening[] {
  let read = 0;
  return () => {
    const text = bed.processes.output(name);
    const from = read;
    read = text.lastIndexOf('\n') + 1;
    return text
      .slice(from, read)
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Happening);
  };
}

/** Waits until what happened to them is enough. */
export async function untilHappened(
  bed: Bed,
  name: string,
  isEnough: (all: readonly Happening[]) => boolean,
  timeoutMs: number,
): Promise<readonly Happening[]> {
  const giveUpAt = performance.now() + timeoutMs;
  const more = newHappenings(bed, name);
  const all: Happening[] = [];
  for (;;) {
    all.push(...more());
    if (isEnough(all)) return all;
    bed.refuseFailures();
    if (performance.now() > giveUpAt) {
      const kinds = ['begun', 'redirected', 'connected', 'closed'] as const;
      const counts = kinds.map((k) => `${k} ${all.filter(({ kind }) => kind === k).length}`);
      throw new LabError(`${name}: not within ${timeoutMs / 1000} s; ${counts.join(', ')}`);
    }
    await sleep(pollMs);
  }
}

/** How many clients this happened to at least once. */
export const clientsWith = (all: readonly Happening[], kind: Happening['kind']): number =>
  new Set(all.filter((each) => each.kind === kind).map(({ client }) => client)).size;
