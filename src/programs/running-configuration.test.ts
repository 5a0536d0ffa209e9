import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ScryptPool } from '#adapters/scrypt';
import { parseListing } from '#config/parse';
import { grammar } from '#engine/grammar';
import { clearPasswords } from '#session/config';
import { holdsClearPasswords, sealingOf } from './passwords.ts';
import { RunningConfiguration } from './running-configuration.ts';

const NO_CHANGES = { applied: () => {}, pending: () => [] };

function saved(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'headend-saved-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'startup.cfg');
  writeFileSync(file, 'hostname before\n');
  const { configuration } = parseListing(grammar, 'hostname before');
  return { folder, file, owner: new RunningConfiguration(configuration, file, NO_CHANGES) };
}

test('verifiers take the place of passwords in what runs and in what was read at the start', async () => {
  const { configuration } = parseListing(grammar, 'username carla password of-carla');
  const owner = new RunningConfiguration(configuration, undefined, NO_CHANGES);
  const { configuration: changed } = parseListing(
    grammar,
    'username carla password another\nusername dora password of-dora',
  );
  owner.apply(changed);
  assert.ok([owner.startup(), owner.running()].every(holdsClearPasswords));
  const pool = new ScryptPool(2, 1);
  owner.seal(await sealingOf(configuration, pool));
  assert.equal(holdsClearPasswords(owner.startup()), false);
  assert.equal(clearPasswords(owner.running()).length, 2, 'another password is not the one hashed');
  owner.seal(await sealingOf(changed, pool));
  assert.equal(holdsClearPasswords(owner.running()), false);
});

test('a saved configuration replaces the file, for its owner only', (t) => {
  const { folder, file, owner } = saved(t);
  assert.deepEqual(owner.save('hostname after\n'), { text: '[OK]', failed: false });
  assert.equal(readFileSync(file, 'utf8'), 'hostname after\n');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ['startup.cfg']);
});

test('nothing is written through a link that lies in the way', (t) => {
  const { folder, file, owner } = saved(t);
  const precious = join(folder, 'precious');
  writeFileSync(precious, 'of somebody else');
  symlinkSync(precious, `${file}.new`);
  assert.ok(!owner.save('hostname after\n').failed);
  assert.equal(readFileSync(precious, 'utf8'), 'of somebody else');
  assert.equal(readFileSync(file, 'utf8'), 'hostname after\n');
});

test('what cannot be written is said in words, and the file stays as it was', (t) => {
  const { file, owner } = saved(t);
  // A folder in the way, which not even root can replace by a file.
  mkdirSync(`${file}.new`);
  const { text, failed } = owner.save('hostname after\n');
  assert.ok(failed);
  assert.match(text, /^% .*startup\.cfg was not written, and is as it was: \S+/);
  assert.equal(readFileSync(file, 'utf8'), 'hostname before\n');
});

test('a save that fails leaves nothing behind', (t) => {
  const { folder, file, owner } = saved(t);
  // The file is written, and cannot take the name of a folder.
  rmSync(file);
  mkdirSync(file);
  assert.ok(owner.save('hostname after\n').failed);
  assert.deepEqual(readdirSync(folder), ['startup.cfg']);
});
