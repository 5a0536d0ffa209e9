/** Entries of a new map; a power of two. */
const FIRST_ENTRIES = 64;

/**
 * A map from integers of 32 bits to integers of 0 or more, in one array: a look-up among very many reads one
 * place of memory, where a `Map` reads three. Grows as needed, and keeps half of its places free.
 */
export class IntMap {
  /** Key and value plus one of each entry; a value of 0 is a free place. */
  #words = new Int32Array(2 * FIRST_ENTRIES);
  #mask = FIRST_ENTRIES - 1;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The value of `key`; below 0 when there is none. */
  get(key: number): number {
    return (this.#words[2 * this.#find(key | 0) + 1] as number) - 1;
  }

  set(key: number, value: number): void {
    let place = this.#find(key | 0);
    if (this.#words[2 * place + 1] === 0) {
      this.#size += 1;
      if (2 * this.#size > this.#mask) {
        this.#grow();
        place = this.#find(key | 0);
      }
    }
    this.#words[2 * place] = key;
    this.#words[2 * place + 1] = value + 1;
  }

  delete(key: number): void {
    const words = this.#words;
    let gap = this.#find(key | 0);
    if (words[2 * gap + 1] === 0) return;
    this.#size -= 1;
    // Entries behind the gap that are not at home move up, so that no search ends before them.
    for (let i = (gap + 1) & this.#mask; words[2 * i + 1] !== 0; i = (i + 1) & this.#mask) {
      const fromHome = (i - this.#home(words[2 * i] as number)) & this.#mask;
      if (fromHome < ((i - gap) & this.#mask)) continue;
      words.copyWithin(2 * gap, 2 * i, 2 * i + 2);
      gap = i;
    }
    words.fill(0, 2 * gap, 2 * gap + 2);
  }

  /** Where the key is, or would go. */
  #find(key: number): number {
    const words = this.#words;
    let place = this.#home(key);
    while (words[2 * place + 1] !== 0 && words[2 * place] !== key) place = (place + 1) & this.#mask;
    return place;
  }

  /** Spreads keys that follow each other; the factor is 2^32 divided by the golden ratio. */
  #home(key: number): number {
    const product = Math.imul(key, 0x9e3779b1);
    return (product ^ (product >>> 15)) & this.#mask;
  }

  #grow(): void {
    const before = this.#words;
    this.#words = new Int32Array(2 * before.length);
    this.#mask = before.length - 1;
    for (let i = 0; i < before.length; i += 2) {
      if (before[i + 1] === 0) continue;
      const place = this.#find(before[i] as number);
      this.#words[2 * place] = before[i] as number;
      this.#words[2 * place + 1] = before[i + 1] as number;
    }
  }
}
