import type { Prefix } from '#base/prefix';
import type { AddressRange } from '#config/address-tokens';
import { slice } from '#config/configuration';

/** `global (outside) 1 interface`: hosts of that number share the address of this interface. */
export type GlobalPool = { readonly interface: string; readonly id: number };

/** `nat (inside) 1 0.0.0.0 0.0.0.0 0 0`: hosts behind this interface that are translated. */
export type NatRule = {
  readonly interface: string;
  /** The number of the `global` that serves these hosts; 0 for no translation. */
  readonly id: number;
  readonly prefix: Prefix;
  /** Most connections at a time, 0 for no limit. */
  readonly maxConnections: number;
  /** Most half-open TCP connections at a time, 0 for no limit. */
  readonly embryonicLimit: number;
};

/** `global (outside) 1 A-B`: addresses that stand for hosts, which is not done. */
export type AddressPool = {
  readonly interface: string;
  readonly id: number;
  readonly range: AddressRange;
  readonly mask?: number | undefined;
};

/** `nat (inside) 0 access-list LIST`: traffic that is not translated. */
export type NatExemption = { readonly interface: string; readonly list: string };

/** `nat (inside) 1 access-list LIST`: traffic that is translated by an access list, which is not done. */
export type NatPolicy = Omit<NatRule, 'prefix'> & { readonly list: string };

/** Address translation of the PIX dialect. */
export type NatConfiguration = {
  readonly pools: readonly AddressPool[];
  readonly exemptions: readonly NatExemption[];
  readonly globals: readonly GlobalPool[];
  readonly rules: readonly NatRule[];
  readonly policies: readonly NatPolicy[];
};

export const natSlice = slice<NatConfiguration>('nat', {
  pools: [],
  exemptions: [],
  globals: [],
  rules: [],
  policies: [],
});
