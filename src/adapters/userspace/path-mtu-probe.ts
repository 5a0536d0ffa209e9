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

const CLOSED = -1;

/**
 * Asks the kernel what a path carries: the MTU of the way out, or what ICMP has said since. Making a socket costs
 * more than asking, so that one serves all questions of a turn.
 */
export class PathMtuProbe {
  readonly #sys: Sys;
  readonly #arena: Arena;
  #socket4 = CLOSED;
  #socket6 = CLOSED;

  constructor(sys: Sys) {
    this.#sys = sys;
    this.#arena = sys.memory(LENGTH + 4);
  }

  /** Octets of an IP packet to `remote`; Ethernet's when there is no way there. */
  ask(remote: EndpointWords): number {
    const octets = writeSockaddr(this.#arena.bytes, 0, remote);
    const before = this.#socket(remote.family);
    if (before >= 0 && this.#askSocket(before, octets, remote.family)) return this.#answer();
    // The way to somebody else may have left it with a source address that has no way there.
    this.rest();
    const fresh = this.#open(remote.family);
    const answers = fresh >= 0 && this.#askSocket(fresh, octets, remote.family);
    return answers ? this.#answer() : ETHERNET_MTU;
  }

  /** The turn is over. */
  rest(): void {
    if (this.#socket4 >= 0) this.#sys.close(this.#socket4);
    if (this.#socket6 >= 0) this.#sys.close(this.#socket6);
    this.#socket4 = CLOSED;
    this.#socket6 = CLOSED;
  }

  #socket(family: number): number {
    return family === 6 ? this.#socket6 : this.#socket4;
  }

  #open(family: number): number {
    const six = family === 6;
    const fd = this.#sys.socket(six ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (six) this.#socket6 = fd;
    else this.#socket4 = fd;
    return fd;
  }

  /** Connecting a datagram socket sends nothing, and makes the kernel look the path up; whether it answered. */
  #askSocket(fd: number, octets: number, family: number): boolean {
    const { words, pointer } = this.#arena;
    if (this.#sys.connect(fd, pointer, octets) !== 0) return false;
    words[LENGTH / 4] = 4;
    const [level, name] = family === 6 ? [SOL_IPV6, IPV6_MTU] : [SOL_IP, IP_MTU];
    return this.#sys.getsockopt(fd, level, name, pointer + VALUE, pointer + LENGTH) === 0;
  }

  #answer(): number {
    return this.#arena.words[VALUE / 4] as number;
  }
}
