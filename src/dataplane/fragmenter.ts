import type { Arena } from '#base/arena';
import { sumOctets } from './checksum.ts';
import { readUint16, writeUint16 } from './octets.ts';
import { IPV4 } from './transport-fields.ts';

const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;
const OFFSET_MASK = 0x1fff;
const FIXED_HEADER_OCTETS = 20;
/** Options without this bit belong to the first fragment only; RFC 791 section 3.1. */
const COPIED = 0x80;
const OPTION_END = 0;
const OPTION_NONE = 1;

/**
 * Cuts an IPv4 packet into fragments; RFC 791 section 2.3. The fragments are made one after the other
 * at the beginning of an arena of its own: unlike segments they are the exception, and are copied.
 */
export class Fragmenter {
  /** Where the present fragment lies, from 0 on, until `next` is called again. */
  readonly arena: Arena;
  octets = 0;

  #source: Uint8Array;
  #from = 0;
  #headerOctets = 0;
  #payload = 0;
  #step = 0;
  #sent = 0;
  /** In units of 8 octets. */
  #offset = 0;
  #more = 0;
  #identification = 0;

  /** `arena` has room for the largest fragment and for what is put behind it. */
  constructor(arena: Arena) {
    this.arena = arena;
    this.#source = arena.bytes;
  }

  /**
   * Starts with the packet of `octets` octets at `from`, to be cut into fragments of at most `most`
   * octets; DF is not looked at. Whether that is possible; then `next` yields the fragments.
   */
  begin(source: Uint8Array, from: number, octets: number, most: number): boolean {
    this.#source = source;
    this.#from = from;
    this.#headerOctets = 4 * ((source[from] as number) & 15);
    this.#payload = octets - this.#headerOctets;
    this.#step = 8 * Math.floor((most - this.#headerOctets) / 8);
    this.#sent = 0;
    const field = readUint16(source, from + IPV4.fragment);
    this.#offset = field & OFFSET_MASK;
    this.#more = field & MORE_FRAGMENTS;
    const { bytes } = this.arena;
    for (let i = 0; i < this.#headerOctets; i += 1) bytes[i] = source[from + i] as number;
    // The identification of a packet that was never to be fragmented means nothing; RFC 6864 section 4.1.
    if ((field & DONT_FRAGMENT) !== 0) {
      this.#identification = (this.#identification + 1) & 0xffff;
      writeUint16(bytes, IPV4.identification, this.#identification);
    }
    return this.#step >= 8 && this.#offset + this.#payload / 8 <= OFFSET_MASK + 1;
  }

  /** Makes the next fragment; false after the last. */
  next(): boolean {
    const left = this.#payload - this.#sent;
    if (left <= 0) return false;
    const { bytes } = this.arena;
    const header = this.#headerOctets;
    const payload = Math.min(this.#step, left);
    const from = this.#from + header + this.#sent;
    for (let i = 0; i < payload; i += 1) bytes[header + i] = this.#source[from + i] as number;
    if (this.#sent > 0) dropOptions(bytes, header);
    this.octets = header + payload;
    const more = payload < left ? MORE_FRAGMENTS : this.#more;
    writeUint16(bytes, IPV4.totalLength, this.octets);
    writeUint16(bytes, IPV4.fragment, more | (this.#offset + this.#sent / 8));
    writeUint16(bytes, IPV4.checksum, 0);
    writeUint16(bytes, IPV4.checksum, ~sumOctets(this.arena, 0, header) & 0xffff);
    this.#sent += payload;
    return true;
  }
}

/** Overwrites the options that only the first fragment has. */
function dropOptions(bytes: Uint8Array, header: number): void {
  for (let at = FIXED_HEADER_OCTETS; at < header; ) {
    const kind = bytes[at] as number;
    if (kind === OPTION_END) return;
    const length = kind === OPTION_NONE ? 1 : (bytes[at + 1] as number);
    // What makes no sense is passed on as it came.
    if (length === 0 || at + length > header || (length === 1 && kind !== OPTION_NONE)) return;
    if ((kind & COPIED) === 0) bytes.fill(OPTION_NONE, at, at + length);
    at += length;
  }
}
