import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'headend-faults-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

/** Runs a sub-command that is expected to end by itself. */
const run = (...args: readonly string[]) =>
  spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });

test('a daemon whose command line cannot be opened ends with one line, and takes no file away', (t) => {
  const precious = join(folder(t), 'precious');
  writeFileSync(precious, 'of somebody else');
  const { status, stderr } = run('demo', '--web-port', '0', '--console-socket', precious);
  assert.equal(status, 2, stderr);
  assert.match(stderr, /^headend: .* is there already and no socket; choose another .*\n$/);
  assert.equal(readFileSync(precious, 'utf8'), 'of somebody else');
});

test('a file that is no text is refused in one line', (t) => {
  const path = join(folder(t), 'picture.cfg');
  writeFileSync(path, Buffer.from('hostname gate\n', 'utf16le'));
  const { status, stderr } = run('run', path);
  assert.equal(status, 2);
  assert.equal(stderr, `headend: cannot read ${path}: it is no text, or not in UTF-8\n`);
});

test('a file of nothing but mistakes fills one screen, not a thousand', (t) => {
  const path = join(folder(t), 'wrong.cfg');
  writeFileSync(path, 'frobnicate\n'.repeat(5000));
  const { status, stderr } = run('run', path);
  assert.equal(status, 2);
  assert.ok(stderr.split('\n').length < 60, `${stderr.split('\n').length} lines`);
  assert.match(stderr, /4950 more; "headend check .*" lists them all\n$/);
});

test('a daemon goes on when nobody reads its output any more', async (t) => {
  const socket = join(folder(t), 'console.sock');
  const args = [main, 'demo', '--web-port', '0', '--console-socket', socket];
  const daemon: ChildProcessWithoutNullStreams = spawn(process.execPath, args);
  t.after(() => daemon.kill('SIGKILL'));
  await once(daemon.stdout, 'data');
  daemon.stdout.destroy();
  // The clients log in now, which is told on standard output.
  await delay(2500);
  assert.equal(daemon.exitCode, null, 'it has ended');
  daemon.kill('SIGTERM');
  const [code] = await once(daemon, 'exit');
  assert.equal(code, 0);
});
