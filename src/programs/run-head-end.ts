import { setTimeout as sleep } from 'node:timers/promises';
import { returnLargeBlocks } from '#adapters/c-memory';
import { SlowWork } from '#adapters/device-runner';
import { forwardingProblem } from '#adapters/kernel-forwarding';
import { now } from '#adapters/machine-clock';
import { askForShortSlices } from '#adapters/short-slices';
import { loadSys } from '#adapters/userspace/sys';
import { InsideHost } from '#dataplane/inside-host';
import { clearPasswords } from '#session/config';
import { openConsoles } from './consoles.ts';
import { HeadEndConsole } from './head-end-console.ts';
import { type HeadEndProcess, type Inside, startHeadEnd } from './head-end-process.ts';
import type { Management } from './management.ts';
import { printLater } from './print-later.ts';
import { UsageError, VERSION } from './program.ts';
import type { RunOptions } from './run-file.ts';
import { untilStopped } from './until-stopped.ts';

/**
 * How long clients have the process to themselves before the web console is loaded, which keeps it from
 * everything else for a third of a second. Answering those who waited takes key agreement and so some turns.
 */
const CLIENTS_ONLY_MS = 100;

/** Hashing so many passwords takes long enough that a person wants to know. */
const PASSWORDS_TO_MENTION = 40;

const insideOf = (options: RunOptions): Inside =>
  options.inside === 'memory'
    ? { kind: 'memory', connect: (send) => new InsideHost([], send) }
    : {
        kind: 'userspace',
        tunName: options.tunName,
        mtu: options.mtu,
        workers: options.workers,
      };

/** What works without koffi too, for whoever lacks it. */
async function withPortableWay(error: string, { inside }: RunOptions): Promise<string> {
  if (inside === 'memory' || (await loadSys()).ok) return error;
  return `${error}; without it \`--inside memory\` runs everything but the way to the inside network`;
}

async function openWeb(
  console: HeadEndConsole,
  headEnd: HeadEndProcess,
  { scrypt }: SlowWork,
  port: number | undefined,
): Promise<Management | undefined> {
  if (port === undefined) return undefined;
  const { openManagement } = await import('./management.ts');
  return openManagement(console, headEnd, scrypt, { port, orAnyPort: false });
}

/** Runs a head-end until it is told to stop; the answer is the exit status. */
export async function runHeadEnd(options: RunOptions): Promise<number> {
  await returnLargeBlocks();
  await askForShortSlices();
  const work = new SlowWork(2);
  const { configuration } = options.parsed;
  const { stateFolder } = options;
  const inside = insideOf(options);
  const started = await startHeadEnd({ configuration, work, inside, stateFolder });
  if (!started.ok) throw new UsageError(await withPortableWay(started.error, options));
  const headEnd = started.value;
  const console = new HeadEndConsole(headEnd, options.file, work.scrypt);
  const { stopped, stop } = untilStopped();
  const consoles = await openConsoles(
    options.consoleSocket,
    (seat) => console.openShell(seat),
    stop,
    (record) => headEnd.device.note(record, now()),
  );
  const printWaiting = printLater(headEnd.device.log, (text) => consoles.print(text));
  // Whatever ends the process, what happened last is what somebody wants to read.
  process.once('exit', printWaiting);
  await headEnd.serving();
  consoles.print(`headend ${VERSION} runs ${options.file}; Ctrl-C ends it`);
  const problem = options.inside === 'userspace' ? forwardingProblem() : undefined;
  if (problem) consoles.print(problem);
  await sleep(CLIENTS_ONLY_MS);
  const web = await openWeb(console, headEnd, work, options.webPort);
  if (web?.address) consoles.print(`web console ${web.address}`);
  const passwords = clearPasswords(configuration).length;
  const sealed = console.sealPasswords();
  if (passwords >= PASSWORDS_TO_MENTION) {
    consoles.print(`hashing ${passwords} passwords; "write memory" keeps the hashes`);
    void sealed.then((all) => all && consoles.print(`${passwords} passwords are hashed`));
  }
  const failure = await Promise.race([stopped, headEnd.failed]);
  await web?.close();
  await headEnd.close();
  printWaiting();
  await consoles.close();
  work.close();
  if (!failure) return 0;
  process.stderr.write(`headend: ends, since ${failure}\n`);
  return 1;
}
