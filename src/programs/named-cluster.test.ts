import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { SlowWork } from '#adapters/device-runner';
import { parseListing } from '#config/parse';
import { InsideHost } from '#dataplane/inside-host';
import { grammar } from '#engine/grammar';
import { type HeadEndProcess, startHeadEnd } from './head-end-process.ts';

/** An address of loopback for a name server on its usual port. */
const SERVER = '127.53.9.7';

const skip =
  process.getuid?.() !== 0
    ? 'port 53 needs root'
    : spawnSync('dnsmasq', ['--version']).error && 'dnsmasq is not installed';

async function nameServer(t: TestContext): Promise<void> {
  const child = spawn('dnsmasq', [
    ...['--keep-in-foreground', '--no-resolv', '--no-hosts', '--conf-file=/dev/null'],
    ...['--pid-file=', '--bind-interfaces', `--listen-address=${SERVER}`, '--log-facility=-'],
    '--local=/example.com/',
    '--host-record=vpn.example.com,127.84.124.254',
    '--host-record=elsewhere.example.com,127.85.124.254',
    '--host-record=itself.example.com,127.84.124.129',
  ]);
  t.after(async () => {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  for await (const chunk of child.stderr) if (/started/.test(String(chunk))) return;
  assert.fail('dnsmasq did not start');
}

const listing = (name: string) => `dns name-server ${SERVER}
interface GigabitEthernet0/0
 nameif outside
 ip address 127.84.124.129 255.255.255.0
interface GigabitEthernet0/1
 nameif inside
 ip address 127.84.1.129 255.255.255.0
crypto ikev1 enable outside
vpn load-balancing
 cluster ip address ${name}
 cluster port 39023
 cluster key only-for-tests
 cluster timer fast
 participate
`;

/** A head-end that takes part in the cluster of that name. */
async function member(t: TestContext, name: string): Promise<HeadEndProcess> {
  const stateFolder = mkdtempSync(join(tmpdir(), 'headend-named-'));
  const work = new SlowWork();
  const { configuration, diagnostics } = parseListing(grammar, listing(name));
  assert.deepEqual(
    diagnostics.filter((d) => d.severity === 'error'),
    [],
  );
  const started = await startHeadEnd({
    configuration,
    work,
    stateFolder,
    ports: { isakmp: 21_500, natTraversal: 25_500 },
    inside: { kind: 'memory', connect: (send) => new InsideHost([], send) },
  });
  assert.ok(started.ok, started.ok ? '' : started.error);
  t.after(async () => {
    await started.value.close();
    work.close();
    rmSync(stateFolder, { recursive: true });
  });
  return started.value;
}

const until = async (isThere: () => boolean): Promise<void> => {
  while (!isThere()) await delay(20);
};

test('GEN-66 LB-27: a cluster address by name is that of the name server: it is listened at, and served', {
  skip,
  timeout: 60_000,
}, async (t) => {
  await nameServer(t);
  const { device } = await member(t, 'vpn.example.com');
  await until(() => device.cluster.member?.phase.phase === 'master');
  assert.deepEqual(device.cluster.policy?.cluster.addresses, ['127.84.124.254']);
});

for (const [name, address] of [
  ['elsewhere.example.com', '127.85.124.254'],
  ['itself.example.com', '127.84.124.129'],
] as const)
  test(`GEN-66: ${name} stands for an address that cannot be served, which is said`, {
    skip,
    timeout: 60_000,
  }, async (t) => {
    await nameServer(t);
    const { device } = await member(t, name);
    await until(() => device.cluster.obstacle !== undefined);
    assert.equal(
      device.cluster.obstacle,
      `${address} is no free address of the network of interface "outside"`,
    );
  });
