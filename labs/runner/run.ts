/** One run of a lab: its network, its processes, its captures, and their end in every case. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Captures } from './capture.ts';
import { type IkeKey, ikeKeysOf } from './ike-keys.ts';
import type { Lab } from './lab.ts';
import { LabError } from './lab-error.ts';
import { type Json, matchJson } from './match-json.ts';
import { Network } from './network.ts';
import { Processes } from './processes.ts';
import { searchPath } from './programs.ts';
import type { Action, Statement, Step } from './story.ts';

const commandTimeoutMs = 30_000;
const retryMs = 250;
const repository = resolve(import.meta.dirname, '../..');

/** Commands that every node finds on its path, under the names that a story uses. */
const ownPrograms = {
  headend: join(repository, 'src/main.ts'),
  serve: join(import.meta.dirname, 'serve.ts'),
} as const;

export class LabRun {
  /** Logs, captures and whatever the story writes to `$work`. */
  readonly workFolder: string;
  readonly steps: readonly Step[];
  readonly #lab: Lab;
  readonly #network: Network;
  readonly #processes: Processes;
  readonly #captures: Captures;
  #commandCount = 0;

  /** Builds the network; `variant` must be one of the lab's, if it has any. */
  constructor(lab: Lab, variant: string | undefined) {
    const happens = (s: Statement): boolean => s.variant === undefined || s.variant === variant;
    this.steps = lab.story.steps
      .map(({ title, statements }) => ({ title, statements: statements.filter(happens) }))
      .filter((step) => step.statements.length > 0);
    this.#lab = lab;
    this.workFolder = mkdtempSync(join(tmpdir(), `headend-lab-${lab.name}-`));
    this.#network = new Network(this.workFolder);
    this.#processes = new Processes(this.workFolder, lab.folder, this.#environment());
    this.#captures = new Captures(this.workFolder, this.#network, this.#processes);
    process.on('exit', this.#emergency);
    process.on('SIGINT', this.#interrupted);
    process.on('SIGTERM', this.#interrupted);
    this.#network.build(lab.topology);
  }

  /** Performs one step; throws a LabError that shows the line and what the processes said. */
  async perform(step: Step): Promise<void> {
    for (const statement of step.statements) {
      try {
        await this.#perform(statement.action);
        const failure = this.#processes.failure();
        if (failure !== undefined) throw new LabError(failure);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        const place = `${this.#lab.name}/steps.txt:${statement.lineNumber}`;
        throw new LabError(`${place}: ${statement.text}\n${reason}${this.#processes.tails()}`);
      }
    }
  }

  /** Ends the recordings and checks them; returns one line about each. */
  inspectCaptures(): Promise<readonly string[]> {
    return this.#captures.inspect(this.#ikeKeys());
  }

  /** Ends all processes and removes the network; the work folder stays only when asked. */
  async close(keepWorkFolder: boolean): Promise<void> {
    try {
      await this.#processes.stopAll();
    } finally {
      this.#network.remove();
      process.off('exit', this.#emergency);
      process.off('SIGINT', this.#interrupted);
      process.off('SIGTERM', this.#interrupted);
      if (!keepWorkFolder) rmSync(this.workFolder, { recursive: true, force: true });
    }
  }

  /** The runner goes down without `close`: nothing may stay behind but the logs. */
  readonly #emergency = (): void => {
    this.#processes.killAllNow();
    this.#network.remove();
  };

  readonly #interrupted = (): void => {
    process.exit(130);
  };

  async #perform(action: Action): Promise<void> {
    switch (action.verb) {
      case 'run':
      case 'expect': {
        const [status, output] = await this.#command(action.node, action.command);
        if (status !== 0) throw new LabError(`status ${status}${shown(output)}`);
        return;
      }
      case 'fail': {
        const [status, output] = await this.#command(action.node, action.command);
        if (status === 0) throw new LabError(`it succeeded${shown(output)}`);
        return;
      }
      case 'match':
        return this.#match(action.file, action.node, action.command);
      case 'start':
        return this.#processes.start(
          action.name,
          this.#network.inside(action.node, action.command),
        );
      case 'stop':
        return this.#processes.stop(action.name);
      case 'kill':
        return this.#processes.kill(action.name);
      case 'finish': {
        const status = await this.#processes.finish(action.name, action.timeoutMs);
        if (status !== 0)
          throw new LabError(`status ${status}${this.#processes.tail(action.name)}`);
        return;
      }
      case 'hear':
        return this.#processes.hear(action.name, action.text, action.timeoutMs);
      case 'until':
        return this.#until(action.node, action.command, action.timeoutMs);
      case 'capture':
        return this.#captures.start(action.node, action.interfaceName);
      case 'seen':
      case 'unseen':
        return this.#look(action.place, action.filter, action.verb === 'seen');
    }
  }

  /** What the clients told about their keys, so that tshark can read what the head-end sealed. */
  #ikeKeys(): readonly IkeKey[] {
    return this.#processes.outputs().flatMap(ikeKeysOf);
  }

  /** Runs a command to its end: status and output (both streams, as they came). */
  async #command(node: string, command: string): Promise<readonly [number, string]> {
    this.#commandCount += 1;
    const name = `command-${this.#commandCount}`;
    this.#processes.start(name, this.#network.inside(node, command));
    const status = await this.#processes.finish(name, commandTimeoutMs);
    return [status, this.#processes.output(name)];
  }

  async #match(file: string, node: string, command: string): Promise<void> {
    const [status, output] = await this.#command(node, command);
    if (status !== 0) throw new LabError(`status ${status}${shown(output)}`);
    const pattern = JSON.parse(readFileSync(join(this.#lab.folder, file), 'utf8')) as Json;
    const differences = matchJson(pattern, parseJson(output));
    if (differences.length > 0) throw new LabError(`${differences.join('\n')}${shown(output)}`);
  }

  async #until(node: string, command: string, timeoutMs: number): Promise<void> {
    const giveUpAt = performance.now() + timeoutMs;
    for (;;) {
      const [status, output] = await this.#command(node, command);
      if (status === 0) return;
      const failure = this.#processes.failure();
      if (failure !== undefined) throw new LabError(failure);
      if (performance.now() > giveUpAt)
        throw new LabError(`still status ${status} after ${timeoutMs / 1000} s${shown(output)}`);
      await sleep(retryMs);
    }
  }

  async #look(place: string, filter: string, wanted: boolean): Promise<void> {
    const packets = await this.#captures.find(place, filter, this.#ikeKeys());
    if (wanted && packets.length === 0) throw new LabError(`${place}: no packet is ${filter}`);
    if (!wanted && packets.length > 0)
      throw new LabError(
        `${place}: ${packets.length} packets are ${filter}, such as\n${packets[0]}`,
      );
  }

  /** The environment of every command: `$work`, and the project's own programs by name. */
  #environment(): NodeJS.ProcessEnv {
    const programs = join(this.workFolder, 'bin');
    mkdirSync(programs);
    for (const [name, file] of Object.entries(ownPrograms)) {
      const script = `#!/bin/sh\nexec "${process.execPath}" "${file}" "$@"\n`;
      writeFileSync(join(programs, name), script, { mode: 0o755 });
    }
    return { ...process.env, PATH: `${programs}:${searchPath}`, work: this.workFolder };
  }
}

const shown = (output: string): string => (output === '' ? ', no output' : `, output:\n${output}`);

function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new LabError(`this is not JSON: ${text}`);
  }
}
