import assert from 'node:assert/strict';
import { test } from 'node:test';
import { consoleCommands } from '#config/console-commands';
import { DIALECTS } from '#config/dialect';
import { matchLine, splitLine } from '#config/match';
import { spell } from '#config/spelling';
import { headEndCatalogue, patBoxCatalogue } from './catalogue.ts';
import { grammar } from './grammar.ts';
import { headEndCommands } from './head-end-commands.ts';

/** Every way to write a command, typed at the prompt or within any mode; modes that are only kept take anything. */
function* allSpellings() {
  yield [...consoleCommands, ...headEndCommands].map((c) => spell(undefined, c));
  const modes = grammar.sections.flatMap(({ commands }) =>
    commands.flatMap((c) => (c.kind === 'mode' && !c.noEffect ? [c] : [])),
  );
  for (const dialect of DIALECTS)
    for (const mode of [undefined, ...modes])
      yield grammar.spellings(mode, dialect).filter(({ command }) => !command.noEffect);
}

const isCommand = (text: string): boolean => {
  for (const spellings of allSpellings()) {
    const { kind } = matchLine<unknown>(spellings, splitLine(text));
    if (kind === 'matched' || kind === 'incomplete') return true;
  }
  return false;
};

test('every line that the remedy of an event quotes is a command, or the beginning of one', () => {
  const quoted = [...headEndCatalogue, ...patBoxCatalogue].flatMap(
    ({ class: of, number, remedy }) =>
      [...remedy.matchAll(/"([^"]+)"/g)].map(([, line = '']) => ({
        event: `${of}/${number}`,
        line,
      })),
  );
  assert.ok(quoted.length > 20);
  assert.deepEqual(
    quoted.filter(({ line }) => !isCommand(line)),
    [],
  );
  for (const line of ['no vpn load-balancing drain', 'name-server']) assert.ok(!isCommand(line));
});
