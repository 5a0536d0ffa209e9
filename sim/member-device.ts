import type { IpAddress } from '#base/address';
import type { Instant } from '#base/instant';
import type { Configuration } from '#config/configuration';
import type { HeadEnd } from '#engine/head-end';
import type { Effect } from '#engine/ports';
import { type EventDef, eventText } from '#events/event';
import type { AddressOwners, Owner } from '#simulation/address-owners';
import { type MemberDisk, newDisk, SimulatedPort } from '#simulation/cluster-port';
import type { Datagram } from '#simulation/network';
import type { Lab, Node } from './lab.ts';
import { clusterAddress, memberAddress, memberPrivateAddress } from './scenarios/configuration.ts';

/** Where members are: hosts of a lab, on which an address moves. */
export type MemberWorld = { readonly lab: Lab; readonly owners: AddressOwners };

/** A whole head-end as a member of a cluster, IKE and ESP included, on a host with two addresses: one life of it. */
export class MemberDevice implements Owner {
  readonly name: string;
  readonly disk: MemberDisk;
  readonly addresses: readonly IpAddress[];
  readonly node: Node<HeadEnd>;
  readonly #owners: AddressOwners;

  /** `host` is the last octet of both addresses; `disk` is what a former life left. */
  constructor(
    { lab, owners }: MemberWorld,
    configuration: Configuration,
    host: number,
    disk: MemberDisk = newDisk(lab.random.bytes(8)),
  ) {
    this.name = `member ${host}`;
    this.disk = disk;
    this.addresses = [memberPrivateAddress(host), memberAddress(host)];
    this.#owners = owners;
    const port = new SimulatedPort({
      network: lab.network,
      owners,
      self: this,
      disk,
      now: lab.clock.now,
      schedule: (at, run) => lab.clock.schedule(at, () => this.node.crashed || run()),
      random16: () => lab.random.uint32() & 0xffff,
      input: (input) => this.command((device, now) => device.clusterInput(input, now)),
      resolve: () => [],
    });
    this.node = lab.member({ address: memberAddress(host) }, configuration, {
      addresses: [memberPrivateAddress(host)],
      floating: [clusterAddress],
      perform: port.perform,
      takes: (datagram) => port.takes(datagram),
    });
  }

  readonly receive = (datagram: Datagram): void => this.node.receive(datagram);

  get device(): HeadEnd {
    return this.node.device;
  }

  get role(): string {
    return this.device.cluster.member?.phase.phase ?? 'off';
  }

  /** The rows of tunnels between members, by their administrator. */
  get tunnels(): string[] {
    return [...this.device.sessions.values()]
      .filter((s) => s.kind === 'management' && s.protocol === 'VCA/IPSec')
      .map((s) => s.username)
      .sort();
  }

  /** Inbound SAs in the packet path of clients. */
  get installed(): number {
    return this.node.dataPlane.installed.size;
  }

  /** The texts of one event, the oldest first. */
  said(definition: EventDef): string[] {
    return [...this.device.log.newestFirst()]
      .filter((e) => e.record.definition === definition)
      .map((e) => eventText(e.record))
      .reverse();
  }

  begin(): void {
    this.command((device, now) => device.begin(now));
  }

  configure(configuration: Configuration): void {
    this.command((device, now) => device.configure(configuration, now));
  }

  /** Has the device do something, and carries out what comes of it. */
  command(action: (device: HeadEnd, now: Instant) => readonly Effect[]): void {
    this.node.command(action);
  }

  /** The host vanishes: nothing is said, nothing is heard any more. */
  crash(): void {
    this.node.crash();
    this.#owners.forget(this);
  }
}
