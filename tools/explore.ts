/**
 * All interleavings of a few members of a cluster, to a depth.
 * Usage: explore.ts [--members 3] [--from rest|start|bereft|parted] [--late] [--depth 14] [--losses 1]
 *   [--crashes 1] [--continue 50]
 * --late lets datagrams be late without bound. A state that must not be is printed with the way to it.
 */
import { givenOptions } from '../bench/program.ts';
import { Explorer } from '../sim/cluster-exploration.ts';

const options = givenOptions(import.meta.filename, {
  members: { type: 'string', default: '3' },
  from: { type: 'string', default: 'rest' },
  late: { type: 'boolean', default: false },
  depth: { type: 'string', default: '14' },
  losses: { type: 'string', default: '1' },
  crashes: { type: 'string', default: '1' },
  continue: { type: 'string', default: '50' },
});

/** A whole number that an option was given; ends the program otherwise. */
function count(name: 'members' | 'depth' | 'losses' | 'crashes' | 'continue'): number {
  const number = Number(options[name]);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  console.error(`--${name} ${options[name]} is not a whole number`);
  process.exit(2);
}

const start = (['start', 'rest', 'bereft', 'parted'] as const).find(
  (name) => name === options.from,
);
if (start === undefined) {
  console.error(`--from ${options.from} is none of start, rest, bereft and parted`);
  process.exit(2);
}

const startedAt = Date.now();
const explorer = new Explorer({
  priorities: Array.from({ length: count('members') }, (_, n) => (n < 2 ? 10 : 9)),
  from: start,
  prompt: !options.late,
  depth: count('depth'),
  mostLosses: count('losses'),
  mostCrashes: count('crashes'),
  leaves: true,
  continueEvery: count('continue'),
});
try {
  const { states, actions, continued, open } = explorer.run();
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  console.log(
    `${states} states by ${actions} actions hold, ${continued} of them continued in calm; ` +
      `${open} open at depth ${options.depth}; ${seconds} s`,
  );
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
