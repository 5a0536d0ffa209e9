import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { askForShortSlices, SLICE_NS } from './short-slices.ts';

const threadSched = '/proc/thread-self/sched';
const [major = 0, minor = 0] = release().split('.').map(Number);
const knowsSlices = major > 6 || (major === 6 && minor >= 12);

/** The slice that the kernel shows for this thread. */
const shown = (sched: string): number => Number(/^se\.slice +: +(\d+)$/m.exec(sched)?.[1]);

test('this thread gets short turns, and one that it starts ordinary ones', {
  skip: !(knowsSlices && existsSync(threadSched)) && 'the kernel shows no slices',
}, async () => {
  const before = shown(readFileSync(threadSched, 'utf8'));
  assert.ok(before > SLICE_NS);
  assert.equal(await askForShortSlices(), SLICE_NS);
  assert.equal(shown(readFileSync(threadSched, 'utf8')), SLICE_NS);
  const read = `const { readFileSync } = require('node:fs');
      require('node:worker_threads').parentPort.postMessage(readFileSync('${threadSched}', 'utf8'));`;
  const worker = new Worker(read, { eval: true });
  const sched = await new Promise<string>((resolve) => worker.once('message', resolve));
  assert.equal(shown(sched), before);
});
