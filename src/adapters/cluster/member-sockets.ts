import { createSocket, type Socket, type SocketOptions } from 'node:dgram';
import { type Endpoint, familyOf, type IpAddress, parseAddress } from '#base/address';
import { err, ok, type Result } from '#base/result';
import type { ClusterEnds } from '#features/cluster/port';
import type { Side } from '#protocol/vcl/turn';
import { describeBindError } from '../bind-errors.ts';

export type Received = (side: Side, from: Endpoint, octets: Uint8Array) => void;

/** What a member speaks and listens by. */
export type MemberSockets = {
  /** Sends a datagram; one that the system refuses is lost, as UDP may lose any. */
  send(side: Side, to: Endpoint, octets: Uint8Array): void;
  close(): Promise<void>;
};

/** Announcements stay on the network of the members. */
const MULTICAST_TTL = 1;
/** Keepalives of honest members must survive a flood of others. */
const RECEIVE_BUFFER_OCTETS = 1 << 20;

/** The sockets of a member where nothing but Node is there: one for each of its addresses, and one for the group. */
export class PortableMemberSockets implements MemberSockets {
  readonly #sockets: { readonly side: Side; readonly family: 4 | 6; readonly socket: Socket }[] =
    [];
  readonly #received: Received;

  private constructor(received: Received) {
    this.#received = received;
  }

  /** Binds all of them; the error is one line for people. */
  static async open(
    ends: ClusterEnds,
    received: Received,
  ): Promise<Result<PortableMemberSockets, string>> {
    const sockets = new PortableMemberSockets(received);
    const { privateAddress, publicAddresses, port, group } = ends;
    const wanted: readonly (readonly [Side, IpAddress])[] = [
      ['private', privateAddress],
      ...publicAddresses.map((address) => ['public', address] as const),
    ];
    for (const [side, address] of wanted) {
      const bound = await sockets.#bind(side, { address, port });
      if (bound !== undefined) {
        await sockets.close();
        return err(bound);
      }
    }
    if (group !== undefined) {
      const joined = await sockets.#join(group, privateAddress, port);
      if (joined !== undefined) {
        await sockets.close();
        return err(joined);
      }
    }
    return ok(sockets);
  }

  send(side: Side, { address, port }: Endpoint, octets: Uint8Array): void {
    const family = familyOf(address);
    const own = this.#sockets.find((s) => s.side === side && s.family === family);
    own?.socket.send(octets, port, address, () => {});
  }

  async close(): Promise<void> {
    const closing = this.#sockets
      .splice(0)
      .map(({ socket }) => new Promise<void>((closed) => socket.close(() => closed())));
    await Promise.all(closing);
  }

  /** Binds one socket; the reason when that is impossible. */
  #bind(side: Side, endpoint: Endpoint, shared = false): Promise<string | undefined> {
    const family = familyOf(endpoint.address);
    const type = family === 4 ? 'udp4' : 'udp6';
    // Addresses need no resolver; without one a farewell leaves at once, even right before the close.
    const lookup: SocketOptions['lookup'] = (host, _, found) => found(null, host, family);
    const ipv6Only = family === 6;
    const socket = createSocket({ type, ipv6Only, reuseAddr: shared, lookup });
    return new Promise((resolve) => {
      socket.once('error', (error: NodeJS.ErrnoException) => {
        socket.close();
        resolve(describeBindError(endpoint, error.code ?? error.message));
      });
      socket.bind(endpoint.port, endpoint.address, () => {
        socket.removeAllListeners('error');
        socket.on('error', () => {});
        socket.setRecvBufferSize(RECEIVE_BUFFER_OCTETS);
        socket.on('message', (octets, { address, port }) => {
          const parsed = parseAddress(address.split('%')[0] as string);
          if (parsed.ok)
            this.#received(side, { address: parsed.value, port }, new Uint8Array(octets));
        });
        this.#sockets.push({ side, family, socket });
        resolve(undefined);
      });
    });
  }

  /** Listens to the group on the private network, and sends to it from there. */
  async #join(group: IpAddress, own: IpAddress, port: number): Promise<string | undefined> {
    const sender = this.#sockets[0]?.socket;
    const bound = await this.#bind('private', { address: group, port }, true);
    // Members named by "member" are reached all the same.
    if (bound !== undefined) return undefined;
    const listener = this.#sockets.pop();
    if (!sender || !listener) return undefined;
    try {
      listener.socket.addMembership(group, own);
      sender.setMulticastInterface(own);
      sender.setMulticastTTL(MULTICAST_TTL);
      sender.setMulticastLoopback(true);
    } catch {
      // A network without multicast, such as a tunnel, or no route for it.
    }
    // It is closed with the others, and never sends.
    this.#sockets.push({ ...listener, family: listener.family === 4 ? 4 : 6 });
    return undefined;
  }
}
