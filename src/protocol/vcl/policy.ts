import type { IpAddress } from '#base/address';
import type { Prefix } from '#base/prefix';
import type { PoolRange } from '#wire/vcl/fields';
import type { SenderKeys } from './keys.ts';

/** How a silent master is found out. */
export type Detection =
  /** A keepalive unanswered for half a hello interval is followed by probes, which decide. */
  | { readonly kind: 'probes' }
  /** So many keepalives in a row must go unanswered before the probes, and before the verdict. */
  | { readonly kind: 'misses'; readonly suspectAfter: number; readonly deadAfter: number };

/** All intervals of a member; `timing` makes them. */
export type Timing = {
  /** Between two keepalives of a backup, and between two announcements of a master. */
  readonly helloMs: number;
  readonly detection: Detection;
  /** One round of discovery; there are 11 less the priority of them. */
  readonly discoverIntervalMs: number;
  /** How long a candidate waits for objections. */
  readonly claimWaitMs: number;
};

/** The names of `timer preset`. */
export type TimingPreset = 'fast' | 'vpn3000' | 'asa';

const misses = (suspectAfter: number, deadAfter: number): Detection => ({
  kind: 'misses',
  suspectAfter,
  deadAfter,
});

const PRESETS: Readonly<Record<TimingPreset, { helloMs: number; detection: Detection }>> = {
  fast: { helloMs: 1000, detection: { kind: 'probes' } },
  vpn3000: { helloMs: 1000, detection: misses(2, 3) },
  asa: { helloMs: 5000, detection: misses(3, 4) },
};

/** The intervals of a preset, all of them in proportion to `helloMs` where that is given. */
export function timing(preset: TimingPreset, helloMs = PRESETS[preset].helloMs): Timing {
  return {
    helloMs,
    detection: PRESETS[preset].detection,
    discoverIntervalMs: Math.max(50, Math.min(500, helloMs / 2)),
    claimWaitMs: Math.max(20, Math.min(500, helloMs / 10)),
  };
}

/** What the whole cluster has alike. */
export type ClusterPolicy = {
  /** The cluster address, or one of each family. */
  readonly addresses: readonly IpAddress[];
  /** `clusterTag` of addresses and port; every datagram carries it. */
  readonly tag: string;
  /** UDP, also the port of every member. */
  readonly port: number;
  /**
   * 16 octets in hexadecimal over every setting that must be alike (encryption, personality): members
   * whose digests differ refuse each other.
   */
  readonly digest: string;
  /** A member serves the address only while it sees so many, itself included; 1 for always. */
  readonly minMembers: number;
};

/** The networks that a member is in. */
export type Networks = { readonly private: readonly Prefix[]; readonly public: readonly Prefix[] };

/** What is this member's own. */
export type DevicePolicy = {
  readonly hostName: string;
  /** As the peers table shows it: VPN3030, ASA-5520. */
  readonly model: string;
  readonly softwareVersion: string;
  /** 1 to 10; LB-36. */
  readonly priority: number;
  readonly privateAddress: IpAddress;
  /** One of each family at most; the first is where members look for each other's public side. */
  readonly publicAddresses: readonly IpAddress[];
  /** The networks of these addresses, which all members share (LB-17); absent where that is not judged. */
  readonly networks?: Networks | undefined;
  /** What clients must be sent to where a NAT stands before the member; LB-45, GEN-65. */
  readonly natAddresses: readonly IpAddress[];
  readonly fqdn: string | undefined;
  /** Addresses for clients, told to the others so that overlaps are found; the first eight are sent. */
  readonly pools: readonly PoolRange[];
};

/** How members find each other. */
export type Neighbourhood = {
  /** The multicast group of discovery and announcements; undefined to reach only whom `members` names. */
  readonly group: IpAddress | undefined;
  /** Private addresses of members that are always asked. */
  readonly members: readonly IpAddress[];
  /** Whether a member counts as a peer only when its public side answers too; LB-20. */
  readonly publicCheck: boolean;
};

/** Everything a member is told; it may change between two steps. */
export type Policy = {
  readonly cluster: ClusterPolicy;
  readonly device: DevicePolicy;
  readonly timing: Timing;
  readonly neighbourhood: Neighbourhood;
  /** The keys that are accepted; none for a cluster that is not authenticated. */
  readonly keys: SenderKeys;
  /** Which of them protects what is sent; 0 in a cluster without keys. */
  readonly sendKeyId: number;
  /** Whether the ownership of the address is announced again, every so many milliseconds. */
  readonly addressRefreshMs: number | undefined;
};
