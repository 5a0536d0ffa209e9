/** What the kernel knows about the members of a process group. */
import { readdirSync, readFileSync } from 'node:fs';

/** The kernel counts processor time in hundredths of a second on every platform that Node runs on. */
const tickMs = 10;

export type GroupMember = {
  readonly pid: number;
  /** One letter of proc(5), such as R, S, or Z for an ended process that nobody has noticed. */
  readonly state: string;
  /** User and system time, of ended children too. */
  readonly cpuMs: number;
};

/** The members of a group, from /proc; a process that ends meanwhile is left out. */
export function groupMembers(group: number): readonly GroupMember[] {
  const members: GroupMember[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readStat(name);
    // The command's name stands in parentheses and may itself contain spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state = '', , groupOfProcess] = fields;
    if (Number(groupOfProcess) !== group) continue;
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    members.push({ pid: Number(name), state, cpuMs: ticks * tickMs });
  }
  return members;
}

/** User and system time of all children that this process has seen end, and of theirs. */
export function reapedCpuMs(): number {
  const stat = readStat('self');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) * tickMs;
}

function readStat(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return '';
  }
}
