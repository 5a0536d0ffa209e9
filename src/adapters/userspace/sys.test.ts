import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { loadSys, RECENT_ARENAS } from './sys.ts';

const sys = await loadSys();

test('what a system call is given a pointer to is there until the call is over', {
  skip: sys.ok ? false : sys.error,
}, async () => {
  assert.ok(sys.ok);
  const { arena } = sys.value;
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  /** An arena of which nothing is left but its pointer, and whether its memory is there still. */
  const abandoned = () => new WeakRef(arena(64).bytes.buffer);
  const memories = Array.from({ length: 2 * RECENT_ARENAS }, abandoned);
  // What was made in this turn of the event loop is there until its end in any case.
  await setImmediate();
  collect();
  const present = memories.map((memory) => memory.deref() !== undefined);
  assert.deepEqual(
    present,
    present.map((_, i) => i >= RECENT_ARENAS),
  );
});
