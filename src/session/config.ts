import type { IpAddress } from '#base/address';
import type { Secret } from '#base/secret';
import type { AddressRange } from '#config/address-tokens';
import { type Configuration, slice, type Table, withEntry } from '#config/configuration';
import type { Keeps } from '#config/kept';
import type { KnownPassword, PasswordVerifier } from './credentials.ts';

/** Addresses that clients are given, both ends included. */
export type AddressPool = {
  readonly name: string;
  readonly range: AddressRange;
  /** Bits of the mask that clients are told; undefined for that of the address class. */
  readonly maskLength?: number | undefined;
};

/** What proves a local user. */
export type UserCredential =
  | KnownPassword
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
  /** 0 to 15; what it permits says `deviceAccess`. */
  readonly privilege: number;
  /** Whom the user may be: a VPN user, an administrator, or both. */
  readonly service: 'any' | 'admin' | 'nas-prompt' | 'remote-access';
  readonly groupPolicy?: string | undefined;
  readonly framedAddress?: { readonly address: IpAddress; readonly maskLength: number } | undefined;
  /** The only tunnel group for the user, or `none`, whatever the group policy says. */
  readonly groupLock?: string | undefined;
  readonly kept?: Keeps['kept'];
  readonly simultaneousLogins?: number | undefined;
};

/** A group of authentication servers. */
export type AaaServerGroup = {
  readonly name: string;
  readonly protocol: AaaProtocol;
  readonly kept?: Keeps['kept'];
};

/** Protocols of servers that know users; none of them is spoken yet. */
export const AAA_PROTOCOLS = {
  radius: 'RADIUS, RFC 2865',
  'tacacs+': 'TACACS+',
  ldap: 'LDAP',
  kerberos: 'Kerberos',
  nt: 'Windows NT',
  sdi: 'RSA SecurID',
  'http-form': 'A form of a web server',
  local: 'The users of this device, as a PIX names them',
} as const;
export type AaaProtocol = keyof typeof AAA_PROTOCOLS;

/** One server of a group. */
export type AaaServer = {
  readonly group: string;
  readonly address: IpAddress;
  /** Name of the interface towards it. */
  readonly interface: string;
  readonly key?: Secret | undefined;
  readonly authenticationPort: number;
  readonly accountingPort: number;
  readonly timeoutSeconds: number;
  readonly kept?: Keeps['kept'];
};

/** Who may log in, and the addresses they get. */
export type SessionConfiguration = {
  readonly pools: Table<string, AddressPool>;
  readonly users: Table<string, User>;
  readonly aaaServerGroups: Table<string, AaaServerGroup>;
  /** By group and address, in the order they are asked. */
  readonly aaaServers: Table<string, AaaServer>;
  /** VPN sessions at once; undefined for what the session table allows by itself (LB-72). */
  readonly sessionLimit?: number | undefined;
};

export const sessionSlice = slice<SessionConfiguration>('session', {
  pools: new Map(),
  users: new Map(),
  aaaServerGroups: new Map(),
  aaaServers: new Map(),
});

/** The privilege of a user about whom nothing is said: may look, may not change. */
export const USUAL_PRIVILEGE = 2;

/** Whoever has it may change the configuration, unless for the VPN or for looking only. */
const PRIVILEGE_TO_CHANGE = 15;

/**
 * What a user may do at this device itself, whose password is right; undefined for one who is for the
 * VPN only. Privilege counts for nothing with a `service-type` that says less.
 */
export function deviceAccess({ service, privilege }: User): 'look' | 'change' | undefined {
  if (service === 'remote-access') return undefined;
  if (service === 'nas-prompt') return 'look';
  if (privilege >= PRIVILEGE_TO_CHANGE) return 'change';
  return service === 'admin' ? 'look' : undefined;
}

/** A user before anything is said about it. */
export const newUser = (name: string): User => ({
  name,
  credential: { kind: 'none' },
  privilege: USUAL_PRIVILEGE,
  service: 'any',
});

/** What a user's password is checked against; undefined for a user who has none that can be checked here. */
export const knownPassword = (user: User | undefined): KnownPassword | undefined =>
  user?.credential.kind === 'clear' || user?.credential.kind === 'verifier'
    ? user.credential
    : undefined;

/** Users whose password stands in the configuration as typed, until its verifier is computed. */
export const clearPasswords = (
  configuration: Configuration,
): readonly { readonly user: string; readonly password: Secret }[] =>
  [...sessionSlice.of(configuration).users.values()].flatMap(({ name, credential }) =>
    credential.kind === 'clear' ? [{ user: name, password: credential.password }] : [],
  );

/**
 * The configuration with the password of a user replaced by its verifier. Nothing changes when the
 * user has another password by now, or is gone.
 */
export function withVerifier(
  configuration: Configuration,
  name: string,
  password: Secret,
  verifier: PasswordVerifier,
): Configuration {
  const session = sessionSlice.of(configuration);
  const user = session.users.get(name);
  if (user?.credential.kind !== 'clear' || !user.credential.password.equals(password))
    return configuration;
  const users = withEntry(session.users, name, {
    ...user,
    credential: { kind: 'verifier', verifier },
  });
  return sessionSlice.put(configuration, { ...session, users });
}

/** The names of all pools, for completion. */
export const poolNames = (configuration: Configuration): readonly string[] => [
  ...sessionSlice.of(configuration).pools.keys(),
];

/** The names of all users, for completion. */
export const userNames = (configuration: Configuration): readonly string[] => [
  ...sessionSlice.of(configuration).users.keys(),
];

/** The names of all groups of servers, for completion. */
export const aaaServerGroupNames = (configuration: Configuration): readonly string[] => [
  'LOCAL',
  ...sessionSlice.of(configuration).aaaServerGroups.keys(),
];
