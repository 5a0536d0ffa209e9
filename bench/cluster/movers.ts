/** What moves an address to another node when the first one dies: ours, and VRRP. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bed } from '../../labs/runner/bed.ts';
import type { Program } from '../../labs/runner/programs.ts';
import { headend } from '../subjects/headend.ts';
import {
  clusterAddress,
  hasClusterAddress,
  memberNode,
  memberProcess,
  startMembers,
} from './members.ts';

export type Mover = {
  readonly name: string;
  readonly needs: readonly Program[];
  version(): string;
  /** Starts it on so many nodes, the first of which has the address when it resolves. */
  start(bed: Bed, members: number, intervalMs: number): Promise<void>;
  /** Everything that dies with a node. */
  processesOf(number: number): readonly string[];
};

const startTimeoutMs = 20_000;
const responderProcess = (number: number): string => `responder-${number}`;

const ours: Mover = {
  name: 'headend',
  needs: ['ip', 'nft'],
  version: headend.version,
  start: (bed, members, helloMs) => startMembers(bed, { members, helloMs, users: 1 }),
  processesOf: (number) => [memberProcess(number)],
};

/** Priorities near the greatest, which wait the least; VRRP 3, whose intervals may be parts of a second. */
const vrrp = (number: number, intervalMs: number): string => `global_defs {
  vrrp_version 3
}
vrrp_instance cluster {
  state BACKUP
  interface outside
  virtual_router_id 51
  priority ${255 - number}
  advert_int ${intervalMs / 1000}
  virtual_ipaddress {
    ${clusterAddress}/32 dev outside
  }
}
`;

const keepalived: Mover = {
  name: 'keepalived',
  needs: ['ip', 'keepalived'],
  version: () =>
    execFileSync('sh', ['-c', 'keepalived --version 2>&1'], { encoding: 'utf8' }).split('\n')[0] ??
    '',
  async start(bed, members, intervalMs) {
    const responder = `exec ${process.execPath} ${join(import.meta.dirname, '../generators/responder.ts')}`;
    for (let n = 1; n <= members; n += 1) {
      writeFileSync(join(bed.workFolder, `m${n}.conf`), vrrp(n, intervalMs));
      bed.start(memberNode(n), responderProcess(n), responder);
      await bed.processes.hear(responderProcess(n), 'ready', startTimeoutMs);
      const places = `--use-file $work/m${n}.conf --pid $work/m${n}.pid --vrrp_pid $work/m${n}.vrrp`;
      const command = `exec keepalived --dont-fork --log-console --vrrp ${places}`;
      bed.start(memberNode(n), memberProcess(n), command);
      if (n === 1) await bed.until(memberNode(n), hasClusterAddress, startTimeoutMs);
    }
  },
  processesOf: (number) => [memberProcess(number), responderProcess(number)],
};

export const movers: readonly Mover[] = [ours, keepalived];
