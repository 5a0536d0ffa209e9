import { readFileSync } from 'node:fs';
import koffi from 'koffi';
import { ipv4FromNumber } from '#base/address';
import { assert } from '#base/assert';
import { err, ok, type Result } from '#base/result';
import type { Frame, Offload } from '#features/nat/frame';
import { Memory, MessageArray } from './packet-messages.ts';

/** Numbers of Linux's socket interface (packet(7), netdevice(7)), the same on x86-64 and arm64. */
const AF_PACKET = 17;
const SOCK_RAW_NONBLOCK_CLOEXEC = 3 | 0x800 | 0x80000;
const ETH_P_ALL_BIG_ENDIAN = 0x0300;
const SOL_SOCKET = 1;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SOL_PACKET = 263;
const PACKET_VNET_HDR = 15;
const PACKET_IGNORE_OUTGOING = 23;
const MSG_DONTWAIT = 0x40;
const SIOCGIFFLAGS = 0x8913;
const SIOCGIFADDR = 0x8915;
const SIOCGIFMTU = 0x8921;
const SIOCGIFHWADDR = 0x8927;
const SIOCGIFINDEX = 0x8933;
const IFF_UP = 1;
const ARPHRD_ETHER = 1;
const IFNAMSIZ = 16;
const SOCKADDR_LL_OCTETS = 20;

/** struct virtio_net_hdr: flags, gso_type, hdr_len, gso_size, csum_start, csum_offset. */
const VNET_HDR_OCTETS = 10;
const VNET_HDR_F_NEEDS_CSUM = 1;
const VNET_GSO_TYPE_AT = 1;
const VNET_GSO_SIZE_AT = 4;
const VNET_CSUM_START_AT = 6;

const ETHERNET_HEADER_OCTETS = 14;

/** Our choices: frames of one system call, batches before others get their turn, the kernel's buffers. */
const BATCH_FRAMES = 32;
const BATCHES_PER_TURN = 8;
const SOCKET_BUFFER_OCTETS = 4 * 1024 * 1024;

/** Longest frame, a packet that the card would cut up, with both headers; in whole cache lines. */
const SLOT_OCTETS = 65_600;

const { EAGAIN, EPERM, ENOBUFS, ENETDOWN, ENXIO, ENODEV } = koffi.os.errno as Record<
  'EAGAIN' | 'EPERM' | 'ENOBUFS' | 'ENETDOWN' | 'ENXIO' | 'ENODEV',
  number
>;

function loadSystem() {
  const libc = koffi.load(null);
  return {
    socket: libc.func('int socket(int, int, int)'),
    bind: libc.func('int bind(int, uintptr_t, unsigned int)'),
    setsockopt: libc.func('int setsockopt(int, int, int, uintptr_t, unsigned int)'),
    ioctl: libc.func('int ioctl(int, unsigned long, uintptr_t)'),
    recvmmsg: libc.func('int recvmmsg(int, uintptr_t, unsigned int, int, uintptr_t)'),
    sendmmsg: libc.func('int sendmmsg(int, uintptr_t, unsigned int, int)'),
    close: libc.func('int close(int)'),
  };
}

type System = ReturnType<typeof loadSystem>;

/** What the kernel says of an interface that a socket may be opened on. */
type InterfaceFacts = {
  readonly index: number;
  readonly hardwareAddress: Uint8Array;
  readonly mtu: number;
};

/** Whether the kernel itself would route what arrives on an interface. */
function kernelForwards(name: string): boolean {
  try {
    return readFileSync(`/proc/sys/net/ipv4/conf/${name}/forwarding`, 'latin1').trim() === '1';
  } catch {
    // Without /proc there is nothing to warn of.
    return false;
  }
}

/** Asks the kernel about an interface; the error is one line that says what to do. */
function inspect(system: System, fd: number, name: string): Result<InterfaceFacts, string> {
  const request = new Memory(40);
  /** One interface request; undefined when the kernel refuses it. */
  const ask = (what: number): DataView | undefined => {
    request.bytes.fill(0);
    request.bytes.set(new TextEncoder().encode(name).subarray(0, IFNAMSIZ - 1));
    return system.ioctl(fd, what, request.pointer) === 0 ? request.view : undefined;
  };
  const index = ask(SIOCGIFINDEX)?.getInt32(IFNAMSIZ, true);
  if (index === undefined)
    return err(`there is no interface ${name} (\`ip link\` lists them): name one with --interface`);
  const flags = ask(SIOCGIFFLAGS)?.getUint16(IFNAMSIZ, true) ?? 0;
  if ((flags & IFF_UP) === 0) return err(`interface ${name} is down: \`ip link set ${name} up\``);
  const hardware = ask(SIOCGIFHWADDR);
  if (hardware?.getUint16(IFNAMSIZ, true) !== ARPHRD_ETHER)
    return err(`interface ${name} is no Ethernet interface`);
  const hardwareAddress = request.bytes.slice(IFNAMSIZ + 2, IFNAMSIZ + 8);
  const address = ask(SIOCGIFADDR)?.getUint32(IFNAMSIZ + 4);
  if (address !== undefined)
    return err(
      `the kernel has address ${ipv4FromNumber(address)} on interface ${name}, where the PAT box ` +
        `answers for its own: \`ip address flush dev ${name}\``,
    );
  if (kernelForwards(name))
    return err(
      `the kernel routes what arrives on interface ${name}, which the PAT box does: ` +
        `\`sysctl -w net.ipv4.conf.${name}.forwarding=0\``,
    );
  const mtu = ask(SIOCGIFMTU)?.getInt32(IFNAMSIZ, true) ?? 1500;
  return ok({ index, hardwareAddress, mtu });
}

function setOption(
  system: System,
  fd: number,
  level: number,
  option: number,
  value: number,
): boolean {
  const memory = new Memory(8);
  memory.view.setInt32(0, value, true);
  return system.setsockopt(fd, level, option, memory.pointer, 4) === 0;
}

/** Binds a socket to an interface, with everything set; the error is one line. */
function prepare(system: System, fd: number, name: string): Result<InterfaceFacts, string> {
  const facts = inspect(system, fd, name);
  if (!facts.ok) return facts;
  // Frames of the kernel itself (IPv6 neighbour discovery) are no business of the box.
  setOption(system, fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
  setOption(system, fd, SOL_SOCKET, SO_RCVBUFFORCE, SOCKET_BUFFER_OCTETS);
  setOption(system, fd, SOL_SOCKET, SO_SNDBUFFORCE, SOCKET_BUFFER_OCTETS);
  if (!setOption(system, fd, SOL_PACKET, PACKET_VNET_HDR, 1))
    return err(`this kernel passes no offload headers on packet sockets (errno ${koffi.errno()})`);
  const address = new Memory(SOCKADDR_LL_OCTETS);
  address.view.setUint16(0, AF_PACKET, true);
  address.view.setUint16(2, ETH_P_ALL_BIG_ENDIAN, true);
  address.view.setInt32(4, facts.value.index, true);
  if (system.bind(fd, address.pointer, SOCKADDR_LL_OCTETS) !== 0)
    return err(`cannot listen on interface ${name} (errno ${koffi.errno()})`);
  return facts;
}

/** Takes a frame; `bytes` may be changed in place until the end of the call. */
type FrameHandler = (bytes: Uint8Array, offload: Offload | undefined) => void;

/** Every slot that frames are received into, so that one can be sent from where it lies. */
const slots = new WeakMap<ArrayBufferLike, Memory>();

/**
 * The frames of one Ethernet interface, below the kernel's own IP (packet(7)). Checksums and
 * segmentation that a sender left to its network card travel along in the offload header, so that a
 * frame of 64 KB is passed on as one. Nothing here is done but moving frames.
 */
export class PacketSocket {
  readonly name: string;
  readonly hardwareAddress: Uint8Array;
  readonly mtu: number;
  readonly #system: System;
  readonly #fd: number;
  readonly #received = new Memory(BATCH_FRAMES * SLOT_OCTETS);
  readonly #receiving = new MessageArray(BATCH_FRAMES);
  readonly #sending = new MessageArray(BATCH_FRAMES);
  /** Frames that the box made itself lie here until they are sent. */
  readonly #copies = new Memory(BATCH_FRAMES * SLOT_OCTETS);
  #queued = 0;
  #lost = 0;
  #poll: ReturnType<typeof koffi.node.poll> | undefined;

  private constructor(system: System, fd: number, name: string, facts: InterfaceFacts) {
    this.#system = system;
    this.#fd = fd;
    this.name = name;
    this.hardwareAddress = facts.hardwareAddress;
    this.mtu = facts.mtu;
    slots.set(this.#received.bytes.buffer, this.#received);
    for (let n = 0; n < BATCH_FRAMES; n += 1)
      this.#receiving.set(n, this.#received.pointer + n * SLOT_OCTETS, SLOT_OCTETS);
  }

  /** Opens a socket on a Linux interface; the error is one line that says what to do. */
  static open(name: string): Result<PacketSocket, string> {
    const system = loadSystem();
    const fd = system.socket(AF_PACKET, SOCK_RAW_NONBLOCK_CLOEXEC, 0);
    if (fd < 0)
      return err(
        koffi.errno() === EPERM
          ? 'packet sockets need CAP_NET_RAW: run as root, or grant it'
          : `no packet socket to be had (errno ${koffi.errno()})`,
      );
    const prepared = prepare(system, fd, name);
    if (prepared.ok) return ok(new PacketSocket(system, fd, name, prepared.value));
    system.close(fd);
    return prepared;
  }

  /** Frames that could not be sent since the start. */
  get lost(): number {
    return this.#lost;
  }

  /** Calls `arrived` whenever there is something to `receive`. */
  watch(arrived: () => void): void {
    // Without a reference the handle is collected and the callbacks end silently.
    this.#poll = koffi.node.poll(this.#fd, { readable: true }, arrived);
  }

  /** Hands over what has arrived, at most a turn's worth; `batchDone` is called after each batch. */
  receive(handle: FrameHandler, batchDone: () => void): void {
    for (let batch = 0; batch < BATCHES_PER_TURN; batch += 1) {
      const frames: number = this.#system.recvmmsg(
        this.#fd,
        this.#receiving.pointerTo(0),
        BATCH_FRAMES,
        MSG_DONTWAIT,
        0,
      );
      // A failure is one of the interface (down, gone), which the kernel reports once and clears.
      if (frames <= 0) return;
      for (let n = 0; n < frames; n += 1) this.#handOver(n, handle);
      batchDone();
      if (frames < BATCH_FRAMES) return;
    }
  }

  /** Queues a frame; `flush` has to follow before the next `receive` of any socket. */
  send({ bytes, offload }: Frame): void {
    if (this.#queued === BATCH_FRAMES) this.flush();
    const octets = bytes.length + VNET_HDR_OCTETS;
    const slot = slots.get(bytes.buffer);
    if (slot !== undefined) {
      // It goes out from where it came in; what its sender left to the card stands before it.
      const at = bytes.byteOffset - VNET_HDR_OCTETS;
      assert(at % SLOT_OCTETS === 0, 'a received frame is sent from its beginning');
      const flags = slot.bytes[at] as number;
      if (offload === undefined) slot.bytes.fill(0, at, at + VNET_HDR_OCTETS);
      else slot.bytes[at] = flags & VNET_HDR_F_NEEDS_CSUM;
      this.#sending.set(this.#queued, slot.pointer + at, octets);
    } else {
      assert(octets <= SLOT_OCTETS, 'a frame is no longer than a slot');
      const at = this.#queued * SLOT_OCTETS;
      this.#copies.bytes.fill(0, at, at + VNET_HDR_OCTETS);
      this.#copies.bytes.set(bytes, at + VNET_HDR_OCTETS);
      this.#sending.set(this.#queued, this.#copies.pointer + at, octets);
    }
    this.#queued += 1;
  }

  /** Sends what is queued. What the kernel does not take is lost, as a link may lose any frame. */
  flush(): void {
    let done = 0;
    while (done < this.#queued) {
      const message = this.#sending.pointerTo(done);
      const sent: number = this.#system.sendmmsg(
        this.#fd,
        message,
        this.#queued - done,
        MSG_DONTWAIT,
      );
      if (sent > 0) {
        done += sent;
        continue;
      }
      const errno = koffi.errno();
      const isLinkFull = [EAGAIN, ENOBUFS, ENETDOWN, ENXIO, ENODEV].includes(errno);
      const lost = isLinkFull ? this.#queued - done : 1;
      this.#lost += lost;
      done += lost;
    }
    this.#queued = 0;
  }

  close(): void {
    this.#poll?.close();
    this.#poll = undefined;
    this.#system.close(this.#fd);
  }

  #handOver(n: number, handle: FrameHandler): void {
    const octets = this.#receiving.octetsOf(n);
    if (octets < VNET_HDR_OCTETS + ETHERNET_HEADER_OCTETS) return;
    const at = n * SLOT_OCTETS;
    const bytes = this.#received.bytes.subarray(at + VNET_HDR_OCTETS, at + octets);
    handle(bytes, this.#offloadAt(at));
  }

  #offloadAt(at: number): Offload | undefined {
    const { bytes, view } = this.#received;
    const needsChecksum = ((bytes[at] as number) & VNET_HDR_F_NEEDS_CSUM) !== 0;
    const isSegmented = bytes[at + VNET_GSO_TYPE_AT] !== 0;
    if (!needsChecksum && !isSegmented) return undefined;
    const internetHeader =
      ((bytes[at + VNET_HDR_OCTETS + ETHERNET_HEADER_OCTETS] as number) & 15) * 4;
    // The checksum may be that of a packet inside this one, which translation does not touch.
    const isOurs =
      view.getUint16(at + VNET_CSUM_START_AT, true) === ETHERNET_HEADER_OCTETS + internetHeader;
    return {
      partialChecksum: needsChecksum && isOurs,
      segmentOctets: isSegmented ? view.getUint16(at + VNET_GSO_SIZE_AT, true) : 0,
    };
  }
}
