import type { IpAddress } from '#base/address';
import type { Network, Receiver } from './network.ts';

/** A host that may have an address that moves. */
export type Owner = { readonly name: string; readonly receive: Receiver };

/**
 * Who has an address that moves: every kernel that was given it, and among them the one that the neighbours
 * believe, which is the last that announced itself.
 */
export class AddressOwners {
  readonly #network: Network;
  readonly #having = new Map<IpAddress, Set<Owner>>();
  readonly #believed = new Map<IpAddress, Owner>();

  constructor(network: Network) {
    this.#network = network;
  }

  /** Whoever the neighbours send to; undefined while nobody has it. */
  believed(address: IpAddress): Owner | undefined {
    return this.#believed.get(address);
  }

  /** All that have it, in the order in which they got it. */
  having(address: IpAddress): readonly Owner[] {
    return [...(this.#having.get(address) ?? [])];
  }

  acquire(address: IpAddress, owner: Owner): void {
    const having = this.#having.get(address) ?? new Set();
    this.#having.set(address, having.add(owner));
    this.#believe(address, owner);
  }

  /** An announcement of somebody who has it not any more is nothing. */
  announce(address: IpAddress, owner: Owner): void {
    if (this.#having.get(address)?.has(owner)) this.#believe(address, owner);
  }

  release(address: IpAddress, owner: Owner): void {
    this.#having.get(address)?.delete(owner);
    if (this.#believed.get(address) !== owner) return;
    this.#believed.delete(address);
    this.#network.leave(address);
  }

  /** The host is gone, with everything that its kernel had. */
  forget(owner: Owner): void {
    for (const address of [...this.#having.keys()]) this.release(address, owner);
  }

  #believe(address: IpAddress, owner: Owner): void {
    this.#believed.set(address, owner);
    this.#network.join(address, owner.receive);
  }
}
