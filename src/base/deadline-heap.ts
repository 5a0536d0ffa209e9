import type { Instant } from './instant.ts';

/**
 * The deadlines of many owners, earliest first. Setting, moving and clearing one costs the logarithm
 * of their number, so that a timer costs the same with 100 and with 100,000 sessions.
 */
export class DeadlineHeap<K> {
  readonly #heap: { key: K; at: Instant }[] = [];
  readonly #index = new Map<K, number>();

  get size(): number {
    return this.#heap.length;
  }

  /** The earliest deadline. */
  earliest(): Instant | undefined {
    return this.#heap[0]?.at;
  }

  /** Sets or moves the deadline of `key`; undefined clears it. */
  set(key: K, at: Instant | undefined): void {
    const index = this.#index.get(key);
    if (at === undefined) {
      if (index !== undefined) this.#removeAt(index);
      return;
    }
    if (index === undefined) {
      this.#heap.push({ key, at });
      this.#index.set(key, this.#heap.length - 1);
      this.#up(this.#heap.length - 1);
      return;
    }
    const entry = this.#heap[index] as { key: K; at: Instant };
    if (entry.at === at) return;
    entry.at = at;
    this.#down(this.#up(index));
  }

  /** Removes and returns one key whose deadline is not after `now`. */
  takeDue(now: Instant): K | undefined {
    const first = this.#heap[0];
    if (!first || first.at > now) return undefined;
    this.#removeAt(0);
    return first.key;
  }

  #removeAt(index: number): void {
    const removed = this.#heap[index] as { key: K; at: Instant };
    const last = this.#heap.pop() as { key: K; at: Instant };
    this.#index.delete(removed.key);
    if (last === removed) return;
    this.#heap[index] = last;
    this.#index.set(last.key, index);
    this.#down(this.#up(index));
  }

  #swap(i: number, j: number): void {
    const a = this.#heap[i] as { key: K; at: Instant };
    const b = this.#heap[j] as { key: K; at: Instant };
    this.#heap[i] = b;
    this.#heap[j] = a;
    this.#index.set(b.key, i);
    this.#index.set(a.key, j);
  }

  #at(index: number): number {
    return (this.#heap[index] as { at: Instant }).at;
  }

  #up(from: number): number {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#at(parent) <= this.#at(index)) break;
      this.#swap(parent, index);
      index = parent;
    }
    return index;
  }

  #down(from: number): void {
    let index = from;
    for (;;) {
      let smallest = index;
      for (const child of [2 * index + 1, 2 * index + 2])
        if (child < this.#heap.length && this.#at(child) < this.#at(smallest)) smallest = child;
      if (smallest === index) return;
      this.#swap(index, smallest);
      index = smallest;
    }
  }
}
