import type { IpAddress } from '#base/address';

/** Who makes this machine the one that has the cluster address. */
export type AddressHolder = {
  /** Prepares for addresses that this machine may be given; the reason when that is impossible. */
  open(addresses: readonly IpAddress[]): string | undefined;
  acquire(addresses: readonly IpAddress[]): void;
  announce(addresses: readonly IpAddress[], times: number): void;
  release(addresses: readonly IpAddress[]): void;
  /** Asks whether somebody else has it; `taken` is told the hardware address. */
  probe(addresses: readonly IpAddress[]): void;
  close(): void;
};

/** Called when somebody else answers for the cluster address. */
export type AddressTaken = (hardwareAddress: string) => void;
