import { constants } from 'node:os';
import type { Arena } from '#base/arena';
import { PATH_COUNTER } from '#dataplane/counters';
import { TRAILER_ROOM } from '#dataplane/encapsulate';
import { MOST_IP_OCTETS } from '#dataplane/ip-packet';
import { OutboundAssociation } from '#dataplane/outbound-association';
import { FRAGMENT_OCTETS, OutboundPath } from '#dataplane/outbound-path';
import type { PacketPath } from '#dataplane/packet-path';
import type { PathMtu } from '#dataplane/path-mtu';
import { Segmenter } from '#dataplane/segmenter';
import { VIRTIO_HEADER_OCTETS } from '#dataplane/virtio-header';
import type { HandOver } from './hand-over.ts';
import type { HandOverRing } from './hand-over-ring.ts';
import type { WorkerStart } from './messages.ts';
import { type Port, portFor } from './port.ts';
import { errorName, type Sys } from './sys.ts';

const { EAGAIN, EINTR } = constants.errno;

/** How much is read from the TUN interface before the sockets get their turn. */
const READS_PER_TURN = 40;
/** The virtio header is put so that the packet behind it is aligned for sums. */
const FRAME = 2;
/** An ICMP error with its virtio header. */
const MOST_ANSWER_OCTETS = 2048;
const MOST_FRAME_OCTETS = VIRTIO_HEADER_OCTETS + MOST_IP_OCTETS;

/** Takes what the kernel routes into the tunnels through the packet path, and puts it into the ports. */
export class InsideReader {
  readonly #sys: Sys;
  readonly #start: WorkerStart;
  readonly #path: PacketPath;
  readonly #ports: readonly Port[];
  readonly #handOver: HandOver | undefined;
  readonly #arena: Arena;
  readonly #segmenter: Segmenter;
  /** Of the frames that other workers hand over, where they lie. */
  readonly #segmenters: ReadonlyMap<HandOverRing, Segmenter>;
  readonly #outbound: OutboundPath;
  /** Where packets of our own to the inside network are put. */
  readonly #answers: Arena;

  constructor(
    sys: Sys,
    start: WorkerStart,
    path: PacketPath,
    pathMtu: PathMtu,
    ports: readonly Port[],
    handOver: HandOver | undefined,
  ) {
    this.#sys = sys;
    this.#start = start;
    this.#path = path;
    this.#ports = ports;
    this.#handOver = handOver;
    this.#arena = sys.memory(FRAME + MOST_FRAME_OCTETS + TRAILER_ROOM);
    this.#segmenter = new Segmenter(this.#arena);
    const rings = handOver?.incoming ?? [];
    this.#segmenters = new Map(rings.map((ring) => [ring, new Segmenter(ring.arena)]));
    this.#answers = sys.memory(MOST_ANSWER_OCTETS);
    const fragments = sys.memory(FRAGMENT_OCTETS);
    this.#outbound = new OutboundPath(path, pathMtu, start.rules, fragments, (packet) =>
      this.#answer(packet),
    );
  }

  /** Reads what waits in the interface's queue. Throws when the interface is gone. */
  read(): void {
    const { fd } = this.#start.tun;
    for (let turn = 0; turn < READS_PER_TURN; turn += 1) {
      const octets = this.#sys.read(fd, this.#arena.pointer + FRAME, MOST_FRAME_OCTETS);
      if (octets > 0) {
        this.#take(this.#arena, this.#segmenter, FRAME, octets, 0);
        continue;
      }
      const errno = this.#sys.errno();
      if (errno === EAGAIN) return;
      if (errno !== EINTR) throw new Error(`the TUN interface is gone: ${errorName(errno)}`);
    }
  }

  /** Takes the present frame of `ring`. */
  takeHandedOver(ring: HandOverRing): void {
    const segmenter = this.#segmenters.get(ring);
    if (segmenter) this.#take(ring.arena, segmenter, ring.at, ring.octets, ring.hops);
  }

  #take(arena: Arena, segmenter: Segmenter, frame: number, octets: number, hops: number): void {
    const path = this.#path;
    // All packets of a frame have the same addresses, hence the same SA.
    const at = frame + VIRTIO_HEADER_OCTETS;
    const sa = path.route(arena.bytes, at, octets - VIRTIO_HEADER_OCTETS);
    if (!sa) return;
    if (!(sa instanceof OutboundAssociation)) {
      this.#handOver?.giveFrame(sa.worker, arena, frame, octets, hops);
      return;
    }
    const port = portFor(this.#ports, sa);
    if (!port) {
      path.count(PATH_COUNTER.noPolicy);
      return;
    }
    if (!segmenter.begin(frame, octets) || !segmenter.next()) {
      path.count(PATH_COUNTER.malformed);
      return;
    }
    const outbound = this.#outbound;
    // Whoever was told that a packet is too large has been told of all those of its frame.
    while (outbound.send(sa, arena, segmenter.at, segmenter.octets, port.batch))
      if (!segmenter.next()) return;
  }

  /** Sends a packet of our own to the inside network. */
  #answer(packet: Uint8Array): void {
    const { bytes, pointer } = this.#answers;
    bytes.fill(0, 0, VIRTIO_HEADER_OCTETS);
    bytes.set(packet, VIRTIO_HEADER_OCTETS);
    const octets = VIRTIO_HEADER_OCTETS + packet.length;
    if (this.#sys.write(this.#start.tun.fd, pointer, octets) < 0)
      this.#path.count(PATH_COUNTER.queueFull);
  }
}
