/** Has work go on in few places, and what has none wait in the order in which it came. */
export class WaitingLine {
  #free: number;
  #waiting: ((leave: () => void) => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  /** Begins `work` when there is a place; it calls `leave` once, when it is over. */
  enter(work: (leave: () => void) => void): void {
    this.#waiting.push(work);
    this.#next();
  }

  /** What has not begun by now never will. */
  close(): void {
    this.#waiting = [];
  }

  #next(): void {
    if (this.#free === 0) return;
    const work = this.#waiting.shift();
    if (!work) return;
    this.#free -= 1;
    work(() => {
      this.#free += 1;
      this.#next();
    });
  }
}
