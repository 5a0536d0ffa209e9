import { constants } from 'node:os';
import { err, ok, type Result } from '#base/result';
import { errorName, type Sys, type Watch } from '../userspace/sys.ts';

/** Numbers of packet(7) and netdevice(7), the same on x86-64 and arm64. */
const AF_PACKET = 17;
const SOCK_RAW_NONBLOCK_CLOEXEC = 3 | 0x800 | 0x80000;
const ETH_P_ARP_BIG_ENDIAN = 0x0608;
const SIOCGIFHWADDR = 0x8927;
const SIOCGIFINDEX = 0x8933;
const IFREQ_OCTETS = 40;
const IFNAMSIZ = 16;
const SOCKADDR_LL_OCTETS = 20;
const LONGEST_FRAME = 256;

/** Sends frames to the neighbours on one Ethernet interface, and hears their ARP. */
export class NeighbourSocket {
  readonly hardwareAddress: Uint8Array;
  readonly #sys: Sys;
  readonly #fd: number;
  readonly #watch: Watch;

  private constructor(
    sys: Sys,
    fd: number,
    hardwareAddress: Uint8Array,
    received: (frame: Uint8Array) => void,
  ) {
    this.#sys = sys;
    this.#fd = fd;
    this.hardwareAddress = hardwareAddress;
    const buffer = sys.arena(LONGEST_FRAME);
    this.#watch = sys.watch(fd, () => {
      for (;;) {
        const octets = sys.read(fd, buffer.pointer, LONGEST_FRAME);
        if (octets <= 0) return;
        received(buffer.bytes.slice(0, octets));
      }
    });
  }

  /** The error is one line for people. */
  static open(
    sys: Sys,
    name: string,
    received: (frame: Uint8Array) => void,
  ): Result<NeighbourSocket, string> {
    const fd = sys.socket(AF_PACKET, SOCK_RAW_NONBLOCK_CLOEXEC, ETH_P_ARP_BIG_ENDIAN);
    if (fd < 0)
      return err(
        sys.errno() === constants.errno.EPERM
          ? 'the cluster address can be announced with CAP_NET_RAW only: run as root, or grant it'
          : `no packet socket can be opened: ${errorName(sys.errno())}`,
      );
    const request = sys.arena(IFREQ_OCTETS);
    const view = new DataView(request.bytes.buffer);
    const ask = (what: number): boolean => {
      request.bytes.fill(0);
      request.bytes.set(new TextEncoder().encode(name).subarray(0, IFNAMSIZ - 1));
      return sys.ioctl(fd, what, request.pointer) === 0;
    };
    if (!ask(SIOCGIFINDEX)) {
      sys.close(fd);
      return err(`there is no interface ${name}`);
    }
    const index = view.getInt32(IFNAMSIZ, true);
    ask(SIOCGIFHWADDR);
    const hardwareAddress = request.bytes.slice(IFNAMSIZ + 2, IFNAMSIZ + 8);
    const address = sys.arena(SOCKADDR_LL_OCTETS);
    const bound = new DataView(address.bytes.buffer);
    bound.setUint16(0, AF_PACKET, true);
    bound.setUint16(2, ETH_P_ARP_BIG_ENDIAN, true);
    bound.setInt32(4, index, true);
    if (sys.bind(fd, address.pointer, SOCKADDR_LL_OCTETS) !== 0) {
      const reason = errorName(sys.errno());
      sys.close(fd);
      return err(`the neighbours on ${name} cannot be heard: ${reason}`);
    }
    return ok(new NeighbourSocket(sys, fd, hardwareAddress, received));
  }

  /** A frame that the system refuses is lost, as any may be. */
  send(frame: Uint8Array): void {
    const buffer = this.#sys.arena(LONGEST_FRAME);
    buffer.bytes.set(frame);
    this.#sys.write(this.#fd, buffer.pointer, frame.length);
  }

  close(): void {
    this.#watch.close();
    this.#sys.close(this.#fd);
  }
}
