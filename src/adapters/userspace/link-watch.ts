import { constants } from 'node:os';
import type { Arena } from '#base/arena';
import { openLinkSocket } from './link-socket.ts';
import { IFNAMSIZ, IFREQ_OCTETS } from './linux.ts';
import type { Sys, Watch } from './sys.ts';

/** Numbers of rtnetlink(7) and netdevice(7). */
const RTM_NEWLINK = 16;
const SIOCGIFINDEX = 0x8933;
const IFF_UP = 1;
/** `struct nlmsghdr`, and where `struct ifinfomsg` behind it has the number of the link and its flags. */
const HEADER_OCTETS = 16;
const INDEX_AT = 20;
const FLAGS_AT = 24;
const LINK_OCTETS = 32;
/** The kernel sends several messages in one piece, each of a kilobyte or two. */
const MOST_OCTETS = 32 * 1024;

/** A link that goes up and down all the time is told of so often. */
const AT_MOST_EVERY_MS = 100;

/** Tells of an interface that somebody has set down and up again. */
export class LinkWatch {
  readonly #sys: Sys;
  readonly #fd: number;
  readonly #index: number;
  readonly #cameUp: () => void;
  readonly #received: Arena;
  readonly #watch: Watch;
  #wasDown = false;
  #timer: NodeJS.Timeout | undefined;

  private constructor(sys: Sys, fd: number, index: number, cameUp: () => void) {
    this.#sys = sys;
    this.#fd = fd;
    this.#index = index;
    this.#cameUp = cameUp;
    this.#received = sys.arena(MOST_OCTETS);
    this.#watch = sys.watch(fd, () => this.#read());
  }

  /** Watches the interface `name`, which is up now; undefined when the kernel does not let us. */
  static open(sys: Sys, name: string, cameUp: () => void): LinkWatch | undefined {
    const fd = openLinkSocket(sys);
    if (fd === undefined) return undefined;
    const request = sys.arena(IFREQ_OCTETS);
    request.bytes.set(new TextEncoder().encode(name).subarray(0, IFNAMSIZ - 1));
    if (sys.ioctl(fd, SIOCGIFINDEX, request.pointer) !== 0) {
      sys.close(fd);
      return undefined;
    }
    return new LinkWatch(sys, fd, request.words[IFNAMSIZ / 4] as number, cameUp);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#watch.close();
    this.#sys.close(this.#fd);
  }

  #read(): void {
    for (;;) {
      const octets = this.#sys.read(this.#fd, this.#received.pointer, MOST_OCTETS);
      if (octets > 0) this.#take(octets);
      else if (this.#sys.errno() === constants.errno.ENOBUFS) this.#announce();
      else return;
    }
  }

  #take(octets: number): void {
    const view = new DataView(this.#received.bytes.buffer);
    for (let at = 0; at + HEADER_OCTETS <= octets; ) {
      const length = view.getUint32(at, true);
      if (length < HEADER_OCTETS || at + length > octets) return;
      const isLink = view.getUint16(at + 4, true) === RTM_NEWLINK && length >= LINK_OCTETS;
      if (isLink && view.getInt32(at + INDEX_AT, true) === this.#index)
        this.#see((view.getUint32(at + FLAGS_AT, true) & IFF_UP) !== 0);
      at += 4 * Math.ceil(length / 4);
    }
  }

  #see(isUp: boolean): void {
    if (isUp && this.#wasDown) this.#announce();
    this.#wasDown = !isUp;
  }

  /** Messages that the kernel had no room for may have been about anything, so they count too. */
  #announce(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#cameUp();
    }, AT_MOST_EVERY_MS).unref();
  }
}
