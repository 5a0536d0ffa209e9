import { constants } from 'node:os';
import type { Arena } from '#base/arena';
import type { OutboundAssociation } from '#dataplane/association';
import { PATH_COUNTER } from '#dataplane/counters';
import { ENCAPSULATION_ROOM, TRAILER_ROOM } from '#dataplane/encapsulate';
import {
  MOST_IP_OCTETS,
  MOST_UDP_OCTETS,
  mustNotFragment,
  trafficClassOf,
} from '#dataplane/ip-packet';
import type { PacketPath } from '#dataplane/packet-path';
import { Segmenter } from '#dataplane/segmenter';
import { VIRTIO_HEADER_OCTETS } from '#dataplane/virtio-header';
import type { WorkerStart } from './messages.ts';
import { type Port, portFor } from './port.ts';
import { errorName, type Sys } from './sys.ts';

const { EAGAIN, EINTR } = constants.errno;

/** How much is read from the TUN interface before the sockets get their turn. */
const READS_PER_TURN = 40;
/** The virtio header is put so that the packet behind it is aligned for sums. */
const FRAME = 2;
const MOST_FRAME_OCTETS = VIRTIO_HEADER_OCTETS + MOST_IP_OCTETS;

/** Takes what the kernel routes into the tunnels through the packet path, and puts it into the ports. */
export class InsideReader {
  readonly #sys: Sys;
  readonly #start: WorkerStart;
  readonly #path: PacketPath;
  readonly #ports: readonly Port[];
  readonly #arena: Arena;
  readonly #segmenter: Segmenter;

  constructor(sys: Sys, start: WorkerStart, path: PacketPath, ports: readonly Port[]) {
    this.#sys = sys;
    this.#start = start;
    this.#path = path;
    this.#ports = ports;
    this.#arena = sys.memory(FRAME + MOST_FRAME_OCTETS + TRAILER_ROOM);
    this.#segmenter = new Segmenter(this.#arena);
  }

  /** Reads what waits in the interface's queue. Throws when the interface is gone. */
  read(): void {
    const { fd } = this.#start.tun;
    for (let turn = 0; turn < READS_PER_TURN; turn += 1) {
      const octets = this.#sys.read(fd, this.#arena.pointer + FRAME, MOST_FRAME_OCTETS);
      if (octets > 0) {
        this.#take(octets);
        continue;
      }
      const errno = this.#sys.errno();
      if (errno === EAGAIN) return;
      if (errno !== EINTR) throw new Error(`the TUN interface is gone: ${errorName(errno)}`);
    }
  }

  #take(octets: number): void {
    const segmenter = this.#segmenter;
    if (!segmenter.begin(FRAME, octets) || !segmenter.next()) {
      this.#path.count(PATH_COUNTER.malformed);
      return;
    }
    // All packets of a frame have the same addresses, hence the same SA.
    const { bytes } = this.#arena;
    const sa = this.#path.route(bytes, segmenter.at, segmenter.octets);
    const port = sa && portFor(this.#ports, sa);
    if (!sa) return;
    if (!port) {
      this.#path.count(PATH_COUNTER.noPolicy);
      return;
    }
    const trafficClass = trafficClassOf(bytes, segmenter.at);
    const policy = this.#start.dontFragment;
    const dontFragment =
      policy === 'copy' ? mustNotFragment(bytes, segmenter.at) : policy === 'set';
    do this.#tunnel(sa, port, trafficClass, dontFragment);
    while (segmenter.next());
  }

  #tunnel(sa: OutboundAssociation, port: Port, trafficClass: number, dontFragment: boolean): void {
    const { at, octets } = this.#segmenter;
    if (octets + sa.frameOctets + TRAILER_ROOM > MOST_UDP_OCTETS) {
      this.#path.count(PATH_COUNTER.malformed);
      return;
    }
    const { batch } = port;
    const to = batch.reserve(octets + ENCAPSULATION_ROOM, dontFragment);
    const length = this.#path.seal(sa, this.#arena, at, octets, batch.arena, to);
    if (length > 0) batch.commit(sa.remote, length, trafficClass);
  }
}
