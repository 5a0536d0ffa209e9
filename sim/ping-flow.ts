import type { IpAddress } from '#base/address';
import { after, elapsedMs, type Instant } from '#base/instant';
import type { InsideHost } from '#dataplane/inside-host';
import type { VirtualClock } from '#simulation/clock';

/** From where to where, and how often. */
export type FlowEnds = {
  readonly inside: InsideHost;
  /** The address to ping from; without one the ping of that moment is left out. */
  readonly source: () => IpAddress | undefined;
  readonly target: () => IpAddress | undefined;
  readonly everyMs: number;
};

/** Pings at a steady pace through a tunnel, with a memory of what was answered. */
export class PingFlow {
  readonly #clock: VirtualClock;
  readonly #ends: FlowEnds;
  readonly #unanswered = new Set<Instant>();
  #stopped = false;
  sent = 0;
  answered = 0;
  lastAnswerAt: Instant | undefined;

  constructor(clock: VirtualClock, ends: FlowEnds) {
    this.#clock = clock;
    this.#ends = ends;
    this.#ping();
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Moments of pings without an answer that were sent no later than `marginMs` ago. */
  lost(marginMs = 2000): readonly Instant[] {
    const now = this.#clock.now();
    return [...this.#unanswered].filter((at) => elapsedMs(at, now) > marginMs);
  }

  /** Forgets what was lost so far. */
  forgive(): void {
    this.#unanswered.clear();
  }

  #ping(): void {
    if (this.#stopped) return;
    const { inside, everyMs } = this.#ends;
    const source = this.#ends.source();
    const target = this.#ends.target();
    if (source !== undefined && target !== undefined) {
      inside.addAddress(source);
      const at = this.#clock.now();
      this.sent += 1;
      this.#unanswered.add(at);
      inside.ping({ source, target, data: new Uint8Array(56) }, () => {
        this.answered += 1;
        this.lastAnswerAt = this.#clock.now();
        this.#unanswered.delete(at);
      });
    }
    this.#clock.schedule(after(this.#clock.now(), everyMs), () => this.#ping());
  }
}
