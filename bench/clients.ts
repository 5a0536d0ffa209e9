/** The network of several clients, on one switch with the head-end. */
import { Bed } from '../labs/runner/bed.ts';
import { parseTopology } from '../labs/runner/topology.ts';
import { byNode, type TunnelClient, tunnel } from './tunnels/tunnel.ts';

/** What the last octet of a client's outside address begins after. */
const firstOutside = 100;

/** Clients 1 to `count`, at most 100: in one node and process, or each in its own. */
export const severalClients = (count: number, together: boolean): readonly TunnelClient[] =>
  Array.from({ length: count }, (_, index) => {
    const number = index + 1;
    return {
      number,
      node: together ? 'clients' : `c${number}`,
      process: together ? 'clients' : `client-${number}`,
      outside: `172.16.172.${firstOutside + number}`,
      inside: `10.64.0.${number}`,
    };
  });

/** A fresh network of these clients, the head-end and the inside host. */
export function bedOfClients(name: string, clients: readonly TunnelClient[]): Bed {
  const nodes = byNode(clients).map((some) => ({
    name: some[0]?.node,
    addresses: some.map(({ outside }) => `${outside}/24`).join(' '),
  }));
  const topology = `
node conc srv ${nodes.map(({ name: node }) => node).join(' ')}
switch outside
link conc:outside ${tunnel.gateway}/24 -- outside
link conc:inside 192.168.2.251/24 -- srv:eth0 ${tunnel.insideHost}/24
${nodes.map(({ name: node, addresses }) => `link ${node}:outside ${addresses} -- outside`).join('\n')}
route srv default via 192.168.2.251
forward conc
`;
  return new Bed(`bench-${name}`, parseTopology(topology), import.meta.dirname);
}
