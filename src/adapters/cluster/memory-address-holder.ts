import type { IpAddress } from '#base/address';
import type { AddressHolder } from './address-holder.ts';

/**
 * The cluster address where every address is this machine's anyway, as on loopback: whoever listens
 * there has it. The one that gives it up must be gone before the next can listen.
 */
export class MemoryAddressHolder implements AddressHolder {
  readonly #float: (addresses: readonly IpAddress[], has: boolean) => Promise<void>;
  readonly #held = new Set<IpAddress>();
  #work: Promise<void> = Promise.resolve();

  constructor(float: (addresses: readonly IpAddress[], has: boolean) => Promise<void>) {
    this.#float = float;
  }

  open(): undefined {
    return undefined;
  }

  acquire(addresses: readonly IpAddress[]): void {
    for (const address of addresses) this.#held.add(address);
    this.#then(addresses, true);
  }

  /** Binding fails while a former owner still listens; a repetition finds it gone. */
  announce(addresses: readonly IpAddress[]): void {
    this.#then(
      addresses.filter((address) => this.#held.has(address)),
      true,
    );
  }

  release(addresses: readonly IpAddress[]): void {
    for (const address of addresses) this.#held.delete(address);
    this.#then(addresses, false);
  }

  probe(): void {
    // There are no neighbours to ask.
  }

  close(): void {
    this.release([...this.#held]);
  }

  #then(addresses: readonly IpAddress[], has: boolean): void {
    this.#work = this.#work.then(() => this.#float(addresses, has));
  }
}
