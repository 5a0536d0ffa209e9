/**
 * One end of a tunnel whose keys both ends know beforehand: the packet path alone, without IKE.
 * Usage: headend-end.ts client|conc
 */
import { UserspaceDataPlane } from '../../src/adapters/userspace/userspace-data-plane.ts';
import { address } from '../../src/base/address.ts';
import { hostPrefix } from '../../src/base/prefix.ts';
import { ESP_SUITES } from '../../src/crypto/esp-suites.ts';
import { tunnel } from './tunnel.ts';

const isClient = process.argv[2] === 'client';
const suite = 'aes-gcm-16-128' as const;
const endpoint = (host: string) => ({ address: address(host), port: 4500 });
const outside = [endpoint(tunnel.gateway), endpoint(tunnel.client)] as const;
const clientInside = hostPrefix(address(tunnel.clientInside));
const network = { address: address(tunnel.network.address), length: tunnel.network.length };
const [local, remote] = isClient ? [outside[1], outside[0]] : outside;
const selectors = isClient
  ? { local: clientInside, remote: network }
  : { local: network, remote: clientInside };

/** Towards the client, and away from it. */
const [downSpi, upSpi] = [0x1001, 0x1002];
const sa = (spi: number) => ({
  spi,
  suite,
  keyMaterial: new Uint8Array(ESP_SUITES[suite].keyMaterialOctets).fill(spi & 0xff),
  mode: 'tunnel' as const,
  encapsulation: 'udp' as const,
  local,
  remote,
  selectors,
});

const started = await UserspaceDataPlane.start({
  listen: [{ endpoint: local, encapsulated: true }],
  report: (report) => {
    if (report.kind === 'lost') console.error(report.reason);
  },
  tun: {
    name: 'tunnel0',
    mtu: tunnel.mtu,
    routes: [selectors.remote],
    ...(isClient && { address: clientInside }),
  },
});
if (!started.ok) throw new Error(started.error);
const [inbound, outbound] = isClient ? [downSpi, upSpi] : [upSpi, downSpi];
started.value.apply([
  { kind: 'addInbound', sa: { ...sa(inbound), direction: 'inbound', replayWindow: 64 } },
  { kind: 'addOutbound', sa: { ...sa(outbound), direction: 'outbound' } },
]);
console.log('the tunnel stands');
process.once('SIGTERM', () => started.value.close().then(() => process.exit()));
