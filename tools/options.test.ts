import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const run = (...words: readonly string[]) => {
  const [name = '', ...options] = words;
  const file = join(import.meta.dirname, name);
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...options], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
};

test('tools with options answer --help with their usage, and an unknown option in one line', () => {
  for (const name of ['simulate.ts', 'fuzz.ts', 'explore.ts']) {
    const { status, stdout, stderr } = run(name, '--help');
    assert.deepEqual([status, stderr], [0, ''], name);
    assert.match(stdout, new RegExp(`^Usage: ${name} \\[--`, 'm'));
    assert.deepEqual(run(name, '--nonsense'), {
      status: 2,
      stdout: '',
      stderr: `${name}: Unknown option '--nonsense'; --help lists the options\n`,
    });
  }
});
