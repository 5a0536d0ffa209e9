import { after, type Instant, instant } from '#base/instant';

/** Something to be done at a moment of virtual time. */
type Entry = { readonly at: Instant; readonly order: number; readonly run: () => void };

/** Virtual time: it jumps from one scheduled action to the next, in the order of moment, then of scheduling. */
export class VirtualClock {
  #now: Instant;
  #order = 0;
  readonly #heap: Entry[] = [];

  constructor(start: Instant = instant(Date.UTC(2002, 9, 20, 20, 13, 0))) {
    this.#now = start;
  }

  now = (): Instant => this.#now;

  /** Runs `run` at `at`, or at once when that has passed; returns a function that calls it off. */
  schedule(at: Instant, run: () => void): () => void {
    let live = true;
    const entry: Entry = {
      at: at < this.#now ? this.#now : at,
      order: this.#order++,
      run: () => {
        if (live) run();
      },
    };
    this.#push(entry);
    return () => {
      live = false;
    };
  }

  /** Runs everything scheduled within the next `milliseconds`; `between` is called after each action. */
  run(milliseconds: number, between: () => void = () => {}): void {
    const end = after(this.#now, milliseconds);
    for (let next = this.#heap[0]; next && next.at <= end; next = this.#heap[0]) {
      this.#pop();
      this.#now = next.at;
      next.run();
      between();
    }
    this.#now = end;
  }

  #earlier(i: number, j: number): boolean {
    const a = this.#heap[i] as Entry;
    const b = this.#heap[j] as Entry;
    return a.at !== b.at ? a.at < b.at : a.order < b.order;
  }

  #swap(i: number, j: number): void {
    const entry = this.#heap[i] as Entry;
    this.#heap[i] = this.#heap[j] as Entry;
    this.#heap[j] = entry;
  }

  #push(entry: Entry): void {
    this.#heap.push(entry);
    for (let i = this.#heap.length - 1; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!this.#earlier(i, parent)) return;
      this.#swap(i, parent);
      i = parent;
    }
  }

  #pop(): void {
    const last = this.#heap.pop() as Entry;
    if (this.#heap.length === 0) return;
    this.#heap[0] = last;
    for (let i = 0; ; ) {
      let smallest = i;
      for (const child of [2 * i + 1, 2 * i + 2])
        if (child < this.#heap.length && this.#earlier(child, smallest)) smallest = child;
      if (smallest === i) return;
      this.#swap(i, smallest);
      i = smallest;
    }
  }
}
