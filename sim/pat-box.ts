import { type Endpoint, type IpAddress, ipv4FromNumber, ipv4ToNumber } from '#base/address';
import type { Connection } from '#features/nat/connection';
import type { PatRule } from '#features/nat/rules';
import { type Outgoing, TranslationTable } from '#features/nat/translation-table';
import type { VirtualClock } from './clock.ts';
import type { Datagram, Network } from './network.ts';

/** A PAT box in the simulated network: the product's own translation table between its two sides. */
export class PatBox {
  readonly table = new TranslationTable();
  readonly global: IpAddress;
  readonly #clock: VirtualClock;
  readonly #outside: Network;
  readonly #rule: PatRule;
  readonly #inside = new Map<IpAddress, (datagram: Datagram) => void>();

  constructor(clock: VirtualClock, outside: Network, global: IpAddress) {
    this.#clock = clock;
    this.#outside = outside;
    this.global = global;
    this.#rule = {
      inside: 'inside',
      network: 0,
      mask: 0,
      globals: new Map([['outside', ipv4ToNumber(global)]]),
      connectionsMax: 0,
      embryonicMax: 0,
    };
    outside.join(global, (datagram) => this.#incoming(datagram));
  }

  /** Connects an inside host; the answer sends its datagrams. */
  join(address: IpAddress, receive: (datagram: Datagram) => void): (datagram: Datagram) => void {
    this.#inside.set(address, receive);
    return (datagram) => this.#outgoing(datagram);
  }

  leave(address: IpAddress): void {
    this.#inside.delete(address);
  }

  /** The box forgets every mapping, as after a power failure. */
  restart(): void {
    for (const xlate of [...this.table.xlates()]) this.table.remove(xlate);
  }

  #outgoing({ source, destination, bytes }: Datagram): void {
    const now = this.#clock.now();
    this.table.expire(now);
    const packet = {
      protocol: 'udp' as const,
      localAddress: ipv4ToNumber(source.address),
      localPort: source.port,
      remoteAddress: ipv4ToNumber(destination.address),
      remotePort: destination.port,
    };
    const global = ipv4ToNumber(this.global);
    const connection = this.table.findOutgoing(global, packet) ?? this.#open(global, packet);
    if (!connection) return;
    this.table.touch(connection, now, true, 0);
    const from: Endpoint = { address: this.global, port: connection.xlate.globalPort };
    this.#outside.send({ source: from, destination, bytes });
  }

  #open(global: number, packet: Outgoing): Connection | undefined {
    const opened = this.table.open(global, this.#rule, packet, this.#clock.now());
    return opened.kind === 'opened' ? opened.connection : undefined;
  }

  #incoming({ source, destination, bytes }: Datagram): void {
    const now = this.#clock.now();
    this.table.expire(now);
    const connection = this.table.findIncoming({
      protocol: 'udp',
      globalAddress: ipv4ToNumber(this.global),
      globalPort: destination.port,
      remoteAddress: ipv4ToNumber(source.address),
      remotePort: source.port,
    });
    if (!connection) return;
    this.table.touch(connection, now, false, 0);
    const { localAddress, localPort } = connection.xlate;
    const address = ipv4FromNumber(localAddress);
    this.#inside.get(address)?.({ source, destination: { address, port: localPort }, bytes });
  }
}
