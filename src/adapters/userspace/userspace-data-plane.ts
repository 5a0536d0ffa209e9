import type { Worker } from 'node:worker_threads';
import type { Endpoint } from '#base/address';
import { assert } from '#base/assert';
import type { Prefix } from '#base/prefix';
import { ok, type Result } from '#base/result';
import { readPathCounters } from '#dataplane/counters';
import type {
  DataPlane,
  DataPlaneCounters,
  DataPlaneOptions,
  DataPlaneReport,
  ForwardingChange,
  SaCounters,
} from '#dataplane/data-plane';
import { EndpointWords } from '#dataplane/endpoint-words';
import { outboundRules } from '#dataplane/outbound-path';
import { ReportLimiter } from '#dataplane/report-limiter';
import { SaDirectory } from '#dataplane/sa-directory';
import { MOST_WORKERS, partOf } from '#dataplane/sa-placement';
import { addNonEspMarker, natKeepalive } from '#wire/udp-encapsulation';
import { now } from '../machine-clock.ts';
import { ControlSender } from './control-sender.ts';
import { closeAll, openAll, renewTun, type WorkerDescriptors } from './descriptors.ts';
import { ringsOctets, type Shared, sharedWords, WorkerStates } from './hand-over.ts';
import { LinkWatch } from './link-watch.ts';
import type { Installation } from './messages.ts';
import { PacketWorker } from './packet-worker.ts';
import { REPORT_PLACES } from './report-gate.ts';
import { loadSys, type Sys } from './sys.ts';
import { isAttached, replaceRoutes, restoreTun, type TunOptions } from './tun.ts';

export type UserspaceOptions = DataPlaneOptions & {
  readonly tun: TunOptions;
  /** How many threads move packets, 1 to `MOST_WORKERS`; one if absent. */
  readonly workers?: number;
  /** Is shown every worker that is started. */
  readonly onWorker?: (worker: Worker, index: number) => void;
};

/**
 * The data plane for real: a TUN interface inside, sockets outside, and worker threads between them that
 * no packet leaves. This object lives on the main thread, owns the descriptors and the directory of
 * SAs, and talks to the workers by messages and shared counters.
 */
export class UserspaceDataPlane implements DataPlane {
  readonly #sys: Sys;
  readonly #options: UserspaceOptions;
  #descriptors: readonly WorkerDescriptors[];
  readonly #shared: Shared | undefined;
  readonly #states: WorkerStates | undefined;
  readonly #directory: SaDirectory;
  readonly #workers: readonly PacketWorker[];
  readonly #pagesKnown: number[];
  /** Each worker keeps strangers from making it talk; this one keeps them from using all workers. */
  readonly #unknownSpis = new ReportLimiter();
  readonly #control: ControlSender;
  #routes: readonly Prefix[];
  #link: LinkWatch | undefined;
  /** The number of the last transaction; wraps at 2^32. */
  #serial = 0;
  #closing: Promise<void> | undefined;

  private constructor(
    sys: Sys,
    options: UserspaceOptions,
    descriptors: readonly WorkerDescriptors[],
  ) {
    this.#sys = sys;
    this.#options = options;
    this.#descriptors = descriptors;
    this.#routes = options.tun.routes;
    const workers = descriptors.length;
    this.#control = new ControlSender(sys, descriptors[0]?.sockets ?? []);
    this.#directory = new SaDirectory(workers);
    this.#shared = workers > 1 ? shareAmong(sys, descriptors) : undefined;
    this.#states = this.#shared && new WorkerStates(this.#shared);
    this.#pagesKnown = descriptors.map(() => 0);
    this.#workers = descriptors.map((_, index) => this.#makeWorker(index));
    for (let index = 0; index < workers; index += 1) this.#start(index);
    this.#link = this.#watchLink();
  }

  /** Opens the interface and the sockets and starts the workers; the error is one line for people. */
  static async start(options: UserspaceOptions): Promise<Result<UserspaceDataPlane, string>> {
    const { workers = 1 } = options;
    assert(
      Number.isInteger(workers) && workers >= 1 && workers <= MOST_WORKERS,
      `there are 1 to ${MOST_WORKERS} workers`,
    );
    const sys = await loadSys();
    if (!sys.ok) return sys;
    const opened = openAll(sys.value, options, workers);
    return opened.ok ? ok(new UserspaceDataPlane(sys.value, options, opened.value)) : opened;
  }

  /** Fulfilled when all workers serve. */
  async serving(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.serving()));
  }

  apply(changes: readonly ForwardingChange[]): void {
    if (this.#closing) return;
    const resolved = this.#directory.resolve(changes);
    if (resolved.length === 0) return;
    this.#serial = (this.#serial + 1) | 0;
    const serial = this.#serial;
    for (const [index, worker] of this.#workers.entries())
      if (worker.lives) {
        const pages = this.#newPages(index);
        worker.command({ kind: 'apply', serial, pages, changes: partOf(index, resolved) });
      }
  }

  send(local: Endpoint, remote: Endpoint, bytes: Uint8Array, encapsulated: boolean): void {
    if (this.#closing) return;
    // While a transaction is not in force everywhere, a worker sees to it that nothing overtakes it.
    const isInForce = this.#workers.every((worker) => worker.isUpTo(this.#serial));
    if (isInForce && this.#control.send(local, remote, bytes, encapsulated)) return;
    // A view would take the whole of its buffer along into the message.
    this.#send(local, remote, encapsulated ? addNonEspMarker(bytes) : bytes.slice());
  }

  sendKeepalive(local: Endpoint, remote: Endpoint): void {
    this.#send(local, remote, natKeepalive());
  }

  inboundCounters(spi: number): SaCounters | undefined {
    return this.#directory.inboundCounters(spi);
  }

  outboundCounters(pairedSpi: number): SaCounters | undefined {
    return this.#directory.outboundCounters(pairedSpi);
  }

  counters(): DataPlaneCounters {
    return readPathCounters(...this.#workers.map(({ pathCounters }) => pathCounters));
  }

  /** Routes these networks into the tunnels, in place of those before; the error is one line. */
  setRoutes(routes: readonly Prefix[]): Result<void, string> {
    const replaced = replaceRoutes(this.#options.tun.name, this.#routes, routes);
    if (replaced.ok) this.#routes = routes;
    return replaced;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#link?.close();
    await Promise.all(this.#workers.map((worker) => worker.stop()));
    closeAll(this.#sys, this.#descriptors);
    if (this.#shared) this.#sys.munmap(this.#shared.rings.pointer, this.#shared.rings.octets);
  }

  /** All datagrams that a worker sends take one way, so that they leave in order. */
  #send(local: Endpoint, remote: Endpoint, bytes: Uint8Array): void {
    if (this.#closing) return;
    const sender = this.#workers.find(({ lives }) => lives);
    sender?.command({ kind: 'send', after: this.#serial, local, remote, bytes });
    // The sender waits for all of them.
    for (const worker of this.#workers) if (worker !== sender) worker.hasten(this.#serial);
  }

  #makeWorker(index: number): PacketWorker {
    const settings = {
      index,
      ...(this.#shared && { shared: this.#shared }),
      rules: outboundRules(this.#options),
      reportPlaces: Math.floor(REPORT_PLACES / this.#descriptors.length),
    };
    return new PacketWorker(this.#sys, settings, {
      started: (worker) => this.#options.onWorker?.(worker, index),
      report: (report) => this.#report(report),
      died: (reason) => this.#mourn(index, reason),
    });
  }

  #start(index: number): void {
    this.#pagesKnown[index] = 0;
    const installed: Installation = {
      serial: this.#serial,
      pages: this.#newPages(index),
      changes: partOf(index, this.#directory.everything()),
    };
    this.#workers[index]?.start(this.#descriptors[index] as WorkerDescriptors, installed);
  }

  #report(report: DataPlaneReport): void {
    if (this.#closing) return;
    const { remote } = report.kind === 'unknownSpi' ? report : {};
    if (remote && !this.#unknownSpis.admits(EndpointWords.of(remote), now())) return;
    this.#options.report(report);
  }

  /** Replaces a worker that ended by itself; the successor gets its SAs with their numbers. */
  #mourn(index: number, reason: string): void {
    if (this.#closing) return;
    const worker = this.#workers[index] as PacketWorker;
    const descriptors = this.#descriptors[index] as WorkerDescriptors;
    if (worker.hopeless) {
      this.#states?.giveUp(index);
      // What waited for it need not wait any longer.
      for (const other of this.#workers) other.wake();
      this.#lament('failed', index, reason, 'it died too often to be replaced');
    } else if (isAttached(this.#sys, descriptors.tun)) {
      this.#start(index);
      this.#lament('lost', index, reason, 'another took over');
    } else this.#renewTun(index, reason);
  }

  /** The interface is gone, which ends every worker; the last of them has it made again. */
  #renewTun(index: number, reason: string): void {
    if (this.#workers.some(({ lives }) => lives)) return;
    const renewed = renewTun(this.#sys, this.#descriptors, this.#options.tun, this.#routes);
    if (!renewed.ok) {
      this.#lament('failed', index, reason, renewed.error);
      return;
    }
    this.#descriptors = renewed.value;
    this.#link?.close();
    this.#link = this.#watchLink();
    for (const [i, { hopeless }] of this.#workers.entries()) if (!hopeless) this.#start(i);
    this.#lament('lost', index, reason, 'another took over');
  }

  /** The kernel takes the routes from an interface that somebody sets down, and gives none back. */
  #watchLink(): LinkWatch | undefined {
    const { tun } = this.#options;
    // What fails because the interface is down once more is done when it comes up.
    return LinkWatch.open(this.#sys, tun.name, () => restoreTun({ ...tun, routes: this.#routes }));
  }

  #lament(kind: 'lost' | 'failed', index: number, reason: string, next: string): void {
    const count = this.#workers.length;
    const which = count === 1 ? 'the packet worker' : `packet worker ${index + 1} of ${count}`;
    this.#options.report({ kind, reason: `${which} died (${reason}); ${next}` });
  }

  #newPages(index: number): SharedArrayBuffer[] {
    const known = this.#pagesKnown[index] as number;
    const pages = this.#directory.counters.pages(known);
    this.#pagesKnown[index] = known + pages.length;
    return pages;
  }
}

/** What the workers share, besides the counters. */
function shareAmong(sys: Sys, descriptors: readonly WorkerDescriptors[]): Shared {
  const workers = descriptors.length;
  const octets = ringsOctets(workers);
  const { pointer } = sys.memory(octets);
  const bells = descriptors.map(({ bell }) => bell);
  return { workers, rings: { pointer, octets }, words: sharedWords(workers), bells };
}
