import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { groupMembers } from './process-group.ts';

test('a group is its living members with the processor time they used', async (t) => {
  const busy = 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo done; exec sleep 60';
  const leader = spawn('sh', ['-c', `(${busy}) & wait`], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const group = leader.pid ?? -1;
  t.after(() => process.kill(-group, 'SIGKILL'));
  await once(leader.stdout, 'data');
  const members = groupMembers(group);
  assert.equal(members.length, 2);
  assert.ok(members.some(({ pid }) => pid === group));
  const cpuMs = members.reduce((sum, member) => sum + member.cpuMs, 0);
  assert.ok(cpuMs > 0 && cpuMs < 60_000, `${cpuMs} ms`);
});
