import type { IpAddress } from '#base/address';
import { DatagramPat } from '#features/nat/datagram-pat';
import { globalEndpoint } from '#features/nat/translation-events';
import type { VirtualClock } from './clock.ts';
import type { Datagram, Network } from './network.ts';

/** A PAT box in the simulated network: the product's own translations between its two sides. */
export class PatBox {
  readonly pat: DatagramPat;
  readonly #clock: VirtualClock;
  readonly #outside: Network;
  readonly #inside = new Map<IpAddress, (datagram: Datagram) => void>();

  constructor(clock: VirtualClock, outside: Network, global: IpAddress) {
    this.#clock = clock;
    this.#outside = outside;
    this.pat = new DatagramPat(global);
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
    const { translations } = this.pat;
    for (const xlate of [...translations.xlates()]) translations.remove(xlate);
  }

  #outgoing({ source, destination, bytes }: Datagram): void {
    const now = this.#clock.now();
    this.pat.translations.expire(now);
    const outcome = this.pat.outgoing(source, destination, now);
    if (outcome.kind === 'forward')
      this.#outside.send({ source: globalEndpoint(outcome.xlate), destination, bytes });
  }

  #incoming({ source, destination, bytes }: Datagram): void {
    const now = this.#clock.now();
    this.pat.translations.expire(now);
    const local = this.pat.incoming(destination.port, source, now);
    if (local) this.#inside.get(local.address)?.({ source, destination: local, bytes });
  }
}
