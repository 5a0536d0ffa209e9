import type { Bed } from '../../labs/runner/bed.ts';
import type { Program } from '../../labs/runner/programs.ts';
import { clientProcess } from '../scenario.ts';

/** What the ends of every tunnel agree on; addresses as in `topology.txt` and `clients.ts`. */
export const tunnel = {
  gateway: '172.16.172.50',
  network: { address: '192.168.2.0', length: 24 },
  insideHost: '192.168.2.10',
  interfaceName: 'tunnel0',
  mtu: 1400,
} as const;

/** The suites that benches ask for, and how the page calls them. */
export const suites = {
  'aes-128-gcm': 'AES-128-GCM',
  'aes-128-cbc-sha1': 'AES-128-CBC with HMAC-SHA-1-96',
} as const;
export type Suite = keyof typeof suites;

/** A client with a tunnel of its own; several may share a node and a process. */
export type TunnelClient = {
  /** From 1. */
  readonly number: number;
  readonly node: string;
  /** The name of the process at its end of the tunnel. */
  readonly process: string;
  readonly outside: string;
  /** Its address within the tunnel. */
  readonly inside: string;
};

/** The only client of `topology.txt`. */
export const onlyClient: TunnelClient = {
  number: 1,
  node: 'client',
  process: clientProcess,
  outside: '172.16.172.2',
  inside: '10.64.0.1',
};

/** The SPIs of a client's pair where both ends know the keys beforehand. */
export const spisOf = ({ number }: TunnelClient) =>
  ({ towardsClient: 0x100000 + number, towardsHeadEnd: 0x200000 + number }) as const;

export type TunnelRequest = {
  readonly suite: Suite;
  readonly clients: readonly TunnelClient[];
  /** Packet workers of our head-end; one if absent. */
  readonly workers?: number;
};

/** The clients by their node, and so by their process. */
export const byNode = (clients: readonly TunnelClient[]): readonly (readonly TunnelClient[])[] => [
  ...Map.groupBy(clients, ({ node }) => node).values(),
];

/** A program that makes tunnels between clients and the head-end, with itself at both ends. */
export type TunnelProgram = {
  readonly name: string;
  readonly needs: readonly Program[];
  /** What exactly was measured, for the report. */
  version(): string;
  /** Whether one process can be several clients, each at an address of its own. */
  readonly sharesProcess: boolean;
  /**
   * Starts the head-end in the node `conc` as `subjectProcess`, one process for all, and the clients,
   * one process in each of their nodes; resolves when all are connected.
   */
  open(bed: Bed, request: TunnelRequest): Promise<void>;
};
