import { assert } from '#base/assert';
import type { OpenSsl } from '../openssl.ts';
import type { Sys } from './sys.ts';

/** What C gives to a thread, and does not take back by itself when the thread dies. */
const KIND = { none: 0, memory: 1, cipher: 2, hmac: 3 } as const;
type Kind = (typeof KIND)[keyof typeof KIND];

/** An entry: its kind, its address, and for memory its octets. */
const ENTRY_WORDS = 3;
const ENTRY_OCTETS = ENTRY_WORDS * Float64Array.BYTES_PER_ELEMENT;
const FIRST_ENTRIES = 256;
/** The contexts of every suite, and the keys of millions of SAs; only used as far as it is filled. */
const MOST_ENTRIES = 2 ** 18;

/** Memory for a `Ledger`, which the main thread and one worker see. */
export const ledgerMemory = (): SharedArrayBuffer =>
  new SharedArrayBuffer(FIRST_ENTRIES * ENTRY_OCTETS, {
    maxByteLength: MOST_ENTRIES * ENTRY_OCTETS,
  });

/** Keeps, for whoever survives a worker, what that worker holds of the memory of C. */
class Ledger {
  readonly #buffer: SharedArrayBuffer;
  /** Grows with its buffer. */
  readonly #words: Float64Array;
  readonly #free: number[] = [];
  readonly #places = new Map<number, number>();
  #used = 0;

  constructor(buffer: SharedArrayBuffer) {
    this.#buffer = buffer;
    this.#words = new Float64Array(buffer);
  }

  enter(kind: Kind, pointer: number, octets = 0): number {
    if (pointer === 0) return pointer;
    const at = this.#free.pop() ?? this.#extend();
    this.#words[at + 1] = pointer;
    this.#words[at + 2] = octets;
    this.#words[at] = kind;
    this.#places.set(pointer, at);
    return pointer;
  }

  /** Comes before the memory is given back: what dies in between is lost, not given back twice. */
  strike(pointer: number): void {
    const at = this.#places.get(pointer);
    if (at === undefined) return;
    this.#words[at] = KIND.none;
    this.#places.delete(pointer);
    this.#free.push(at);
  }

  #extend(): number {
    const at = this.#used * ENTRY_WORDS;
    this.#used += 1;
    assert(this.#used <= MOST_ENTRIES, 'more memory of C than a worker may hold');
    if (at >= this.#words.length) this.#buffer.grow(2 * this.#buffer.byteLength);
    return at;
  }
}

/** The same system, with a note in `memory` of everything that it lends. */
export function recorded(sys: Sys, memory: SharedArrayBuffer): Sys {
  const ledger = new Ledger(memory);
  const given = (kind: Kind, make: () => number) => () => ledger.enter(kind, make());
  const returned = (free: (pointer: number) => void) => (pointer: number) => {
    ledger.strike(pointer);
    free(pointer);
  };
  const { openssl: ssl } = sys;
  const openssl: OpenSsl = {
    ...ssl,
    EVP_CIPHER_CTX_new: given(KIND.cipher, ssl.EVP_CIPHER_CTX_new),
    EVP_CIPHER_CTX_free: returned(ssl.EVP_CIPHER_CTX_free),
    HMAC_CTX_new: given(KIND.hmac, ssl.HMAC_CTX_new),
    HMAC_CTX_free: returned(ssl.HMAC_CTX_free),
  };
  return {
    ...sys,
    openssl,
    memory: (octets) => {
      const arena = sys.memory(octets);
      ledger.enter(KIND.memory, arena.pointer, arena.bytes.length);
      return arena;
    },
  };
}

/** Gives back what the thread that wrote `memory` still held; it must have ended. How much that was. */
export function settle(sys: Sys, memory: SharedArrayBuffer): number {
  const words = new Float64Array(memory);
  let count = 0;
  for (let at = 0; at < words.length; at += ENTRY_WORDS) {
    const kind = words[at];
    const pointer = words[at + 1] as number;
    if (kind === KIND.none) continue;
    if (kind === KIND.memory) sys.munmap(pointer, words[at + 2] as number);
    else if (kind === KIND.cipher) sys.openssl.EVP_CIPHER_CTX_free(pointer);
    else sys.openssl.HMAC_CTX_free(pointer);
    words[at] = KIND.none;
    count += 1;
  }
  return count;
}
