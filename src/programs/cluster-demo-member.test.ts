import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { SlowWork } from '#adapters/device-runner';
import { bindUdp } from '#adapters/udp';
import { address } from '#base/address';
import { DemoMember } from './cluster-demo-member.ts';
import { newSecrets } from './demo-parts.ts';

const HOST = 171;
/** Ports of this run: another may be under way on the same machine. */
const port = (n: number): number => 30_000 + (process.pid % 1000) * 10 + n;

/** A member that is alone in its cluster, and what it said. */
function alone(t: TestContext) {
  const stateFolder = mkdtempSync(join(tmpdir(), 'headend-demo-member-'));
  const work = new SlowWork();
  const told: string[] = [];
  const member = new DemoMember({
    name: 'member1',
    host: HOST,
    outside: address(`127.18.124.${HOST}`),
    priority: 10,
    clusterAddress: address('127.18.124.253'),
    clusterKey: 'only-for-tests',
    encrypts: false,
    secrets: newSecrets([]),
    work,
    sealing: { made: undefined },
    ports: { isakmp: port(0), natTraversal: port(1) },
    clusterPort: port(2),
    others: [],
    stateFolder,
    say: (text) => told.push(text),
  });
  t.after(async () => {
    await member.stop();
    work.close();
    rmSync(stateFolder, { recursive: true });
  });
  /** Waits until it has said that, and fails when it says something else instead. */
  const says = async (wanted: RegExp, instead: RegExp) => {
    while (!told.some((text) => wanted.test(text))) {
      assert.ok(!told.some((text) => instead.test(text)), told.join('\n'));
      await delay(10);
    }
  };
  return { member, says };
}

test('the demo says why a member does not take part', { timeout: 60_000 }, async (t) => {
  const taken = await bindUdp({ address: address(`127.32.1.${HOST}`), port: port(2) }, () => {});
  assert.ok(taken.ok);
  t.after(() => taken.value.close());
  const { member, says } = alone(t);
  assert.deepEqual(await member.start(), { text: 'member1 runs', failed: false });
  const where = `127\\.32\\.1\\.${HOST}:${port(2)}`;
  await says(
    new RegExp(`member1 +This device cannot take part in the cluster: UDP ${where} is taken`),
    /Became master/,
  );
});

test('a member whose power is cut before it has begun can be started again', {
  timeout: 60_000,
}, async (t) => {
  const { member, says } = alone(t);
  await member.start();
  await member.crash();
  await member.start();
  await says(/member1 +Became master of the cluster/, /cannot take part/);
});
