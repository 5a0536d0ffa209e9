import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SlowWork } from '#adapters/device-runner';
import { ScryptPool } from '#adapters/scrypt';
import type { Shell } from '#adapters/terminal/shell';
import { emptyConfiguration } from '#config/configuration';
import { parseListing } from '#config/parse';
import { InsideHost } from '#dataplane/inside-host';
import { grammar } from '#engine/grammar';
import { type EventRecord, eventText } from '#events/event';
import {
  configurationChanged,
  configurationNotSaved,
  configurationSaved,
  passwordsNotHashed,
} from '#features/management/events';
import { clearPasswords } from '#session/config';
import type { PasswordVerifier } from '#session/credentials';
import { FIRST_SEAT } from './consoles.ts';
import { HeadEndConsole } from './head-end-console.ts';
import { type HeadEndProcess, startHeadEnd } from './head-end-process.ts';

/** Has no memory for one password, as long as it lasts. */
class PoorPool extends ScryptPool {
  poor = true;

  override hash(password: Uint8Array): Promise<PasswordVerifier | undefined> {
    const refused = this.poor && new TextDecoder().decode(password) === 'of-dora';
    return refused ? Promise.resolve(undefined) : super.hash(password);
  }
}

/** Counts what it hashes. */
class CountingPool extends ScryptPool {
  hashed = 0;

  override hash(password: Uint8Array): Promise<PasswordVerifier | undefined> {
    this.hashed += 1;
    return super.hash(password);
  }
}

/** A head-end that runs on nothing until the end of the test. */
async function emptyHeadEnd(t: TestContext): Promise<{ headEnd: HeadEndProcess; work: SlowWork }> {
  const work = new SlowWork();
  const started = await startHeadEnd({
    configuration: emptyConfiguration,
    work,
    inside: { kind: 'memory', connect: (send) => new InsideHost([], send) },
  });
  assert.ok(started.ok, 'the head-end starts');
  t.after(async () => {
    await started.value.close();
    work.close();
  });
  return { headEnd: started.value, work };
}

function emptyFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'headend-console-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('a line that waits for the next start says so at the prompt', async (t) => {
  const work = new SlowWork();
  const inside = {
    kind: 'memory',
    connect: (send: (p: Uint8Array) => void) => new InsideHost([], send),
  } as const;
  const { configuration } = parseListing(
    grammar,
    'interface ethernet0\n nameif outside\n ip address 127.9.8.7 255.0.0.0\ncrypto ikev1 enable outside',
  );
  const ports = { isakmp: 10_577, natTraversal: 14_577 };
  const started = await startHeadEnd({ configuration, work, inside, ports });
  assert.ok(started.ok, 'the head-end starts');
  t.after(async () => {
    await started.value.close();
    work.close();
  });
  const shell = new HeadEndConsole(started.value, undefined, work.scrypt).openShell({
    name: 'console 1',
  });
  const type = (line: string) => shell.execute(line, new AbortController().signal);
  await type('configure terminal');
  const { text, failed } = await type('no crypto ikev1 enable outside');
  assert.equal(failed, false);
  assert.match(text, /% warning: until headend is started again, the UDP sockets stay as they are/);
  assert.doesNotMatch((await type('crypto ikev1 enable outside')).text, /started again/);
});

test('the log says who changed which lines and who saved them, and hides secrets', async (t) => {
  const { headEnd, work } = await emptyHeadEnd(t);
  const folder = emptyFolder(t);
  const type = async (file: string, name: string, ...lines: readonly string[]) => {
    const shell = new HeadEndConsole(headEnd, file, work.scrypt).openShell({ name });
    for (const line of lines) await shell.execute(line, new AbortController().signal);
  };
  const file = join(folder, 'startup.cfg');
  const lines = ['hostname gate', 'username carla password of-carla'];
  const inside = ['username carla attributes', 'vpn-framed-ip-address 10.1.1.9 255.0.0.0'];
  await type(file, 'console 3', 'configure terminal', ...lines, ...inside, 'end', 'write memory');
  await type(join(file, 'below', 'a-file'), 'admin (web)', 'write memory');
  const events = [...headEnd.device.log.newestFirst()].reverse().map(({ record }) => record);
  assert.deepEqual(
    events.slice(0, 4).map((e) => eventText(e)),
    [
      'console 3 configured: hostname gate',
      'console 3 configured: username carla password *****',
      'console 3 configured: username carla attributes > vpn-framed-ip-address 10.1.1.9 255.0.0.0',
      'The configuration was saved by console 3',
    ],
  );
  assert.deepEqual(
    events.map((e) => e.definition),
    [
      ...[configurationChanged, configurationChanged, configurationChanged],
      ...[configurationSaved, configurationNotSaved],
    ],
  );
  assert.match(eventText(events[4] as EventRecord), /for admin \(web\): .*was not written/);
});

test('exit in the terminal of the daemon says what ends it, and ends nothing', async (t) => {
  const { headEnd, work } = await emptyHeadEnd(t);
  const console = new HeadEndConsole(headEnd, undefined, work.scrypt);
  const first = console.openShell(FIRST_SEAT);
  const type = (shell: Shell, line: string) => shell.execute(line, new AbortController().signal);
  await type(first, 'configure terminal');
  assert.equal((await type(first, 'exit')).text, '', 'a mode is left as everywhere');
  for (const word of ['exit', 'quit', 'logout'])
    assert.equal((await type(first, word)).text, 'Ctrl-C ends headend', word);
  assert.equal(first.ended(), false);
  const joined = console.openShell({ name: 'console 1' });
  await type(joined, 'exit');
  assert.equal(joined.ended(), true, 'a console that joined is left');
});

test('passwords typed in a row are hashed once each, and none is saved in clear', async (t) => {
  const { headEnd } = await emptyHeadEnd(t);
  const file = join(emptyFolder(t), 'startup.cfg');
  const pool = new CountingPool(2, 100);
  const shell = new HeadEndConsole(headEnd, file, pool).openShell({ name: 'console 1' });
  const users = Array.from({ length: 12 }, (_, n) => `user${n}`);
  const lines = users.map((user) => `username ${user} password of-${user}`);
  for (const line of ['configure terminal', ...lines, 'enable password of-all', 'end'])
    assert.equal((await shell.execute(line, new AbortController().signal)).failed, false, line);
  assert.equal((await shell.execute('write memory', new AbortController().signal)).text, '[OK]');
  assert.equal(pool.hashed, 13);
  const saved = readFileSync(file, 'utf8');
  assert.equal(saved.match(/^username user\d+ password \$scrypt\$\S+ hashed/gm)?.length, 12);
  assert.doesNotMatch(saved, /of-/);
});

test('a password that cannot be hashed stays as typed, is an event, and is not saved', async (t) => {
  const { headEnd } = await emptyHeadEnd(t);
  const file = join(emptyFolder(t), 'startup.cfg');
  const pool = new PoorPool(2, 100);
  const shell = new HeadEndConsole(headEnd, file, pool).openShell({ name: 'console 1' });
  const type = (line: string) => shell.execute(line, new AbortController().signal);
  await type('configure terminal');
  for (const user of ['carla', 'dora']) await type(`username ${user} password of-${user}`);
  await type('end');
  const { text, failed } = await type('write memory');
  assert.equal(failed, true);
  assert.match(text, /Nothing was written, since passwords could not be hashed/);
  assert.equal(existsSync(file), false);
  const left = () => clearPasswords(headEnd.device.configuration).map(({ user }) => user);
  assert.deepEqual(left(), ['dora']);
  const events = [...headEnd.device.log.newestFirst()].map(({ record }) => record);
  assert.ok(events.some((e) => e.definition === passwordsNotHashed && e.args.count === 1));
  assert.ok(events.every((e) => !eventText(e).includes('of-dora')));
  pool.poor = false;
  assert.equal((await type('write memory')).text, '[OK]');
  assert.deepEqual(left(), []);
});
