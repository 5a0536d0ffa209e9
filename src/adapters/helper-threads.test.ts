import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { test } from 'node:test';
import { HELPER_NICENESS, lowerHelperThreads } from './helper-threads.ts';

const threads = '/proc/self/task';

test('threads in which V8 compiles and collects give way, and no other does', () => {
  const before = getPriority();
  lowerHelperThreads();
  const priorities = readdirSync(threads).map((thread) => ({
    name: readFileSync(`${threads}/${thread}/comm`, 'utf8').trim(),
    niceness: getPriority(Number(thread)),
  }));
  const helpers = priorities.filter(({ name }) => name === 'V8Worker');
  assert.ok(helpers.length > 0);
  for (const { name, niceness } of priorities)
    assert.equal(niceness, name === 'V8Worker' ? HELPER_NICENESS : before, name);
});
