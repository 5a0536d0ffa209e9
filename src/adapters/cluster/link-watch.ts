import type { Links } from '#protocol/vcl/state';
import { openLinkSocket } from '../userspace/link-socket.ts';
import { IFNAMSIZ, IFREQ_OCTETS } from '../userspace/linux.ts';
import { errorName, type Sys, type Watch } from '../userspace/sys.ts';

/** Numbers of netdevice(7), the same on x86-64 and arm64. */
const SIOCGIFFLAGS = 0x8913;
/** Set while an interface is up and has a carrier; clear in an interface that is gone. */
const IFF_RUNNING = 0x40;
/** What the kernel tells of a link is not read, only that something happened. */
const READ_OCTETS = 8192;

/** The Linux interfaces of a member; undefined for an address that none has, which is never down. */
export type WatchedInterfaces = {
  readonly public: string | undefined;
  readonly private: string | undefined;
};

/** Tells when the cables of a member come and go; the kernel wakes it, so that a well link costs nothing. */
export class LinkWatch {
  readonly #sys: Sys;
  readonly #fd: number;
  readonly #interfaces: WatchedInterfaces;
  readonly #changed: (links: Links) => void;
  readonly #watch: Watch;
  #links: Links = { public: true, private: true };

  private constructor(
    sys: Sys,
    fd: number,
    interfaces: WatchedInterfaces,
    changed: (links: Links) => void,
  ) {
    this.#sys = sys;
    this.#fd = fd;
    this.#interfaces = interfaces;
    this.#changed = changed;
    const buffer = sys.arena(READ_OCTETS);
    this.#watch = sys.watch(fd, () => {
      while (sys.read(fd, buffer.pointer, READ_OCTETS) > 0);
      this.#look();
    });
  }

  /** `changed` is called at once when a link is down already; undefined where the kernel tells nothing. */
  static open(
    sys: Sys,
    interfaces: WatchedInterfaces,
    changed: (links: Links) => void,
  ): LinkWatch | undefined {
    const fd = openLinkSocket(sys);
    if (fd === undefined) return undefined;
    const watch = new LinkWatch(sys, fd, interfaces, changed);
    watch.#look();
    return watch;
  }

  close(): void {
    this.#watch.close();
    this.#sys.close(this.#fd);
  }

  #look(): void {
    const before = this.#links;
    const { public: outer, private: inner } = this.#interfaces;
    const links = { public: this.#isUp(outer), private: this.#isUp(inner) };
    this.#links = links;
    if (links.public !== before.public || links.private !== before.private) this.#changed(links);
  }

  #isUp(name: string | undefined): boolean {
    if (name === undefined) return true;
    const request = this.#sys.arena(IFREQ_OCTETS);
    request.bytes.set(new TextEncoder().encode(name).subarray(0, IFNAMSIZ - 1));
    if (this.#sys.ioctl(this.#fd, SIOCGIFFLAGS, request.pointer) !== 0)
      return errorName(this.#sys.errno()) !== 'ENODEV';
    const flags = new DataView(request.bytes.buffer).getUint16(IFNAMSIZ, true);
    return (flags & IFF_RUNNING) !== 0;
  }
}
