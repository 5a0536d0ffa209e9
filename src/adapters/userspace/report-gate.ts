import type { DataPlaneReport } from '#dataplane/data-plane';

/** Reports on their way to the main thread at most, from all workers; ours. */
export const MOST_REPORTS = 8192;

/** First messages of ISAKMP have this part of the places at most; the rest is for negotiations that go on. */
const FIRST_MESSAGES_PART = 1 / 4;

/**
 * Collects the reports of one turn of the loop, and keeps a flood of datagrams from filling the
 * memory of a main thread that cannot follow: beyond a number of reports under way, those that any
 * stranger can cause are dropped. Messages that begin a negotiation for the first time are dropped
 * earlier than others, so that a flood of them neither costs a peer the negotiation that it is in nor
 * keeps out who repeats the message.
 */
export class ReportGate {
  readonly #handled: Int32Array;
  readonly #most: number;
  readonly #post: (reports: readonly DataPlaneReport[]) => void;
  readonly #dropped: () => void;
  #posted = 0;
  #waiting: DataPlaneReport[] = [];

  /** `handled` is counted up by the main thread, once for each report; `most` may be under way. */
  constructor(
    handled: SharedArrayBuffer,
    most: number,
    post: (reports: readonly DataPlaneReport[]) => void,
    dropped: () => void,
  ) {
    this.#handled = new Int32Array(handled);
    this.#most = most;
    this.#post = post;
    this.#dropped = dropped;
    this.#posted = Atomics.load(this.#handled, 0);
  }

  add(report: DataPlaneReport): void {
    const fromStrangers = report.kind === 'datagram' || report.kind === 'keepalive';
    const isFirst = report.kind === 'datagram' && report.begins === 'first';
    const most = isFirst ? this.#most * FIRST_MESSAGES_PART : this.#most;
    if (fromStrangers && this.#pending() >= most) this.#dropped();
    else this.#waiting.push(report);
  }

  /** Hands over what was collected. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    this.#posted = (this.#posted + this.#waiting.length) | 0;
    this.#post(this.#waiting);
    this.#waiting = [];
  }

  #pending(): number {
    return ((this.#posted - Atomics.load(this.#handled, 0)) | 0) + this.#waiting.length;
  }
}
