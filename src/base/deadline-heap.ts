import type { Instant } from './instant.ts';

/** A deadline, and where it is in the heap: a table of places would be written at every swap. */
type Entry<K> = { readonly key: K; at: Instant; index: number };

/**
 * The deadlines of many owners, earliest first. Setting, moving and clearing one costs the logarithm
 * of their number, so that a timer costs the same with 100 and with 100,000 sessions.
 */
export class DeadlineHeap<K> {
  readonly #heap: Entry<K>[] = [];
  readonly #entries = new Map<K, Entry<K>>();

  get size(): number {
    return this.#heap.length;
  }

  /** The earliest deadline. */
  earliest(): Instant | undefined {
    return this.#heap[0]?.at;
  }

  /** Sets or moves the deadline of `key`; undefined clears it. */
  set(key: K, at: Instant | undefined): void {
    const entry = this.#entries.get(key);
    if (at === undefined) {
      if (entry) this.#remove(entry);
    } else if (!entry) this.#add(key, at);
    else if (entry.at !== at) {
      entry.at = at;
      this.#settle(entry);
    }
  }

  /** Removes and returns one key whose deadline is not after `now`. */
  takeDue(now: Instant): K | undefined {
    const first = this.#heap[0];
    if (!first || first.at > now) return undefined;
    this.#remove(first);
    return first.key;
  }

  #add(key: K, at: Instant): void {
    const entry = { key, at, index: this.#heap.length };
    this.#heap.push(entry);
    this.#entries.set(key, entry);
    this.#up(entry);
  }

  #remove(removed: Entry<K>): void {
    const last = this.#heap.pop() as Entry<K>;
    this.#entries.delete(removed.key);
    if (last === removed) return;
    this.#place(last, removed.index);
    this.#settle(last);
  }

  /** Moves an entry whose deadline has changed to where it belongs. */
  #settle(entry: Entry<K>): void {
    this.#up(entry);
    this.#down(entry);
  }

  #place(entry: Entry<K>, index: number): void {
    this.#heap[index] = entry;
    entry.index = index;
  }

  #up(entry: Entry<K>): void {
    while (entry.index > 0) {
      const index = (entry.index - 1) >> 1;
      const parent = this.#heap[index] as Entry<K>;
      if (parent.at <= entry.at) return;
      this.#place(parent, entry.index);
      this.#place(entry, index);
    }
  }

  #down(entry: Entry<K>): void {
    for (;;) {
      const child = this.#earlierChild(entry.index);
      if (!child || child.at >= entry.at) return;
      const { index } = child;
      this.#place(child, entry.index);
      this.#place(entry, index);
    }
  }

  #earlierChild(index: number): Entry<K> | undefined {
    const left = this.#heap[2 * index + 1];
    const right = this.#heap[2 * index + 2];
    return left && right && right.at < left.at ? right : left;
  }
}
