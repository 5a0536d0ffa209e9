import type { Worker } from 'node:worker_threads';
import type { Arena } from '#base/arena';
import { pathCounters } from '#dataplane/counters';
import type { DataPlaneReport } from '#dataplane/data-plane';
import type { OutboundRules } from '#dataplane/outbound-path';
import type { WorkerDescriptors } from './descriptors.ts';
import type { Shared } from './hand-over.ts';
import { settle } from './ledger.ts';
import type { Installation, WorkerCommand, WorkerStart } from './messages.ts';
import { gateMemory } from './report-gate.ts';
import { ReportReader } from './report-ring.ts';
import type { Sys } from './sys.ts';
import { takeWorker } from './worker-thread.ts';

/** Deaths within a minute before a worker is given up; ours. */
const MOST_DEATHS = 5;
const MINUTE_MS = 60_000;
/** Longer than a slow machine takes to start a thread. */
const START_TIMEOUT_MS = 10_000;

/** What stays the same for a worker and its successors. */
export type WorkerSettings = {
  readonly index: number;
  readonly shared?: Shared;
  readonly rules: OutboundRules;
  readonly reportPlaces: number;
};

/** What the main thread is told. */
export type WorkerEars = {
  readonly started: (worker: Worker) => void;
  readonly report: (report: DataPlaneReport) => void;
  /** It ended without being asked to. */
  readonly died: (reason: string) => void;
};

/** A worker thread as the main thread has it: starts it, speaks to it, listens, and buries it. */
export class PacketWorker {
  readonly pathCounters = pathCounters();
  readonly #sys: Sys;
  readonly #settings: WorkerSettings;
  readonly #ears: WorkerEars;
  readonly #memory: SharedArrayBuffer;
  readonly #reports: ReportReader;
  /** The number of the transaction that it carried out last. */
  readonly #applied = new Int32Array(new SharedArrayBuffer(4));
  readonly #one: Arena;
  /** The number of the last transaction that it was started with. */
  #installed = 0;
  #wake = -1;
  #thread: Worker | undefined;
  #outbox: WorkerCommand[] = [];
  #deaths: number[] = [];
  #stopping = false;
  /** The next look at the reports, while the worker does not tell of them. */
  #again: NodeJS.Immediate | undefined;

  constructor(sys: Sys, settings: WorkerSettings, ears: WorkerEars) {
    this.#sys = sys;
    this.#settings = settings;
    this.#ears = ears;
    this.#memory = gateMemory(settings.reportPlaces);
    this.#reports = new ReportReader(this.#memory);
    this.#one = sys.arena(8);
    this.#one.bytes[0] = 1;
  }

  get lives(): boolean {
    return this.#thread !== undefined;
  }

  /** Whether it has carried out the transactions up to `serial`. */
  hasApplied(serial: number): boolean {
    return ((Atomics.load(this.#applied, 0) - serial) | 0) >= 0;
  }

  /** Fulfilled when it serves, or does not within some seconds. */
  async serving(): Promise<void> {
    const wait = Atomics.waitAsync(this.#applied, 0, (this.#installed - 1) | 0, START_TIMEOUT_MS);
    if (wait.async) await wait.value;
  }

  /** Whether it has died so often of late that another would only die too. */
  get hopeless(): boolean {
    return this.#deaths.length > MOST_DEATHS;
  }

  start(descriptors: WorkerDescriptors, installed: Installation): void {
    this.#installed = installed.serial;
    Atomics.store(this.#applied, 0, (installed.serial - 1) | 0);
    const start: WorkerStart = {
      ...descriptors,
      ...this.#settings,
      pathCounters: this.pathCounters.buffer,
      reports: this.#memory,
      applied: this.#applied.buffer,
      installed,
    };
    this.#wake = descriptors.wake;
    const worker = takeWorker();
    const { thread, ledger } = worker;
    this.#thread = thread;
    this.#ears.started(thread);
    let reason = 'it stopped without a word';
    thread.on('message', (beside: DataPlaneReport | null) =>
      beside ? this.#ears.report(beside) : this.#hear(),
    );
    thread.on('error', (error: Error) => {
      reason = error.message;
    });
    thread.on('exit', () => {
      settle(this.#sys, ledger);
      this.#hearLast();
      this.#thread = undefined;
      this.#outbox = [];
      if (!this.#stopping) this.#mourn(reason);
    });
    worker.begin(start);
  }

  /** Commands of one turn of the event loop travel together: each wake-up of the worker costs a switch. */
  command(command: WorkerCommand): void {
    if (!this.#thread || this.#stopping) return;
    if (this.#outbox.length === 0) setImmediate(() => this.#post());
    this.#outbox.push(command);
  }

  /** Makes it look around, although there is no message. */
  wake(): void {
    if (this.#thread) this.#sys.write(this.#wake, this.#one.pointer, 8);
  }

  /** Has it say its last words; fulfilled when it is gone. */
  stop(): Promise<void> {
    const thread = this.#thread;
    this.command({ kind: 'stop' });
    this.#stopping = true;
    if (!thread) return Promise.resolve();
    const gone = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
    this.#post();
    return gone;
  }

  #post(): void {
    if (this.#outbox.length === 0 || !this.#thread) return;
    this.#thread.postMessage(this.#outbox);
    this.#outbox = [];
    this.wake();
  }

  /** Takes the reports that are there; those that come meanwhile after everybody else had a turn. */
  #hear(): void {
    this.#again = undefined;
    try {
      this.#reports.drain(this.#ears.report);
    } finally {
      if (!this.#reports.listen()) this.#again = setImmediate(() => this.#hear());
    }
  }

  /** Takes what a thread that is gone has left. */
  #hearLast(): void {
    clearImmediate(this.#again);
    do this.#reports.drain(this.#ears.report);
    while (!this.#reports.listen());
  }

  #mourn(reason: string): void {
    const now = performance.now();
    this.#deaths = [...this.#deaths.filter((at) => now - at < MINUTE_MS), now];
    this.#ears.died(reason);
  }
}
