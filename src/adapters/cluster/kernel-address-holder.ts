import { spawnSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { familyOf, type IpAddress } from '#base/address';
import { toHex } from '#base/bytes';
import { announcementFrames, ownerNamedBy, probeFrame } from '#features/cluster/neighbour-frames';
import type { Sys } from '../userspace/sys.ts';
import type { AddressHolder, HolderNotices } from './address-holder.ts';
import { guardRules } from './guard.ts';
import { InterfaceAddresses } from './interface-addresses.ts';
import { NeighbourSocket } from './neighbour-socket.ts';

/** The Linux interface that has an address. */
export function linuxInterfaceOf(address: IpAddress): string | undefined {
  for (const [name, ends] of Object.entries(networkInterfaces()))
    if (ends?.some((end) => end.address === address)) return name;
  return undefined;
}

/** Other programs find it by this name in `nft list ruleset`. */
const TABLE = 'headend_cluster';

function run(command: string, args: readonly string[], input?: string): string | undefined {
  const done = spawnSync(command, args, { input, encoding: 'utf8' });
  if (done.error) return `${command} cannot be run (${done.error.message})`;
  return done.status === 0 ? undefined : done.stderr.trim();
}

/**
 * The cluster address as one of a Linux interface, told to the neighbours by ARP and neighbour discovery.
 * Rules of nftables let nothing but IKE and ESP in UDP through to it (LB-70).
 */
export class KernelAddressHolder implements AddressHolder {
  readonly #sys: Sys;
  readonly #publicAddress: IpAddress | undefined;
  readonly #udpPorts: readonly number[];
  readonly #notices: HolderNotices;
  readonly #held = new Set<IpAddress>();
  #addresses: InterfaceAddresses | undefined;
  #neighbours: NeighbourSocket | undefined;
  #probed: readonly IpAddress[] = [];

  constructor(
    sys: Sys,
    publicAddress: IpAddress | undefined,
    udpPorts: readonly number[],
    notices: HolderNotices,
  ) {
    this.#sys = sys;
    this.#publicAddress = publicAddress;
    this.#udpPorts = udpPorts;
    this.#notices = notices;
  }

  open(addresses: readonly IpAddress[]): string | undefined {
    const own = this.#publicAddress;
    const name = own && linuxInterfaceOf(own);
    if (name === undefined) return `no interface of this machine has the public address ${own}`;
    const changing = InterfaceAddresses.open(this.#sys, name);
    if (!changing.ok) return changing.error;
    this.#addresses = changing.value;
    // An address that a killed process left behind would answer beside the new master.
    this.release(addresses);
    const guarded = run('nft', ['-f', '-'], guardRules(TABLE, addresses, this.#udpPorts));
    if (guarded !== undefined)
      return `the cluster address cannot be guarded by nftables: ${guarded}; install the package nftables`;
    const opened = NeighbourSocket.open(this.#sys, name, (frame) => this.#heard(frame));
    if (!opened.ok) return opened.error;
    this.#neighbours = opened.value;
    return undefined;
  }

  acquire(addresses: readonly IpAddress[]): void {
    for (const address of addresses) {
      const refused = this.#addresses?.acquire(address);
      if (refused !== undefined) {
        this.#notices.failed(refused);
        return;
      }
      this.#held.add(address);
    }
  }

  announce(addresses: readonly IpAddress[], times: number): void {
    const neighbours = this.#neighbours;
    if (!neighbours) return;
    // The neighbours must not be sent to a machine that was not given the address.
    const held = addresses.filter((address) => this.#held.has(address));
    for (let n = 0; n < times; n += 1)
      for (const address of held)
        for (const frame of announcementFrames(neighbours.hardwareAddress, address))
          neighbours.send(frame);
  }

  release(addresses: readonly IpAddress[]): void {
    for (const address of addresses) {
      this.#held.delete(address);
      this.#addresses?.release(address);
    }
  }

  probe(addresses: readonly IpAddress[]): void {
    const neighbours = this.#neighbours;
    if (!neighbours) return;
    this.#probed = addresses;
    for (const address of addresses)
      if (familyOf(address) === 4) neighbours.send(probeFrame(neighbours.hardwareAddress, address));
  }

  close(): void {
    this.release([...this.#held]);
    this.#neighbours?.close();
    this.#neighbours = undefined;
    this.#addresses?.close();
    this.#addresses = undefined;
    run('nft', ['delete', 'table', 'inet', TABLE]);
  }

  #heard(frame: Uint8Array): void {
    const own = this.#neighbours?.hardwareAddress;
    const owner = own && ownerNamedBy(frame, own, this.#probed);
    if (owner) this.#notices.taken(toHex(owner));
  }
}
