import type { IpAddress } from '#base/address';
import type { Prefix } from '#base/prefix';
import type { AddressWithLength } from './address-tokens.ts';
import { type Configuration, slice, type Table } from './configuration.ts';
import type { Dialect } from './dialect.ts';
import type { Finding } from './room.ts';
import { word } from './tokens.ts';

/** A network interface. */
export type Interface = {
  /** The name of the hardware, such as `GigabitEthernet0/0` or `ethernet0`. */
  readonly hardware: string;
  /** The name that other commands use (`nameif`): `outside`, `inside`. */
  readonly name?: string | undefined;
  /** 0, the least trusted, to 100. */
  readonly securityLevel?: number | undefined;
  readonly description?: string | undefined;
  readonly address?: AddressWithLength | undefined;
  /** The address of a second device, which there is none of. */
  readonly standby?: IpAddress | undefined;
  readonly ipv6: readonly AddressWithLength[];
  readonly enabled: boolean;
  /** NAT-19, G-40: 1 fragments what is encrypted; 2 fragments before and honours DF; 3 ignores DF. */
  readonly fragmentationPolicy: 1 | 2 | 3;
  /** The filter that is applied; `none`, or undefined for what the personality of the cluster has (LB-18). */
  readonly filter?: string | undefined;
  /** PIX: speed and duplex on the line of the interface, and whether it is shut down. */
  readonly hardwareSpeed?: string | undefined;
  /** Lines that are kept without effect, such as speed and duplex. */
  readonly kept: ReadonlySet<string>;
};

/** A static route. */
export type Route = {
  /** Name of the interface; undefined in a dialect that does not say it. */
  readonly interface?: string | undefined;
  readonly prefix: Prefix;
  readonly gateway: IpAddress;
  readonly metric: number;
  /** The number of the `track` that withdraws it on the other device. */
  readonly track?: number | undefined;
  /** Whether it is for what comes out of tunnels only. */
  readonly tunneled?: boolean | undefined;
};

/** What the version line of a listing says; a PIX speaks the dialect of an ASA from release 7 on. */
export type Version = {
  readonly dialect: Dialect;
  readonly product: 'ASA' | 'PIX' | 'IOS';
  readonly number: string;
};

/** What every device has: its name, its interfaces and its way to other networks. */
export type System = {
  /** From the version line of a listing, which also tells the dialect. */
  readonly version?: Version | undefined;
  readonly hostname: string;
  readonly domainName?: string | undefined;
  /** By hardware name. */
  readonly interfaces: Table<string, Interface>;
  readonly routes: readonly Route[];
  readonly nameServers: readonly IpAddress[];
  /** Names of the interfaces on which names are looked up. */
  readonly domainLookup: readonly string[];
};

export const systemSlice = slice<System>('system', {
  hostname: 'headend',
  interfaces: new Map(),
  routes: [],
  nameServers: [],
  domainLookup: [],
});

/** The dialect of a configuration: that of its version line. */
export const dialectOf = (configuration: Configuration): Dialect =>
  systemSlice.of(configuration).version?.dialect ?? 'asa';

/** The dialect that a PIX of a release speaks: from 7 on that of an ASA; undefined for no number. */
export const dialectOfPix = (number: string): 'asa' | 'pix' | undefined => {
  const release = /^\d+/.exec(number)?.[0];
  return release === undefined ? undefined : Number(release) >= 7 ? 'asa' : 'pix';
};

/** The version line of a listing that had none, so that it tells its dialect when it is read again. */
const IMPLIED_VERSION: Readonly<Record<Dialect, Version | undefined>> = {
  asa: undefined,
  pix: { dialect: 'pix', product: 'PIX', number: '6.3' },
  ios: { dialect: 'ios', product: 'IOS', number: '12.4' },
};

/** The configuration with a version line of this dialect, unless it has one or needs none. */
export function withDialect(configuration: Configuration, dialect: Dialect): Configuration {
  const system = systemSlice.of(configuration);
  const implied = IMPLIED_VERSION[dialect];
  return system.version || !implied
    ? configuration
    : systemSlice.put(configuration, { ...system, version: implied });
}

/** The interface of that name (`nameif`); in a dialect without names, of that hardware. */
export function interfaceNamed(configuration: Configuration, name: string): Interface | undefined {
  for (const candidate of systemSlice.of(configuration).interfaces.values())
    if ((candidate.name ?? candidate.hardware) === name) return candidate;
  return undefined;
}

/** The names of all interfaces, for completion. */
const interfaceNames = (configuration: Configuration): readonly string[] =>
  [...systemSlice.of(configuration).interfaces.values()].flatMap((i) => i.name ?? []);

/** A token for the name of an interface. */
export const interfaceName = <const N extends string>(name: N, help = 'Name of an interface') =>
  word(name, help, 48, interfaceNames);

/** A finding when `name` is not the name of an interface. */
export const unknownInterface = (
  configuration: Configuration,
  name: string,
  at: readonly string[],
): readonly Finding[] =>
  interfaceNamed(configuration, name)
    ? []
    : [{ severity: 'error', at, reason: `no interface has the name "${name}"` }];
