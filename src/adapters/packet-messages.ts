import koffi from 'koffi';

/** Memory that system calls read and write: it does not move, and its place is known. */
export class Memory {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly pointer: number;

  constructor(octets: number) {
    const buffer = new SharedArrayBuffer(octets);
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.pointer = Number(koffi.address(this.bytes));
  }

  /** Stores a pointer; user space ends far below the 53 bits that a number holds exactly. */
  setPointer(at: number, pointer: number): void {
    this.view.setUint32(at, pointer % 0x1_0000_0000, true);
    this.view.setUint32(at + 4, Math.floor(pointer / 0x1_0000_0000), true);
  }
}

/** struct mmsghdr and struct iovec of a 64-bit Linux; recvmmsg(2). */
const MMSGHDR_OCTETS = 64;
const MSG_IOV_AT = 16;
const MSG_IOVLEN_AT = 24;
const MSG_LEN_AT = 56;
const IOVEC_OCTETS = 16;
const IOV_LEN_AT = 8;

/** The messages of one recvmmsg or sendmmsg, each of one piece of memory. */
export class MessageArray {
  readonly #memory: Memory;
  readonly #messages: number;

  constructor(messages: number) {
    this.#messages = messages;
    this.#memory = new Memory(messages * (MMSGHDR_OCTETS + IOVEC_OCTETS));
    for (let n = 0; n < messages; n += 1) {
      const vector = this.#memory.pointer + this.#vectorAt(n);
      this.#memory.setPointer(n * MMSGHDR_OCTETS + MSG_IOV_AT, vector);
      this.#memory.setPointer(n * MMSGHDR_OCTETS + MSG_IOVLEN_AT, 1);
    }
  }

  /** Where the messages from `n` on begin. */
  pointerTo(n: number): number {
    return this.#memory.pointer + n * MMSGHDR_OCTETS;
  }

  /** Sets the piece of memory that message `n` is read from or written to. */
  set(n: number, pointer: number, octets: number): void {
    this.#memory.setPointer(this.#vectorAt(n), pointer);
    this.#memory.setPointer(this.#vectorAt(n) + IOV_LEN_AT, octets);
  }

  /** How many octets the kernel received into message `n`. */
  octetsOf(n: number): number {
    return this.#memory.view.getUint32(n * MMSGHDR_OCTETS + MSG_LEN_AT, true);
  }

  #vectorAt(n: number): number {
    return this.#messages * MMSGHDR_OCTETS + n * IOVEC_OCTETS;
  }
}
