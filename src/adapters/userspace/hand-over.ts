import type { Arena } from '#base/arena';
import { PATH_COUNTER } from '#dataplane/counters';
import { EndpointWords } from '#dataplane/endpoint-words';
import type { PacketPath } from '#dataplane/packet-path';
import { HandOverRing, ORIGIN, RING_OCTETS, ringWords } from './hand-over-ring.ts';
import type { Sys } from './sys.ts';

/** What the workers of a data plane share, besides the counters. The main thread made it. */
export type Shared = {
  readonly workers: number;
  /** Memory of the rings between any two of them. */
  readonly rings: { readonly pointer: number; readonly octets: number };
  /** Words of `WORD` for each worker, then the positions of the rings. */
  readonly words: SharedArrayBuffer;
  /** An eventfd of each worker, by which the others wake it. */
  readonly bells: readonly number[];
};

/** A cache line for each worker. */
const WORKER_WORDS = 16;
const WORD = {
  /** 1 while it waits for packets, or is about to. */
  sleeps: 0,
  /** 1 when it died and will not be replaced. */
  givenUp: 1,
  /** The number of the last transaction that it carried out. */
  applied: 2,
  /** 1 while it waits for others to carry out a transaction. */
  awaits: 3,
} as const;

/** What may wait for the end of a turn; large frames would fill a ring before. */
const UNPUBLISHED_OCTETS = 128 * 1024;

/** A packet whose tables disagree about its worker finds it after a step or two, or is dropped. */
const MOST_HOPS = 4;

/** Memory for `workers` workers; nothing when there is nobody to share with. */
export const sharedWords = (workers: number): SharedArrayBuffer =>
  new SharedArrayBuffer(
    Int32Array.BYTES_PER_ELEMENT * (workers * WORKER_WORDS + ringWords(workers * workers)),
  );

/** Octets of all rings: one for each worker and each other one. */
export const ringsOctets = (workers: number): number => workers * (workers - 1) * RING_OCTETS;

/** What a thread knows of the workers, and tells them; lives in memory that all of them see. */
export class WorkerStates {
  readonly workers: number;
  readonly #words: Int32Array;

  constructor({ words, workers }: Pick<Shared, 'words' | 'workers'>) {
    this.#words = new Int32Array(words);
    this.workers = workers;
  }

  /** Nobody waits for this worker any more. */
  giveUp(worker: number): void {
    this.#set(worker, WORD.givenUp, 1);
  }

  /** A worker has carried out the transactions up to `serial`. */
  applied(worker: number, serial: number): void {
    this.#set(worker, WORD.applied, serial);
  }

  /** Whether transaction `serial` is in force wherever there is a worker. */
  inForce(serial: number): boolean {
    for (let worker = 0; worker < this.workers; worker += 1)
      if (
        this.#get(worker, WORD.givenUp) === 0 &&
        ((this.#get(worker, WORD.applied) - serial) | 0) < 0
      )
        return false;
    return true;
  }

  setAwaits(worker: number, awaits: boolean): void {
    this.#set(worker, WORD.awaits, awaits ? 1 : 0);
  }

  awaits(worker: number): boolean {
    return this.#get(worker, WORD.awaits) === 1;
  }

  setSleeps(worker: number, sleeps: boolean): void {
    this.#set(worker, WORD.sleeps, sleeps ? 1 : 0);
  }

  /** Whether a worker slept; it counts as awake from now on, so that one wakes it only. */
  rouse(worker: number): boolean {
    return Atomics.exchange(this.#words, worker * WORKER_WORDS + WORD.sleeps, 0) === 1;
  }

  #get(worker: number, word: number): number {
    return Atomics.load(this.#words, worker * WORKER_WORDS + word);
  }

  #set(worker: number, word: number, value: number): void {
    Atomics.store(this.#words, worker * WORKER_WORDS + word, value);
  }
}

/** One worker's end of the rings: gives others what is theirs, and finds what they have for it. */
export class HandOver {
  /** From each other worker. */
  readonly incoming: readonly HandOverRing[];
  readonly states: WorkerStates;
  readonly #sys: Sys;
  readonly #me: number;
  readonly #bells: readonly number[];
  /** To each worker; none to itself. */
  readonly #outgoing: readonly (HandOverRing | undefined)[];
  readonly #path: () => PacketPath;
  readonly #nowhere = new EndpointWords();
  /** The number that is written to a bell. */
  readonly #one: Arena;
  /** Where the own bell's number is read to. */
  readonly #strokes: Arena;
  #unpublishedOctets = 0;

  /** `path` counts. */
  constructor(sys: Sys, shared: Shared, me: number, path: () => PacketPath) {
    const { workers, rings, words, bells } = shared;
    this.#sys = sys;
    this.#me = me;
    this.#bells = bells;
    this.#path = path;
    this.states = new WorkerStates(shared);
    const positions = new Int32Array(words).subarray(workers * WORKER_WORDS);
    const ring = (from: number, to: number): HandOverRing => {
      const index = from * (workers - 1) + (to > from ? to - 1 : to);
      const arena = sys.share(rings.pointer + index * RING_OCTETS, RING_OCTETS);
      return new HandOverRing(sys, arena, positions, index);
    };
    const all = Array.from({ length: workers }, (_, worker) => worker);
    this.#outgoing = all.map((to) => (to === me ? undefined : ring(me, to)));
    this.incoming = all.filter((from) => from !== me).map((from) => ring(from, me));
    this.#one = sys.memory(8);
    this.#one.words[0] = 1;
    this.#strokes = sys.memory(8);
  }

  /** The eventfd by which others wake this worker. */
  get bell(): number {
    return this.#bells[this.#me] as number;
  }

  /** Leaves out, and counts, what a predecessor may have died of: the packet it worked on. */
  skipUnderWork(): void {
    for (const ring of this.incoming) {
      if (!ring.wasUnderWork) continue;
      ring.look();
      ring.next();
      ring.release();
      this.#path().count(PATH_COUNTER.queueFull);
    }
  }

  /** Gives an ESP packet that arrived at port number `port` to its worker. */
  giveEsp(
    worker: number,
    source: Arena,
    from: number,
    octets: number,
    port: number,
    remote: EndpointWords,
    trafficClass: number,
  ): void {
    this.#give(worker, source, from, octets, port, 0, remote, trafficClass);
  }

  /** Gives a frame of the TUN interface, which has been given `hops` times before, to its worker. */
  giveFrame(worker: number, source: Arena, from: number, octets: number, hops: number): void {
    this.#give(worker, source, from, octets, ORIGIN.inside, hops, this.#nowhere, 0);
  }

  /** Shows the others what they were given, and wakes those that sleep. */
  publish(): void {
    if (this.#unpublishedOctets === 0) return;
    this.#unpublishedOctets = 0;
    for (let worker = 0; worker < this.#outgoing.length; worker += 1)
      if (this.#outgoing[worker]?.publish()) this.#wake(worker);
  }

  /** Wakes every worker that waits for a transaction to be carried out. */
  wakeAwaiting(): void {
    for (let worker = 0; worker < this.#outgoing.length; worker += 1)
      if (worker !== this.#me && this.states.awaits(worker)) this.#wake(worker);
  }

  /** Before a wait: from now on the others ring the bell. Whether there is something already. */
  fallAsleep(): boolean {
    this.states.setSleeps(this.#me, true);
    for (const ring of this.incoming) if (ring.waits) return true;
    return false;
  }

  /** After a wait. `rung` when the bell is what ended it. */
  wakeUp(rung: boolean): void {
    this.states.setSleeps(this.#me, false);
    if (rung) this.#sys.read(this.bell, this.#strokes.pointer, 8);
  }

  #give(
    worker: number,
    source: Arena,
    from: number,
    octets: number,
    origin: number,
    hops: number,
    remote: EndpointWords,
    trafficClass: number,
  ): void {
    const ring = this.#outgoing[worker];
    const given =
      hops < MOST_HOPS &&
      ring?.put(source, from, octets, origin, hops + 1, remote, trafficClass) === true;
    this.#path().count(given ? PATH_COUNTER.handedOver : PATH_COUNTER.queueFull);
    if (!given) return;
    this.#unpublishedOctets += octets;
    if (this.#unpublishedOctets >= UNPUBLISHED_OCTETS) this.publish();
  }

  #wake(worker: number): void {
    if (this.states.rouse(worker))
      this.#sys.write(this.#bells[worker] as number, this.#one.pointer, 8);
  }
}
