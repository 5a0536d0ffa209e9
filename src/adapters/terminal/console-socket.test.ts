import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Prng } from '#base/prng';
import { runConsole } from './console-client.ts';
import { ConsoleServer } from './console-server.ts';
import { decodeSize, encodeFrame, encodeSize, FrameReader } from './frames.ts';
import type { Shell } from './shell.ts';
import { VirtualScreen } from './testing/virtual-screen.ts';

function makeShell(): Shell {
  let mode = '';
  let ended = false;
  return {
    prompt: () => `headend${mode}# `,
    execute(line) {
      if (line === 'exit') ended = true;
      if (line === 'configure terminal') mode = '(config)';
      if (/^\s*wrong/.test(line)) return { text: '% Invalid input', failed: true };
      if (line === 'much') return { text: 'x'.repeat(1_000_000), failed: false };
      const silent = ended || line === 'silent';
      return { text: silent ? '' : `did ${line} in ${mode || 'exec'}`, failed: false };
    },
    complete: (text) => ({ text, candidates: [] }),
    help: () => 'help',
    pageRows: () => undefined,
    ended: () => ended,
  };
}

function socketPath(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'headend-console-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, 'run/console.sock');
}

async function openServer(t: TestContext, path = socketPath(t)) {
  const server = await ConsoleServer.open(path, makeShell);
  t.after(() => server.close());
  return { server, path };
}

/** A console whose keyboard and screen the test holds. */
function person(path: string) {
  const input = Object.assign(new PassThrough(), {
    isTTY: true as const,
    raw: false,
    setRawMode(mode: boolean) {
      input.raw = mode;
      return input as never;
    },
  });
  const screen = new VirtualScreen(60);
  const output = Object.assign(new PassThrough(), { isTTY: true as const, columns: 60, rows: 10 });
  output.on('data', (octets: Buffer) => screen.write(octets.toString()));
  const done = runConsole({ path, input: input as never, output: output as never });
  const sees = async (line: string) => {
    for (let i = 0; i < 6000 && !screen.lines.includes(line); i += 1) await delay(5);
    assert.ok(screen.lines.includes(line), `${line}\n${screen.lines.join('\n')}`);
  };
  return { input, output, screen, done, sees };
}

async function pipe(path: string, text: string) {
  const input = new PassThrough();
  const output = new PassThrough();
  let seen = '';
  output.on('data', (octets: Buffer) => {
    seen += octets.toString();
  });
  const done = runConsole({ path, input, output });
  input.end(text);
  return { exitCode: await done, seen };
}

test('two consoles at once, each in its own mode; exit gives the terminal back', async (t) => {
  const { path } = await openServer(t);
  const [one, two] = [person(path), person(path)];
  one.input.write('configure terminal\r');
  await one.sees('headend(config)#');
  two.input.write('show version\r');
  await two.sees('did show version in exec');
  one.input.write('hostname x\r');
  await one.sees('did hostname x in (config)');
  assert.ok(one.input.raw && two.input.raw);
  one.input.write('exit\r');
  assert.equal(await one.done, 0);
  assert.equal(one.input.raw, false);
  two.input.write('\x04');
  assert.equal(await two.done, 0);
});

test('a resized console and the events of the daemon', async (t) => {
  const { server, path } = await openServer(t);
  const one = person(path);
  await one.sees('headend#');
  server.print('something happened');
  await one.sees('something happened');
  one.output.columns = 20;
  one.output.emit('resize');
  one.input.write('exit\r');
  assert.equal(await one.done, 0);
});

test('lines from a pipe are answered without prompts, and a failure is the exit code', async (t) => {
  const { path } = await openServer(t);
  assert.deepEqual(await pipe(path, 'show version\nshow clock'), {
    exitCode: 0,
    seen: 'did show version in exec\ndid show clock in exec\n',
  });
  assert.deepEqual(await pipe(path, 'wrong\nshow clock\n'), {
    exitCode: 1,
    seen: 'headend# wrong\n% Invalid input\ndid show clock in exec\n',
  });
  assert.equal(
    (await pipe(path, 'configure terminal\n\twrong pasword hunter2\n')).seen,
    'did configure terminal in (config)\nheadend(config)#  wrong pasword *****\n% Invalid input\n',
  );
  assert.deepEqual(await pipe(path, 'exit\nshow clock\n'), { exitCode: 0, seen: '' });
  const much = await pipe(path, 'much\n'.repeat(20));
  assert.equal(much.seen.length, 20 * 1_000_001);
  const many = await pipe(path, 'a\n'.repeat(20_000));
  assert.equal(many.seen, 'did a in exec\n'.repeat(20_000));
  assert.equal((await pipe(path, `${'silent\n'.repeat(100_000)}a`)).seen, 'did a in exec\n');
});

test('the socket is open to its owner only, and gone after the daemon', async (t) => {
  const { server, path } = await openServer(t);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(statSync(join(path, '..')).mode & 0o777, 0o700);
  const one = person(path);
  await one.sees('headend#');
  await server.close();
  assert.equal(await one.done, 0);
  assert.ok(!existsSync(path));
});

test('the socket of a dead process is replaced, that of a living one is not', async (t) => {
  const path = socketPath(t);
  const { server } = await openServer(t, path);
  await assert.rejects(ConsoleServer.open(path, makeShell), /another headend listens on/);
  await server.close();
  // A process that is killed leaves its socket behind.
  const dying =
    'require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, 9))';
  spawnSync(process.execPath, ['-e', dying, path]);
  assert.ok(statSync(path).isSocket());
  await openServer(t, path);
  assert.equal((await pipe(path, 'x\n')).exitCode, 0);
});

test('a socket that cannot be made or opened is one sentence that says what to do', async (t) => {
  const path = socketPath(t);
  await assert.rejects(ConsoleServer.open(`/tmp/${'x'.repeat(200)}`, makeShell), /too long/);
  for (const impossible of ['/proc/nothing/x.sock', '/nothing/at/all/x.sock'])
    await assert.rejects(ConsoleServer.open(impossible, makeShell), /there is no folder/);
  await assert.rejects(pipe(path, 'x\n'), /no headend listens on .*; start one/);
});

test('who does not speak the protocol is shown the door', async (t) => {
  const { path } = await openServer(t);
  for (const first of [
    new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n'),
    encodeFrame('data', new Uint8Array(3)),
    encodeFrame('interactive', new Uint8Array(3)),
    new Uint8Array([4, 0xff, 0xff, 0xff, 0xff]),
  ]) {
    const socket = connect(path);
    socket.on('error', () => undefined);
    socket.write(first);
    await new Promise((resolve) => socket.on('close', resolve));
  }
  assert.equal((await pipe(path, 'x\n')).exitCode, 0);
});

test('a daemon that is something else does not hang the console', async (t) => {
  const path = join(mkdtempSync(join(tmpdir(), 'headend-console-')), 's');
  const stranger = createServer((socket) => socket.end('hello'));
  await new Promise<void>((resolve) => stranger.listen(path, resolve));
  t.after(() => stranger.close());
  assert.equal((await pipe(path, 'x\n')).exitCode, 1);
});

test('frames survive any cut, and long bodies are split', () => {
  const prng = new Prng(9);
  const body = prng.bytes(200_000);
  const octets = new Uint8Array([
    ...encodeFrame('data', body),
    ...encodeSize('size', 80, 24),
    ...encodeFrame('end'),
  ]);
  const reader = new FrameReader();
  const frames = [];
  for (let at = 0; at < octets.length; ) {
    const next = at + prng.between(1, 30_000);
    frames.push(...(reader.read(octets.subarray(at, next)) ?? assert.fail('refused')));
    at = next;
  }
  const data = frames.filter((f) => f.kind === 'data');
  assert.deepEqual(
    data.map((f) => f.body.length),
    [65_536, 65_536, 65_536, 200_000 - 3 * 65_536],
  );
  assert.deepEqual(new Uint8Array(data.flatMap((f) => [...f.body])), body);
  assert.deepEqual(decodeSize(frames.at(-2)?.body as Uint8Array), { columns: 80, rows: 24 });
  assert.equal(frames.at(-1)?.kind, 'end');
});

test('a reader of frames refuses what is not one, and never throws', () => {
  assert.equal(new FrameReader().read(new Uint8Array([0, 0, 0, 0, 0])), undefined);
  assert.equal(new FrameReader().read(new Uint8Array([6, 0, 0, 0, 0])), undefined);
  assert.equal(new FrameReader().read(new Uint8Array([4, 0, 1, 0, 1])), undefined);
  assert.deepEqual(new FrameReader().read(new Uint8Array([4, 0, 1, 0, 0])), []);
  const prng = new Prng(2);
  for (let i = 0; i < 20_000; i += 1) new FrameReader().read(prng.bytes(prng.between(0, 30)));
});

test('a file that is no socket stays where it is', async (t) => {
  const path = join(mkdtempSync(join(tmpdir(), 'headend-console-')), 'precious');
  t.after(() => rmSync(dirname(path), { recursive: true }));
  writeFileSync(path, 'of somebody else');
  await assert.rejects(ConsoleServer.open(path, makeShell), /no socket; choose another/);
  assert.equal(readFileSync(path, 'utf8'), 'of somebody else');
});
