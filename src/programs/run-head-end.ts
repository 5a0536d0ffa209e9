import { setImmediate as nextTurn } from 'node:timers/promises';
import { returnLargeBlocks } from '#adapters/c-memory';
import { SlowWork } from '#adapters/device-runner';
import { forwardingProblem } from '#adapters/kernel-forwarding';
import { now } from '#adapters/machine-clock';
import { loadSys } from '#adapters/userspace/sys';
import { InsideHost } from '#dataplane/inside-host';
import type { EventLog, LoggedEvent } from '#events/log';
import { renderVpn3000 } from '#events/render-vpn3000';
import { clearPasswords } from '#session/config';
import { openConsoles, typedHere } from './consoles.ts';
import { HeadEndConsole } from './head-end-console.ts';
import { type Inside, startHeadEnd } from './head-end-process.ts';
import { UsageError, VERSION } from './program.ts';
import type { RunOptions } from './run-file.ts';
import { untilStopped } from './until-stopped.ts';

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

/**
 * Prints what is logged, the events of one turn of the event loop at once. Answers leave first: a peer
 * must not tell from their delay what was written about it.
 */
function printLater(log: EventLog, print: (text: string) => void): void {
  let waiting: LoggedEvent[] = [];
  log.listen((event) => {
    if (typedHere(event)) return;
    if (waiting.length === 0)
      setImmediate(() => {
        const text = waiting.map(renderVpn3000).join('\n');
        waiting = [];
        print(text);
      });
    waiting.push(event);
  });
}

/** Runs a head-end until it is told to stop; the answer is the exit status. */
export async function runHeadEnd(options: RunOptions): Promise<number> {
  await returnLargeBlocks();
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
  // Clients come first: what they have sent meanwhile is answered before the rest is loaded.
  await headEnd.serving();
  await nextTurn();
  const { openManagement } = await import('./management.ts');
  const web =
    options.webPort === undefined
      ? undefined
      : await openManagement(console, headEnd, work.scrypt, {
          port: options.webPort,
          orAnyPort: false,
        });
  printLater(headEnd.device.log, (text) => consoles.print(text));
  consoles.print(`headend ${VERSION} runs ${options.file}; Ctrl-C ends it`);
  if (web?.address) consoles.print(`web console ${web.address}`);
  const passwords = clearPasswords(configuration).length;
  const sealed = console.sealPasswords();
  if (passwords >= PASSWORDS_TO_MENTION) {
    consoles.print(`hashing ${passwords} passwords; "write memory" keeps the hashes`);
    void sealed.then(() => consoles.print(`${passwords} passwords are hashed`));
  }
  const problem = options.inside === 'userspace' ? forwardingProblem() : undefined;
  if (problem) consoles.print(problem);
  await stopped;
  await web?.close();
  await headEnd.close();
  await consoles.close();
  work.close();
  return 0;
}
