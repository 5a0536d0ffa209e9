import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { CONSOLE_SOCKET, STATE_FOLDER } from '#programs/places';

const root = join(import.meta.dirname, '..');
const unit = readFileSync(join(root, 'packaging/headend.service'), 'utf8');
const installed = spawnSync('systemd-analyze', ['--version']).status === 0;

test('systemd finds nothing wrong with the unit', {
  skip: installed ? false : 'there is no systemd-analyze',
}, () => {
  const folder = mkdtempSync(join(tmpdir(), 'headend-unit-'));
  const file = join(folder, 'headend.service');
  // What the unit starts has to exist.
  writeFileSync(file, unit.replaceAll('/opt/headend', root));
  const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', file], {
    encoding: 'utf8',
  });
  rmSync(folder, { recursive: true });
  assert.equal(stdout + stderr, '');
  assert.equal(status, 0);
});

test('the unit grants the three capabilities that headend asks for, and no more', () => {
  const three = 'CAP_NET_ADMIN CAP_NET_RAW CAP_NET_BIND_SERVICE';
  for (const name of ['AmbientCapabilities', 'CapabilityBoundingSet'])
    assert.deepEqual(unit.match(new RegExp(`^${name}=(.*)$`, 'm'))?.[1], three);
  assert.match(unit, /^NoNewPrivileges=yes$/m);
});

test('the service may write where headend keeps its socket and the lives of a member', () => {
  assert.match(unit, /^ProtectSystem=strict$/m);
  for (const [setting, top, folder] of [
    ['RuntimeDirectory', '/run', dirname(CONSOLE_SOCKET)],
    ['StateDirectory', '/var/lib', STATE_FOLDER],
  ] as const) {
    assert.match(unit, new RegExp(`^${setting}=${relative(top, folder)}$`, 'm'));
    assert.match(unit, new RegExp(`^${setting}Mode=0700$`, 'm'));
  }
});

test('the service and bin/run.js have the same settings of node', () => {
  const { flags, environment } = JSON.parse(
    readFileSync(join(root, 'bin/node-settings.json'), 'utf8'),
  ) as { flags: string[]; environment: Record<string, string> };
  assert.deepEqual(unit.match(/^ExecStart=\S+ (.*?) \\$/m)?.[1]?.split(' '), flags);
  for (const [name, value] of Object.entries(environment))
    assert.ok(unit.split('\n').includes(`Environment=${name}=${value}`), name);
});

test('the service runs modules that root has compiled for it, and that it cannot write itself', {
  skip: process.getuid?.() === 0 ? false : 'only root can compile for another user',
}, (t) => {
  const flags = unit.match(/^ExecStart=\S+ (.*?) \\$/m)?.[1]?.split(' ') ?? [];
  assert.equal(unit.match(/^Environment=NODE_COMPILE_CACHE=(.*)$/m)?.[1], '/var/cache/headend');
  assert.match(unit, /^ExecStartPre=\+.*\/bin\/compile\.js \/var\/cache\/headend headend$/m);
  assert.doesNotMatch(unit, /^(?:CacheDirectory|ReadWritePaths=.*\/var)/m);
  const top = mkdtempSync(join(tmpdir(), 'headend-compiled-'));
  t.after(() => rmSync(top, { recursive: true }));
  chmodSync(top, 0o755);
  const folder = join(top, 'cache');
  const node = join(root, 'node_modules/.bin/node');
  const compile = () =>
    spawnSync(node, [join(root, 'bin/compile.js'), folder, 'nobody'], { encoding: 'utf8' });
  assert.deepEqual([compile().status, compile().stderr], [0, '']);
  const [kept = ''] = readdirSync(folder).filter((name) => name.startsWith('v'));
  const files = readdirSync(join(folder, kept));
  for (const path of ['', kept, ...files.map((file) => join(kept, file))]) {
    const { uid, mode } = statSync(join(folder, path));
    assert.deepEqual([uid, mode & 0o022, mode & 0o004], [0, 0, 4], path);
  }
  const as = ['--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups'];
  chmodSync(folder, 0o777);
  const refused = compile();
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /has to be a folder that only root can write/);
  chmodSync(folder, 0o755);

  const reads = spawnSync('setpriv', [...as, 'test', '-r', join(root, 'src/main.ts')]);
  if (reads.status !== 0) return t.diagnostic('nobody may not read this clone');
  const { stderr } = spawnSync('setpriv', [...as, node, ...flags, 'src/main.ts', 'run', '--help'], {
    cwd: root,
    encoding: 'utf8',
    env: { NODE_COMPILE_CACHE: folder, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' },
  });
  assert.match(stderr, /programs\/run\.ts was accepted/);
  assert.doesNotMatch(stderr, /not initialized|was rejected/);
  assert.equal(readdirSync(join(folder, kept)).length, files.length);
});
