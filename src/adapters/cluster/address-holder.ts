import type { IpAddress } from '#base/address';

/** Who makes this machine the one that has the cluster address. */
export type AddressHolder = {
  /** Prepares for addresses that this machine may be given; the reason when that is impossible. */
  open(addresses: readonly IpAddress[]): string | undefined;
  /** `failed` is called when that is impossible. */
  acquire(addresses: readonly IpAddress[]): void;
  announce(addresses: readonly IpAddress[], times: number): void;
  release(addresses: readonly IpAddress[]): void;
  /** Asks whether somebody else has it; `taken` is called with the hardware address. */
  probe(addresses: readonly IpAddress[]): void;
  close(): void;
};

/** What a holder has to say by itself. */
export type HolderNotices = {
  /** Somebody else answers for the cluster address. */
  readonly taken: (hardwareAddress: string) => void;
  /** This machine was not given the address; the reason is one line for people. */
  readonly failed: (reason: string) => void;
};
