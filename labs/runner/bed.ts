/** A network and the processes in it, which end together in every case. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LabError } from './lab-error.ts';
import { Network } from './network.ts';
import { Processes } from './processes.ts';
import { searchPath } from './programs.ts';
import type { Topology } from './topology.ts';

const commandTimeoutMs = 60_000;
const retryMs = 250;
const repository = resolve(import.meta.dirname, '../..');

/** Commands that every node finds on its path, under the names that a story uses. */
const ownPrograms = {
  headend: join(repository, 'src/main.ts'),
  serve: join(import.meta.dirname, 'serve.ts'),
} as const;

export class Bed {
  /** Logs, captures and whatever commands write to `$work`. */
  readonly workFolder: string;
  readonly network: Network;
  readonly processes: Processes;
  #commandCount = 0;

  /** Builds the network; commands run in `commandFolder`. */
  constructor(name: string, topology: Topology, commandFolder: string) {
    this.workFolder = mkdtempSync(join(tmpdir(), `headend-lab-${name}-`));
    this.network = new Network(this.workFolder);
    this.processes = new Processes(this.workFolder, commandFolder, environment(this.workFolder));
    process.on('exit', this.#emergency);
    process.on('SIGINT', this.#interrupted);
    process.on('SIGTERM', this.#interrupted);
    this.network.build(topology);
  }

  /** Starts a background process in a node. */
  start(node: string, name: string, command: string): void {
    this.processes.start(name, this.network.inside(node, command));
  }

  /** Runs a command to its end: status and output (both streams, as they came). */
  async attempt(
    node: string,
    command: string,
    timeoutMs = commandTimeoutMs,
  ): Promise<readonly [status: number, output: string]> {
    this.#commandCount += 1;
    const name = `command-${this.#commandCount}`;
    this.start(node, name, command);
    const status = await this.processes.finish(name, timeoutMs);
    return [status, this.processes.output(name)];
  }

  /** Runs a command that has to succeed and returns its output. */
  async run(node: string, command: string, timeoutMs = commandTimeoutMs): Promise<string> {
    const [status, output] = await this.attempt(node, command, timeoutMs);
    if (status !== 0) throw new LabError(`status ${status}${shown(output)}`);
    return output;
  }

  /** Repeats a command until it succeeds. */
  async until(node: string, command: string, timeoutMs: number): Promise<void> {
    const giveUpAt = performance.now() + timeoutMs;
    for (;;) {
      const [status, output] = await this.attempt(node, command);
      if (status === 0) return;
      this.refuseFailures();
      if (performance.now() > giveUpAt)
        throw new LabError(`still status ${status} after ${timeoutMs / 1000} s${shown(output)}`);
      await sleep(retryMs);
    }
  }

  /** Throws when a process failed although nothing asked it to end. */
  refuseFailures(): void {
    const failure = this.processes.failure();
    if (failure !== undefined) throw new LabError(failure);
  }

  /** Ends all processes and removes the network; the work folder stays only when asked. */
  async close(keepWorkFolder: boolean): Promise<void> {
    try {
      await this.processes.stopAll();
    } finally {
      this.network.remove();
      process.off('exit', this.#emergency);
      process.off('SIGINT', this.#interrupted);
      process.off('SIGTERM', this.#interrupted);
      if (!keepWorkFolder) rmSync(this.workFolder, { recursive: true, force: true });
    }
  }

  /** The runner goes down without `close`: nothing may stay behind but the logs. */
  readonly #emergency = (): void => {
    this.processes.killAllNow();
    this.network.remove();
  };

  readonly #interrupted = (): void => {
    process.exit(130);
  };
}

/** The environment of every command: `$work`, and the project's own programs by name. */
function environment(workFolder: string): NodeJS.ProcessEnv {
  const programs = join(workFolder, 'bin');
  mkdirSync(programs);
  for (const [name, file] of Object.entries(ownPrograms)) {
    const script = `#!/bin/sh\nexec "${process.execPath}" "${file}" "$@"\n`;
    writeFileSync(join(programs, name), script, { mode: 0o755 });
  }
  return { ...process.env, PATH: `${programs}:${searchPath}`, work: workFolder };
}

/** What a command printed, ready to follow a message. */
export const shown = (output: string): string =>
  output === '' ? ', no output' : `, output:\n${output}`;
