import type { IpAddress } from '#base/address';
import { DatagramPat } from '#features/nat/datagram-pat';
import { globalEndpoint } from '#features/nat/translation-events';
import type { VirtualClock } from '#simulation/clock';
import { type Datagram, isPlainEsp, type Network, type Receiver } from '#simulation/network';
import type { Gateway } from './static-nat.ts';

/**
 * A PAT box in the simulated network: the product's own translations between its two sides. ESP without
 * UDP has no port to translate and is dropped, as the seed's PAT does (G-48).
 */
export class PatBox implements Gateway {
  readonly global: IpAddress;
  readonly #clock: VirtualClock;
  readonly #outside: Network;
  readonly #inside = new Map<IpAddress, Receiver>();
  #pat: DatagramPat;
  /** Packets without ports that were dropped, by the side they came from. */
  readonly dropped = { fromInside: 0, fromOutside: 0 };

  constructor(clock: VirtualClock, outside: Network, global: IpAddress) {
    this.global = global;
    this.#clock = clock;
    this.#outside = outside;
    this.#pat = new DatagramPat(global);
    outside.join(global, (datagram) => this.#incoming(datagram));
  }

  /** The translations in force. */
  get pat(): DatagramPat {
    return this.#pat;
  }

  /** Connects an inside host; the answer sends its datagrams. */
  join(address: IpAddress, receive: Receiver): (datagram: Datagram) => void {
    this.#inside.set(address, receive);
    return (datagram) => this.#outgoing(datagram);
  }

  leave(address: IpAddress): void {
    this.#inside.delete(address);
  }

  /** Power failure: no translation is left, and ports are given out from the first one on. */
  restart(): void {
    this.#pat = new DatagramPat(this.global);
  }

  /** Every translation ends, as at `clear xlate`; the next ones get ports that were not used lately. */
  clear(): void {
    const { translations } = this.#pat;
    for (const xlate of [...translations.xlates()]) translations.remove(xlate);
  }

  #outgoing(datagram: Datagram): void {
    if (isPlainEsp(datagram)) {
      this.dropped.fromInside += 1;
      return;
    }
    const { source, destination, bytes } = datagram;
    const now = this.#clock.now();
    this.#pat.translations.expire(now);
    const outcome = this.#pat.outgoing(source, destination, now);
    if (outcome.kind === 'forward')
      this.#outside.send({ source: globalEndpoint(outcome.xlate), destination, bytes });
  }

  #incoming(datagram: Datagram): void {
    if (isPlainEsp(datagram)) {
      this.dropped.fromOutside += 1;
      return;
    }
    const { source, destination, bytes } = datagram;
    const now = this.#clock.now();
    this.#pat.translations.expire(now);
    const local = this.#pat.incoming(destination.port, source, now);
    if (local) this.#inside.get(local.address)?.({ source, destination: local, bytes });
  }
}
