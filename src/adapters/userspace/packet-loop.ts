import { constants } from 'node:os';
import { type Endpoint, sameEndpoint } from '#base/address';
import type { Arena } from '#base/arena';
import { type Instant, instant } from '#base/instant';
import type { OutboundAssociation } from '#dataplane/association';
import { PATH_COUNTER } from '#dataplane/counters';
import { ENCAPSULATION_ROOM, TRAILER_ROOM } from '#dataplane/encapsulate';
import { EndpointWords } from '#dataplane/endpoint-words';
import { ipPacketOctets, mustNotFragment, trafficClassOf } from '#dataplane/ip-packet';
import { Arrival, type PacketPath } from '#dataplane/packet-path';
import { POLLIN } from './linux.ts';
import type { WorkerStart } from './messages.ts';
import { ReceiveBatch } from './receive-batch.ts';
import { SendBatch } from './send-batch.ts';
import type { OpenSocket } from './sockets.ts';
import { errorName, type Sys } from './sys.ts';

const { EAGAIN, EINTR } = constants.errno;

/** A wait ends after this time even when nothing happens, so that the thread can be stopped. */
const POLL_TIMEOUT_MS = 1000;
/** How much is read from one source before the others get their turn. */
const TUN_READS = 64;
const SOCKET_READS = 4;
const MESSAGES_PER_READ = 8;
const MOST_OCTETS = 65_535;
/** What fits in one UDP datagram over IPv4. */
const MOST_UDP_OCTETS = 65_507;

type Port = {
  readonly socket: OpenSocket;
  readonly words: EndpointWords;
  readonly batch: SendBatch;
};

/** What the loop calls between turns. */
export type LoopHooks = {
  /** There are messages of the main thread; whether to go on. */
  readonly wake: () => boolean;
  /** A turn is over. */
  readonly turned: () => void;
};

/**
 * The endless loop of a worker: waits for packets and messages, moves packets between the TUN
 * interface and the sockets, in batches, and makes no decision that the packet path has not made.
 */
export class PacketLoop {
  readonly #sys: Sys;
  readonly #start: WorkerStart;
  readonly #path: PacketPath;
  readonly #hooks: LoopHooks;
  readonly #ports: readonly Port[];
  readonly #receive: ReceiveBatch;
  readonly #arrival = new Arrival();
  readonly #fromTun: Arena;
  readonly #toTun: Arena;
  readonly #polls: Arena;

  constructor(sys: Sys, start: WorkerStart, path: PacketPath, hooks: LoopHooks) {
    this.#sys = sys;
    this.#start = start;
    this.#path = path;
    this.#hooks = hooks;
    const dropped = (packets: number) => this.#path.count(PATH_COUNTER.queueFull, packets);
    this.#ports = start.sockets.map((socket) => {
      const words = EndpointWords.of(socket.endpoint);
      const family = words.family === 4 ? 4 : 6;
      const outlet = { fd: socket.fd, family, isUdp: socket.kind === 'udp' } as const;
      return { socket, words, batch: new SendBatch(sys, outlet, dropped) };
    });
    this.#receive = new ReceiveBatch(sys, MESSAGES_PER_READ);
    this.#fromTun = sys.arena(MOST_OCTETS + TRAILER_ROOM);
    this.#toTun = sys.arena(MOST_OCTETS + ENCAPSULATION_ROOM);
    this.#polls = sys.arena(8 * (2 + this.#ports.length));
    const fds = new Int32Array(this.#polls.bytes.buffer);
    const events = new Int16Array(this.#polls.bytes.buffer);
    for (const [i, fd] of [start.wake, start.tun, ...start.sockets.map((s) => s.fd)].entries()) {
      fds[2 * i] = fd;
      events[4 * i + 2] = POLLIN;
    }
  }

  /** Runs until `wake` says to stop. Throws when the TUN interface is gone. */
  run(): void {
    const ready = new Int16Array(this.#polls.bytes.buffer);
    const isReady = (i: number): boolean => ready[4 * i + 3] !== 0;
    for (;;) {
      const count = this.#sys.poll(this.#polls.pointer, 2 + this.#ports.length, POLL_TIMEOUT_MS);
      if (count > 0) {
        if (isReady(0) && !this.#wake()) break;
        const now = instant(performance.timeOrigin + performance.now());
        for (let i = 0; i < this.#ports.length; i += 1)
          if (isReady(2 + i)) this.#readSocket(this.#ports[i] as Port, now);
        if (isReady(1)) this.#readTun();
        this.#flush();
      }
      this.#hooks.turned();
    }
    this.#flush();
    this.#hooks.turned();
  }

  /** Sends a UDP datagram that is complete. */
  send(local: Endpoint, remote: Endpoint, bytes: Uint8Array): void {
    const port = this.#ports.find(
      ({ socket }) => socket.kind === 'udp' && sameEndpoint(socket.endpoint, local),
    );
    if (!port || bytes.length > MOST_OCTETS) {
      this.#path.count(PATH_COUNTER.malformed);
      return;
    }
    const { batch } = port;
    batch.arena.bytes.set(bytes, batch.reserve(bytes.length, false));
    batch.commit(EndpointWords.of(remote), bytes.length, 0);
  }

  #wake(): boolean {
    const { sys, counter } = { sys: this.#sys, counter: this.#toTun };
    sys.read(this.#start.wake, counter.pointer, 8);
    return this.#hooks.wake();
  }

  #readSocket(port: Port, now: Instant): void {
    for (let turn = 0; turn < SOCKET_READS; turn += 1) {
      const messages = this.#receive.receive(port.socket.fd);
      for (let i = 0; i < messages; i += 1) this.#readMessage(port, i, now);
      if (messages < MESSAGES_PER_READ) return;
    }
  }

  #readMessage(port: Port, i: number, now: Instant): void {
    const receive = this.#receive;
    const arrival = this.#arrival;
    if (receive.truncated(i)) {
      this.#path.count(PATH_COUNTER.malformed);
      return;
    }
    arrival.local.copy(port.words);
    receive.remote(i, arrival.remote);
    arrival.inUdp = port.socket.kind === 'udp';
    arrival.encapsulated = port.socket.encapsulated;
    arrival.trafficClass = receive.trafficClass(i);
    const offset = receive.offset(i);
    const octets = receive.octets(i);
    if (!arrival.inUdp) {
      this.#readEsp(offset, octets, now);
      return;
    }
    const segment = receive.segmentOctets(i);
    let at = 0;
    do {
      const length = Math.min(segment, octets - at);
      this.#deliver(
        this.#path.receiveDatagram(
          this.#arrival,
          receive.arena,
          offset + at,
          length,
          this.#toTun,
          0,
          now,
        ),
      );
      at += length;
    } while (at < octets);
  }

  /** A raw socket of IPv4 hands over the IP header too. */
  #readEsp(offset: number, octets: number, now: Instant): void {
    const { arena } = this.#receive;
    const header =
      this.#arrival.local.family === 4 ? 4 * ((arena.bytes[offset] as number) & 15) : 0;
    if (octets <= header) {
      this.#path.count(PATH_COUNTER.malformed);
      return;
    }
    this.#deliver(
      this.#path.receiveEsp(
        this.#arrival,
        arena,
        offset + header,
        octets - header,
        this.#toTun,
        0,
        now,
      ),
    );
  }

  #deliver(octets: number): void {
    if (octets <= 0) return;
    if (this.#sys.write(this.#start.tun, this.#toTun.pointer, octets) < 0)
      this.#path.count(PATH_COUNTER.queueFull);
  }

  #readTun(): void {
    for (let turn = 0; turn < TUN_READS; turn += 1) {
      const octets = this.#sys.read(this.#start.tun, this.#fromTun.pointer, MOST_OCTETS);
      if (octets > 0) {
        this.#tunnel(octets);
        continue;
      }
      const errno = this.#sys.errno();
      if (errno === EAGAIN) return;
      if (errno !== EINTR) throw new Error(`the TUN interface is gone: ${errorName(errno)}`);
    }
  }

  #tunnel(available: number): void {
    const { bytes } = this.#fromTun;
    const sa = this.#path.route(bytes, 0, available);
    if (!sa) return;
    const port = this.#portOf(sa);
    const octets = ipPacketOctets(bytes, 0, available);
    if (!port || octets + sa.frameOctets + TRAILER_ROOM > MOST_UDP_OCTETS) {
      this.#path.count(PATH_COUNTER.malformed);
      return;
    }
    const { batch } = port;
    const dontFragment = this.#dontFragment(bytes);
    const trafficClass = trafficClassOf(bytes, 0);
    const to = batch.reserve(octets + ENCAPSULATION_ROOM, dontFragment);
    const length = this.#path.seal(sa, this.#fromTun, 0, octets, batch.arena, to);
    if (length > 0) batch.commit(sa.remote, length, trafficClass);
  }

  #dontFragment(bytes: Uint8Array): boolean {
    const policy = this.#start.dontFragment;
    return policy === 'copy' ? mustNotFragment(bytes, 0) : policy === 'set';
  }

  #portOf(sa: OutboundAssociation): Port | undefined {
    for (const port of this.#ports) {
      if ((port.socket.kind === 'udp') !== sa.inUdp) continue;
      if (sa.inUdp ? port.words.equals(sa.local) : port.words.sameAddress(sa.local)) return port;
    }
    return undefined;
  }

  #flush(): void {
    for (const { batch } of this.#ports) batch.flush();
  }
}
