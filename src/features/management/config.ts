import type { IpAddress } from '#base/address';
import type { Prefix } from '#base/prefix';
import type { Secret } from '#base/secret';
import { slice, type Table } from '#config/configuration';
import type { PasswordVerifier } from '#session/credentials';

/** Who may reach a service of the device itself. */
export type AccessRule = { readonly prefix: Prefix; readonly interface: string };

export type HttpServer = {
  readonly enabled: boolean;
  readonly port: number;
  /** Where it listens; by default loopback only. */
  readonly listen: IpAddress | undefined;
  readonly allowed: readonly AccessRule[];
};

/** Severities from the gravest (1) to the finest (13) that a class writes to the log. */
export type SeverityRange = { readonly from: number; readonly to: number };

export type Logging = {
  readonly enabled: boolean;
  readonly timestamp: boolean;
  /** The finest severity kept in the buffer, on the scale of syslog (0 emergencies to 7 debugging). */
  readonly bufferedSeverity: number | undefined;
  /** By event class; a class without an entry uses `DEFAULT_SEVERITY_TO_LOG`. */
  readonly classes: Table<string, SeverityRange>;
};

export type EnablePassword =
  | { readonly kind: 'clear'; readonly password: Secret }
  | { readonly kind: 'verifier'; readonly verifier: PasswordVerifier }
  | { readonly kind: 'foreign'; readonly hash: Secret };

export type ManagementConfiguration = {
  readonly http: HttpServer;
  readonly ssh: readonly AccessRule[];
  readonly logging: Logging;
  readonly enablePassword?: EnablePassword | undefined;
};

/** G-07: severities 1 to 5 of every class. */
export const DEFAULT_SEVERITY_TO_LOG: SeverityRange = { from: 1, to: 5 };

export const managementSlice = slice<ManagementConfiguration>('management', {
  http: { enabled: false, port: 443, listen: undefined, allowed: [] },
  ssh: [],
  logging: { enabled: false, timestamp: false, bufferedSeverity: undefined, classes: new Map() },
});
