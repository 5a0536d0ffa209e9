import type { Arena } from '#base/arena';
import type { Sys } from './sys.ts';

/** Rows come in chunks of this size, of which the system keeps the pages that were touched. */
const CHUNK_OCTETS = 2 ** 20;

/**
 * The keys of the SAs of one suite and direction, side by side in memory that OpenSSL can read, each with
 * room for what else a packet needs beside them. A row is named by a small number.
 */
export class KeyRows {
  readonly #sys: Sys;
  /** A row has 2^#shift octets, a chunk 2^#chunkShift rows. */
  readonly #shift: number;
  readonly #chunkShift: number;
  readonly #chunks: Arena[] = [];
  readonly #free: number[] = [];
  #used = 0;

  /** For rows of `octets` octets at least. */
  constructor(sys: Sys, octets: number) {
    this.#sys = sys;
    this.#shift = Math.ceil(Math.log2(octets));
    this.#chunkShift = Math.log2(CHUNK_OCTETS) - this.#shift;
  }

  /** A row with these octets, one part behind the other, and zeros behind them. */
  take(...parts: readonly Uint8Array[]): number {
    const row = this.#free.pop() ?? this.#used++;
    if (row >>> this.#chunkShift === this.#chunks.length)
      this.#chunks.push(this.#sys.memory(CHUNK_OCTETS));
    let at = this.offset(row);
    for (const part of parts) {
      this.arena(row).bytes.set(part, at);
      at += part.length;
    }
    return row;
  }

  /** Wipes a row, which may become another's. */
  giveBack(row: number): void {
    const at = this.offset(row);
    this.arena(row).bytes.fill(0, at, at + (1 << this.#shift));
    this.#free.push(row);
  }

  /** Where the row begins in the address space. */
  pointer(row: number): number {
    return this.arena(row).pointer + this.offset(row);
  }

  /** The chunk that holds the row, and where in it the row begins. */
  arena(row: number): Arena {
    return this.#chunks[row >>> this.#chunkShift] as Arena;
  }

  offset(row: number): number {
    return (row & ((1 << this.#chunkShift) - 1)) << this.#shift;
  }
}
