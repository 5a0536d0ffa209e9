import type { Arena } from '#base/arena';
import type { EndpointWords } from '#dataplane/endpoint-words';
import { ETHERNET_MTU } from '#dataplane/path-mtu';
import {
  AF_INET,
  AF_INET6,
  IP_MTU,
  IPV6_MTU,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCKADDR_ROOM,
  SOL_IP,
  SOL_IPV6,
  writeSockaddr,
} from './linux.ts';
import type { Sys } from './sys.ts';

const VALUE = SOCKADDR_ROOM;
const LENGTH = VALUE + 4;

/** Asks the kernel what a path carries: the MTU of the way out, or what ICMP has said since. */
export class PathMtuProbe {
  readonly #sys: Sys;
  readonly #arena: Arena;

  constructor(sys: Sys) {
    this.#sys = sys;
    this.#arena = sys.memory(LENGTH + 4);
  }

  /** Octets of an IP packet to `remote`; Ethernet's when there is no way there. */
  ask(remote: EndpointWords): number {
    const six = remote.family === 6;
    // Connecting a datagram socket sends nothing, and makes the kernel look the path up.
    const fd = this.#sys.socket(six ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return ETHERNET_MTU;
    const mtu = this.#askSocket(fd, remote, six);
    this.#sys.close(fd);
    return mtu;
  }

  #askSocket(fd: number, remote: EndpointWords, six: boolean): number {
    const { bytes, words, pointer } = this.#arena;
    const octets = writeSockaddr(bytes, 0, remote);
    if (this.#sys.connect(fd, pointer, octets) !== 0) return ETHERNET_MTU;
    words[LENGTH / 4] = 4;
    const level = six ? SOL_IPV6 : SOL_IP;
    const name = six ? IPV6_MTU : IP_MTU;
    const asked = this.#sys.getsockopt(fd, level, name, pointer + VALUE, pointer + LENGTH);
    return asked === 0 ? (words[VALUE / 4] as number) : ETHERNET_MTU;
  }
}
