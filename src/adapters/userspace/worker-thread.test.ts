import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { dismissWorkers, prepareWorkers, takeWorker } from './worker-thread.ts';

test('a thread that was prepared is taken once; without one there is a new one', async () => {
  prepareWorkers(2);
  const taken = [takeWorker(), takeWorker(), takeWorker()];
  assert.equal(new Set(taken.map(({ ledger }) => ledger)).size, 3);
  await Promise.all(taken.map(({ thread }) => thread.terminate()));
  prepareWorkers(1);
  dismissWorkers();
  const { thread } = takeWorker();
  await once(thread, 'online');
  await thread.terminate();
});

test('a process does not wait for threads that nobody needed', async () => {
  const module = JSON.stringify(new URL('./worker-thread.ts', import.meta.url));
  const script = `const { prepareWorkers } = await import(${module}); prepareWorkers(2);`;
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', `${script} console.log('done')`],
    { timeout: 60_000 },
  );
  assert.deepEqual([stdout, stderr], ['done\n', '']);
});
