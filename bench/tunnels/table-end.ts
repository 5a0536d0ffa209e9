/**
 * One end of a table of many pairs of SAs: the head-end, or all of its clients in one process.
 * Prints its counters as a line of JSON at each SIGUSR2.
 * Usage: table-end.ts conc|client PAIRS
 */
import { UserspaceDataPlane } from '../../src/adapters/userspace/userspace-data-plane.ts';
import { address, ipv4FromNumber, ipv4ToNumber } from '../../src/base/address.ts';
import { hostPrefix, type Prefix } from '../../src/base/prefix.ts';
import { ESP_SUITES } from '../../src/crypto/esp-suites.ts';
import type { ForwardingChange } from '../../src/dataplane/data-plane.ts';
import { table } from './table.ts';
import { onlyClient, tunnel } from './tunnel.ts';

const isClient = process.argv[2] === 'client';
const pairs = Number(process.argv[3]);
const suite = 'aes-gcm-16-128' as const;
const port = 4500;
const everything: Prefix = { address: address('0.0.0.0'), length: 0 };
const block = ({ first }: { readonly first: string }): Prefix => ({
  address: address(first),
  length: 14,
});
/** One socket takes what is sent to any of the clients. */
const ownEndpoint = { address: address(isClient ? '0.0.0.0' : tunnel.gateway), port };
const [downSpi, upSpi] = [0x1_0000, 0x1000_0000];

/** The address `i` places behind the first of a block. */
const place = ({ first }: { readonly first: string }, i: number) =>
  ipv4FromNumber(ipv4ToNumber(address(first)) + i);

function keyMaterial(spi: number): Uint8Array {
  const octets = new Uint8Array(ESP_SUITES[suite].keyMaterialOctets);
  new DataView(octets.buffer).setUint32(0, spi);
  return octets;
}

/** Pair `i`: the way down leads to client `i`, the way up to host `i`. */
function pair(i: number): readonly ForwardingChange[] {
  const common = { suite, mode: 'tunnel', encapsulation: 'udp', local: ownEndpoint } as const;
  const keyed = (spi: number) => ({ ...common, spi, keyMaterial: keyMaterial(spi) });
  const [down, up] = [keyed(downSpi + i), keyed(upSpi + i)];
  const client = hostPrefix(place(table.clientsInside, i));
  const host = hostPrefix(place(table.hosts, i));
  const gateway = { address: address(tunnel.gateway), port };
  const clientSends = { address: address(onlyClient.outside), port };
  const clientHears = { address: place(table.clientsOutside, i), port };
  const inbound = isClient
    ? { ...down, remote: gateway, selectors: { local: client, remote: everything } }
    : {
        ...up,
        remote: clientSends,
        selectors: { local: host, remote: block(table.clientsInside) },
      };
  const outbound = isClient
    ? { ...up, remote: gateway, selectors: { local: everything, remote: host } }
    : { ...down, remote: clientHears, selectors: { local: everything, remote: client } };
  return [
    { kind: 'addInbound', sa: { ...inbound, direction: 'inbound', replayWindow: 64 } },
    { kind: 'addOutbound', sa: { ...outbound, direction: 'outbound', pairedSpi: inbound.spi } },
  ];
}

const started = await UserspaceDataPlane.start({
  listen: [{ endpoint: ownEndpoint, encapsulated: true }],
  report: (report) => {
    if (report.kind === 'lost') console.error(report.reason);
  },
  tun: {
    name: tunnel.interfaceName,
    mtu: tunnel.mtu,
    routes: [block(isClient ? table.hosts : table.clientsInside)],
    ...(isClient && { address: hostPrefix(address('10.67.255.254')) }),
  },
});
if (!started.ok) throw new Error(started.error);
const plane = started.value;
plane.apply(Array.from({ length: pairs }, (_, i) => pair(i)).flat());
console.log('the table is handed over');
process.on('SIGUSR2', () => console.log(JSON.stringify(plane.counters())));
process.once('SIGTERM', () => plane.close().then(() => process.exit()));
