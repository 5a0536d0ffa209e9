import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SlowWork } from '#adapters/device-runner';
import { toUtf8 } from '#base/bytes';
import { parseListing } from '#config/parse';
import { InsideHost } from '#dataplane/inside-host';
import { grammar } from '#engine/grammar';
import { type EventDef, eventText } from '#events/event';
import { memberDiffers, memberTunnelUp } from '#features/cluster/events';
import { becameBackup } from '#protocol/vcl/events';
import { type HeadEndProcess, startHeadEnd } from './head-end-process.ts';

const HOSTS = [129, 130] as const;
const CLUSTER_PORT = 29_023;

const listing = (host: number) => `hostname member${host}
interface GigabitEthernet0/0
 nameif outside
 ip address 127.83.124.${host} 255.255.255.0
interface GigabitEthernet0/1
 nameif inside
 ip address 127.83.1.${host} 255.255.255.0
route outside 0.0.0.0 0.0.0.0 127.83.124.1 1
crypto ikev1 enable outside
crypto ikev1 enable inside
crypto ikev1 policy 10
 encryption aes-256
 hash sha256
 group 19
vpn load-balancing
 cluster ip address 127.83.124.254
 cluster port ${CLUSTER_PORT}
 cluster key only-for-tests
 cluster encryption
${HOSTS.map((other) => ` member 127.83.1.${other}`).join('\n')}
 participate
`;

async function member(t: TestContext, host: number, work: SlowWork): Promise<HeadEndProcess> {
  const stateFolder = mkdtempSync(join(tmpdir(), 'headend-members-'));
  const { configuration, diagnostics } = parseListing(grammar, listing(host));
  assert.deepEqual(
    diagnostics.filter((d) => d.severity === 'error'),
    [],
  );
  const started = await startHeadEnd({
    configuration,
    work,
    stateFolder,
    ports: { isakmp: 20_500, natTraversal: 24_500 },
    inside: { kind: 'memory', connect: (send) => new InsideHost([], send) },
  });
  assert.ok(started.ok, started.ok ? '' : started.error);
  t.after(async () => {
    await started.value.close();
    rmSync(stateFolder, { recursive: true });
  });
  return started.value;
}

/** The text of the first event of a kind, which may have happened already. */
const said = ({ device }: HeadEndProcess, definition: EventDef): Promise<string> =>
  new Promise((resolve) => {
    for (const { record } of device.log.newestFirst())
      if (record.definition === definition) resolve(eventText(record));
    device.log.listen(({ record }) => {
      if (record.definition === definition) resolve(eventText(record));
    });
  });

test('LB-32 LB-60: two head-ends on sockets of this machine speak in IPsec, and refuse who does not', async (t) => {
  const work = new SlowWork();
  t.after(() => work.close());
  const first = await member(t, HOSTS[0], work);
  const second = await member(t, HOSTS[1], work);
  assert.equal(
    await said(first, memberTunnelUp),
    'Tunnel with member 127.83.1.130 is up: AES-GCM-256',
  );
  assert.equal(
    await said(second, memberTunnelUp),
    'Tunnel with member 127.83.1.129 is up: AES-GCM-256',
  );
  await Promise.any([said(first, becameBackup), said(second, becameBackup)]);
  for (const { device } of [first, second])
    assert.deepEqual(
      [...device.sessions.values()].map((s) => [s.kind, s.protocol]),
      [['management', 'VCA/IPSec']],
    );

  const stranger = createSocket('udp4');
  t.after(() => stranger.close());
  stranger.bind(0, '127.83.1.131');
  await once(stranger, 'listening');
  stranger.send(toUtf8('VCL1 and whatever follows'), CLUSTER_PORT, '127.83.1.129');
  assert.equal(
    await said(first, memberDiffers),
    'Device 127.83.1.131 is refused as a member: it speaks in clear, and encryption is on here',
  );
});
