import { bindUdp } from '#adapters/udp';
import type { IpAddress } from '#base/address';
import { demoPorts } from './demo-network.ts';
import type { IkePorts } from './listening.ts';

/** The ports of one demo; whoever has reserved them may leave them unbound for a while. */
export type PortReservation = {
  readonly ports: IkePorts;
  release(): Promise<void>;
};

/**
 * Reserves the `attempt`-th choice of ports among demos on this machine, by a socket at an address that no
 * device of a demo has; undefined if another demo has them. Without it a demo that starts would take the
 * ports of a member whose power is cut, and that member could not be started again.
 */
export async function reservePorts(
  address: IpAddress,
  attempt: number,
): Promise<PortReservation | undefined> {
  const ports = demoPorts(attempt);
  const bound = await bindUdp({ address, port: ports.isakmp }, () => {});
  return bound.ok ? { ports, release: bound.value.close } : undefined;
}
