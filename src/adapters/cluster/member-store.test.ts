import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { MemberStore } from './member-store.ts';

const random = { member: new Uint8Array(randomBytes(8)), incarnation: Uint8Array.of(1, 2) };

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'headend-member-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

/** The identity of a new life of whoever has this file. */
function lifeOf(path: string, wallClockMs: number) {
  const store = new MemberStore(path);
  const life = store.newLife(random, wallClockMs);
  store.close();
  assert.ok(life.ok, life.ok ? '' : life.error);
  return life.value;
}

test('a member keeps its number, and every life is greater than the one before, whatever the clock says', (t) => {
  const path = join(folder(t), 'state', 'member.db');
  const first = lifeOf(path, 2_000_000);
  const second = lifeOf(path, 1_000_000);
  const third = lifeOf(path, 3_000_000);
  assert.equal(second.member, first.member);
  assert.equal(third.member, first.member);
  assert.ok(first.incarnation < second.incarnation && second.incarnation < third.incarnation);
});

test('a file that cannot be written or is none of ours is said in one line that names it', (t) => {
  const path = join(folder(t), 'member.db');
  writeFileSync(path, 'not a database, but long enough to be looked at '.repeat(20));
  const store = new MemberStore(path);
  const openBefore = readdirSync('/proc/self/fd').length;
  const life = store.newLife(random, 1);
  assert.ok(!life.ok);
  // Whoever tries again while a disk is full must not run out of descriptors.
  for (let i = 0; i < 20; i += 1) assert.ok(!store.newLife(random, 1).ok);
  assert.equal(readdirSync('/proc/self/fd').length, openBefore);
  assert.match(
    life.error,
    /member\.db is damaged: file is not a database; remove the file, and the member takes part under a new number$/,
  );
  const below = new MemberStore(join(path, 'member.db')).newLife(random, 1);
  assert.match(
    below.ok ? '' : below.error,
    /member\.db: .*; make it writable, or name another folder with --state$/,
  );
  rmSync(path);
  assert.ok(store.newLife(random, 1).ok, 'the remedy helps');
  store.close();
});
