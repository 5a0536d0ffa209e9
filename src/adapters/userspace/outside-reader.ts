import { constants } from 'node:os';
import type { Arena } from '#base/arena';
import type { Instant } from '#base/instant';
import { Coalescer, coalescerOctets } from '#dataplane/coalescer';
import { PATH_COUNTER } from '#dataplane/counters';
import { MOST_IP_OCTETS } from '#dataplane/ip-packet';
import { Arrival, type PacketPath } from '#dataplane/packet-path';
import { IPV6_HEADER_OCTETS } from '#wire/ipv6';
import type { HandOverRing } from './hand-over-ring.ts';
import type { Port } from './port.ts';
import { ReceiveBatch } from './receive-batch.ts';
import type { Sys } from './sys.ts';
import type { OpenTun } from './tun.ts';

const { EINTR } = constants.errno;

/** How much is read from one socket before the others get their turn. */
const READS_PER_TURN = 4;
const MESSAGES_PER_READ = 8;

/** Takes what arrives at the sockets through the packet path, and what comes of it to the TUN interface. */
export class OutsideReader {
  readonly #path: PacketPath;
  readonly #receive: ReceiveBatch;
  readonly #arrival = new Arrival();
  readonly #inner: Arena;
  readonly #coalescer: Coalescer;

  constructor(sys: Sys, tun: OpenTun, path: PacketPath) {
    this.#path = path;
    this.#receive = new ReceiveBatch(sys, MESSAGES_PER_READ);
    this.#inner = sys.memory(coalescerOctets(MOST_IP_OCTETS + IPV6_HEADER_OCTETS));
    this.#coalescer = new Coalescer(this.#inner, tun.mergesUdp, (at, octets, packets) => {
      while (sys.write(tun.fd, this.#inner.pointer + at, octets) < 0) {
        if (sys.errno() === EINTR) continue;
        path.count(PATH_COUNTER.queueFull, packets);
        return;
      }
    });
  }

  /** Reads what has arrived at a socket. */
  read(port: Port, now: Instant): void {
    this.#arriveAt(port);
    for (let turn = 0; turn < READS_PER_TURN; turn += 1) {
      const messages = this.#receive.receive(port.socket.fd);
      for (let i = 0; i < messages; i += 1) this.#take(i, now);
      if (messages < MESSAGES_PER_READ) return;
    }
  }

  /** Takes the present packet of `ring`, which arrived at another worker's twin of `port`. */
  takeHandedOver(port: Port, ring: HandOverRing, now: Instant): void {
    const arrival = this.#arrival;
    this.#arriveAt(port);
    ring.remote(arrival.remote);
    arrival.trafficClass = ring.trafficClass;
    const to = this.#coalescer.place(ring.octets + IPV6_HEADER_OCTETS);
    this.#settle(
      this.#path.receiveEsp(arrival, ring.arena, ring.at, ring.octets, this.#inner, to, now),
    );
  }

  /** Hands over what waits for more packets of its kind. */
  flush(): void {
    this.#coalescer.flush();
  }

  #arriveAt(port: Port): void {
    const arrival = this.#arrival;
    arrival.local.copy(port.local);
    arrival.port = port.index;
    arrival.inUdp = port.socket.kind === 'udp';
    arrival.encapsulated = port.socket.encapsulated;
  }

  #take(i: number, now: Instant): void {
    const receive = this.#receive;
    const arrival = this.#arrival;
    if (receive.truncated(i)) {
      this.#path.count(PATH_COUNTER.malformed);
      return;
    }
    receive.remote(i, arrival.remote);
    arrival.trafficClass = receive.trafficClass(i);
    if (arrival.inUdp)
      this.#takeTrain(receive.offset(i), receive.octets(i), receive.segmentOctets(i), now);
    else this.#takeEsp(receive.offset(i), receive.octets(i), now);
  }

  /** Each datagram of a train is judged on its own: IKE, keepalives and ESP may be mixed. */
  #takeTrain(offset: number, octets: number, segmentOctets: number, now: Instant): void {
    const { arena } = this.#receive;
    let at = 0;
    do {
      const length = Math.min(segmentOctets, octets - at);
      const to = this.#coalescer.place(length + IPV6_HEADER_OCTETS);
      const inner = this.#path.receiveDatagram(
        this.#arrival,
        arena,
        offset + at,
        length,
        this.#inner,
        to,
        now,
      );
      this.#settle(inner);
      at += length;
    } while (at < octets);
  }

  #takeEsp(offset: number, octets: number, now: Instant): void {
    const { arena } = this.#receive;
    // A raw socket of IPv4 hands over the IP header too.
    const four = this.#arrival.local.family === 4;
    const header = four ? 4 * ((arena.bytes[offset] as number) & 15) : 0;
    const length = Math.max(0, octets - header);
    const to = this.#coalescer.place(length + IPV6_HEADER_OCTETS);
    this.#settle(
      this.#path.receiveEsp(this.#arrival, arena, offset + header, length, this.#inner, to, now),
    );
  }

  #settle(inner: number): void {
    if (inner > 0) this.#coalescer.accept(inner);
    else this.#coalescer.refuse();
  }
}
