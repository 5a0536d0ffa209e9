/** What the two ends of every tunnel of `packet-path.ts` agree on; addresses as in `topology.txt`. */
export const tunnel = {
  gateway: '172.16.172.50',
  client: '172.16.172.2',
  /** The client's address within the tunnel. */
  clientInside: '10.64.0.1',
  network: { address: '192.168.2.0', length: 24 },
  insideHost: '192.168.2.10',
  mtu: 1400,
} as const;
