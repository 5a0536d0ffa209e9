import type { Endpoint } from '#base/address';
import type { Instant } from '#base/instant';
import type { RandomSource } from '#base/random';
import { ok, type Result } from '#base/result';
import type { DataPlaneOptions, InsideNetwork } from '#dataplane/data-plane';
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
  readonly #sockets: ReadonlyMap<string, UdpSocket>;
  #closing: Promise<void> | undefined;

  private constructor(options: MemoryOptions, sockets: ReadonlyMap<string, UdpSocket>) {
    super(options);
    this.#sockets = sockets;
  }

  /**
   * Binds a socket for each endpoint of `listen`, whose port 0 lets the system choose (`endpoints`
   * says what). The error is one line for people.
   */
  static async start(options: MemoryOverUdpOptions): Promise<Result<MemoryOverUdp, string>> {
    const sockets = new Map<string, UdpSocket>();
    const listen: DataPlaneOptions['listen'][number][] = [];
    let dataPlane: MemoryOverUdp | undefined;
    for (const { endpoint, encapsulated } of options.listen) {
      const bound = await (options.bind ?? bindUdp)(endpoint, (remote, bytes) =>
        dataPlane?.receive(socket.endpoint, remote, bytes, options.now()),
      );
      if (!bound.ok) {
        for (const other of sockets.values()) await other.close();
        return bound;
      }
      const socket = bound.value;
      sockets.set(key(socket.endpoint), socket);
      listen.push({ endpoint: socket.endpoint, encapsulated });
    }
    const output: MemoryOptions['output'] = ({ local, remote, protocol, bytes }) => {
      if (protocol === ipProtocols.udp) sockets.get(key(local))?.send(remote, bytes);
    };
    dataPlane = new MemoryOverUdp({ ...options, listen, output }, sockets);
    return ok(dataPlane);
  }

  /** Where it listens, in the order of the options. */
  get endpoints(): readonly Endpoint[] {
    return [...this.#sockets.values()].map((socket) => socket.endpoint);
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
