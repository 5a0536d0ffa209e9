import type { IpAddress } from '#base/address';
import type { Prefix } from '#base/prefix';
import type { Secret } from '#base/secret';
import { type Configuration, slice, type Table } from '#config/configuration';
import type { SeverityRange } from '#events/log';
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

export type Logging = {
  readonly enabled: boolean;
  readonly timestamp: boolean;
  /** The finest severity kept in the buffer, on the scale of syslog (0 emergencies to 7 debugging). */
  readonly bufferedSeverity: number | undefined;
  /** By event class; a class without an entry logs what the event log does by default. */
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
  /** The password of Telnet on the other device; kept, since nothing here listens for Telnet. */
  readonly telnetPassword?: { readonly password: Secret; readonly encrypted: boolean } | undefined;
};

export const managementSlice = slice<ManagementConfiguration>('management', {
  http: { enabled: false, port: 443, listen: undefined, allowed: [] },
  ssh: [],
  logging: { enabled: false, timestamp: false, bufferedSeverity: undefined, classes: new Map() },
});

/** How `logging buffered` names the severities of syslog; RFC 5424 section 6.2.1. */
export const SYSLOG_SEVERITIES = [
  'emergencies',
  'alerts',
  'critical',
  'errors',
  'warnings',
  'notifications',
  'informational',
  'debugging',
] as const;

/** Whether a clear-text enable password waits for its verifier. */
export const clearEnablePassword = (configuration: Configuration): Secret | undefined => {
  const { enablePassword } = managementSlice.of(configuration);
  return enablePassword?.kind === 'clear' ? enablePassword.password : undefined;
};

/** The configuration with the enable password replaced by its verifier, if it is still that password. */
export function withEnableVerifier(
  configuration: Configuration,
  password: Secret,
  verifier: PasswordVerifier,
): Configuration {
  if (!clearEnablePassword(configuration)?.equals(password)) return configuration;
  return managementSlice.put(configuration, {
    ...managementSlice.of(configuration),
    enablePassword: { kind: 'verifier', verifier },
  });
}
