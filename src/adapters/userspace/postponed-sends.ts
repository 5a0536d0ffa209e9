import type { WorkerStates } from './hand-over.ts';
import type { SendCommand } from './messages.ts';

/**
 * Control datagrams that wait until every worker has carried out the transactions before them, so that
 * no peer hears of an SA that is not there yet. They leave in the order they came in.
 */
export class PostponedSends {
  readonly #states: WorkerStates;
  readonly #me: number;
  #waiting: SendCommand[] = [];

  constructor(states: WorkerStates, me: number) {
    this.#states = states;
    this.#me = me;
    states.setAwaits(me, false);
  }

  /** Whether `command` has to wait; it is kept then. */
  postpone(command: SendCommand): boolean {
    if (this.#waiting.length === 0) {
      if (this.#states.inForce(command.after)) return false;
      // From here on, whoever carries a transaction out wakes this worker.
      this.#states.setAwaits(this.#me, true);
    }
    this.#waiting.push(command);
    return true;
  }

  /** Whether one of them may leave. */
  get due(): boolean {
    const [first] = this.#waiting;
    return first !== undefined && this.#states.inForce(first.after);
  }

  /** Sends those that may leave; all of them in the `end`. */
  release(send: (command: SendCommand) => void, end = false): void {
    if (this.#waiting.length === 0) return;
    let count = 0;
    for (const command of this.#waiting) {
      if (!end && !this.#states.inForce(command.after)) break;
      send(command);
      count += 1;
    }
    this.#waiting = this.#waiting.slice(count);
    if (this.#waiting.length === 0) this.#states.setAwaits(this.#me, false);
  }
}
