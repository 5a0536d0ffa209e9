/** One run of a lab: performs its steps in a bed of its own and checks what was recorded. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Bed, shown } from './bed.ts';
import { Captures } from './capture.ts';
import { type IkeKey, ikeKeysOf } from './ike-keys.ts';
import type { Lab } from './lab.ts';
import { LabError } from './lab-error.ts';
import { type Json, matchJson } from './match-json.ts';
import type { Action, Statement, Step } from './story.ts';

export class LabRun {
  readonly steps: readonly Step[];
  readonly #lab: Lab;
  readonly #bed: Bed;
  readonly #captures: Captures;

  /** Builds the network; `variant` must be one of the lab's, if it has any. */
  constructor(lab: Lab, variant: string | undefined) {
    const happens = (s: Statement): boolean => s.variant === undefined || s.variant === variant;
    this.steps = lab.story.steps
      .map(({ title, statements }) => ({ title, statements: statements.filter(happens) }))
      .filter((step) => step.statements.length > 0);
    this.#lab = lab;
    this.#bed = new Bed(lab.name, lab.topology, lab.folder);
    this.#captures = new Captures(this.#bed);
  }

  /** Where logs and captures are. */
  get workFolder(): string {
    return this.#bed.workFolder;
  }

  /** Performs one step; throws a LabError that shows the line and what the processes said. */
  async perform(step: Step): Promise<void> {
    for (const statement of step.statements) {
      try {
        await this.#perform(statement.action);
        this.#bed.refuseFailures();
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        const place = `${this.#lab.name}/steps.txt:${statement.lineNumber}`;
        const tails = this.#bed.processes.tails();
        throw new LabError(`${place}: ${statement.text}\n${reason}${tails}`);
      }
    }
  }

  /** Ends the recordings and checks them; returns one line about each. */
  inspectCaptures(): Promise<readonly string[]> {
    return this.#captures.inspect(this.#ikeKeys());
  }

  /** Ends all processes and removes the network; the work folder stays only when asked. */
  close(keepWorkFolder: boolean): Promise<void> {
    return this.#bed.close(keepWorkFolder);
  }

  async #perform(action: Action): Promise<void> {
    const { processes } = this.#bed;
    switch (action.verb) {
      case 'run':
      case 'expect':
        await this.#bed.run(action.node, action.command);
        return;
      case 'fail': {
        const [status, output] = await this.#bed.attempt(action.node, action.command);
        if (status === 0) throw new LabError(`it succeeded${shown(output)}`);
        return;
      }
      case 'match':
        return this.#match(action.file, action.node, action.command);
      case 'start':
        return this.#bed.start(action.node, action.name, action.command);
      case 'stop':
        return processes.stop(action.name);
      case 'kill':
        return processes.kill(action.name);
      case 'finish': {
        const status = await processes.finish(action.name, action.timeoutMs);
        if (status !== 0) throw new LabError(`status ${status}${processes.tail(action.name)}`);
        return;
      }
      case 'hear':
        return processes.hear(action.name, action.text, action.timeoutMs);
      case 'until':
        return this.#bed.until(action.node, action.command, action.timeoutMs);
      case 'capture':
        return this.#captures.start(action.node, action.interfaceName);
      case 'seen':
      case 'unseen':
        return this.#look(action.place, action.filter, action.verb === 'seen');
    }
  }

  /** What the clients told about their keys, so that tshark can read what the head-end sealed. */
  #ikeKeys(): readonly IkeKey[] {
    return this.#bed.processes.outputs().flatMap(ikeKeysOf);
  }

  async #match(file: string, node: string, command: string): Promise<void> {
    const output = await this.#bed.run(node, command);
    const pattern = JSON.parse(readFileSync(join(this.#lab.folder, file), 'utf8')) as Json;
    const differences = matchJson(pattern, parseJson(output));
    if (differences.length > 0) throw new LabError(`${differences.join('\n')}${shown(output)}`);
  }

  async #look(place: string, filter: string, wanted: boolean): Promise<void> {
    const packets = await this.#captures.find(place, filter, this.#ikeKeys());
    if (wanted && packets.length === 0) throw new LabError(`${place}: no packet is ${filter}`);
    if (!wanted && packets.length > 0)
      throw new LabError(
        `${place}: ${packets.length} packets are ${filter}, such as\n${packets[0]}`,
      );
  }
}

function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new LabError(`this is not JSON: ${text}`);
  }
}
