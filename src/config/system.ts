import type { IpAddress } from '#base/address';
import type { Prefix } from '#base/prefix';
import { slice, type Table } from './configuration.ts';
import type { Dialect } from './dialect.ts';
import type { AddressWithLength } from './tokens.ts';

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
  readonly ipv6: readonly AddressWithLength[];
  readonly enabled: boolean;
};

/** A static route. */
export type Route = {
  /** Name of the interface; undefined in a dialect that does not say it. */
  readonly interface?: string | undefined;
  readonly prefix: Prefix;
  readonly gateway: IpAddress;
  readonly metric: number;
};

/** What every device has: its name, its interfaces and its way to other networks. */
export type System = {
  /** From the version line of a listing, which also tells the dialect. */
  readonly version?: { readonly dialect: Dialect; readonly number: string } | undefined;
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
