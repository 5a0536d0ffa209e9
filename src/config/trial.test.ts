import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDifferences } from './commit.ts';
import { grammarOf } from './grammar.ts';
import { parseListing } from './parse.ts';
import { systemSlice } from './system.ts';
import { systemRoom } from './system-commands.ts';
import { tryLines } from './trial.ts';

const grammar = grammarOf([systemRoom]);
const running = parseListing(grammar, 'hostname before\n').configuration;

test('lines are tried as one change, and the running configuration stays as it is', () => {
  const trial = tryLines(grammar, running, [
    'interface Ethernet0',
    'nameif outside',
    'hostname after',
  ]);
  assert.equal(trial.accepted, true);
  assert.deepEqual(formatDifferences(trial.changes).split('\n')[0], '- hostname before');
  assert.match(formatDifferences(trial.changes), /\+ +nameif outside/);
  assert.deepEqual(trial.typed, [
    ['interface Ethernet0'],
    ['interface Ethernet0', 'nameif outside'],
    ['hostname after'],
  ]);
  assert.equal(systemSlice.of(running).hostname, 'before');
  assert.equal(systemSlice.of(trial.candidate).hostname, 'after');
});

test('one line that is not understood refuses the whole change, and is named', () => {
  const trial = tryLines(grammar, running, ['hostname after', 'hostnam two words', 'nonsense']);
  assert.equal(trial.accepted, false);
  assert.deepEqual(
    trial.refused.map(({ line }) => line),
    [1, 2],
  );
  assert.deepEqual(trial.typed, [['hostname after']]);
});

test('nothing changed is accepted and no difference', () => {
  const trial = tryLines(grammar, running, ['hostname before']);
  assert.deepEqual([trial.accepted, trial.changes], [true, []]);
});

test('within a mode, a line that would mean something outside of it is refused', () => {
  const trial = tryLines(
    grammar,
    running,
    ['nameif outside', 'hostname after'],
    'interface Ethernet0',
  );
  assert.deepEqual(
    [trial.accepted, trial.refused.map(({ line }) => line), trial.typed],
    [false, [1], [['interface Ethernet0', 'nameif outside']]],
  );
  assert.equal(systemSlice.of(trial.candidate).hostname, 'before');
});
