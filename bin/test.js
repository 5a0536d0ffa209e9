import { existsSync, statSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { ensureDebianPackages } from './debian-packages.js';
import { ensurePackages, ensureWebConsole, nodePath, root, say } from './install.js';
import { runToEnd } from './run.js';

const testFolders = ['src', 'sim', 'tools', 'labs', 'bench', 'web'];
const testTimeoutMs = 600_000;

const parts = () => [
  ['types of the server', ['node_modules/typescript/bin/tsc', '--project', '.']],
  ...(existsSync(join(root, 'web/tsconfig.json'))
    ? [['types of the web console', ['node_modules/typescript/bin/tsc', '--project', 'web']]]
    : []),
  ['format and lint', ['node_modules/@biomejs/biome/bin/biome', 'check']],
];

/** Node 18 knows the processors only, not the share of them that this process may use. */
const processors = () => (availableParallelism ? availableParallelism() : cpus().length);

/** What the runner takes for a folder, a file or a glob. */
const testsIn = (path) =>
  statSync(join(root, path), { throwIfNoEntry: false })?.isDirectory()
    ? `${path.replace(/\/$/, '')}/**/*.test.ts`
    : path;

/**
 * `npm test`: types, format and lint, then every test; arguments that are folders, files or globs
 * choose among the tests, and options go to the test runner. Every part runs even when one before it failed.
 */
export async function testAll(args) {
  ensurePackages();
  ensureWebConsole();
  ensureDebianPackages();
  const failed = [];
  for (const [name, command] of parts()) {
    say(`${name} ...`);
    if ((await runToEnd(nodePath(), command)) !== 0) failed.push(name);
  }
  const chosen = args.filter((a) => !a.startsWith('-'));
  say(`tests of ${chosen.length > 0 ? chosen.join(' ') : testFolders.join(', ')} ...`);
  const code = await runToEnd(nodePath(), [
    '--test',
    '--test-reporter=spec',
    `--test-timeout=${testTimeoutMs}`,
    `--test-concurrency=${processors()}`,
    ...args.filter((a) => a.startsWith('-')),
    ...(chosen.length > 0 ? chosen : testFolders).map(testsIn),
  ]);
  if (failed.length > 0) say(`failed before the tests: ${failed.join(', ')}`);
  process.exitCode = code || Math.min(failed.length, 1);
}
