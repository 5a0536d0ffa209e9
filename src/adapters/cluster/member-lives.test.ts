import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { MemberLives } from './member-lives.ts';

const random = { member: new Uint8Array(8).fill(9), incarnation: Uint8Array.of(0, 0) };

function fileOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'headend-lives-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, 'member.db');
}

test('lives that are asked for at once come one after the other, are written, and hold the loop up for none', async (t) => {
  const path = fileOf(t);
  const lives = new MemberLives(path);
  let turns = 0;
  const turning = setInterval(() => {
    turns += 1;
  });
  const both = await Promise.all([lives.newLife(random, 1000), lives.newLife(random, 1000)]);
  clearInterval(turning);
  assert.ok(turns > 0, 'timers fire while it is written');
  const [first, second] = both.map((life) => {
    assert.ok(life.ok, life.ok ? '' : life.error);
    return life.value;
  });
  assert.ok(first && second && first.incarnation < second.incarnation);
  assert.deepEqual([first.member, second.member], ['09'.repeat(8), '09'.repeat(8)]);
  await lives.settled();
  const database = new DatabaseSync(path);
  assert.equal(
    database.prepare('SELECT incarnation FROM member').get()?.incarnation,
    second.incarnation,
  );
  database.close();
});

test('what keeps a life from being written is answered, and the next one is asked for anew', async (t) => {
  const path = fileOf(t);
  const lives = new MemberLives(path);
  writeFileSync(path, 'no database at all, but long enough to be looked at '.repeat(20));
  const refused = await lives.newLife(random, 1000);
  assert.match(refused.ok ? '' : refused.error, /member\.db is damaged/);
  rmSync(path);
  assert.ok((await lives.newLife(random, 1000)).ok);
});
