import type { Arena } from '#base/arena';
import type { EndpointWords } from '#dataplane/endpoint-words';
import {
  IP_TOS,
  IPV6_TCLASS,
  MSG_DONTWAIT,
  MSG_TRUNC,
  readSockaddr,
  SOCKADDR_ROOM,
  SOL_IP,
  SOL_IPV6,
  SOL_UDP,
  UDP_GRO,
} from './linux.ts';
import { CMSG, MESSAGE, setPointer } from './message-layout.ts';
import type { Sys } from './sys.ts';

/** The largest datagram, or train of datagrams, that the kernel hands over. */
const BUFFER_OCTETS = 65_536;
const CONTROL_ROOM = 64;

/**
 * Reads many datagrams by one system call. With UDP_GRO each may be a train of datagrams of one size,
 * the last of which may be shorter.
 */
export class ReceiveBatch {
  readonly arena: Arena;
  readonly #sys: Sys;
  readonly #words: Uint32Array;
  readonly #count: number;
  readonly #names: number;
  readonly #control: number;
  readonly #buffers: number;

  constructor(sys: Sys, count: number) {
    const vectors = count * MESSAGE.octets;
    this.#names = vectors + count * MESSAGE.iovecOctets;
    this.#control = this.#names + count * SOCKADDR_ROOM;
    this.#buffers = this.#control + count * CONTROL_ROOM;
    this.#sys = sys;
    this.#count = count;
    this.arena = sys.memory(this.#buffers + count * BUFFER_OCTETS);
    this.#words = this.arena.words;
    for (let i = 0; i < count; i += 1) {
      const message = (i * MESSAGE.octets) / 4;
      const vector = vectors + i * MESSAGE.iovecOctets;
      setPointer(
        this.#words,
        message + MESSAGE.name,
        this.#address(this.#names + i * SOCKADDR_ROOM),
      );
      setPointer(this.#words, message + MESSAGE.iovec, this.#address(vector));
      this.#words[message + MESSAGE.iovecCount] = 1;
      setPointer(
        this.#words,
        message + MESSAGE.control,
        this.#address(this.#control + i * CONTROL_ROOM),
      );
      setPointer(this.#words, vector / 4, this.#address(this.offset(i)));
      this.#words[vector / 4 + 2] = BUFFER_OCTETS;
    }
  }

  /** Reads what is there; the number of messages, or the negative error number. */
  receive(fd: number): number {
    for (let i = 0; i < this.#count; i += 1) {
      const message = (i * MESSAGE.octets) / 4;
      this.#words[message + MESSAGE.nameOctets] = SOCKADDR_ROOM;
      this.#words[message + MESSAGE.controlOctets] = CONTROL_ROOM;
    }
    const got = this.#sys.recvmmsg(fd, this.arena.pointer, this.#count, MSG_DONTWAIT, 0);
    return got < 0 ? -this.#sys.errno() : got;
  }

  /** Where message `i` begins in the arena. */
  offset(i: number): number {
    return this.#buffers + i * BUFFER_OCTETS;
  }

  octets(i: number): number {
    return this.#words[(i * MESSAGE.octets) / 4 + MESSAGE.length] as number;
  }

  truncated(i: number): boolean {
    const flags = this.#words[(i * MESSAGE.octets) / 4 + MESSAGE.flags] as number;
    return (flags & MSG_TRUNC) !== 0;
  }

  remote(i: number, into: EndpointWords): void {
    readSockaddr(this.arena.bytes, this.#names + i * SOCKADDR_ROOM, into);
  }

  /** Octets of each datagram of the train; the whole message when it is a single one. */
  segmentOctets(i: number): number {
    const at = this.#find(i, SOL_UDP, UDP_GRO, SOL_UDP, UDP_GRO);
    return at < 0 ? this.octets(i) : (this.#words[at / 4] as number);
  }

  /** DSCP and ECN of the outer header. */
  trafficClass(i: number): number {
    const at = this.#find(i, SOL_IP, IP_TOS, SOL_IPV6, IPV6_TCLASS);
    return at < 0 ? 0 : (this.arena.bytes[at] as number);
  }

  /** Where the data of the control message of one of two kinds lies; below 0 when there is none. */
  #find(i: number, levelA: number, typeA: number, levelB: number, typeB: number): number {
    const words = this.#words;
    let at = this.#control + i * CONTROL_ROOM;
    const end = at + (words[(i * MESSAGE.octets) / 4 + MESSAGE.controlOctets] as number);
    while (at + CMSG.dataAt <= end) {
      const octets = words[at / 4] as number;
      if (octets < CMSG.dataAt) return -1;
      const level = words[at / 4 + CMSG.level];
      const type = words[at / 4 + CMSG.type];
      if ((level === levelA && type === typeA) || (level === levelB && type === typeB))
        return at + CMSG.dataAt;
      at += (octets + 7) & ~7;
    }
    return -1;
  }

  #address(offset: number): number {
    return this.arena.pointer + offset;
  }
}
