import type { Shell } from '#adapters/terminal/shell';
import type { DemoMember } from './cluster-demo-member.ts';
import type { Seat } from './consoles.ts';

/** What the command line of the demo needs of a member. */
export type ShellMember = Pick<
  DemoMember,
  'name' | 'outside' | 'runs' | 'management' | 'openShell' | 'crash' | 'start'
>;

/** A shell of `member` that goes on with its next life; while it is gone, it says so. */
export function lastingShell(member: ShellMember, seat: Seat): Shell {
  let of: ShellMember['management'];
  let shell: Shell | undefined;
  const current = (): Shell | undefined => {
    if (!member.runs) return undefined;
    if (of !== member.management || !shell) {
      of = member.management;
      shell = member.openShell(seat);
    }
    return shell;
  };
  current();
  const gone = `% ${member.name} does not run; "start ${member.name}" brings it back`;
  return {
    prompt: () => current()?.prompt() ?? `${member.name} (off)# `,
    execute: (line, signal) =>
      current()?.execute(line, signal) ?? { text: line.trim() === '' ? '' : gone, failed: true },
    complete: (text) => current()?.complete(text) ?? { text, candidates: [] },
    help: (text) => current()?.help(text) ?? gone,
    ended: () => shell?.ended() ?? false,
    pageRows: () => shell?.pageRows(),
  };
}

const ACCIDENTS = {
  crash: 'Take a member away, as a power failure would (demo only)',
  start: 'Start a member that is gone (demo only)',
} as const;

/** The list of `?` with the commands of the demo among it, in its columns. */
function withOwn(help: string): string {
  const lines = help.split('\n');
  const column = /^ {2}\S+ +(?=\S)/.exec(lines[0] ?? '')?.[0].length ?? 2 + 'crash  '.length;
  const own = Object.entries(ACCIDENTS).map(([w, meaning]) => `  ${w}`.padEnd(column) + meaning);
  const all = [...lines, ...own];
  return (help.startsWith('%') ? all : all.sort()).join('\n');
}

/** The shell of one member, with the two commands that only a demo has. */
export function withAccidents(shell: Shell, members: readonly ShellMember[]): Shell {
  const fitting = (what: string, begun: string): readonly ShellMember[] =>
    members.filter(({ name, runs }) => runs === (what === 'crash') && name.startsWith(begun));
  return {
    ...shell,
    execute(line, signal) {
      const [, what, name] = /^\s*(crash|start)(?:\s+(\S+))?\s*$/.exec(line) ?? [];
      if (what === undefined) return shell.execute(line, signal);
      const member = members.find((m) => m.name === name);
      if (!member) {
        const names = members.map((m) => m.name).join(', ');
        const wrong =
          name === undefined ? `${what} takes a member` : `There is no member "${name}"`;
        return { text: `% ${wrong}; there are ${names}`, failed: true };
      }
      return what === 'crash' ? member.crash() : member.start();
    },
    complete(text) {
      const [, what, begun] = /^\s*(crash|start)\s+(\S*)$/.exec(text) ?? [];
      if (what !== undefined && begun !== undefined) {
        const names = fitting(what, begun).map(({ name }) => name);
        const [only, ...others] = names;
        if (only === undefined) return { text, candidates: [] };
        if (others.length > 0) return { text, candidates: names };
        return { text: `${text.slice(0, text.length - begun.length)}${only} `, candidates: [] };
      }
      const completed = shell.complete(text);
      const here = /^\s*([a-z]+)$/.exec(text)?.[1];
      const own =
        here === undefined ? [] : Object.keys(ACCIDENTS).filter((w) => w.startsWith(here));
      if (own.length === 0) return completed;
      const { candidates } = completed;
      if (candidates.length > 0) return { ...completed, candidates: [...candidates, ...own] };
      return completed.text === text ? { text: `${own[0]} `, candidates: [] } : completed;
    },
    help(text) {
      const [, what, begun] = /^\s*(crash|start)\s+(\S*)$/.exec(text) ?? [];
      if (what !== undefined && begun !== undefined) {
        const lines = fitting(what, begun).map(({ name, outside }) => `  ${name}  ${outside}`);
        return lines.length > 0 ? lines.join('\n') : `% There is no member to ${what}`;
      }
      const help = shell.help(text);
      return text.trim() === '' ? withOwn(help) : help;
    },
  };
}
