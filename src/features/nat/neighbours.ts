import { DeadlineHeap } from '#base/deadline-heap';
import { after, type Instant } from '#base/instant';

/** Our choices, in the order of a neighbour's life. */
export const neighbourTimers = {
  /** Between two ARP requests for one address; RFC 1122 section 2.3.2.1 asks for one a second at most. */
  retryMs: 1_000,
  /** Requests before a silent address is given up: to its known station, then to everyone. */
  unicastTries: 3,
  broadcastTries: 3,
  /** Age from which a neighbour that is used is asked whether it is still there. */
  staleMs: 60_000,
  /** Age at which a neighbour that is not used is forgotten; the ARP timeout of a PIX. */
  forgetMs: 14_400_000,
} as const;

/** What others can make grow. */
export const neighbourLimits = {
  neighboursMax: 1_024,
  unresolvedMax: 256,
  queuedPerNeighbour: 3,
} as const;

/** One neighbour. While `hardware` is unknown, frames for it wait. */
type Neighbour = {
  readonly address: number;
  hardware: Uint8Array | undefined;
  confirmedAt: Instant;
  /** Requests sent since it last answered. */
  tries: number;
  queue: Uint8Array[];
};

/** An ARP request to send: to one station, or to everyone. */
export type ArpQuestion = { readonly address: number; readonly hardware: Uint8Array | undefined };

/** How to reach an address: at once, after an answer, or not. */
export type Resolution =
  | { readonly kind: 'known'; readonly hardware: Uint8Array; readonly ask?: ArpQuestion }
  | { readonly kind: 'queued'; readonly ask?: ArpQuestion }
  | { readonly kind: 'full' };

/** A next hop that stayed silent, with the frames that waited for it. */
export type SilentNeighbour = { readonly address: number; readonly waiting: readonly Uint8Array[] };

/** What time brought. */
export type NeighbourTick = {
  readonly questions: readonly ArpQuestion[];
  readonly silent: readonly SilentNeighbour[];
};

/**
 * The ARP table of one interface (RFC 826, RFC 1122 section 2.3.2): resolves next hops, keeps a few
 * frames meanwhile, and asks again before it trusts an old answer.
 */
export class NeighbourTable {
  readonly #neighbours = new Map<number, Neighbour>();
  readonly #deadlines = new DeadlineHeap<Neighbour>();
  #unresolved = 0;

  /** The hardware address of `address`; `frame` makes what waits while it is not known. */
  resolve(address: number, now: Instant, frame: (() => Uint8Array) | undefined): Resolution {
    const known = this.#neighbours.get(address);
    if (known?.hardware !== undefined) {
      const { hardware } = known;
      const isFresh = now - known.confirmedAt < neighbourTimers.staleMs;
      if (isFresh || known.tries > 0) return { kind: 'known', hardware };
      return { kind: 'known', hardware, ask: this.#ask(known, now) };
    }
    if (known !== undefined) {
      if (known.queue.length >= neighbourLimits.queuedPerNeighbour) return { kind: 'full' };
      if (frame) known.queue.push(frame());
      return { kind: 'queued' };
    }
    if (this.#unresolved >= neighbourLimits.unresolvedMax) return { kind: 'full' };
    const neighbour = this.#add(address, undefined, now);
    if (frame) neighbour.queue.push(frame());
    return { kind: 'queued', ask: this.#ask(neighbour, now) };
  }

  /**
   * Takes in that `address` is at `hardware`, and returns the frames that waited for it. An address
   * that was not asked for is learnt only when `learn` is set: when it asked for us.
   */
  heard(
    address: number,
    hardware: Uint8Array,
    now: Instant,
    learn: boolean,
  ): readonly Uint8Array[] {
    const known = this.#neighbours.get(address);
    if (known === undefined && !learn) return [];
    const waiting = known?.queue ?? [];
    if (known !== undefined) this.#remove(known);
    this.#add(address, hardware.slice(), now);
    return waiting;
  }

  /** Does what is due. */
  tick(now: Instant): NeighbourTick {
    const questions: ArpQuestion[] = [];
    const silent: SilentNeighbour[] = [];
    for (;;) {
      const neighbour = this.#deadlines.takeDue(now);
      if (neighbour === undefined) return { questions, silent };
      const triesMax =
        neighbourTimers.broadcastTries +
        (neighbour.hardware === undefined ? 0 : neighbourTimers.unicastTries);
      const isForgotten = neighbour.tries === 0;
      if (isForgotten || neighbour.tries >= triesMax) {
        this.#remove(neighbour);
        if (!isForgotten) silent.push({ address: neighbour.address, waiting: neighbour.queue });
      } else questions.push(this.#ask(neighbour, now));
    }
  }

  deadline(): Instant | undefined {
    return this.#deadlines.earliest();
  }

  /** The neighbours that answered, with the time of their last sign of life. */
  *known(): Generator<{ address: number; hardware: Uint8Array; confirmedAt: Instant }> {
    for (const { address, hardware, confirmedAt } of this.#neighbours.values())
      if (hardware !== undefined) yield { address, hardware, confirmedAt };
  }

  #ask(neighbour: Neighbour, now: Instant): ArpQuestion {
    const { address, hardware, tries } = neighbour;
    neighbour.tries += 1;
    this.#deadlines.set(neighbour, after(now, neighbourTimers.retryMs));
    // A station that left its place does not hear unicast, so the last tries go to everyone.
    return { address, hardware: tries < neighbourTimers.unicastTries ? hardware : undefined };
  }

  #add(address: number, hardware: Uint8Array | undefined, now: Instant): Neighbour {
    // A map keeps the order of insertion, so its first entry was confirmed the longest ago.
    if (this.#neighbours.size >= neighbourLimits.neighboursMax)
      for (const oldest of this.#neighbours.values()) {
        this.#remove(oldest);
        break;
      }
    const neighbour: Neighbour = { address, hardware, confirmedAt: now, tries: 0, queue: [] };
    this.#neighbours.set(address, neighbour);
    if (hardware === undefined) this.#unresolved += 1;
    else this.#deadlines.set(neighbour, after(now, neighbourTimers.forgetMs));
    return neighbour;
  }

  #remove(neighbour: Neighbour): void {
    this.#neighbours.delete(neighbour.address);
    this.#deadlines.set(neighbour, undefined);
    if (neighbour.hardware === undefined) this.#unresolved -= 1;
  }
}
