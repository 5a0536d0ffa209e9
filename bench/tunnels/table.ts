/** What both ends of `sa-table.ts` agree on: as many pairs of SAs as wanted, and where packets go. */
export const table = {
  /** Client `i` has the address `i` places behind this one, inside and outside. */
  clientsInside: { first: '10.64.0.0', prefix: '10.64.0.0/14' },
  clientsOutside: { first: '172.20.0.0', prefix: '172.20.0.0/14' },
  /** Inside host `i`, which client `i` sends to. */
  hosts: { first: '10.128.0.0', prefix: '10.128.0.0/14' },
  /** Where packets are sent to that nobody reads. */
  sinkPort: 9,
} as const;
