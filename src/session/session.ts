import type { Endpoint, IpAddress } from '#base/address';
import type { Instant } from '#base/instant';

/** The three tables of Monitoring | Sessions; LB-65, LB-66, LB-67. */
export const SESSION_KINDS = ['remoteAccess', 'lanToLan', 'management'] as const;
export type SessionKind = (typeof SESSION_KINDS)[number];

/**
 * `connecting`: authenticated, without a tunnel yet; `inactive`: the tunnel is gone, and the session
 * waits for its client to come back (GEN-85).
 */
export type SessionState = 'connecting' | 'active' | 'inactive';

/** What carries a session, such as the id of its ISAKMP SA; unique among open sessions. */
export type SessionOwner = string | number;

/** What a session is opened with, and what may change while it lasts. */
export type SessionFields = {
  readonly kind: SessionKind;
  /** User, connection name of a LAN-to-LAN tunnel, or administrator. */
  readonly username: string;
  /** Tunnel group; the address of the peer for a LAN-to-LAN tunnel without one. */
  readonly group: string;
  readonly groupPolicy?: string | undefined;
  readonly owner: SessionOwner;
  /** Where the peer is seen, behind whatever NAT. */
  readonly peer: Endpoint;
  /** Our end; absent for management sessions. */
  readonly local?: Endpoint | undefined;
  /** Addresses inside the tunnel, at most one of each family. */
  readonly assigned: readonly IpAddress[];
  /** `IPSec`, `IPSec/NAT-T`, `HTTP`, `VCA/IPSec`; G-53. */
  readonly protocol: string;
  /** `AES-128`, `3DES-168`, `None`. */
  readonly encryption: string;
  readonly hash: string;
  /** As the client says: `WinNT`, `3.6.1 (Rel)`. */
  readonly clientType?: string | undefined;
  readonly clientVersion?: string | undefined;
  /** Old algorithms in use behind the `legacy-crypto` fence. */
  readonly legacy: readonly string[];
};

/** One session. */
export type Session = SessionFields & {
  /** Number of the session, never used twice while the process lives. */
  readonly index: number;
  readonly state: SessionState;
  readonly loginAt: Instant;
  /** Since when it is inactive. */
  readonly inactiveAt?: Instant | undefined;
};
