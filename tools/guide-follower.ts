/** Follows a page of the guide as a reader would, block by block. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Block, blocksOf, missingLine } from './guide.ts';
import type { GuideWorld } from './guide-world.ts';

/** Single-quoted for a shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const isFollowed = ({ language, words: [what = ''] }: Block): boolean =>
  language === 'headend' ||
  language === 'ctrl-c' ||
  (language === 'sh' && /^(?:run|start)$/.test(what)) ||
  /^(?:shows|is|save|add)$/.test(what);

/**
 * The blocks of a page that need root, or those that do not. What a block shows goes with the block
 * before it, and only as root is anything ended by Ctrl-C.
 */
export function blocksFor(page: string, asRoot: boolean): readonly Block[] {
  let needsRoot = false;
  return blocksOf(page)
    .filter(isFollowed)
    .filter(({ language, words }) => {
      if (words[0] !== 'shows') needsRoot = language === 'ctrl-c' || words.includes('root');
      return needsRoot === asRoot;
    });
}

export class GuideFollower {
  readonly #repository: string;
  readonly #world: GuideWorld;
  /** The command that joins the command line of the head-end at hand. */
  readonly #console: string;
  #printed = '';

  constructor(repository: string, world: GuideWorld, console: string) {
    this.#repository = repository;
    this.#world = world;
    this.#console = console;
  }

  /** Follows the blocks of one page, named in the error that says where it did not come true. */
  async follow(name: string, blocks: readonly Block[]): Promise<void> {
    for (const block of blocks) {
      try {
        await this.#follow(block);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`${name}:${block.line}: ${block.text.split('\n')[0]}\n${reason}`);
      }
    }
  }

  /** Types lines at the command line, each of which has to be understood. */
  async type(lines: readonly string[]): Promise<void> {
    const all = lines.map(quoted).join(' ');
    const { status, output } = await this.#world.run(`printf '%s\\n' ${all} | ${this.#console}`);
    this.#printed = output;
    assert.equal(status, 0, output);
  }

  async #follow(block: Block): Promise<void> {
    const { language, words, text } = block;
    const [what, name = ''] = words;
    if (language === 'ctrl-c') return this.#world.interrupt(words[0] ?? '');
    if (language === 'headend') return this.type(text.split('\n'));
    if (what === 'start') return this.#world.start(name, text);
    if (what === 'run') return this.#run(text, words.includes('fails'));
    if (what === 'shows') return this.#compare(text, words[1]);
    await this.#file(block);
  }

  async #run(commands: string, fails: boolean): Promise<void> {
    const { status, output } = await this.#world.run(commands);
    this.#printed = output;
    assert.ok((status !== 0) === fails, `status ${status}:\n${output}`);
  }

  async #compare(expected: string, terminal: string | undefined): Promise<void> {
    const missing =
      terminal === undefined
        ? missingLine(expected, this.#printed)
        : await this.#world.awaitLines(terminal, expected);
    const all = terminal === undefined ? this.#printed : this.#world.outputs();
    assert.equal(missing, undefined, `this line is missing in:\n${all}`);
  }

  /** Writes what the reader writes, and judges the configurations among it. */
  async #file({ language, words: [what, name = '', ...more], text }: Block): Promise<void> {
    const original = join(this.#repository, 'docs/guide/testbed', name);
    const folder = (await this.#world.run('pwd')).output.trim();
    let path = join(folder, name);
    if (what === 'is') {
      path = original;
      assert.equal(`${text}\n`, readFileSync(original, 'utf8'), `${name} reads otherwise`);
    }
    if (what === 'save') writeFileSync(path, `${text}\n`);
    if (what === 'add') {
      path = join(folder, 'together.cfg');
      writeFileSync(path, `${readFileSync(original, 'utf8')}${text}\n`);
    }
    if (language !== 'cfg') return;
    const { status, output } = await this.#world.run(`headend check ${quoted(path)}`);
    assert.equal(status !== 0, more.includes('wrong'), output);
  }
}
