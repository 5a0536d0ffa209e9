import { constants } from 'node:os';
import type { Arena } from '#base/arena';
import type { Instant } from '#base/instant';
import { EndpointWords } from '#dataplane/endpoint-words';
import { MOST_UDP_OCTETS } from '#dataplane/ip-packet';
import {
  IP_MTU_DISCOVER,
  IP_TOS,
  IPV6_MTU_DISCOVER,
  IPV6_TCLASS,
  PMTUDISC_DO,
  PMTUDISC_DONT,
  POLLOUT,
  readSockaddr,
  SOCKADDR_ROOM,
  SOL_IP,
  SOL_IPV6,
  SOL_UDP,
  UDP_SEGMENT,
  writeSockaddr,
} from './linux.ts';
import { CMSG, MESSAGE, setPointer } from './message-layout.ts';
import type { Sys } from './sys.ts';
import { TrainRefusals } from './train-refusals.ts';

const { EAGAIN, ENOBUFS, EINTR, EIO, EMSGSIZE } = constants.errno;

/** The socket that a batch sends through. */
export type Outlet = {
  readonly fd: number;
  readonly family: 4 | 6;
  /** A UDP socket, or a raw one of IP protocol 50. */
  readonly isUdp: boolean;
};

/** What a batch tells while it sends. */
export type SendTroubles = {
  /** The system would not take so many packets. */
  readonly dropped: (packets: number) => void;
  /** The path to a peer is narrower than was thought. */
  readonly tooLarge: () => void;
};

const MOST_MESSAGES = 128;
const CONTROL_OCTETS = 24;
/** A traffic class and a segment size, in this order. */
const CONTROL_ROOM = 2 * CONTROL_OCTETS;
/** For the arguments of other calls. */
const SCRATCH_OCTETS = 8;
/** What packets lie in until they are sent. */
const PAYLOAD_OCTETS = 512 * 1024;
/** What every kernel that has UDP_SEGMENT takes. */
const MOST_SEGMENTS = 64;
/** How long a socket that has no room may hold up a turn of the loop before packets are dropped. */
const PATIENCE_MS = 10;

/** Whether the system has no room for more packets now, which one packet has as little as many. */
const hasNoRoom = (errno: number): boolean => errno === EAGAIN || errno === ENOBUFS;

/**
 * Collects the packets that leave through one socket and sends many by one system call. Packets of
 * one size that follow each other to one peer become one message, a train that the kernel cuts up
 * (UDP_SEGMENT), which costs it a tenth of the work.
 */
export class SendBatch {
  readonly arena: Arena;
  readonly #sys: Sys;
  readonly #outlet: Outlet;
  readonly #troubles: SendTroubles;
  readonly #words: Uint32Array;
  readonly #vectors: number;
  readonly #names: number;
  readonly #controls: number;
  readonly #scratch: number;
  readonly #payload: number;
  /** Packets of each message, and the size of each but the last. */
  readonly #packets = new Uint16Array(MOST_MESSAGES);
  readonly #sizes = new Uint16Array(MOST_MESSAGES);

  readonly #refusals = new TrainRefusals();
  #dontFragment = false;
  /** Whether this turn has waited for room already. */
  #hasWaited = false;
  #messages = 0;
  /** Where the next packet goes. */
  #end: number;
  /** Of the last message: its peer and traffic class, and whether another packet may follow. */
  readonly #remote = new EndpointWords();
  #trafficClass = 0;
  #open = false;

  constructor(sys: Sys, outlet: Outlet, troubles: SendTroubles) {
    this.#sys = sys;
    this.#outlet = outlet;
    this.#troubles = troubles;
    this.#vectors = MOST_MESSAGES * MESSAGE.octets;
    this.#names = this.#vectors + MOST_MESSAGES * MESSAGE.iovecOctets;
    this.#controls = this.#names + MOST_MESSAGES * SOCKADDR_ROOM;
    this.#scratch = this.#controls + MOST_MESSAGES * CONTROL_ROOM;
    this.#payload = this.#scratch + SCRATCH_OCTETS;
    this.#end = this.#payload;
    this.arena = sys.memory(this.#payload + PAYLOAD_OCTETS);
    this.#words = this.arena.words;
    for (let i = 0; i < MOST_MESSAGES; i += 1) {
      const message = (i * MESSAGE.octets) / 4;
      const point = (field: number, offset: number) =>
        setPointer(this.#words, message + field, this.arena.pointer + offset);
      point(MESSAGE.name, this.#names + i * SOCKADDR_ROOM);
      point(MESSAGE.iovec, this.#vectors + i * MESSAGE.iovecOctets);
      point(MESSAGE.control, this.#controls + i * CONTROL_ROOM);
      this.#words[message + MESSAGE.iovecCount] = 1;
    }
    this.#discoverPathMtu(false);
  }

  /**
   * Where to write the next packet, of `octets` octets at most, into the arena. `dontFragment` is its
   * DF bit, which is the socket's for as long as the batch lasts.
   */
  reserve(octets: number, dontFragment: boolean): number {
    const full = this.#end + octets > this.arena.bytes.length;
    if (full || this.#messages === MOST_MESSAGES || dontFragment !== this.#dontFragment)
      this.#sendAll();
    if (dontFragment !== this.#dontFragment) this.#discoverPathMtu(dontFragment);
    return this.#end;
  }

  /**
   * Takes the packet of `octets` octets that was written where `reserve` said. One that nobody says
   * `fits` the path goes by itself: the kernel fragments no train.
   */
  commit(remote: EndpointWords, octets: number, trafficClass: number, fits: boolean): void {
    if (fits && this.#open && this.#joins(remote, octets, trafficClass)) this.#extend(octets);
    else this.#start(remote, octets, trafficClass, fits);
    this.#end += octets;
  }

  /** Sends everything that was committed; a turn of the loop is over. */
  flush(): void {
    this.#sendAll();
    this.#hasWaited = false;
  }

  /** Time passes. */
  age(now: Instant): void {
    this.#refusals.age(now);
  }

  #sendAll(): void {
    for (let next = 0; next < this.#messages; ) next += this.#send(next);
    this.#messages = 0;
    this.#end = this.#payload;
    this.#open = false;
  }

  #joins(remote: EndpointWords, octets: number, trafficClass: number): boolean {
    const last = this.#messages - 1;
    const size = this.#sizes[last] as number;
    const packets = this.#packets[last] as number;
    return (
      octets <= size &&
      packets < MOST_SEGMENTS &&
      packets * size + octets <= MOST_UDP_OCTETS &&
      trafficClass === this.#trafficClass &&
      remote.equals(this.#remote)
    );
  }

  #start(remote: EndpointWords, octets: number, trafficClass: number, fits: boolean): void {
    const i = this.#messages;
    const words = this.#words;
    const message = (i * MESSAGE.octets) / 4;
    const name = this.#names + i * SOCKADDR_ROOM;
    words[message + MESSAGE.nameOctets] = writeSockaddr(this.arena.bytes, name, remote);
    // The port of a raw socket's peer would be taken for a protocol number.
    if (!this.#outlet.isUdp) this.arena.bytes.fill(0, name + 2, name + 4);
    words[message + MESSAGE.controlOctets] = 0;
    if (trafficClass !== 0)
      if (this.#outlet.family === 4) this.#addControl(i, SOL_IP, IP_TOS, 4, trafficClass);
      else this.#addControl(i, SOL_IPV6, IPV6_TCLASS, 4, trafficClass);
    this.#setVector(i, this.#end, octets);
    this.#packets[i] = 1;
    this.#sizes[i] = octets;
    this.#messages += 1;
    this.#remote.copy(remote);
    this.#trafficClass = trafficClass;
    this.#open = fits && this.#outlet.isUdp && this.#refusals.admits(remote);
  }

  #extend(octets: number): void {
    const i = this.#messages - 1;
    const size = this.#sizes[i] as number;
    const packets = (this.#packets[i] as number) + 1;
    const start = this.#end - (packets - 1) * size;
    this.#setVector(i, start, this.#end + octets - start);
    this.#packets[i] = packets;
    if (packets === 2) this.#addControl(i, SOL_UDP, UDP_SEGMENT, 2, size);
    // Only the last packet of a train may be shorter.
    if (octets < size) this.#open = false;
  }

  #setVector(i: number, start: number, octets: number): void {
    const vector = (this.#vectors + i * MESSAGE.iovecOctets) / 4;
    setPointer(this.#words, vector, this.arena.pointer + start);
    this.#words[vector + 2] = octets;
  }

  /** Appends a control message that holds one number. */
  #addControl(i: number, level: number, type: number, octets: number, value: number): void {
    const words = this.#words;
    const message = (i * MESSAGE.octets) / 4;
    const used = words[message + MESSAGE.controlOctets] as number;
    const at = (this.#controls + i * CONTROL_ROOM + used) / 4;
    words[at] = CMSG.dataAt + octets;
    words[at + CMSG.level] = level;
    words[at + CMSG.type] = type;
    words[at + CMSG.dataAt / 4] = value;
    words[message + MESSAGE.controlOctets] = used + CONTROL_OCTETS;
  }

  /** Sends from message `first` on; how many messages are dealt with. */
  #send(first: number): number {
    const errno = this.#trySend(first, this.#messages - first);
    if (errno <= 0) return -errno;
    const packets = this.#packets[first] as number;
    if (hasNoRoom(errno)) this.#troubles.dropped(packets);
    else if (packets === 1) this.#sendWithoutDf(first, errno);
    else {
      // Its packets were said to fit. Kernels before 6.14 say EINVAL, and EMSGSIZE of each with DF.
      if (errno === EMSGSIZE) this.#troubles.tooLarge();
      // Other errors concern this train; this one is of all to the peer.
      if (errno === EIO) this.#refuseTrains(first);
      this.#sendOneByOne(first);
    }
    return 1;
  }

  /**
   * One system call for `count` messages, and another when there was no room, once in a turn: the error,
   * or minus the number of messages sent.
   */
  #trySend(first: number, count: number): number {
    const pointer = this.arena.pointer + first * MESSAGE.octets;
    for (;;) {
      const sent = this.#sys.sendmmsg(this.#outlet.fd, pointer, count, 0);
      if (sent > 0) return -sent;
      const errno = this.#sys.errno();
      if (errno === EINTR) continue;
      if (this.#hasWaited || !hasNoRoom(errno)) return errno;
      this.#awaitRoom();
    }
  }

  #refuseTrains(i: number): void {
    const peer = new EndpointWords();
    readSockaddr(this.arena.bytes, this.#names + i * SOCKADDR_ROOM, peer);
    this.#refusals.add(peer);
  }

  /** Sends the packets of a train as messages of their own. */
  #sendOneByOne(i: number): void {
    const packets = this.#packets[i] as number;
    const size = this.#sizes[i] as number;
    const vector = (this.#vectors + i * MESSAGE.iovecOctets) / 4;
    const message = (i * MESSAGE.octets) / 4;
    const low = this.#words[vector] as number;
    const start = low + (this.#words[vector + 1] as number) * 2 ** 32 - this.arena.pointer;
    const whole = this.#words[vector + 2] as number;
    this.#words[message + MESSAGE.controlOctets] =
      (this.#words[message + MESSAGE.controlOctets] as number) - CONTROL_OCTETS;
    for (let k = 0; k < packets; k += 1) {
      this.#setVector(i, start + k * size, Math.min(size, whole - k * size));
      const errno = this.#trySend(i, 1);
      if (errno > 0) this.#sendWithoutDf(i, errno);
    }
  }

  /**
   * The first packets that are too large for the path leave without DF, in fragments, rather than
   * never: that the path is so narrow comes to light with them. Every other error costs the packet.
   */
  #sendWithoutDf(i: number, errno: number): void {
    if (errno !== EMSGSIZE || !this.#dontFragment) {
      this.#troubles.dropped(1);
      return;
    }
    this.#troubles.tooLarge();
    this.#discoverPathMtu(false);
    if (this.#trySend(i, 1) > 0) this.#troubles.dropped(1);
    this.#discoverPathMtu(true);
  }

  #awaitRoom(): void {
    this.#hasWaited = true;
    const at = this.#scratch;
    this.#words[at / 4] = this.#outlet.fd;
    this.#words[at / 4 + 1] = POLLOUT;
    this.#sys.poll(this.arena.pointer + at, 1, PATIENCE_MS);
  }

  #discoverPathMtu(dontFragment: boolean): void {
    this.#dontFragment = dontFragment;
    const at = this.#scratch;
    this.#words[at / 4] = dontFragment ? PMTUDISC_DO : PMTUDISC_DONT;
    const [level, name] =
      this.#outlet.family === 4 ? [SOL_IP, IP_MTU_DISCOVER] : [SOL_IPV6, IPV6_MTU_DISCOVER];
    this.#sys.setsockopt(this.#outlet.fd, level, name, this.arena.pointer + at, 4);
  }
}
