import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadLab } from './lab.ts';
import { prepareMachine } from './machine.ts';
import { searchPath } from './programs.ts';
import { LabRun } from './run.ts';

const skip = prepareMachine(['ip', 'ping', 'tshark'], console.log)?.reason ?? false;

function plant(t: TestContext, ...steps: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'headend-planted-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(
    join(folder, 'topology.txt'),
    [
      'node a b',
      'switch lan',
      'link a:eth0 192.0.2.1/24 2001:db8::1/64 -- lan',
      'link b:eth0 192.0.2.2/24 2001:db8::2/64 -- lan',
      'route a 198.51.100.0/24 via 192.0.2.2',
    ].join('\n'),
  );
  writeFileSync(join(folder, 'steps.txt'), ['step: planted', ...steps].join('\n'));
  return folder;
}

async function runPlanted(folder: string): Promise<readonly string[]> {
  const run = new LabRun(loadLab(folder), undefined);
  try {
    for (const step of run.steps) await run.perform(step);
    return await run.inspectCaptures();
  } finally {
    await run.close(false);
    assert.equal(existsSync(run.workFolder), false);
  }
}

const ip = (...words: string[]): string =>
  spawnSync('ip', words, { encoding: 'utf8', env: { ...process.env, PATH: searchPath } }).stdout;

const namespaces = (): string => ip('netns', 'list');

/** Asks again until there is an answer, for half a minute. */
async function eventually<T>(ask: () => T | undefined): Promise<T> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const answer = ask();
    if (answer) return answer;
    await sleep(50);
  }
  throw new Error('no answer within half a minute');
}

/** The sleeping processes of a namespace; those that set it up come and go. */
const sleepers = (namespace: string): readonly number[] =>
  ip('netns', 'pids', namespace)
    .split('\n')
    .filter((pid) => pid !== '' && commandLine(pid).startsWith('sleep\0'))
    .map(Number);

/** The words of a process, each ended by a NUL; none when it has gone meanwhile. */
function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

const exists = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('nodes reach each other, each with a /run of its own, and traffic is recorded', {
  skip,
}, async (t) => {
  const folder = plant(
    t,
    'capture a:eth0',
    'expect a: ping -c 1 -W 5 192.0.2.2',
    'wait 60s until b: ping -c 1 -W 1 2001:db8::1',
    'expect a: ip route get 198.51.100.7 | grep -q "via 192.0.2.2"',
    'fail a: ping -c 1 -W 1 192.0.2.3',
    'run a: touch /run/of-a && echo nameserver 192.0.2.9 > /etc/resolv.conf',
    'fail b: test -e /run/of-a || grep 192.0.2.9 /etc/resolv.conf',
    'seen a:eth0: icmp',
    'unseen a:eth0: udp.port == 500',
  );
  const before = readFileSync('/etc/resolv.conf', 'utf8');
  const [report, ...others] = await runPlanted(folder);
  assert.match(report ?? '', /^a:eth0: \d+ packets, .*: none malformed$/);
  assert.equal(others.length, 0);
  assert.equal(readFileSync('/etc/resolv.conf', 'utf8'), before);
  assert.equal(existsSync('/run/of-a'), false);
});

test('a failing line is named with its output, and nothing stays behind', { skip }, async (t) => {
  const folder = plant(
    t,
    'start b sleeper: echo dozing; exec sleep 300',
    'wait 60s for sleeper: dozing',
    'expect a: echo no; false',
  );
  const run = new LabRun(loadLab(folder), undefined);
  const owned = new RegExp(`lab-${process.pid}-`);
  t.after(() => run.close(false));
  const [step] = run.steps;
  assert.ok(step);
  await assert.rejects(
    run.perform(step),
    /steps\.txt:4: expect a: echo no; false\nstatus 1, output:\nno\n.*sleeper\.log\ndozing/s,
  );
  assert.match(namespaces(), owned);
  await run.close(false);
  assert.doesNotMatch(namespaces(), owned);
});

/** An ISAKMP header whose SA payload announces 65,535 octets, and ends. */
const malformedIsakmp = `${'11'.repeat(8)}${'00'.repeat(8)}01100400${'00'.repeat(4)}000000200000ffff`;

test('a malformed packet fails the lab', { skip }, async (t) => {
  const escaped = malformedIsakmp.replaceAll(/../g, '\\x$&');
  const folder = plant(
    t,
    'capture b:eth0',
    `run a: bash -c "printf '${escaped}' > /dev/udp/192.0.2.2/500"`,
    'run a: ping -c 1 -W 5 192.0.2.2',
  );
  await assert.rejects(runPlanted(folder), /b:eth0: 1 malformed packets/);
});

test('an interrupted run leaves no namespace and no process', { skip }, async (t) => {
  const folder = plant(t, 'start a sleeper: exec sleep 300', 'wait 300s for sleeper: never');
  const runner = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), folder], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, TMPDIR: folder },
  });
  t.after(() => runner.kill('SIGKILL'));
  const owned = new RegExp(`lab-${runner.pid}-[0-9a-f]+-a`);
  const namespace = await eventually(() => owned.exec(namespaces())?.[0]);
  const pid = await eventually(() => sleepers(namespace)[0]);
  runner.kill('SIGINT');
  const status = await new Promise((resolve) => runner.on('exit', resolve));
  assert.equal(status, 130);
  await eventually(() => !exists(pid));
  assert.doesNotMatch(namespaces(), owned);
});
