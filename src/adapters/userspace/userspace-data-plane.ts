import { Worker } from 'node:worker_threads';
import type { Endpoint } from '#base/address';
import type { Arena } from '#base/arena';
import type { Prefix } from '#base/prefix';
import { err, ok, type Result } from '#base/result';
import { pathCounters, readPathCounters } from '#dataplane/counters';
import type {
  DataPlane,
  DataPlaneCounters,
  DataPlaneOptions,
  ForwardingChange,
  SaCounters,
} from '#dataplane/data-plane';
import { outboundRules } from '#dataplane/outbound-path';
import { SaDirectory } from '#dataplane/sa-directory';
import { addNonEspMarker, natKeepalive } from '#wire/udp-encapsulation';
import { ledgerMemory, settle } from './ledger.ts';
import { EFD_CLOEXEC, EFD_NONBLOCK } from './linux.ts';
import type { WorkerCommand, WorkerReports, WorkerStart } from './messages.ts';
import { type OpenSocket, openEsp, openUdp } from './sockets.ts';
import { errorName, loadSys, type Sys } from './sys.ts';
import {
  configureTun,
  isAttached,
  type OpenTun,
  openTun,
  replaceRoutes,
  type TunOptions,
} from './tun.ts';

export type UserspaceOptions = DataPlaneOptions & {
  readonly tun: TunOptions;
  /** Is shown every worker that is started. */
  readonly onWorker?: (worker: Worker) => void;
};

/** Workers that may die within a minute before the data plane gives up; ours. */
const MOST_DEATHS = 5;
const MINUTE_MS = 60_000;

const WORKER = new URL('./worker.ts', import.meta.url);

/** What the main thread opened and will close. */
type Descriptors = {
  readonly tun: OpenTun;
  readonly wake: number;
  readonly sockets: readonly OpenSocket[];
};

/**
 * The data plane for real: a TUN interface inside, sockets outside, and a worker thread between them
 * that no packet leaves. This object lives on the main thread, owns the descriptors and the directory
 * of SAs, and talks to the worker by messages and shared counters.
 */
export class UserspaceDataPlane implements DataPlane {
  readonly #sys: Sys;
  readonly #options: UserspaceOptions;
  #descriptors: Descriptors;
  readonly #directory = new SaDirectory();
  readonly #pathCounters = pathCounters();
  readonly #handled = new SharedArrayBuffer(4);
  readonly #one: Arena;
  #routes: readonly Prefix[];
  /** Undefined once the data plane has given up. */
  #worker: Worker | undefined;
  #pagesKnown = 0;
  #outbox: WorkerCommand[] = [];
  #deaths: number[] = [];
  #closing: Promise<void> | undefined;

  private constructor(sys: Sys, options: UserspaceOptions, descriptors: Descriptors) {
    this.#sys = sys;
    this.#options = options;
    this.#descriptors = descriptors;
    this.#routes = options.tun.routes;
    this.#one = sys.arena(8);
    this.#one.bytes[0] = 1;
    this.#worker = this.#startWorker();
  }

  /** Opens the interface and the sockets and starts the worker; the error is one line for people. */
  static async start(options: UserspaceOptions): Promise<Result<UserspaceDataPlane, string>> {
    const sys = await loadSys();
    if (!sys.ok) return sys;
    const opened = openAll(sys.value, options);
    return opened.ok ? ok(new UserspaceDataPlane(sys.value, options, opened.value)) : opened;
  }

  apply(changes: readonly ForwardingChange[]): void {
    if (this.#closing) return;
    const resolved = this.#directory.resolve(changes);
    if (resolved.length > 0)
      this.#command({ kind: 'apply', pages: this.#newPages(), changes: resolved });
  }

  send(local: Endpoint, remote: Endpoint, bytes: Uint8Array, encapsulated: boolean): void {
    // A view would take the whole of its buffer along into the message.
    const whole = encapsulated ? addNonEspMarker(bytes) : bytes.slice();
    this.#command({ kind: 'send', local, remote, bytes: whole });
  }

  sendKeepalive(local: Endpoint, remote: Endpoint): void {
    this.#command({ kind: 'send', local, remote, bytes: natKeepalive() });
  }

  inboundCounters(spi: number): SaCounters | undefined {
    return this.#directory.inboundCounters(spi);
  }

  outboundCounters(spi: number, remote: Endpoint): SaCounters | undefined {
    return this.#directory.outboundCounters(spi, remote);
  }

  counters(): DataPlaneCounters {
    return readPathCounters(this.#pathCounters);
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
    const worker = this.#worker;
    if (worker) {
      const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
      this.#outbox.push({ kind: 'stop' });
      this.#post();
      await gone;
    }
    closeAll(this.#sys, this.#descriptors);
  }

  #startWorker(): Worker {
    const { sockets, tun, wake } = this.#descriptors;
    this.#pagesKnown = 0;
    const ledger = ledgerMemory();
    const workerData: WorkerStart = {
      tun,
      wake,
      sockets,
      rules: outboundRules(this.#options),
      pathCounters: this.#pathCounters.buffer,
      handled: this.#handled,
      ledger,
      pages: this.#newPages(),
      changes: this.#directory.everything(),
    };
    const worker = new Worker(WORKER, { workerData });
    this.#options.onWorker?.(worker);
    let reason = 'it stopped without a word';
    worker.on('message', (reports: WorkerReports) => this.#hear(reports));
    worker.on('error', (error: Error) => {
      reason = error.message;
    });
    worker.on('exit', () => {
      settle(this.#sys, ledger);
      this.#mourn(reason);
    });
    return worker;
  }

  #hear(reports: WorkerReports): void {
    Atomics.add(new Int32Array(this.#handled), 0, reports.length);
    for (const report of reports) if (!this.#closing) this.#options.report(report);
  }

  /** Replaces a worker that ended by itself; the successor gets every SA with its numbers. */
  #mourn(reason: string): void {
    if (this.#closing) return;
    const now = performance.now();
    this.#deaths = [...this.#deaths.filter((at) => now - at < MINUTE_MS), now];
    this.#outbox = [];
    const obstacle =
      this.#deaths.length > MOST_DEATHS ? 'it died too often to be replaced' : this.#renewTun();
    this.#worker = obstacle === undefined ? this.#startWorker() : undefined;
    const next = obstacle ?? 'another took over';
    this.#options.report({ kind: 'lost', reason: `the packet worker died (${reason}); ${next}` });
  }

  /** Makes the TUN interface again if somebody took it away; why that cannot be done. */
  #renewTun(): string | undefined {
    if (isAttached(this.#sys, this.#descriptors.tun)) return undefined;
    const tun = openTun(this.#sys, this.#options.tun.name);
    if (!tun.ok) return tun.error;
    this.#sys.close(this.#descriptors.tun.fd);
    this.#descriptors = { ...this.#descriptors, tun: tun.value };
    const configured = configureTun({ ...this.#options.tun, routes: this.#routes });
    return configured.ok ? undefined : configured.error;
  }

  #newPages(): SharedArrayBuffer[] {
    const pages = this.#directory.counters.pages(this.#pagesKnown);
    this.#pagesKnown += pages.length;
    return pages;
  }

  /** Commands of one turn of the event loop travel together: each wake-up of the worker costs a switch. */
  #command(command: WorkerCommand): void {
    if (this.#closing || !this.#worker) return;
    if (this.#outbox.length === 0) setImmediate(() => this.#post());
    this.#outbox.push(command);
  }

  #post(): void {
    if (this.#outbox.length === 0 || !this.#worker) return;
    this.#worker.postMessage(this.#outbox);
    this.#outbox = [];
    this.#sys.write(this.#descriptors.wake, this.#one.pointer, 8);
  }
}

function closeAll(sys: Sys, { tun, wake, sockets }: Descriptors): void {
  for (const fd of [tun.fd, wake, ...sockets.map((socket) => socket.fd)]) sys.close(fd);
}

type Keep = <T extends { readonly fd: number }>(opened: Result<T, string>) => Result<T, string>;

/** Opens everything, or nothing. */
function openAll(sys: Sys, options: UserspaceOptions): Result<Descriptors, string> {
  const fds: number[] = [];
  const opened = openEach(sys, options, (one) => {
    if (one.ok) fds.push(one.value.fd);
    return one;
  });
  if (!opened.ok) for (const fd of fds) sys.close(fd);
  return opened;
}

function openEach(sys: Sys, options: UserspaceOptions, keep: Keep): Result<Descriptors, string> {
  const wake = keep(openWake(sys));
  if (!wake.ok) return wake;
  const sockets: OpenSocket[] = [];
  for (const { endpoint, encapsulated } of options.listen) {
    const socket = keep(openUdp(sys, endpoint, encapsulated));
    if (!socket.ok) return socket;
    sockets.push(socket.value);
  }
  for (const address of new Set(options.listen.map(({ endpoint }) => endpoint.address))) {
    const socket = keep(openEsp(sys, address));
    if (!socket.ok) return socket;
    sockets.push(socket.value);
  }
  const tun = keep(openTun(sys, options.tun.name));
  if (!tun.ok) return tun;
  const configured = configureTun(options.tun);
  return configured.ok ? ok({ wake: wake.value.fd, tun: tun.value, sockets }) : configured;
}

/** A descriptor that wakes a thread out of its wait for packets. */
function openWake(sys: Sys): Result<{ readonly fd: number }, string> {
  const fd = sys.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  return fd >= 0 ? ok({ fd }) : err(`no eventfd can be made: ${errorName(sys.errno())}`);
}
