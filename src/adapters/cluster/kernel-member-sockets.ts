import { addressBytes, familyOf, type IpAddress } from '#base/address';
import { concat } from '#base/bytes';
import { err, ok, type Result } from '#base/result';
import { EndpointWords } from '#dataplane/endpoint-words';
import type { ClusterEnds } from '#features/cluster/port';
import type { Side } from '#protocol/vcl/turn';
import { ControlSender } from '../userspace/control-sender.ts';
import { SOL_IP } from '../userspace/linux.ts';
import { ReceiveBatch } from '../userspace/receive-batch.ts';
import { type OpenSocket, openUdp } from '../userspace/sockets.ts';
import type { Sys, Watch } from '../userspace/sys.ts';
import type { MemberSockets, Received } from './member-sockets.ts';

/** ip(7). */
const IP_MULTICAST_IF = 32;
const IP_MULTICAST_TTL = 33;
const IP_ADD_MEMBERSHIP = 35;
/** Announcements stay on the network of the members. */
const MULTICAST_TTL = 1;
/** Read by one system call, and so often before others get their turn. */
const MESSAGES_PER_READ = 32;
const READS_PER_TURN = 8;

type Heard = { readonly fd: number; readonly side: Side; readonly watch: Watch };

/**
 * The sockets of a member, read many datagrams at a time: whoever floods the cluster port must not make members
 * miss what they say to each other, and through node:dgram a datagram costs as much as to refuse ten.
 */
export class KernelMemberSockets implements MemberSockets {
  readonly #sys: Sys;
  readonly #received: Received;
  readonly #batch: ReceiveBatch;
  readonly #from = new EndpointWords();
  #sockets: readonly (OpenSocket & { readonly side: Side })[] = [];
  #heard: readonly Heard[] = [];
  #sender: ControlSender | undefined;

  private constructor(sys: Sys, received: Received) {
    this.#sys = sys;
    this.#received = received;
    this.#batch = new ReceiveBatch(sys, MESSAGES_PER_READ);
  }

  /** Binds one for each address of the member, and one for the group; the error is one line for people. */
  static open(
    sys: Sys,
    ends: ClusterEnds,
    received: Received,
  ): Result<KernelMemberSockets, string> {
    const made = new KernelMemberSockets(sys, received);
    const { privateAddress, publicAddresses, port, group } = ends;
    const wanted: readonly (readonly [Side, IpAddress])[] = [
      ['private', privateAddress],
      ...publicAddresses.map((address) => ['public', address] as const),
    ];
    for (const [side, address] of wanted) {
      const bound = made.#bind(side, address, port);
      if (bound === undefined) continue;
      made.#end();
      return err(bound);
    }
    made.#sender = new ControlSender(sys, made.#sockets);
    if (group !== undefined) made.#join(group, privateAddress, port);
    return ok(made);
  }

  /** Sends a datagram; one that the system refuses is lost, as UDP may lose any. */
  send(side: Side, to: { readonly address: IpAddress; readonly port: number }, octets: Uint8Array) {
    const family = familyOf(to.address);
    const own = this.#sockets.find(
      (s) => s.side === side && familyOf(s.endpoint.address) === family,
    );
    if (own) this.#sender?.send(own.endpoint, to, octets, false);
  }

  async close(): Promise<void> {
    this.#end();
  }

  #end(): void {
    for (const { fd, watch } of this.#heard) {
      watch.close();
      this.#sys.close(fd);
    }
    this.#heard = [];
    this.#sockets = [];
    this.#sender = undefined;
    const { pointer, bytes } = this.#batch.arena;
    this.#sys.munmap(pointer, bytes.length);
  }

  /** The reason when that is impossible. */
  #bind(side: Side, address: IpAddress, port: number): string | undefined {
    const opened = openUdp(this.#sys, { endpoint: { address, port }, encapsulated: false }, 1);
    if (!opened.ok) return opened.error;
    for (const socket of opened.value) {
      this.#sockets = [...this.#sockets, { ...socket, side }];
      this.#hear(socket.fd, side);
    }
    return undefined;
  }

  #hear(fd: number, side: Side): void {
    const watch = this.#sys.watch(fd, () => this.#read(fd, side));
    this.#heard = [...this.#heard, { fd, side, watch }];
  }

  #read(fd: number, side: Side): void {
    const batch = this.#batch;
    for (let turn = 0; turn < READS_PER_TURN; turn += 1) {
      const messages = batch.receive(fd);
      for (let i = 0; i < messages; i += 1) {
        batch.remote(i, this.#from);
        const at = batch.offset(i);
        const octets = batch.arena.bytes.slice(at, at + batch.octets(i));
        this.#received(side, this.#from.endpoint(), octets);
        // What was received may have made this member leave.
        if (this.#heard.length === 0) return;
      }
      if (messages < MESSAGES_PER_READ) return;
    }
  }

  /** Listens to the group on the private network, and sends to it from there. */
  #join(group: IpAddress, own: IpAddress, port: number): void {
    // Where that is impossible, members named by "member" are reached all the same.
    const opened = openUdp(
      this.#sys,
      { endpoint: { address: group, port }, encapsulated: false },
      1,
    );
    const [listener] = opened.ok ? opened.value : [];
    const sender = this.#sockets[0];
    if (!listener || !sender) return;
    this.#hear(listener.fd, 'private');
    this.#set(listener.fd, IP_ADD_MEMBERSHIP, concat(addressBytes(group), addressBytes(own)));
    this.#set(sender.fd, IP_MULTICAST_IF, addressBytes(own));
    this.#set(sender.fd, IP_MULTICAST_TTL, Uint8Array.of(MULTICAST_TTL));
  }

  #set(fd: number, name: number, value: Uint8Array): void {
    const argument = this.#sys.arena(value.length);
    argument.bytes.set(value);
    this.#sys.setsockopt(fd, SOL_IP, name, argument.pointer, value.length);
  }
}
