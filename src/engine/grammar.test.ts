import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { Prng } from '#base/prng';
import { type Configuration, emptyConfiguration, sameValue } from '#config/configuration';
import { DIALECTS, type Dialect } from '#config/dialect';
import { applyCommand, inDialect } from '#config/grammar';
import { formatListing, listConfiguration } from '#config/listing';
import { parseListing } from '#config/parse';
import { type AnyValues, type Path, samplePath, tokensOf } from '#config/path';
import { type Declaration, type Keys, Refusal } from '#config/setting';
import { spell } from '#config/spelling';
import { grammar } from './grammar.ts';

/** Values for a path; names that exist are used half of the time, so that commands meet each other. */
function valuesFor(path: Path, prng: Prng, configuration: Configuration): AnyValues {
  const values: Record<string, unknown> = { ...samplePath(path, prng) };
  for (const token of tokensOf(path)) {
    const known = token.known?.(configuration) ?? [];
    if (typeof values[token.name] === 'string' && known.length > 0 && prng.chance(0.7))
      values[token.name] = prng.pick(known);
  }
  return values;
}

/** Random commands of a dialect, one after the other; `reached` collects those that were accepted. */
class Typist {
  configuration: Configuration = emptyConfiguration;
  readonly #prng: Prng;
  readonly #dialect: Dialect;
  readonly #reached: Set<Declaration>;

  constructor(seed: number, dialect: Dialect, reached: Set<Declaration>) {
    this.#prng = new Prng(seed);
    this.#dialect = dialect;
    this.#reached = reached;
  }

  type(command: Declaration, keys: Keys): void {
    if (!inDialect(command, this.#dialect)) return;
    const path = this.#prng.pick([command.path, ...command.also]);
    let values = valuesFor(path, this.#prng, this.configuration);
    if (command.kind === 'mode') {
      const parent = command.scope.get(this.configuration, keys) ?? command.scope.fresh(keys);
      const existing = command.instances(parent);
      if (existing.length > 0 && this.#prng.chance(0.7)) values = this.#prng.pick(existing);
    }
    const negated = command.kind === 'setting' && command.negatable && this.#prng.chance(0.15);
    const next = applyCommand(
      this.configuration,
      keys,
      spell(command, { path }, { negated, key: [] }),
      values,
    );
    if (next instanceof Refusal) return;
    this.configuration = next;
    if (!negated) this.#reached.add(command);
    if (command.kind === 'mode')
      for (const inside of grammar.commandsOf(command))
        if (this.#prng.chance(0.7)) this.type(inside, [...keys, values]);
  }

  session(): void {
    const commands = grammar.sections
      .flatMap((section): readonly Declaration[] => section.commands)
      .filter((command) => command.scope.mode === undefined);
    for (let round = 0; round < 2; round += 1)
      for (const command of commands) if (this.#prng.chance(0.7)) this.type(command, []);
  }
}

const listed = (configuration: Configuration, dialect: Dialect): string =>
  formatListing(
    listConfiguration(grammar, configuration, { audience: 'file', dialect }),
    dialect,
  ).join('\n');

test('a listing reads back as the configuration it was written from, and is written the same again', () => {
  for (const dialect of DIALECTS) {
    const reached = new Set<Declaration>();
    for (let seed = 1; seed <= 150; seed += 1) {
      const typist = new Typist(seed, dialect, reached);
      typist.session();
      const text = listed(typist.configuration, dialect);
      const parsed = parseListing(grammar, text, { dialect });
      const unread = parsed.diagnostics.filter((d) => /not understood|incomplete/.test(d.reason));
      assert.deepEqual(unread, [], `${dialect} seed ${seed}\n${text}`);
      assert.equal(listed(parsed.configuration, dialect), text, `${dialect} seed ${seed}`);
      for (const part of Object.keys({ ...parsed.configuration, ...typist.configuration }))
        if (!sameValue(parsed.configuration[part], typist.configuration[part]))
          assert.fail(
            `${dialect} seed ${seed}: read ${inspect(parsed.configuration[part], { depth: 9 })}, ` +
              `written from ${inspect(typist.configuration[part], { depth: 9 })}`,
          );
    }
    const missed = grammar.sections
      .flatMap((section): readonly Declaration[] => section.commands)
      .filter((command) => inDialect(command, dialect) && !reached.has(command))
      .filter((command) => inDialect(command.scope.mode ?? {}, dialect))
      .map((command) => command.path);
    assert.deepEqual(missed, [], `commands of ${dialect} that no generated configuration had`);
  }
});
