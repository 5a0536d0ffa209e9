import type { IpAddress } from '#base/address';
import type { Datagram, Network, Receiver } from '#simulation/network';

/** What a host may be connected to instead of the network itself. */
export type Gateway = {
  /** Connects an inside host; the answer sends its datagrams. */
  join(address: IpAddress, receive: Receiver): (datagram: Datagram) => void;
  leave(address: IpAddress): void;
};

/** A NAT that gives one inside host an outside address of its own, ports and protocols as they are. */
export class StaticNat implements Gateway {
  readonly #network: Network;
  readonly #outside: IpAddress;

  constructor(network: Network, outside: IpAddress) {
    this.#network = network;
    this.#outside = outside;
  }

  join(address: IpAddress, receive: Receiver): (datagram: Datagram) => void {
    const moved = <T extends { readonly address: IpAddress }>(end: T, to: IpAddress): T => ({
      ...end,
      address: to,
    });
    this.#network.join(this.#outside, (d) =>
      receive({ ...d, destination: moved(d.destination, address) }),
    );
    return (d) => this.#network.send({ ...d, source: moved(d.source, this.#outside) });
  }

  leave(): void {
    this.#network.leave(this.#outside);
  }
}
