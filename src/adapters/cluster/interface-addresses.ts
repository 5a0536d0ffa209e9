import { constants } from 'node:os';
import type { IpAddress } from '#base/address';
import { err, ok, type Result } from '#base/result';
import { errorName, type Sys } from '../userspace/sys.ts';
import { addressMessage, errorOf } from './address-message.ts';

/** Numbers of netlink(7) and netdevice(7), the same on x86-64 and arm64. */
const AF_NETLINK = 16;
const SOCK_RAW_NONBLOCK_CLOEXEC = 3 | 0x800 | 0x80000;
const NETLINK_ROUTE = 0;
const SIOCGIFINDEX = 0x8933;
const IFREQ_OCTETS = 40;
const IFNAMSIZ = 16;
const LONGEST_MESSAGE = 512;

/**
 * Gives one interface addresses and takes them away, as `ip address` does, but within this process: starting a
 * program takes long enough for clients to notice.
 */
export class InterfaceAddresses {
  readonly #sys: Sys;
  readonly #fd: number;
  readonly #name: string;
  readonly #index: number;

  private constructor(sys: Sys, fd: number, name: string, index: number) {
    this.#sys = sys;
    this.#fd = fd;
    this.#name = name;
    this.#index = index;
  }

  /** The error is one line for people. */
  static open(sys: Sys, name: string): Result<InterfaceAddresses, string> {
    const fd = sys.socket(AF_NETLINK, SOCK_RAW_NONBLOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) return err(`no netlink socket can be opened: ${errorName(sys.errno())}`);
    const request = sys.arena(IFREQ_OCTETS);
    request.bytes.set(new TextEncoder().encode(name).subarray(0, IFNAMSIZ - 1));
    if (sys.ioctl(fd, SIOCGIFINDEX, request.pointer) !== 0) {
      sys.close(fd);
      return err(`there is no interface ${name}`);
    }
    const index = new DataView(request.bytes.buffer).getInt32(IFNAMSIZ, true);
    return ok(new InterfaceAddresses(sys, fd, name, index));
  }

  /** Gives it to the interface, which has it when this returns; the error is one line for people. */
  acquire(address: IpAddress): string | undefined {
    const error = this.#change('replace', address);
    if (error === 0) return undefined;
    const reason =
      error === constants.errno.EPERM
        ? 'that needs CAP_NET_ADMIN: run as root, or grant it'
        : errorName(error);
    return `${this.#name} cannot be given the cluster address ${address}: ${reason}`;
  }

  /** Takes it away; an interface that is gone has none. */
  release(address: IpAddress): void {
    this.#change('delete', address);
  }

  /** The number of the error, 0 for none; the kernel has done it when this returns. */
  #change(verb: 'replace' | 'delete', address: IpAddress): number {
    const buffer = this.#sys.arena(LONGEST_MESSAGE);
    const message = addressMessage(verb, address, this.#index);
    buffer.bytes.set(message);
    if (this.#sys.write(this.#fd, buffer.pointer, message.length) < 0) return this.#sys.errno();
    const octets = this.#sys.read(this.#fd, buffer.pointer, LONGEST_MESSAGE);
    return octets < 0 ? this.#sys.errno() : errorOf(buffer.bytes.slice(0, octets));
  }

  close(): void {
    this.#sys.close(this.#fd);
  }
}
