import type { Arena } from '#base/arena';
import { TRAILER_ROOM } from '#dataplane/encapsulate';
import type { EndpointWords } from '#dataplane/endpoint-words';
import type { Sys } from './sys.ts';

/** Octets of a ring; a power of two. */
export const RING_OCTETS = 4 * 1024 * 1024;
/** Entries begin at cache lines. */
const LINE_OCTETS = 64;
const HEADER_OCTETS = 48;
/** A virtio header is put so that the packet behind it is aligned for sums. */
const PACKET_AT = HEADER_OCTETS + 2;

/** Words of an entry's header. */
const WORD = {
  /** Octets of the entry, header and all; what follows it begins there. */
  entryOctets: 0,
  octets: 1,
  /** The number of the port that the packet arrived at, or a member of `ORIGIN`. */
  origin: 2,
  hops: 3,
  trafficClass: 4,
  family: 5,
  port: 6,
  address: 7,
} as const;

export const ORIGIN = {
  /** A frame of the TUN interface. */
  inside: -1,
  /** No entry, but the rest of the ring before its beginning. */
  none: -2,
} as const;

/** Where the positions of a ring lie in the words that the workers share, a cache line for each. */
const POSITION_WORDS = 32;
const TAIL = 16;
/** Behind the head: 1 while the reader works on a packet. */
const UNDER_WORK = 1;
/** Words that `rings` rings share. */
export const ringWords = (rings: number): number => rings * POSITION_WORDS;

/**
 * Packets on their way from one worker to another: a ring in memory that both see, with one writer
 * and one reader. Written packets become visible together, by `publish`; a packet is read where it
 * lies. Nothing here makes an object.
 */
export class HandOverRing {
  readonly arena: Arena;
  /** Of the entry that `next` found. */
  at = 0;
  octets = 0;
  origin = 0;
  hops = 0;
  trafficClass = 0;

  readonly #sys: Sys;
  readonly #words: Int32Array;
  /** Positions count octets since the start, and wrap at 2^32. */
  readonly #positions: Int32Array;
  readonly #head: number;
  readonly #tail: number;
  /** Writer: where the next entry goes, and how far the reader was when last looked at. */
  #write: number;
  #seenHead: number;
  /** Reader: where the next entry is, what is published, and where the entry after the present one is. */
  #read: number;
  #end: number;
  #nextRead: number;

  /** Ring number `index` of those that `positions` has words for; `arena` holds `RING_OCTETS`. */
  constructor(sys: Sys, arena: Arena, positions: Int32Array, index: number) {
    this.#sys = sys;
    this.arena = arena;
    this.#words = new Int32Array(arena.words.buffer);
    this.#positions = positions;
    this.#head = index * POSITION_WORDS;
    this.#tail = this.#head + TAIL;
    this.#write = Atomics.load(positions, this.#tail);
    this.#seenHead = Atomics.load(positions, this.#head);
    this.#read = this.#seenHead;
    this.#end = this.#read;
    this.#nextRead = this.#read;
  }

  /** Writes a packet of `octets` octets at `from`; false when there is no room. */
  put(
    source: Arena,
    from: number,
    octets: number,
    origin: number,
    hops: number,
    remote: EndpointWords,
    trafficClass: number,
  ): boolean {
    const need = (PACKET_AT + octets + TRAILER_ROOM + LINE_OCTETS - 1) & -LINE_OCTETS;
    const untilEnd = RING_OCTETS - (this.#write & (RING_OCTETS - 1));
    const skipped = need > untilEnd ? untilEnd : 0;
    if (!this.#hasRoom(skipped + need)) return false;
    if (skipped > 0) this.#skip(skipped);
    const entry = this.#write & (RING_OCTETS - 1);
    const words = this.#words;
    const at = entry >> 2;
    words[at + WORD.entryOctets] = need;
    words[at + WORD.octets] = octets;
    words[at + WORD.origin] = origin;
    words[at + WORD.hops] = hops;
    words[at + WORD.trafficClass] = trafficClass;
    words[at + WORD.family] = remote.family;
    words[at + WORD.port] = remote.port;
    words[at + WORD.address] = remote.a;
    words[at + WORD.address + 1] = remote.b;
    words[at + WORD.address + 2] = remote.c;
    words[at + WORD.address + 3] = remote.d;
    this.#sys.memcpy(this.arena.pointer + entry + PACKET_AT, source.pointer + from, octets);
    this.#write = (this.#write + need) | 0;
    return true;
  }

  /** Shows the reader what was written; whether there was anything. */
  publish(): boolean {
    if (Atomics.load(this.#positions, this.#tail) === this.#write) return false;
    Atomics.store(this.#positions, this.#tail, this.#write);
    return true;
  }

  /** Whether something is there to read. */
  get waits(): boolean {
    return Atomics.load(this.#positions, this.#tail) !== this.#read;
  }

  /** Looks what is there; `next` goes no further until the next look. */
  look(): void {
    this.#end = Atomics.load(this.#positions, this.#tail);
  }

  /** Moves on to the next packet; false when there is none. `release` has to follow. */
  next(): boolean {
    const words = this.#words;
    while (this.#read !== this.#end) {
      const entry = this.#read & (RING_OCTETS - 1);
      const at = entry >> 2;
      this.#nextRead = (this.#read + (words[at + WORD.entryOctets] as number)) | 0;
      this.origin = words[at + WORD.origin] as number;
      if (this.origin === ORIGIN.none) {
        this.release();
        continue;
      }
      this.at = entry + PACKET_AT;
      this.octets = words[at + WORD.octets] as number;
      this.hops = words[at + WORD.hops] as number;
      this.trafficClass = words[at + WORD.trafficClass] as number;
      this.#positions[this.#head + UNDER_WORK] = 1;
      return true;
    }
    return false;
  }

  /** Whether a reader before this one died over a packet, which `next` finds again. */
  get wasUnderWork(): boolean {
    return this.#positions[this.#head + UNDER_WORK] === 1;
  }

  /** Where the packet that `next` found came from. */
  remote(into: EndpointWords): void {
    const words = this.#words;
    const at = (this.at - PACKET_AT) >> 2;
    into.family = words[at + WORD.family] as number;
    into.port = words[at + WORD.port] as number;
    into.a = words[at + WORD.address] as number;
    into.b = words[at + WORD.address + 1] as number;
    into.c = words[at + WORD.address + 2] as number;
    into.d = words[at + WORD.address + 3] as number;
  }

  /** Gives the room of the present packet back to the writer. */
  release(): void {
    this.#read = this.#nextRead;
    this.#positions[this.#head + UNDER_WORK] = 0;
    Atomics.store(this.#positions, this.#head, this.#read);
  }

  #hasRoom(octets: number): boolean {
    if (((this.#write - this.#seenHead) | 0) + octets <= RING_OCTETS) return true;
    this.#seenHead = Atomics.load(this.#positions, this.#head);
    return ((this.#write - this.#seenHead) | 0) + octets <= RING_OCTETS;
  }

  #skip(octets: number): void {
    const at = (this.#write & (RING_OCTETS - 1)) >> 2;
    this.#words[at + WORD.entryOctets] = octets;
    this.#words[at + WORD.origin] = ORIGIN.none;
    this.#write = (this.#write + octets) | 0;
  }
}
