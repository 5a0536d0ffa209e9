import { type Endpoint, sameEndpoint } from '#base/address';
import type { Arena } from '#base/arena';
import type { Instant } from '#base/instant';
import { PATH_COUNTER } from '#dataplane/counters';
import { EndpointWords } from '#dataplane/endpoint-words';
import { MOST_UDP_OCTETS } from '#dataplane/ip-packet';
import type { PacketPath } from '#dataplane/packet-path';
import type { PathMtu } from '#dataplane/path-mtu';
import { now } from '../machine-clock.ts';
import type { HandOver } from './hand-over.ts';
import { type HandOverRing, ORIGIN } from './hand-over-ring.ts';
import { InsideReader } from './inside-reader.ts';
import { POLLIN } from './linux.ts';
import type { WorkerStart } from './messages.ts';
import { OutsideReader } from './outside-reader.ts';
import { type Port, portOf } from './port.ts';
import type { Sys } from './sys.ts';

/** A wait ends after this time even when nothing happens, so that the thread can be stopped. */
const POLL_TIMEOUT_MS = 1000;

/** What the loop calls between packets. */
export type LoopHooks = {
  /** A wait begins; whether there are messages of the main thread already. */
  readonly fallAsleep: () => boolean;
  /** A wait is over: what the main thread has sent is carried out now. Whether to go on. */
  readonly wakeUp: () => boolean;
  /** Whether there is something to do before the next packet. */
  readonly due: () => boolean;
  /** A turn begins. */
  readonly begun: () => void;
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
  readonly #pathMtu: PathMtu;
  readonly #hooks: LoopHooks;
  readonly #handOver: HandOver | undefined;
  readonly #ports: readonly Port[];
  readonly #outside: OutsideReader;
  readonly #inside: InsideReader;
  /** `struct pollfd` of the eventfd, the TUN interface, the sockets, and the bell if there are others. */
  readonly #polls: Arena;
  readonly #pollCount: number;
  readonly #ready: Int16Array;
  /** Where the eventfd's number is read to. */
  readonly #wakes: Arena;

  constructor(
    sys: Sys,
    start: WorkerStart,
    path: PacketPath,
    pathMtu: PathMtu,
    hooks: LoopHooks,
    handOver: HandOver | undefined,
  ) {
    this.#sys = sys;
    this.#start = start;
    this.#path = path;
    this.#pathMtu = pathMtu;
    this.#hooks = hooks;
    this.#handOver = handOver;
    const troubles = {
      dropped: (packets: number) => path.count(PATH_COUNTER.queueFull, packets),
      tooLarge: () => pathMtu.narrowed(now()),
    };
    this.#ports = start.sockets.map((socket, i) => portOf(sys, socket, i, troubles));
    this.#outside = new OutsideReader(sys, start.tun, path);
    this.#inside = new InsideReader(sys, start, path, pathMtu, this.#ports, handOver);
    this.#wakes = sys.memory(8);
    const fds = [start.wake, start.tun.fd, ...start.sockets.map((socket) => socket.fd)];
    if (handOver) fds.push(handOver.bell);
    this.#pollCount = fds.length;
    this.#polls = sys.memory(8 * fds.length);
    this.#ready = new Int16Array(this.#polls.bytes.buffer);
    for (const [i, fd] of fds.entries()) {
      this.#polls.words[2 * i] = fd;
      this.#ready[4 * i + 2] = POLLIN;
    }
  }

  /** Runs until `wakeUp` says to stop. Throws when the TUN interface is gone. */
  run(): void {
    for (let goesOn = true; goesOn; ) {
      const isReady = this.#wait();
      goesOn = this.#hooks.wakeUp();
      if (isReady) {
        if (this.#isReady(0)) this.#sys.read(this.#start.wake, this.#wakes.pointer, 8);
        this.#hooks.begun();
        this.#movePackets();
      }
      this.#hooks.turned();
    }
  }

  /** Waits for packets and messages; whether there are any. */
  #wait(): boolean {
    const handOver = this.#handOver;
    const isAwaited = this.#hooks.fallAsleep();
    if (!handOver) return this.#poll(isAwaited ? 0 : POLL_TIMEOUT_MS) > 0;
    const waiting = handOver.fallAsleep() || isAwaited || this.#hooks.due();
    const ready = this.#poll(waiting ? 0 : POLL_TIMEOUT_MS);
    handOver.wakeUp(ready > 0 && this.#isReady(2 + this.#ports.length));
    return ready > 0 || waiting;
  }

  #poll(timeoutMs: number): number {
    return this.#sys.poll(this.#polls.pointer, this.#pollCount, timeoutMs);
  }

  /** Sends a UDP datagram that is complete. */
  send(local: Endpoint, remote: Endpoint, bytes: Uint8Array): void {
    const port = this.#ports.find(
      ({ socket }) => socket.kind === 'udp' && sameEndpoint(socket.endpoint, local),
    );
    if (!port || bytes.length > MOST_UDP_OCTETS) {
      this.#path.count(PATH_COUNTER.malformed);
      return;
    }
    const { batch } = port;
    batch.arena.bytes.set(bytes, batch.reserve(bytes.length, false));
    batch.commit(EndpointWords.of(remote), bytes.length, 0, false);
  }

  /** Sends everything that waits. */
  flush(): void {
    for (const { batch } of this.#ports) batch.flush();
  }

  #isReady(i: number): boolean {
    return this.#ready[4 * i + 3] !== 0;
  }

  #movePackets(): void {
    const at = now();
    this.#pathMtu.age(at);
    for (let i = 0; i < this.#ports.length; i += 1) (this.#ports[i] as Port).batch.age(at);
    // What another worker had before comes before what has arrived here since.
    if (this.#handOver) for (const ring of this.#handOver.incoming) this.#takeHandedOver(ring, at);
    for (let i = 0; i < this.#ports.length; i += 1)
      if (this.#isReady(2 + i)) this.#outside.read(this.#ports[i] as Port, at);
    this.#outside.flush();
    if (this.#isReady(1)) this.#inside.read();
    this.#handOver?.publish();
    this.flush();
  }

  #takeHandedOver(ring: HandOverRing, at: Instant): void {
    ring.look();
    while (ring.next()) {
      const port = this.#ports[ring.origin];
      if (ring.origin === ORIGIN.inside) this.#inside.takeHandedOver(ring);
      else if (port) this.#outside.takeHandedOver(port, ring, at);
      ring.release();
    }
  }
}
