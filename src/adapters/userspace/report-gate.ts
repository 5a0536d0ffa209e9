import type { DataPlaneReport } from '#dataplane/data-plane';

/** Places for reports on their way to the main thread, from all workers; ours. */
export const REPORT_PLACES = 8192;
/** What a datagram may have in one place; longer ones, of up to 64 KiB, take several. */
const PLACE_OCTETS = 2048;

/** First messages of ISAKMP have this part of the places at most; the rest is for negotiations that go on. */
const FIRST_MESSAGES_PART = 1 / 4;

/** How many places a report takes on its way. */
export const placesOf = (report: DataPlaneReport): number =>
  report.kind === 'datagram' ? 1 + Math.floor(report.bytes.length / PLACE_OCTETS) : 1;

/**
 * Collects the reports of one turn of the loop, and keeps a flood of datagrams from filling the
 * memory of a main thread that cannot follow: when the places are taken by reports under way, those that any
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
  #collected = 0;
  #waiting: DataPlaneReport[] = [];

  /** `handled` is counted up by the main thread, by the places of each report; there are `most`. */
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
    else {
      this.#waiting.push(report);
      this.#collected += placesOf(report);
    }
  }

  /** Hands over what was collected. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    this.#posted = (this.#posted + this.#collected) | 0;
    this.#collected = 0;
    this.#post(this.#waiting);
    this.#waiting = [];
  }

  #pending(): number {
    return ((this.#posted - Atomics.load(this.#handled, 0)) | 0) + this.#collected;
  }
}
