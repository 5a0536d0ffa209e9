import { Worker } from 'node:worker_threads';
import { ledgerMemory } from './ledger.ts';
import type { WorkerBirth, WorkerStart } from './messages.ts';

const WORKER = new URL('./worker.ts', import.meta.url);

/**
 * A thread that loads the packet path and warms it up as soon as it is made, and then waits, without a
 * turn of its event loop, until it is told what to do.
 */
export class WorkerThread {
  /** Where the thread notes what it holds of the memory of C. */
  readonly ledger = ledgerMemory();
  readonly thread: Worker;
  readonly #bell = new Int32Array(new SharedArrayBuffer(4));

  constructor() {
    const workerData: WorkerBirth = { ledger: this.ledger, bell: this.#bell.buffer };
    this.thread = new Worker(WORKER, { workerData });
  }

  begin(start: WorkerStart): void {
    this.thread.postMessage(start);
    Atomics.store(this.#bell, 0, 1);
    Atomics.notify(this.#bell, 0);
  }
}

let spare: WorkerThread[] = [];

/**
 * Makes threads ahead of their need, so that they load while the rest of the program does. One that
 * cannot load is no loss: its successor says why.
 */
export function prepareWorkers(count: number): void {
  for (let i = 0; i < count; i += 1) {
    const one = new WorkerThread();
    const { thread } = one;
    thread.unref();
    thread.on('error', () => {});
    thread.on('exit', () => {
      spare = spare.filter((other) => other !== one);
    });
    spare.push(one);
  }
}

/** Ends the threads that nobody needed. */
export function dismissWorkers(): void {
  for (const { thread } of spare) void thread.terminate();
  spare = [];
}

/** A thread that was prepared, or else a new one. */
export function takeWorker(): WorkerThread {
  const one = spare.pop();
  if (!one) return new WorkerThread();
  one.thread.removeAllListeners();
  one.thread.ref();
  return one;
}
