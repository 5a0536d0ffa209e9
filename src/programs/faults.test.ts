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
    timeout: 120_000,
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

/** Makes koffi as absent as on a machine that it has no library for. */
const WITHOUT_KOFFI = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({
    resolve: (name, context, next) => {
      if (name === 'koffi') throw new Error('no library for this machine');
      return next(name, context);
    },
  });`)}`;

test('without koffi a head-end says in one line what it needs, and runs without an inside network', async (t) => {
  const path = join(folder(t), 'small.cfg');
  const socket = join(folder(t), 'console.sock');
  writeFileSync(
    path,
    [
      'interface GigabitEthernet0/0',
      ' nameif outside',
      ' ip address 127.93.0.1 255.0.0.0',
      'crypto ikev1 enable outside',
      '',
    ].join('\n'),
  );
  const args = ['--import', WITHOUT_KOFFI, main, 'run', path, '--console-socket', socket];
  const failed = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 120_000 });
  assert.equal(failed.status, 2);
  assert.match(
    failed.stderr,
    /^headend: .* need koffi, which cannot be loaded \(no library for this machine\): .* `--inside memory` runs .*\n$/,
  );
  if (process.getuid?.() !== 0) return t.diagnostic('without root, UDP 500 cannot be opened');
  const more = ['--inside', 'memory', '--web-port', '0'];
  const daemon = spawn(process.execPath, [...args, ...more]);
  t.after(() => daemon.kill('SIGKILL'));
  const [line] = await once(daemon.stdout, 'data');
  assert.match(String(line), /^headend \S+ runs /);
  daemon.kill('SIGTERM');
  assert.deepEqual(await once(daemon, 'exit'), [0, null]);
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
  const sessions = () =>
    spawnSync(process.execPath, [main, 'console', '--socket', socket], {
      encoding: 'utf8',
      input: 'show vpn-sessiondb\n',
    }).stdout;
  while (!sessions().includes('vpnclient3')) {
    await delay(100);
    assert.equal(daemon.exitCode, null, 'it has ended');
  }
  daemon.kill('SIGTERM');
  const [code] = await once(daemon, 'exit');
  assert.equal(code, 0);
});

/** Starts headend without a sub-command, up to its first lines. */
async function firstStart(t: TestContext, ...args: readonly string[]) {
  const daemon = spawn(process.execPath, [main, '--web-port', '0', ...args]);
  t.after(() => daemon.kill('SIGKILL'));
  let output = '';
  daemon.stdout.on('data', (data) => {
    output += data;
  });
  const shows = async (text: string | RegExp) => {
    while (output.match(text) === null) {
      assert.equal(daemon.exitCode, null, String(daemon.stderr.read()));
      await delay(50);
    }
  };
  await shows('Ctrl-C ends the demo');
  return { daemon, shows };
}

test('the first command shows a cluster; killed, it leaves nothing that stops the next one', {
  timeout: 300_000,
}, async (t) => {
  const socket = join(folder(t), 'console.sock');
  const killed = await firstStart(t, '--console-socket', socket);
  await killed.shows(/demo of a virtual cluster.*member3 +127\.18\.124\.131/s);
  killed.daemon.kill('SIGKILL');
  await once(killed.daemon, 'exit');
  const next = await firstStart(t, '--console-socket', socket);
  await next.shows(/web console +http:\/\/127\.0\.0\.1:\d+\/monitoring\/load-balancing/);
  next.daemon.kill('SIGTERM');
  assert.deepEqual(await once(next.daemon, 'exit'), [0, null]);
});

test('two at once take ports of their own, and --single is one head-end', {
  timeout: 300_000,
}, async (t) => {
  const sockets = ['a', 'b', 'c'].map((name) => join(folder(t), name));
  const first = await firstStart(t, '--console-socket', sockets[0] as string);
  const second = await firstStart(t, '--console-socket', sockets[1] as string);
  const single = await firstStart(t, '--single', '--console-socket', sockets[2] as string);
  // Each has translations of its own at the one address of the PAT.
  await first.shows(/vpnclient9 +pinged/);
  await second.shows(/demo of a virtual cluster.*vpnclient9 +pinged/s);
  await single.shows(/: the demo, on loopback.*head-end +127\.16\.172\.50.*vpnclient3 +pinged/s);
  for (const { daemon } of [first, second, single]) daemon.kill('SIGTERM');
  for (const { daemon } of [first, second, single])
    if (daemon.exitCode === null) await once(daemon, 'exit');
  assert.deepEqual(
    [first, second, single].map(({ daemon }) => daemon.exitCode),
    [0, 0, 0],
  );
});
