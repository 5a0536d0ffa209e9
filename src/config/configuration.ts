import { Secret } from '#base/secret';
import { isTable, LayeredTable, type Table } from './table.ts';

export type { Table } from './table.ts';

/**
 * The whole configuration as one immutable value. It is made of slices, each owned by the room that
 * declares it; the configuration room names none of them.
 */
export type Configuration = { readonly [slice: string]: unknown } & {
  readonly __configuration: unique symbol;
};

/** One room's part of the configuration. */
export type Slice<T> = {
  readonly name: string;
  /** What the part is when nothing is configured; holds every default. */
  readonly empty: T;
  of(configuration: Configuration): T;
  put(configuration: Configuration, value: T): Configuration;
};

/** A configuration in which nothing is set. */
export const emptyConfiguration = Object.freeze({}) as Configuration;

/** Declares a slice; two slices of one name would overwrite each other, which the grammar refuses. */
export function slice<T>(name: string, empty: T): Slice<T> {
  return {
    name,
    empty,
    of: (configuration) => (configuration[name] as T | undefined) ?? empty,
    put(configuration, value) {
      const { [name]: _, ...rest } = configuration;
      return Object.freeze(
        sameValue(value, empty) ? rest : { ...rest, [name]: value },
      ) as Configuration;
    },
  };
}

/** Whether two configuration values mean the same: by content, secrets and octets included. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Secret) return b instanceof Secret && a.equals(b);
  if (isTable(a)) return isTable(b) && sameEntries(a, b);
  if (a instanceof Set)
    return b instanceof Set && a.size === b.size && [...a].every((item) => b.has(item));
  if (Array.isArray(a) || ArrayBuffer.isView(a)) return sameItems(a, b);
  return sameFields(a as Record<string, unknown>, b as Record<string, unknown>);
}

function sameEntries(a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) if (!b.has(key) || !sameValue(value, b.get(key))) return false;
  return true;
}

function sameItems(a: object, b: object): boolean {
  const x = a as ArrayLike<unknown>;
  const y = b as ArrayLike<unknown>;
  if (a.constructor !== b.constructor || x.length !== y.length) return false;
  for (let i = 0; i < x.length; i += 1) if (!sameValue(x[i], y[i])) return false;
  return true;
}

function sameFields(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  if (a.constructor !== b.constructor) return false;
  // A field that is absent and a field that is undefined mean the same.
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
    if (!sameValue(a[key], b[key])) return false;
  return true;
}

/** `table` with `key` set to `value`; a key it already has keeps its place. */
export const withEntry = <K, V>(table: Table<K, V>, key: K, value: V): Table<K, V> =>
  LayeredTable.withEntry(table, key, value);

/** `table` without `key`. */
export function withoutEntry<K, V>(table: Table<K, V>, key: K): Table<K, V> {
  if (!table.has(key)) return table;
  const copy = new Map(table);
  copy.delete(key);
  return copy;
}
