import type { Arena } from '#base/arena';
import type { Sys } from './userspace/sys.ts';

/** struct mmsghdr and struct iovec of a 64-bit Linux; recvmmsg(2). */
const MMSGHDR_OCTETS = 64;
const MSG_IOV_AT = 16;
const MSG_IOVLEN_AT = 24;
const MSG_LEN_AT = 56;
const IOVEC_OCTETS = 16;
const IOV_LEN_AT = 8;

/** The messages of one recvmmsg or sendmmsg, each of one piece of memory. */
export class MessageArray {
  readonly #arena: Arena;
  readonly #view: DataView;
  readonly #messages: number;

  constructor(sys: Sys, messages: number) {
    this.#messages = messages;
    this.#arena = sys.arena(messages * (MMSGHDR_OCTETS + IOVEC_OCTETS));
    this.#view = new DataView(this.#arena.bytes.buffer);
    for (let n = 0; n < messages; n += 1) {
      this.#setWord(n * MMSGHDR_OCTETS + MSG_IOV_AT, this.#arena.pointer + this.#vectorAt(n));
      this.#setWord(n * MMSGHDR_OCTETS + MSG_IOVLEN_AT, 1);
    }
  }

  /** Where the messages from `n` on begin. */
  pointerTo(n: number): number {
    return this.#arena.pointer + n * MMSGHDR_OCTETS;
  }

  /** Sets the piece of memory that message `n` is read from or written to. */
  set(n: number, pointer: number, octets: number): void {
    this.#setWord(this.#vectorAt(n), pointer);
    this.#setWord(this.#vectorAt(n) + IOV_LEN_AT, octets);
  }

  /** How many octets the kernel received into message `n`. */
  octetsOf(n: number): number {
    return this.#view.getUint32(n * MMSGHDR_OCTETS + MSG_LEN_AT, true);
  }

  /** Stores 64 bits; user space ends far below the 53 that a number holds exactly. */
  #setWord(at: number, value: number): void {
    this.#view.setUint32(at, value % 0x1_0000_0000, true);
    this.#view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true);
  }

  #vectorAt(n: number): number {
    return this.#messages * MMSGHDR_OCTETS + n * IOVEC_OCTETS;
  }
}
