import type { IpAddress } from '#base/address';
import type { Secret } from '#base/secret';
import { slice, type Table } from '#config/configuration';
import type { AddressRange } from '#config/tokens';
import type { PasswordVerifier } from './credentials.ts';

/** Addresses that clients are given, both ends included. */
export type AddressPool = {
  readonly name: string;
  readonly range: AddressRange;
  /** Bits of the mask that clients are told; undefined for that of the address class. */
  readonly maskLength?: number | undefined;
};

/** What proves a local user. */
export type UserCredential =
  /** As typed; it is replaced by a verifier as soon as that is computed (`withVerifier`). */
  | { readonly kind: 'clear'; readonly password: Secret }
  | { readonly kind: 'verifier'; readonly verifier: PasswordVerifier }
  /** A hash of the device that the listing comes from, which nothing here can check. */
  | {
      readonly kind: 'foreign';
      readonly hash: Secret;
      readonly format: 'encrypted' | 'nt-encrypted' | 'pbkdf2';
    }
  | { readonly kind: 'none' };

/** A local user, with what `username NAME attributes` says; undefined is inherited from the group policy. */
export type User = {
  readonly name: string;
  readonly credential: UserCredential;
  /** 0 to 15; 15 may change the configuration. */
  readonly privilege: number;
  /** Whom the user may be: a VPN user, an administrator, or both. */
  readonly service: 'any' | 'admin' | 'remote-access';
  readonly groupPolicy?: string | undefined;
  readonly framedAddress?: { readonly address: IpAddress; readonly maskLength: number } | undefined;
  readonly groupLock?: string | undefined;
  readonly simultaneousLogins?: number | undefined;
};

/** A group of authentication servers, in the order they are asked. */
export type AaaServerGroup = {
  readonly name: string;
  readonly protocol: 'radius';
  readonly servers: Table<IpAddress, AaaServer>;
};

export type AaaServer = {
  readonly address: IpAddress;
  /** Name of the interface towards it. */
  readonly interface: string;
  readonly key?: Secret | undefined;
  readonly authenticationPort: number;
  readonly accountingPort: number;
  readonly timeoutSeconds: number;
};

/** Who may log in, and the addresses they get. */
export type SessionConfiguration = {
  readonly pools: Table<string, AddressPool>;
  readonly users: Table<string, User>;
  readonly aaaServerGroups: Table<string, AaaServerGroup>;
};

export const sessionSlice = slice<SessionConfiguration>('session', {
  pools: new Map(),
  users: new Map(),
  aaaServerGroups: new Map(),
});
