import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Processes } from './processes.ts';

const shell = (command: string): readonly string[] => ['sh', '-c', command];

function begin(t: TestContext): Processes {
  const folder = mkdtempSync(join(tmpdir(), 'headend-processes-'));
  const processes = new Processes(folder, folder, process.env);
  t.after(async () => {
    await processes.stopAll();
    rmSync(folder, { recursive: true });
  });
  return processes;
}

const exists = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('what a process says is heard, and kept when the wait is in vain', async (t) => {
  const processes = begin(t);
  processes.start('talker', shell('echo one; echo two >&2; sleep 60'));
  await processes.hear('talker', 'two', 60_000);
  assert.equal(processes.output('talker'), 'one\ntwo\n');
  await assert.rejects(processes.hear('talker', 'three', 50), /did not say "three".*one\ntwo/s);
  processes.start('brief', shell('echo bye'));
  await assert.rejects(processes.hear('brief', 'hello', 60_000), /ended without saying.*bye/s);
});

test('finish returns the status; a process that takes too long is ended', async (t) => {
  const processes = begin(t);
  processes.start('good', shell('exit 0'));
  processes.start('bad', shell('exit 3'));
  assert.equal(await processes.finish('good', 60_000), 0);
  assert.equal(await processes.finish('bad', 60_000), 3);
  processes.start('slow', shell('sleep 60'));
  const pid = processes.pid('slow');
  await assert.rejects(processes.finish('slow', 50), /did not end within 0.05 s/);
  assert.equal(exists(pid), false);
  processes.start('absent', ['/no/such/program']);
  assert.equal(await processes.finish('absent', 60_000), 127);
});

test('stop waits for the whole group, kill does not ask', async (t) => {
  const processes = begin(t);
  const farewell = '(trap "sleep 0.3; echo farewell; exit" TERM; sleep 60 & echo up; wait) & wait';
  processes.start('polite', shell(farewell));
  await processes.hear('polite', 'up', 60_000);
  await processes.stop('polite');
  assert.match(processes.output('polite'), /farewell/);
  processes.start('polite', shell(farewell));
  await processes.hear('polite', 'up', 60_000);
  await processes.kill('polite');
  assert.doesNotMatch(processes.output('polite'), /farewell/);
});

test('a process that fails although nothing asked it to end is a failure', async (t) => {
  const processes = begin(t);
  processes.start('fine', shell('true'));
  processes.start('stopped', shell('sleep 60'));
  await processes.stop('stopped');
  assert.equal(processes.failure(), undefined);
  processes.start('crash', shell('echo oops; kill -SEGV $$'));
  await assert.rejects(processes.hear('crash', 'never', 60_000));
  assert.match(processes.failure() ?? '', /crash ended early with SIGSEGV.*oops/s);
});
