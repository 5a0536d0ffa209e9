/** What is made of the keys of many SAs, by small numbers. */
export class HeldKeys<T> {
  readonly #held: (T | undefined)[] = [];
  readonly #free: number[] = [];

  /** The number of `keys` from now on. */
  hold(keys: T): number {
    const number = this.#free.pop() ?? this.#held.length;
    this.#held[number] = keys;
    return number;
  }

  get(number: number): T {
    return this.#held[number] as T;
  }

  /** Forgets the keys; the number may become that of others. */
  forget(number: number): void {
    this.#held[number] = undefined;
    this.#free.push(number);
  }
}
