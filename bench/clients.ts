/** The network of several clients: each a node of its own, all on one switch with the head-end. */
import { Bed } from '../labs/runner/bed.ts';
import { parseTopology } from '../labs/runner/topology.ts';
import { type TunnelClient, tunnel } from './tunnels/tunnel.ts';

/** What the last octet of a client's outside address begins after. */
const firstOutside = 100;

/** Clients 1 to `count`, at most 100. */
export const severalClients = (count: number): readonly TunnelClient[] =>
  Array.from({ length: count }, (_, index) => {
    const number = index + 1;
    return {
      number,
      node: `c${number}`,
      process: `client-${number}`,
      outside: `172.16.172.${firstOutside + number}`,
      inside: `10.64.0.${number}`,
    };
  });

/** A fresh network of these clients, the head-end and the inside host. */
export function bedOfClients(name: string, clients: readonly TunnelClient[]): Bed {
  const topology = `
node conc srv ${clients.map(({ node }) => node).join(' ')}
switch outside
link conc:outside ${tunnel.gateway}/24 -- outside
link conc:inside 192.168.2.251/24 -- srv:eth0 ${tunnel.insideHost}/24
${clients.map(({ node, outside }) => `link ${node}:outside ${outside}/24 -- outside`).join('\n')}
route srv default via 192.168.2.251
forward conc
`;
  return new Bed(`bench-${name}`, parseTopology(topology), import.meta.dirname);
}
