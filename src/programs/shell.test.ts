import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Shell } from '#adapters/terminal/shell';
import { readOnly } from './shell.ts';

const words = ['clear', 'configure', 'exit', 'show', 'write'];

const everything: Shell = {
  prompt: () => 'gate# ',
  execute: (line) => ({ text: `did ${line}`, failed: false }),
  complete(text) {
    const candidates = words.filter((word) => word.startsWith(text));
    return candidates.length === 1
      ? { text: `${candidates[0]} `, candidates: [] }
      : { text, candidates };
  },
  help(text) {
    if (text.includes(' ')) return `help for "${text}"`;
    const found = words.filter((word) => word.startsWith(text));
    return text === '' ? found.map((w) => `  ${w.padEnd(9)}  Help`).join('\n') : found.join('  ');
  },
  ended: () => false,
  pageRows: () => undefined,
};

test('whoever may only look is offered only what shows', () => {
  const shell = readOnly(everything);
  const said = (line: string) => shell.execute(line, new AbortController().signal);
  assert.equal(shell.help(''), '  exit       Help\n  show       Help');
  assert.deepEqual(said('?'), { text: shell.help(''), failed: false });
  assert.equal(shell.help('c'), '% Unrecognized command');
  assert.equal(shell.help('sh'), 'show');
  assert.equal(shell.help('show '), 'help for "show "');
  for (const line of ['configure terminal', 'clear logging', 'write memory', 'shutdown']) {
    assert.deepEqual(said(line), {
      text: '% This account may look, but not change anything',
      failed: true,
    });
    assert.deepEqual(shell.complete(line), { text: line, candidates: [] });
  }
  assert.match(shell.help('write '), /may look, but not change/);
  assert.deepEqual(said('sh clock'), { text: 'did sh clock', failed: false });
  assert.deepEqual(shell.complete(''), { text: '', candidates: ['exit', 'show'] });
  assert.deepEqual(shell.complete('sh'), { text: 'show ', candidates: [] });
});
