/**
 * Reads `steps.txt`: the story of a lab, one statement per line, in steps whose titles carry the
 * requirement IDs they prove. The language is described in labs/README.md.
 */
import { badLine, type LabError } from './lab-error.ts';
import { isProgram, type Program, programNames } from './programs.ts';

/** A command that runs inside a node's namespace, in the lab's own folder. */
type Command = { readonly node: string; readonly command: string };

export type Action =
  /** Must succeed; `run` prepares, `expect` is what the step's title claims. */
  | ({ readonly verb: 'run' | 'expect' } & Command)
  /** Must not succeed. */
  | ({ readonly verb: 'fail' } & Command)
  /** Must print JSON that the file's pattern matches. */
  | ({ readonly verb: 'match'; readonly file: string } & Command)
  /** Runs in the background under a name of its own. */
  | ({ readonly verb: 'start'; readonly name: string } & Command)
  /** Asks a background process to end, and waits for it. */
  | { readonly verb: 'stop'; readonly name: string }
  /** Takes a background process away without a chance to say goodbye. */
  | { readonly verb: 'kill'; readonly name: string }
  /** Waits for a background process to end by itself, successfully. */
  | { readonly verb: 'finish'; readonly name: string; readonly timeoutMs: number }
  /** Waits until the output of a background process contains the text. */
  | {
      readonly verb: 'hear';
      readonly name: string;
      readonly text: string;
      readonly timeoutMs: number;
    }
  /** Repeats a command until it succeeds. */
  | ({ readonly verb: 'until'; readonly timeoutMs: number } & Command)
  /** Records every packet of an interface until the lab ends; none may be malformed. */
  | { readonly verb: 'capture'; readonly node: string; readonly interfaceName: string }
  /** Ends a recording; at least one packet, or none, must match the display filter. */
  | { readonly verb: 'seen' | 'unseen'; readonly place: string; readonly filter: string };

export type Statement = {
  readonly lineNumber: number;
  /** The line as written, for reports. */
  readonly text: string;
  /** The only variant of the lab in which it happens; undefined: in each. */
  readonly variant: string | undefined;
  readonly action: Action;
};

export type Step = { readonly title: string; readonly statements: readonly Statement[] };

export type Variant = { readonly name: string; readonly description: string };

export type Story = {
  readonly needs: readonly Program[];
  /** Empty when the lab runs in one way only. */
  readonly variants: readonly Variant[];
  readonly steps: readonly Step[];
};

/** What the story may refer to. */
export type StoryWorld = {
  readonly file: string;
  readonly nodes: readonly string[];
  /** `node:interface` of every link. */
  readonly interfaces: readonly string[];
};

const requirementIds = /^[A-Z]{2,5}-\d{2,3}[a-z]?( [A-Z]{2,5}-\d{2,3}[a-z]?)*$/;
const processName = /^[a-z][a-z0-9-]*$/;

class StoryReader {
  readonly needs: Program[] = [];
  readonly variants: Variant[] = [];
  readonly steps: { title: string; statements: Statement[] }[] = [];
  readonly #world: StoryWorld;
  readonly #started = new Set<string>();
  readonly #recorded = new Set<string>();
  #lineNumber = 0;

  constructor(world: StoryWorld) {
    this.#world = world;
  }

  line(text: string, lineNumber: number): void {
    this.#lineNumber = lineNumber;
    const [verb = '', rest] = splitFirstWord(text);
    if (verb === 'needs')
      for (const word of rest.split(/\s+/)) this.needs.push(this.#program(word));
    else if (verb === 'variant') this.variants.push(this.#variant(rest));
    else if (verb === 'step' || verb === 'step:') this.#step(text.slice('step'.length));
    else this.#statement(text);
  }

  #bad(reason: string): LabError {
    return badLine(this.#world.file, this.#lineNumber, reason);
  }

  #program(word: string): Program {
    if (!isProgram(word)) throw this.#bad(`"${word}" is not one of ${programNames.join(', ')}`);
    return word;
  }

  #variant(rest: string): Variant {
    const [name, description] = this.#titled(rest, 'a variant is: variant NAME: description');
    if (this.steps.length > 0) throw this.#bad('variants stand before the first step');
    return { name, description };
  }

  #step(rest: string): void {
    const [ids, title] = splitAtColon(rest);
    if (title === '') throw this.#bad('a step is: step [REQUIREMENT-ID...]: title');
    if (ids !== '' && !requirementIds.test(ids))
      throw this.#bad(`"${ids}" is not a list of requirement IDs such as NAT-01 NAT-38`);
    this.steps.push({ title: ids === '' ? title : `${ids}: ${title}`, statements: [] });
  }

  #statement(text: string): void {
    const step = this.steps.at(-1);
    if (step === undefined) throw this.#bad('statements stand below a step');
    const [first, afterFirst] = splitFirstWord(text);
    const [variant, line] = first === 'when' ? splitFirstWord(afterFirst) : [undefined, text];
    if (variant !== undefined && !this.variants.some(({ name }) => name === variant))
      throw this.#bad(`no variant is called "${variant}"`);
    const [verb, rest] = splitFirstWord(line);
    const action = this.#action(verb, rest);
    step.statements.push({ lineNumber: this.#lineNumber, text, variant, action });
  }

  #action(verb: string, rest: string): Action {
    switch (verb) {
      case 'run':
      case 'expect':
      case 'fail':
        return { verb, ...this.#command(rest) };
      case 'match': {
        const [file, command] = splitFirstWord(rest);
        return { verb, file, ...this.#command(command) };
      }
      case 'start': {
        const [node, named] = splitFirstWord(rest);
        const [name, command] = this.#titled(named, 'to start is: start NODE NAME: command');
        this.#started.add(name);
        return { verb, name, ...this.#command(`${node}: ${command}`) };
      }
      case 'stop':
      case 'kill':
        return { verb, name: this.#startedName(rest) };
      case 'finish': {
        const [seconds, name] = splitFirstWord(rest);
        return { verb, name: this.#startedName(name), timeoutMs: this.#milliseconds(seconds) };
      }
      case 'wait':
        return this.#wait(rest);
      case 'capture':
        return this.#capture(rest);
      case 'seen':
      case 'unseen':
        return this.#look(verb, rest);
      default:
        throw this.#bad(
          `"${verb}" is not one of run, expect, fail, match, start, stop, kill, finish, wait, capture, seen, unseen`,
        );
    }
  }

  #wait(rest: string): Action {
    const [seconds, condition] = splitFirstWord(rest);
    const timeoutMs = this.#milliseconds(seconds);
    const [word, subject] = splitFirstWord(condition);
    if (word === 'until') return { verb: 'until', timeoutMs, ...this.#command(subject) };
    if (word !== 'for')
      throw this.#bad('to wait is: wait 10s for NAME: text, or wait 10s until NODE: command');
    const [name, text] = this.#titled(subject, 'to wait for output is: wait 10s for NAME: text');
    return { verb: 'hear', timeoutMs, name: this.#startedName(name), text };
  }

  #capture(place: string): Action {
    if (!this.#world.interfaces.includes(place))
      throw this.#bad(`no link ends at "${place}" (NODE:INTERFACE)`);
    const [node = '', interfaceName = ''] = place.split(':');
    this.#recorded.add(place);
    return { verb: 'capture', node, interfaceName };
  }

  #look(verb: 'seen' | 'unseen', rest: string): Action {
    const [word, filter] = splitFirstWord(rest);
    const place = word.replace(/:$/, '');
    if (!this.#recorded.has(place)) throw this.#bad(`"${place}" was not captured above`);
    if (filter === '') throw this.#bad('a display filter is missing');
    return { verb, place, filter };
  }

  #command(text: string): Command {
    const [node, command] = splitAtColon(text);
    if (!this.#world.nodes.includes(node)) throw this.#bad(`no node is called "${node}"`);
    if (command === '') throw this.#bad('the command is missing');
    return { node, command };
  }

  /** `name: text`, where neither may be missing. */
  #titled(text: string, usage: string): [name: string, text: string] {
    const [name, rest] = splitAtColon(text);
    if (!processName.test(name) || rest === '') throw this.#bad(usage);
    return [name, rest];
  }

  #startedName(name: string): string {
    if (!this.#started.has(name)) throw this.#bad(`nothing called "${name}" was started above`);
    return name;
  }

  #milliseconds(text: string): number {
    const seconds = /^(\d+)s$/.exec(text)?.[1];
    if (seconds === undefined) throw this.#bad(`"${text}" is not a time such as 10s`);
    return Number(seconds) * 1000;
  }
}

function splitFirstWord(text: string): [first: string, rest: string] {
  const [first = ''] = text.trimStart().split(/\s+/, 1);
  return [first, text.trimStart().slice(first.length).trim()];
}

function splitAtColon(text: string): [before: string, after: string] {
  const colon = text.indexOf(':');
  return colon < 0
    ? [text.trim(), '']
    : [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
}

/** Parses a story; throws a LabError that names file and line. */
export function parseStory(text: string, world: StoryWorld): Story {
  const reader = new StoryReader(world);
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line !== '' && !line.startsWith('#')) reader.line(line, index + 1);
  }
  const { needs, variants, steps } = reader;
  const empty = steps.find((step) => step.statements.length === 0);
  if (empty !== undefined || steps.length === 0)
    throw badLine(world.file, 1, `a step without statements: ${empty?.title ?? '(none at all)'}`);
  return { needs, variants, steps };
}
