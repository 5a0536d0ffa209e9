const WORD = { applied: 0, posted: 1, sleeps: 2 };
const WORDS = 16;

/**
 * What the main thread and a worker know of each other without a message, in memory that both see. A
 * worker that sleeps looks for messages before it looks at the next packet, so that whatever was posted
 * to it counts as in force, and nobody has to wake it for that.
 */
export class WorkerSignals {
  readonly words: Int32Array<SharedArrayBuffer>;
  /** Worker: the messages that it has looked for. */
  #seen: number;

  constructor(memory = new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT)) {
    this.words = new Int32Array(memory);
    this.#seen = Atomics.load(this.words, WORD.posted);
  }

  /** Main thread, before a start: nothing after `serial` - 1 is carried out, and nobody sleeps. */
  reset(serial: number): void {
    Atomics.store(this.words, WORD.applied, (serial - 1) | 0);
    Atomics.store(this.words, WORD.sleeps, 0);
  }

  /** Main thread: a message is in the port. */
  post(): void {
    Atomics.add(this.words, WORD.posted, 1);
  }

  /** Main thread: whether the worker is going to look for messages before anything else. */
  get sleeps(): boolean {
    return Atomics.load(this.words, WORD.sleeps) === 1;
  }

  /** Main thread: whether the worker has carried out the transactions up to `serial`. */
  hasApplied(serial: number): boolean {
    return ((Atomics.load(this.words, WORD.applied) - serial) | 0) >= 0;
  }

  /** Main thread: fulfilled when the worker has carried out transaction `serial`, or after `timeoutMs`. */
  async reached(serial: number, timeoutMs: number): Promise<void> {
    const wait = Atomics.waitAsync(this.words, WORD.applied, (serial - 1) | 0, timeoutMs);
    if (wait.async) await wait.value;
  }

  /** Worker: has carried out the transactions up to `serial`. */
  applied(serial: number): void {
    Atomics.store(this.words, WORD.applied, serial);
    Atomics.notify(this.words, WORD.applied);
  }

  /** Worker, before a wait; whether there are messages already. */
  fallAsleep(): boolean {
    Atomics.store(this.words, WORD.sleeps, 1);
    return Atomics.load(this.words, WORD.posted) !== this.#seen;
  }

  /** Worker, after a wait; whether messages came since this was asked last. */
  wakeUp(): boolean {
    Atomics.store(this.words, WORD.sleeps, 0);
    const posted = Atomics.load(this.words, WORD.posted);
    const isMore = posted !== this.#seen;
    this.#seen = posted;
    return isMore;
  }
}
