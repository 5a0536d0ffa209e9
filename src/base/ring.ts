/** A queue of bounded length that overwrites its oldest item. */
export class Ring<T> {
  readonly #items: (T | undefined)[];
  #start = 0;
  #length = 0;

  constructor(capacity: number) {
    this.#items = new Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** Appends `item` and returns the item it pushed out, if the ring was full. */
  push(item: T): T | undefined {
    const capacity = this.#items.length;
    const index = (this.#start + this.#length) % capacity;
    if (this.#length < capacity) {
      this.#items[index] = item;
      this.#length += 1;
      return undefined;
    }
    const lost = this.#items[index];
    this.#items[index] = item;
    this.#start = (this.#start + 1) % capacity;
    return lost;
  }

  /** The items, oldest first. */
  *[Symbol.iterator](): Generator<T> {
    for (let i = 0; i < this.#length; i += 1)
      yield this.#items[(this.#start + i) % this.#items.length] as T;
  }

  /** The newest `count` items, oldest first. */
  *last(count: number): Generator<T> {
    const from = Math.max(0, this.#length - count);
    for (let i = from; i < this.#length; i += 1)
      yield this.#items[(this.#start + i) % this.#items.length] as T;
  }

  /** The items, newest first. */
  *reversed(): Generator<T> {
    for (let i = this.#length - 1; i >= 0; i -= 1)
      yield this.#items[(this.#start + i) % this.#items.length] as T;
  }
}
