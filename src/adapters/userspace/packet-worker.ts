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
import { WorkerSignals } from './worker-signals.ts';
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
  readonly #signals = new WorkerSignals();
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

  /**
   * Whether it carries out the transactions up to `serial` before it looks at another packet. One that
   * is at work may be late, and then has to be waited for.
   */
  isUpTo(serial: number): boolean {
    if (!this.#thread || this.#signals.hasApplied(serial)) return true;
    this.#post();
    return this.#signals.sleeps;
  }

  /** Makes it carry out the transactions up to `serial` although nothing else happens. */
  hasten(serial: number): void {
    if (!this.#thread || this.#signals.hasApplied(serial)) return;
    this.#post();
    if (this.#signals.sleeps) this.wake();
  }

  /** Fulfilled when it serves, or does not within some seconds. */
  serving(): Promise<void> {
    return this.#signals.reached(this.#installed, START_TIMEOUT_MS);
  }

  /** Whether it has died so often of late that another would only die too. */
  get hopeless(): boolean {
    return this.#deaths.length > MOST_DEATHS;
  }

  start(descriptors: WorkerDescriptors, installed: Installation): void {
    this.#installed = installed.serial;
    this.#signals.reset(installed.serial);
    const start: WorkerStart = {
      ...descriptors,
      ...this.#settings,
      pathCounters: this.pathCounters.buffer,
      reports: this.#memory,
      signals: this.#signals.words.buffer,
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

  /**
   * Commands of one turn of the event loop travel together. A worker that sleeps is not woken for a
   * transaction alone: that costs a switch, and changes nothing before the next packet.
   */
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
    const isUrgent = this.#outbox.some(({ kind }) => kind !== 'apply');
    this.#thread.postMessage(this.#outbox);
    this.#outbox = [];
    this.#signals.post();
    if (isUrgent && this.#signals.sleeps) this.wake();
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
