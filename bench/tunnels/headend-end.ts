/**
 * One end of tunnels whose keys both ends know beforehand: the packet path alone, without IKE.
 * Usage: headend-end.ts TUNNELS.json conc|NUMBER-OF-CLIENT
 */
import { readFileSync } from 'node:fs';
import { UserspaceDataPlane } from '../../src/adapters/userspace/userspace-data-plane.ts';
import { address } from '../../src/base/address.ts';
import { hostPrefix } from '../../src/base/prefix.ts';
import { ESP_SUITES } from '../../src/crypto/esp-suites.ts';
import type { ForwardingChange } from '../../src/dataplane/data-plane.ts';
import { type TunnelClient, type TunnelRequest, tunnel } from './tunnel.ts';

const [file = '', end = 'conc'] = process.argv.slice(2);
const request = JSON.parse(readFileSync(file, 'utf8')) as TunnelRequest;
const suite = (
  { 'aes-128-gcm': 'aes-gcm-16-128', 'aes-128-cbc-sha1': 'aes-cbc-128-hmac-sha1-96' } as const
)[request.suite];
const own = request.clients.find(({ number }) => String(number) === end);
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
    ...(own ? { local: there, remote: gateway } : { local: gateway, remote: there }),
    selectors: own ? { local: inside, remote: network } : { local: network, remote: inside },
  } as const;
  const keyed = (spi: number) => ({
    ...common,
    spi,
    keyMaterial: new Uint8Array(ESP_SUITES[suite].keyMaterialOctets).fill(spi & 0xff),
  });
  const [down, up] = [keyed(2 * client.number + 0x1000), keyed(2 * client.number + 0x1001)];
  const [inbound, outbound] = own ? [down, up] : [up, down];
  return [
    { kind: 'addInbound', sa: { ...inbound, direction: 'inbound', replayWindow: 64 } },
    { kind: 'addOutbound', sa: { ...outbound, direction: 'outbound' } },
  ];
}

const started = await UserspaceDataPlane.start({
  listen: [{ endpoint: endpoint(own?.outside ?? tunnel.gateway), encapsulated: true }],
  report: (report) => {
    if (report.kind === 'lost') console.error(report.reason);
  },
  tun: {
    name: tunnel.interfaceName,
    mtu: tunnel.mtu,
    routes: own ? [network] : request.clients.map(({ inside }) => hostPrefix(address(inside))),
    ...(own && { address: hostPrefix(address(own.inside)) }),
  },
});
if (!started.ok) throw new Error(started.error);
started.value.apply((own ? [own] : request.clients).flatMap(pair));
console.log('the tunnel stands');
process.once('SIGTERM', () => started.value.close().then(() => process.exit()));
