/**
 * One end of tunnels whose keys both ends know beforehand: the packet path alone, without IKE.
 * Usage: headend-end.ts TUNNELS.json NODE; SIGUSR2 prints its counters, and its reports by kind
 */
import { readFileSync } from 'node:fs';
import { UserspaceDataPlane } from '../../src/adapters/userspace/userspace-data-plane.ts';
import { address } from '../../src/base/address.ts';
import { hostPrefix } from '../../src/base/prefix.ts';
import { ESP_SUITES } from '../../src/crypto/esp-suites.ts';
import type { ForwardingChange } from '../../src/dataplane/data-plane.ts';
import { spisOf, type TunnelClient, type TunnelRequest, tunnel } from './tunnel.ts';

const [file = '', node = ''] = process.argv.slice(2);
const request = JSON.parse(readFileSync(file, 'utf8')) as TunnelRequest;
const suite = (
  { 'aes-128-gcm': 'aes-gcm-16-128', 'aes-128-cbc-sha1': 'aes-cbc-128-hmac-sha1-96' } as const
)[request.suite];
/** The clients of this node; none at the head-end. */
const own = request.clients.filter((client) => client.node === node);
const isHeadEnd = own.length === 0;
const endpoint = (host: string) => ({ address: address(host), port: 4500 });
const network = { address: address(tunnel.network.address), length: tunnel.network.length };

/** The pair of SAs of a client, seen from this end. */
function pair(client: TunnelClient): readonly ForwardingChange[] {
  const [gateway, there] = [endpoint(tunnel.gateway), endpoint(client.outside)];
  const inside = hostPrefix(address(client.inside));
  const common = {
    suite,
    mode: 'tunnel',
    encapsulation: 'udp',
    ...(isHeadEnd ? { local: gateway, remote: there } : { local: there, remote: gateway }),
    selectors: isHeadEnd ? { local: network, remote: inside } : { local: inside, remote: network },
  } as const;
  const keyed = (spi: number) => ({
    ...common,
    spi,
    keyMaterial: new Uint8Array(ESP_SUITES[suite].keyMaterialOctets).fill(
      (spi + (spi >>> 16)) & 0xff,
    ),
  });
  // The last octet places a client at a worker.
  const { towardsClient, towardsHeadEnd } = spisOf(client);
  const [down, up] = [keyed(towardsClient), keyed(towardsHeadEnd)];
  const [inbound, outbound] = isHeadEnd ? [up, down] : [down, up];
  return [
    { kind: 'addInbound', sa: { ...inbound, direction: 'inbound', replayWindow: 64 } },
    { kind: 'addOutbound', sa: { ...outbound, direction: 'outbound', pairedSpi: inbound.spi } },
  ];
}

const hosts = isHeadEnd ? [tunnel.gateway] : own.map(({ outside }) => outside);
const reports: Record<string, number> = {};
let accounts = 0;
const started = await UserspaceDataPlane.start({
  workers: isHeadEnd ? (request.workers ?? 1) : 1,
  listen: hosts.map((host) => ({ endpoint: endpoint(host), encapsulated: true })),
  report: (report) => {
    if (report.kind === 'lost') console.error(report.reason);
    reports[report.kind] = (reports[report.kind] ?? 0) + 1;
  },
  tun: {
    name: tunnel.interfaceName,
    mtu: tunnel.mtu,
    routes: isHeadEnd
      ? request.clients.map(({ inside }) => hostPrefix(address(inside)))
      : [network],
    ...(own[0] && { address: hostPrefix(address(own[0].inside)) }),
  },
});
if (!started.ok) throw new Error(started.error);
started.value.apply((isHeadEnd ? request.clients : own).flatMap(pair));
console.log('the tunnel stands');
process.on('SIGUSR2', () => {
  accounts += 1;
  const account = { counters: started.value.counters(), reports };
  console.log(`account ${accounts} ${JSON.stringify(account)}`);
});
process.once('SIGTERM', async () => {
  await started.value.close();
  // Tells whether the kernel brought packets to the right worker.
  console.log('counters', JSON.stringify(started.value.counters()));
  process.exit();
});
