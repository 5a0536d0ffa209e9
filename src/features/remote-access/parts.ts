import type { Endpoint, IpAddress } from '#base/address';
import type { Instant } from '#base/instant';
import type { Configuration } from '#config/configuration';
import type { Admission, KeyingEffect } from '#ipsec/keying';
import type { Keying } from '#ipsec/keying-commands';
import type { Accounting, Traffic } from '#session/accounting';
import type { AddressPools } from '#session/address-pools';
import type { CredentialCache } from '#session/credential-cache';
import type { CredentialQuestion } from '#session/credentials';
import type { SessionTable } from '#session/session-table';
import type { VendorIdName } from '#wire/isakmp/vendor-ids';
import type { ChildSpis } from './login.ts';
import type { LoginTable } from './login-table.ts';

/**
 * What passed through one pair of IPsec SAs with `peer`; undefined when the packet path does not know
 * it. The keying manager is not needed for it, since it forgets an SA before it tells of the end.
 */
export type ChildTraffic = (child: ChildSpis) => Traffic | undefined;

/** A client that has proven the key of its group. */
export type Newcomer = {
  readonly group: string;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Its vendor IDs: what it is, and whether it would follow a redirect. */
  readonly vendorIds: readonly VendorIdName[];
  /** One that does not begin afresh has a tunnel somewhere already. */
  readonly beginsAfresh: boolean;
};

/** Whether a newcomer is served here or by another head-end; costs microseconds, since every login waits. */
export type Director = (newcomer: Newcomer, now: Instant) => Admission;

/** What the feature works with; each table has its owner in the engine. */
export type RemoteAccessParts = {
  readonly keying: Keying;
  readonly sessions: SessionTable;
  readonly pools: AddressPools;
  readonly credentials: CredentialCache;
  readonly accounting: Accounting;
  readonly traffic: ChildTraffic;
  /** Asked about everybody whose group says nothing; absent serves all. */
  readonly director?: Director | undefined;
  /** Told what a client that is served here says of itself, once for each thing it says. */
  readonly identified?:
    | ((client: IpAddress, application: string, now: Instant) => void)
    | undefined;
  readonly configuration: () => Configuration;
  /** What the head-end calls itself to its clients. */
  readonly applicationVersion: string;
  /** UDP port of encapsulated traffic that clients are told (NAT-50). */
  readonly natTraversalPort: number;
};

/** The parts, and the logins that the feature itself owns. */
export type Context = RemoteAccessParts & { readonly logins: LoginTable };

/** What the feature wants done: what the keying manager wants, and a password verified. */
export type RemoteAccessEffect =
  | KeyingEffect
  | {
      readonly kind: 'askCredentials';
      readonly ticket: number;
      readonly question: CredentialQuestion;
    };

export type Effects = readonly RemoteAccessEffect[];
