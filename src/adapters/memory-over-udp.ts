import type { Endpoint, IpAddress } from '#base/address';
import type { Instant } from '#base/instant';
import type { RandomSource } from '#base/random';
import { ok, type Result } from '#base/result';
import type { DataPlaneOptions, InsideNetwork, Listener } from '#dataplane/data-plane';
import { MemoryDataPlane, type MemoryOptions } from '#dataplane/memory-data-plane';
import { ipProtocols } from '#wire/protocol-numbers';
import { bindUdp, type UdpSocket } from './udp.ts';

export type MemoryOverUdpOptions = DataPlaneOptions & {
  readonly inside: InsideNetwork;
  readonly random: RandomSource;
  readonly now: () => Instant;
  /** Binds the sockets; by default `bindUdp`, and for a client behind the loopback PAT its `bindBehind`. */
  readonly bind?: typeof bindUdp;
};

const key = ({ address, port }: Endpoint): string => `${address} ${port}`;

/**
 * The `memory` data plane on UDP sockets of this machine: no root, no TUN, an inside network within
 * the process. ESP always travels in UDP here, and neither ECN nor DF of the outer header can be seen
 * or set.
 */
export class MemoryOverUdp extends MemoryDataPlane {
  readonly #sockets: Map<string, UdpSocket>;
  /** Where it listens while this machine has an address that floats. */
  readonly #floating: readonly Listener[];
  readonly #bind: (listener: Listener) => Promise<Result<UdpSocket, string>>;
  #closing: Promise<void> | undefined;

  private constructor(
    options: MemoryOptions,
    sockets: Map<string, UdpSocket>,
    bind: (listener: Listener) => Promise<Result<UdpSocket, string>>,
  ) {
    super(options);
    this.#sockets = sockets;
    this.#bind = bind;
    this.#floating = options.listen.filter(({ floating }) => floating);
  }

  /**
   * Binds a socket for each endpoint of `listen`, whose port 0 lets the system choose (`endpoints`
   * says what). The error is one line for people.
   */
  static async start(options: MemoryOverUdpOptions): Promise<Result<MemoryOverUdp, string>> {
    const sockets = new Map<string, UdpSocket>();
    const listen: Listener[] = options.listen.filter(({ floating }) => floating);
    let dataPlane: MemoryOverUdp | undefined;
    const bind = async ({ endpoint }: Listener) => {
      const bound = await (options.bind ?? bindUdp)(endpoint, (remote, bytes) => {
        if (bound.ok) dataPlane?.receive(bound.value.endpoint, remote, bytes, options.now());
      });
      return bound;
    };
    for (const listener of options.listen.filter(({ floating }) => !floating)) {
      const bound = await bind(listener);
      if (!bound.ok) {
        for (const other of sockets.values()) await other.close();
        return bound;
      }
      const socket = bound.value;
      sockets.set(key(socket.endpoint), socket);
      listen.push({ endpoint: socket.endpoint, encapsulated: listener.encapsulated });
    }
    const output: MemoryOptions['output'] = ({ local, remote, protocol, bytes }) => {
      if (protocol === ipProtocols.udp) sockets.get(key(local))?.send(remote, bytes);
    };
    dataPlane = new MemoryOverUdp({ ...options, listen, output }, sockets, bind);
    return ok(dataPlane);
  }

  /** Where it listens, in the order of the options. */
  get endpoints(): readonly Endpoint[] {
    return [...this.#sockets.values()].map((socket) => socket.endpoint);
  }

  /** This machine has these addresses that float, or has them no more. */
  async float(addresses: readonly IpAddress[], has: boolean): Promise<void> {
    for (const listener of this.#floating) {
      if (!addresses.includes(listener.endpoint.address)) continue;
      const name = key(listener.endpoint);
      const bound = this.#sockets.get(name);
      if (!has) {
        this.#sockets.delete(name);
        await bound?.close();
      } else if (!bound && !this.#closing) {
        const socket = await this.#bind(listener);
        if (!socket.ok) continue;
        // Closed while it was bound: nobody else would close this one.
        if (this.#closing) await socket.value.close();
        else this.#sockets.set(name, socket.value);
      }
    }
  }

  override close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    await super.close();
    await Promise.all([...this.#sockets.values()].map((socket) => socket.close()));
  }
}
