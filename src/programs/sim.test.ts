import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { simProgram } from './sim.ts';

const main = resolve(import.meta.dirname, '../main.ts');
const lab = resolve(import.meta.dirname, '../../labs/virtual-cluster');
const configs = ['n3005', 'n3030', 'n3060'].flatMap((name) => [
  '--config',
  join(lab, `${name}.cfg`),
]);

const headend = (...words: readonly string[]) =>
  spawnSync(process.execPath, [main, 'sim', 'cluster', ...words], { encoding: 'utf8' });

function inFolder(story: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'headend-sim-'));
  try {
    story(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('the configurations of a cluster are run through faults; two runs of a seed are equal octet by octet', () => {
  inFolder((folder) => {
    const run = (name: string) => {
      const svg = join(folder, name);
      const { stdout, status, stderr } = headend(
        ...configs,
        ...['--seed', '3', '--rounds', '1', '--faults', 'crash,handover', '--svg', svg],
      );
      assert.equal(status, 0, stderr);
      assert.match(stderr, /round 1 of 1: crash of the master/);
      return [stdout, readFileSync(svg, 'utf8')] as const;
    };
    const [text, picture] = run('a.svg');
    assert.deepEqual(run('b.svg'), [text, picture]);
    assert.match(text, /n3030 +VPN3030 +1500/);
    assert.match(text, /crash of the master +1 × +\d\.\d\d s/);
    assert.ok(picture.startsWith('<svg '));
    // The first master, its successor after the crash, and whoever that one hands the address to.
    assert.equal(picture.match(/<path d=/g)?.length, 3, 'a bar for each time that a member has it');
  });
});

test('one file makes a cluster of many members alike', () => {
  const one = configs.slice(0, 2);
  const { stdout, status } = headend(...one, '--members', '5', '--faults', 'none', '--quiet');
  assert.equal(status, 0);
  assert.match(stdout, /n3005-5 +VPN3005 +100/);
});

test('what is wrong on the command line or in a file is one clear sentence', async () => {
  const refused = (pattern: RegExp, ...words: readonly string[]) =>
    assert.rejects(simProgram.run(words), pattern);
  await refused(/sim takes what to simulate: cluster/);
  await refused(/takes --config FILE, once for every member/, 'cluster');
  await refused(/--members N makes N members like it/, 'cluster', ...configs.slice(0, 2));
  await refused(/--members goes with one FILE only/, 'cluster', ...configs, '--members', '3');
  await refused(
    /cannot read nowhere.cfg: there is no such file/,
    'cluster',
    '--config',
    'nowhere.cfg',
  );
  await refused(
    /"fire" is not a fault; there are handover, crash/,
    'cluster',
    ...configs,
    '--faults',
    'fire',
  );
  await refused(/--seed takes a number from 0 to/, 'cluster', ...configs, '--seed', 'x');
  await refused(
    /n3005.cfg: 10.32.1.129 is an address of/,
    'cluster',
    ...configs.slice(0, 2),
    ...configs.slice(0, 2),
  );
});

test('a file with an error is not simulated, and its line is named', () => {
  inFolder((folder) => {
    const file = join(folder, 'wrong.cfg');
    writeFileSync(file, 'vpn load-balancing\n priority 11\n');
    const { stderr, status } = headend('--config', file, '--members', '3');
    assert.equal(status, 2);
    assert.match(stderr, /wrong.cfg:2: /);
    assert.match(stderr, /priority/);
  });
});
