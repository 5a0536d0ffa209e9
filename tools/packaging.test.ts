import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

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
