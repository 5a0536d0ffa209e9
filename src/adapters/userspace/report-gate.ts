import type { DataPlaneReport } from '#dataplane/data-plane';
import { lastingReport, type PathReport } from '#dataplane/path-report';
import { ReportWriter, reportMemory } from './report-ring.ts';

/** Places for reports on their way to the main thread, from all workers; ours. */
export const REPORT_PLACES = 8192;
/** Places of each worker that strangers do not get. */
const RESERVED_PLACES = 1024;

/** First messages of ISAKMP have this part of the places at most; the rest is for negotiations that go on. */
const FIRST_MESSAGES_PART = 1 / 4;

/** Memory for the reports of a worker whose strangers have `most` places. */
export const gateMemory = (most: number): SharedArrayBuffer => reportMemory(most + RESERVED_PLACES);

/**
 * Collects the reports of one turn of the loop, and keeps a flood of datagrams from filling the
 * memory of a main thread that cannot follow: when the places are taken by reports under way, those that any
 * stranger can cause are dropped. Messages that begin a negotiation for the first time are dropped
 * earlier than others, so that a flood of them neither costs a peer the negotiation that it is in nor
 * keeps out who repeats the message.
 */
export class ReportGate {
  readonly #ring: ReportWriter;
  readonly #most: number;
  readonly #tell: (beside: DataPlaneReport | null) => void;
  readonly #dropped: () => void;

  /**
   * `memory` is that of `gateMemory`. `tell` says to the main thread that something is there; a report that
   * has no place and must not be dropped goes `beside` the ring.
   */
  constructor(
    memory: SharedArrayBuffer,
    most: number,
    tell: (beside: DataPlaneReport | null) => void,
    dropped: () => void,
  ) {
    this.#ring = new ReportWriter(memory);
    this.#most = most;
    this.#tell = tell;
    this.#dropped = dropped;
  }

  add(report: PathReport): void {
    const fromStrangers = report.kind === 'datagram' || report.kind === 'keepalive';
    const isFirst = report.kind === 'datagram' && report.begins === 'first';
    const most = isFirst ? this.#most * FIRST_MESSAGES_PART : this.#most;
    if (!(fromStrangers && this.#ring.taken >= most) && this.#ring.put(report)) return;
    if (fromStrangers) this.#dropped();
    else this.#tell(lastingReport(report));
  }

  /** Hands over what was collected. */
  flush(): void {
    if (this.#ring.publish()) this.#tell(null);
  }
}
