import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const folder = import.meta.dirname;
const benches = readdirSync(folder).filter(
  (name) =>
    /^[\w-]+\.ts$/.test(name) &&
    /^ *await runBench\(|^const options = givenOptions\(/m.test(
      readFileSync(join(folder, name), 'utf8'),
    ),
);

const run = (name: string, ...words: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, name), ...words], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
};

test('every bench answers --help with its usage, in which each of its options stands with its default', () => {
  assert.ok(benches.length >= 20, `${benches.length} benches`);
  for (const name of benches) {
    const { status, stdout, stderr } = run(name, '--help');
    assert.deepEqual([status, stderr], [0, ''], name);
    assert.ok(stdout.includes(`Usage: ${name}`), `${name}: ${stdout}`);
    const source = readFileSync(join(folder, name), 'utf8');
    const options = [
      ...source.matchAll(/^ {2}'?([\w-]+)'?: \{ type: '\w+'(?:, default: '?([^'}]*))?/gm),
    ];
    for (const [, option, standard = ''] of options) {
      assert.ok(stdout.includes(`[--${option}`), `${name} --help does not name --${option}`);
      if (/^\d/.test(standard))
        assert.match(stdout, new RegExp(`--${option} ${standard}\\b`), name);
    }
  }
});

test('what is wrong with an option, or with a choice, is said in one line', () => {
  assert.deepEqual(run('start.ts', '--nonsense'), {
    status: 2,
    stdout: '',
    stderr: "start.ts: Unknown option '--nonsense'; --help lists the options\n",
  });
  assert.deepEqual(run('start.ts', '--turns', 'many'), {
    status: 2,
    stdout: '',
    stderr: 'start.ts: --turns takes a number, not "many"; --help lists the options\n',
  });
  const { status, stderr } = run('all.ts', '--only', 'nonsense');
  assert.equal(status, 1);
  assert.match(stderr, /^all\.ts: "nonsense" is not one of start, [^\n]*\n$/);
});
