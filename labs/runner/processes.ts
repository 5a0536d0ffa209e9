/** Background and foreground processes of one run: their output, their end, and only these. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LabError } from './lab-error.ts';
import { groupMembers } from './process-group.ts';

/** How long a process may take between being asked to end and being killed. */
const stopGraceMs = 15_000;
const pollMs = 100;
const groupPollMs = 10;
const tailLineCount = 25;

type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

type Running = {
  readonly name: string;
  readonly child: ChildProcess;
  readonly logPath: string;
  readonly exited: Promise<void>;
  exit: Exit | undefined;
  /** True once the story itself wanted it to end. */
  endWanted: boolean;
};

export class Processes {
  readonly #folder: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #workingFolder: string;
  readonly #all = new Map<string, Running>();

  /** Output goes to `folder/NAME.log`. */
  constructor(folder: string, workingFolder: string, environment: NodeJS.ProcessEnv) {
    this.#folder = folder;
    this.#workingFolder = workingFolder;
    this.#environment = environment;
  }

  /** Starts a process in a process group of its own; a name that ended may be used again. */
  start(name: string, argv: readonly string[]): void {
    const [file, ...args] = argv;
    if (file === undefined) throw new LabError(`${name}: there is no command to start`);
    if (this.#all.get(name)?.exit === undefined && this.#all.has(name))
      throw new LabError(`${name} is still running`);
    const logPath = join(this.#folder, `${name}.log`);
    const log = openSync(logPath, 'w');
    const child = spawn(file, args, {
      cwd: this.#workingFolder,
      env: this.#environment,
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    const running: Running = {
      name,
      child,
      logPath,
      exit: undefined,
      endWanted: false,
      exited: new Promise((resolve) => {
        const ended = (exit: Exit): void => {
          running.exit ??= exit;
          resolve();
        };
        child.on('error', () => ended({ code: 127, signal: null }));
        child.on('exit', (code, signal) => ended({ code, signal }));
      }),
    };
    this.#all.set(name, running);
  }

  /** The process id, which is also the id of its process group. */
  pid(name: string): number {
    return this.#get(name).child.pid ?? -1;
  }

  /** User and system time that a running process and its children have used. */
  cpuMs(name: string): number {
    return groupMembers(this.pid(name)).reduce((sum, member) => sum + member.cpuMs, 0);
  }

  output(name: string): string {
    return readFileSync(this.#get(name).logPath, 'utf8');
  }

  /** What every process has said so far. */
  outputs(): readonly string[] {
    return [...this.#all.keys()].map((name) => this.output(name));
  }

  /** Asks the process to end, kills it when it does not. */
  async stop(name: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const running = this.#get(name);
    if (running.exit !== undefined) return;
    const giveUpAt = performance.now() + stopGraceMs;
    this.#signal(running, signal);
    await this.#endsWithin(running, stopGraceMs);
    // A shell in front may be gone while the program it started still says goodbye.
    while (groupLives(running) && performance.now() < giveUpAt) await sleep(groupPollMs);
    if (groupLives(running)) signalGroup(running, 'SIGKILL');
    await running.exited;
  }

  async kill(name: string): Promise<void> {
    const running = this.#get(name);
    this.#signal(running, 'SIGKILL');
    await running.exited;
  }

  /** Waits for the process to end by itself and returns its exit code. */
  async finish(name: string, timeoutMs: number): Promise<number> {
    const running = this.#get(name);
    running.endWanted = true;
    if (!(await this.#endsWithin(running, timeoutMs))) {
      await this.kill(name);
      throw new LabError(`${name} did not end within ${timeoutMs / 1000} s${this.tail(name)}`);
    }
    return running.exit?.code ?? 128;
  }

  /** Waits until the output contains the text. */
  async hear(name: string, text: string, timeoutMs: number): Promise<void> {
    const running = this.#get(name);
    const giveUpAt = performance.now() + timeoutMs;
    for (;;) {
      // Asked before the output is read, since last words come just before the end.
      const ended = running.exit !== undefined;
      if (this.output(name).includes(text)) return;
      if (ended) throw new LabError(`${name} ended without saying "${text}"${this.tail(name)}`);
      if (performance.now() > giveUpAt)
        throw new LabError(
          `${name} did not say "${text}" within ${timeoutMs / 1000} s${this.tail(name)}`,
        );
      await sleep(pollMs);
    }
  }

  /** Names the first process that failed although nothing asked it to end. */
  failure(): string | undefined {
    for (const { name, exit, endWanted } of this.#all.values())
      if (exit !== undefined && !endWanted && exit.code !== 0)
        return `${name} ended early with ${exit.signal ?? `status ${exit.code}`}${this.tail(name)}`;
    return undefined;
  }

  /** The end of a process's output, ready to follow a message. */
  tail(name: string): string {
    const lines = this.output(name).trimEnd().split('\n').slice(-tailLineCount);
    return `\n--- the end of ${this.#get(name).logPath}\n${lines.join('\n')}\n---`;
  }

  /** The tails of all processes that still run: what they saw while a step failed. */
  tails(): string {
    const running = [...this.#all.values()].filter(({ exit }) => exit === undefined);
    return running.map(({ name }) => this.tail(name)).join('');
  }

  /** Ends everything, the youngest first. */
  async stopAll(): Promise<void> {
    for (const { name, exit } of [...this.#all.values()].reverse())
      if (exit === undefined) await this.stop(name);
  }

  /** For the moment at which nothing can be awaited any more. */
  killAllNow(): void {
    for (const running of this.#all.values()) this.#signal(running, 'SIGKILL');
  }

  #get(name: string): Running {
    const running = this.#all.get(name);
    if (running === undefined) throw new LabError(`nothing called "${name}" was started`);
    return running;
  }

  #signal(running: Running, signal: NodeJS.Signals): void {
    running.endWanted = true;
    // Once it was reaped, its number may belong to a stranger.
    if (running.exit === undefined) signalGroup(running, signal);
  }

  async #endsWithin(running: Running, timeoutMs: number): Promise<boolean> {
    const timer = new AbortController();
    const timeout = sleep(timeoutMs, undefined, { signal: timer.signal }).catch(() => undefined);
    await Promise.race([running.exited, timeout]);
    timer.abort();
    return running.exit !== undefined;
  }
}

function signalGroup({ child }: Running, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group ended by itself; its exit event is on the way.
  }
}

/** An ended member that init has not noticed yet is no longer one. */
const groupLives = ({ child }: Running): boolean =>
  groupMembers(child.pid ?? -1).some(({ state }) => state !== 'Z');
