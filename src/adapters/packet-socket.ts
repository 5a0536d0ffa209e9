import { constants } from 'node:os';
import type { Arena } from '#base/arena';
import { assert } from '#base/assert';
import { ok, type Result } from '#base/result';
import type { Frame, Offload } from '#features/nat/frame';
import { ETHERNET_HEADER_OCTETS } from '#wire/ethernet';
import { openPacketInterface, type PacketInterface } from './packet-interface.ts';
import { MessageArray } from './packet-messages.ts';
import type { Sys, Watch } from './userspace/sys.ts';

const MSG_DONTWAIT = 0x40;

/** struct virtio_net_hdr: flags, gso_type, hdr_len, gso_size, csum_start, csum_offset. */
const VNET_HDR_OCTETS = 10;
const VNET_HDR_F_NEEDS_CSUM = 1;
const VNET_GSO_TYPE_AT = 1;
const VNET_GSO_SIZE_AT = 4;
const VNET_CSUM_START_AT = 6;

/** Our choices: frames of one system call, and batches before others get their turn. */
const BATCH_FRAMES = 32;
const BATCHES_PER_TURN = 8;

/** Longest frame, a packet that the card would cut up, with both headers; in whole cache lines. */
const SLOT_OCTETS = 65_600;

const { EAGAIN, ENOBUFS, ENETDOWN, ENXIO, ENODEV } = constants.errno;

/** Errors of the link, which the other frames of a batch would meet too. */
const linkErrors: readonly number[] = [EAGAIN, ENOBUFS, ENETDOWN, ENXIO, ENODEV];

/** Takes a frame; `bytes` may be changed in place until the end of the batch. */
type FrameHandler = (bytes: Uint8Array, offload: Offload | undefined) => void;

/** The memory that frames were received into, by its buffer, so that they are sent from where they lie. */
const arenas = new WeakMap<ArrayBufferLike, Arena>();

/**
 * The frames of one Ethernet interface, below the kernel's own IP (packet(7)). What a sender left to
 * its network card, checksums and the cutting of large packets, travels along in the offload header,
 * so that a frame of 64 KB passes as one. Nothing is done here but moving frames.
 */
export class PacketSocket {
  readonly hardwareAddress: Uint8Array;
  readonly mtu: number;
  readonly #sys: Sys;
  readonly #fd: number;
  readonly #received: Arena;
  readonly #view: DataView;
  readonly #receiving: MessageArray;
  readonly #sending: MessageArray;
  /** Frames that the box made itself lie here until they are sent. */
  readonly #made: Arena;
  #queued = 0;
  #unsent = 0;
  #watch: Watch | undefined;

  private constructor(sys: Sys, { fd, hardwareAddress, mtu }: PacketInterface) {
    this.#sys = sys;
    this.#fd = fd;
    this.hardwareAddress = hardwareAddress;
    this.mtu = mtu;
    this.#received = sys.arena(BATCH_FRAMES * SLOT_OCTETS);
    this.#made = sys.arena(BATCH_FRAMES * SLOT_OCTETS);
    this.#view = new DataView(this.#received.bytes.buffer);
    this.#receiving = new MessageArray(sys, BATCH_FRAMES);
    this.#sending = new MessageArray(sys, BATCH_FRAMES);
    arenas.set(this.#received.bytes.buffer, this.#received);
    for (let n = 0; n < BATCH_FRAMES; n += 1)
      this.#receiving.set(n, this.#received.pointer + n * SLOT_OCTETS, SLOT_OCTETS);
  }

  /** Opens a socket on a Linux interface; the error is one line that says what to do. */
  static open(sys: Sys, name: string): Result<PacketSocket, string> {
    const opened = openPacketInterface(sys, name);
    return opened.ok ? ok(new PacketSocket(sys, opened.value)) : opened;
  }

  /** Frames that could not be sent since the start. */
  get unsent(): number {
    return this.#unsent;
  }

  /** Calls `arrived` whenever there is something to `receive`, which it has to do. */
  watch(arrived: () => void): void {
    // Without a reference the watch is collected, and the callbacks end silently.
    this.#watch = this.#sys.watch(this.#fd, arrived);
  }

  /** Hands over what has arrived, at most a turn's worth; `batchDone` is called after each batch. */
  receive(handle: FrameHandler, batchDone: () => void): void {
    const messages = this.#receiving.pointerTo(0);
    for (let batch = 0; batch < BATCHES_PER_TURN; batch += 1) {
      const frames = this.#sys.recvmmsg(this.#fd, messages, BATCH_FRAMES, MSG_DONTWAIT, 0);
      if (frames <= 0) return;
      for (let n = 0; n < frames; n += 1) this.#handOver(n, handle);
      batchDone();
      if (frames < BATCH_FRAMES) return;
    }
  }

  /** Queues a frame; `flush` has to follow before the next batch of any socket. */
  send({ bytes, offload }: Frame): void {
    if (this.#queued === BATCH_FRAMES) this.flush();
    const arena = arenas.get(bytes.buffer);
    const at = arena ? bytes.byteOffset - VNET_HDR_OCTETS : this.#queued * SLOT_OCTETS;
    const from = arena ?? this.#made;
    assert(at % SLOT_OCTETS === 0, 'a received frame is sent from its beginning');
    assert(bytes.length <= SLOT_OCTETS - VNET_HDR_OCTETS, 'a frame fits into a slot');
    // A received frame stands behind what its sender left to the card; ours leave nothing to it.
    if (arena === undefined) from.bytes.set(bytes, at + VNET_HDR_OCTETS);
    if (arena === undefined || offload === undefined) from.bytes.fill(0, at, at + VNET_HDR_OCTETS);
    this.#sending.set(this.#queued, from.pointer + at, VNET_HDR_OCTETS + bytes.length);
    this.#queued += 1;
  }

  /** Sends what is queued. What the kernel does not take is lost, as a link may lose any frame. */
  flush(): void {
    for (let done = 0; done < this.#queued; ) {
      const left = this.#queued - done;
      const messages = this.#sending.pointerTo(done);
      const sent = this.#sys.sendmmsg(this.#fd, messages, left, MSG_DONTWAIT);
      if (sent > 0) {
        done += sent;
        continue;
      }
      const lost = linkErrors.includes(this.#sys.errno()) ? left : 1;
      this.#unsent += lost;
      done += lost;
    }
    this.#queued = 0;
  }

  close(): void {
    this.#watch?.close();
    this.#watch = undefined;
    this.#sys.close(this.#fd);
  }

  #handOver(n: number, handle: FrameHandler): void {
    const octets = this.#receiving.octetsOf(n);
    if (octets < VNET_HDR_OCTETS + ETHERNET_HEADER_OCTETS) return;
    const at = n * SLOT_OCTETS;
    const bytes = this.#received.bytes.subarray(at + VNET_HDR_OCTETS, at + octets);
    handle(bytes, this.#offloadAt(at));
  }

  #offloadAt(at: number): Offload | undefined {
    const { bytes } = this.#received;
    const needsChecksum = ((bytes[at] as number) & VNET_HDR_F_NEEDS_CSUM) !== 0;
    // What a card has verified need not be told to the next one.
    bytes[at] = needsChecksum ? VNET_HDR_F_NEEDS_CSUM : 0;
    const isLarge = bytes[at + VNET_GSO_TYPE_AT] !== 0;
    if (!needsChecksum && !isLarge) return undefined;
    const packetAt = at + VNET_HDR_OCTETS + ETHERNET_HEADER_OCTETS;
    const transportAt = ETHERNET_HEADER_OCTETS + ((bytes[packetAt] as number) & 15) * 4;
    // The checksum may be that of a packet inside this one, which translation does not touch.
    const isOuter = this.#view.getUint16(at + VNET_CSUM_START_AT, true) === transportAt;
    return {
      partialChecksum: needsChecksum && isOuter,
      segmentOctets: isLarge ? this.#view.getUint16(at + VNET_GSO_SIZE_AT, true) : 0,
    };
  }
}
