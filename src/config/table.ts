/** A named collection of immutable values, in the order of their first mention. */
export type Table<K, V> = ReadonlyMap<K, V>;

/** Tables of fewer entries are copied whole: nothing is faster. */
const LEAST_LAYERED = 64;

/**
 * A large table and the few entries that were set since, so that a listing of many thousand lines,
 * each of which makes the next table out of the last, is read in a time that is nearly proportional
 * to its length. Never changes; `withEntry` copies the upper layer, and merges both when it has grown
 * to the square root of the lower one.
 */
export class LayeredTable<K, V> implements ReadonlyMap<K, V> {
  readonly #base: ReadonlyMap<K, V>;
  /** New values of keys of the base, which keep their place, and keys that come after those of the base. */
  readonly #above: ReadonlyMap<K, V>;
  readonly size: number;

  private constructor(base: ReadonlyMap<K, V>, above: ReadonlyMap<K, V>, size: number) {
    this.#base = base;
    this.#above = above;
    this.size = size;
  }

  /** `table` with `key` set to `value`; a key it already has keeps its place. */
  static withEntry<K, V>(table: Table<K, V>, key: K, value: V): Table<K, V> {
    if (table.size < LEAST_LAYERED) return new Map(table).set(key, value);
    const layered = table instanceof LayeredTable ? (table as LayeredTable<K, V>) : undefined;
    const base = layered ? layered.#base : table;
    const above = new Map(layered ? layered.#above : []).set(key, value);
    const size = table.has(key) ? table.size : table.size + 1;
    const both = new LayeredTable(base, above, size);
    return above.size ** 2 > base.size ? new Map(both) : both;
  }

  get(key: K): V | undefined {
    return this.#above.has(key) ? this.#above.get(key) : this.#base.get(key);
  }

  has(key: K): boolean {
    return this.#above.has(key) || this.#base.has(key);
  }

  *entries(): MapIterator<[K, V]> {
    for (const [key, value] of this.#base)
      yield [key, this.#above.has(key) ? (this.#above.get(key) as V) : value];
    for (const [key, value] of this.#above) if (!this.#base.has(key)) yield [key, value];
  }

  *keys(): MapIterator<K> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): MapIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }

  forEach(callback: (value: V, key: K, table: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this.entries()) callback(value, key, this);
  }
}

/** Whether a value is a table, of one layer or of two. */
export const isTable = (value: object): value is ReadonlyMap<unknown, unknown> =>
  value instanceof Map || value instanceof LayeredTable;
