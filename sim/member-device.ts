import { address, type IpAddress } from '#base/address';
import type { Instant } from '#base/instant';
import { Prng } from '#base/prng';
import type { Configuration } from '#config/configuration';
import { Driver } from '#engine/driver';
import { HeadEnd } from '#engine/head-end';
import type { Effect } from '#engine/ports';
import { type EventDef, eventText } from '#events/event';
import type { AddressOwners, Owner } from '#simulation/address-owners';
import type { VirtualClock } from '#simulation/clock';
import { type MemberDisk, newDisk, SimulatedPort } from '#simulation/cluster-port';
import type { Datagram, Network } from '#simulation/network';
import { ObservedDataPlane } from './observed-data-plane.ts';
import { SimulatedWork } from './slow-work.ts';

const IKE_PORT = 500;
const NAT_TRAVERSAL_PORT = 4500;

export type MemberSurroundings = {
  readonly clock: VirtualClock;
  readonly network: Network;
  readonly owners: AddressOwners;
  readonly random: Prng;
};

/** A whole head-end as a member of a cluster, IKE and ESP included, on a host with two addresses. */
export class MemberDevice implements Owner {
  readonly name: string;
  readonly device: HeadEnd;
  readonly disk: MemberDisk;
  readonly #surroundings: MemberSurroundings;
  readonly #driver: Driver;
  readonly #dataPlane: ObservedDataPlane;
  readonly #port: SimulatedPort;
  readonly #addresses: readonly IpAddress[];
  #crashed = false;

  /** `host` is the last octet of both addresses; `disk` is what a former life left. */
  constructor(
    surroundings: MemberSurroundings,
    configuration: Configuration,
    host: number,
    disk?: MemberDisk,
  ) {
    const { clock, network, owners, random } = surroundings;
    this.name = `member${host}`;
    this.disk = disk ?? newDisk(random.bytes(8));
    this.#surroundings = surroundings;
    const own = address(`10.32.1.${host}`);
    this.#addresses = [own, address(`172.18.124.${host}`)];
    const work = new SimulatedWork(clock, new Prng(random.uint32()));
    this.device = new HeadEnd({
      random: new Prng(random.uint32()),
      configuration,
      startedAt: clock.now(),
      version: 'simulated',
      natTraversalPort: NAT_TRAVERSAL_PORT,
      counters: {
        inboundCounters: (spi) => this.#dataPlane.inboundCounters(spi),
        outboundCounters: (spi, remote) => this.#dataPlane.outboundCounters(spi, remote),
      },
    });
    this.#port = new SimulatedPort({
      network,
      owners,
      self: this,
      disk: this.disk,
      now: clock.now,
      schedule: (at, run) => clock.schedule(at, () => this.#crashed || run()),
      random16: () => random.uint32() & 0xffff,
      input: (input) => this.command((device, now) => device.clusterInput(input, now)),
      resolve: () => [],
    });
    let cancel = () => {};
    this.#driver = new Driver(this.device, {
      now: clock.now,
      ask: (question, answered) => work.ask(question, answered),
      wakeAt: (at) => {
        cancel();
        cancel = at === undefined ? () => {} : clock.schedule(at, this.#driver.tick);
      },
      cluster: this.#port.perform,
    });
    this.#dataPlane = new ObservedDataPlane({
      listen: this.#addresses.flatMap((at) => [
        { endpoint: { address: at, port: IKE_PORT }, encapsulated: false },
        { endpoint: { address: at, port: NAT_TRAVERSAL_PORT }, encapsulated: true },
      ]),
      report: this.#driver.report,
      inside: { deliver: () => {} },
      random: new Prng(random.uint32()),
      output: ({ local, remote, protocol, bytes }) =>
        network.send({ source: local, destination: remote, bytes, protocol }),
    });
    this.#driver.attach(this.#dataPlane);
    for (const at of this.#addresses) network.join(at, this.receive);
    this.command((device, now) => device.begin(now));
  }

  readonly receive = (datagram: Datagram): void => {
    if (this.#crashed || this.#port.takes(datagram)) return;
    const { source, destination, bytes } = datagram;
    this.#dataPlane.receive(destination, source, bytes, this.#surroundings.clock.now());
  };

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
    return this.#dataPlane.installed.size;
  }

  /** The texts of one event, the oldest first. */
  said(definition: EventDef): string[] {
    return [...this.device.log.newestFirst()]
      .filter((e) => e.record.definition === definition)
      .map((e) => eventText(e.record))
      .reverse();
  }

  configure(configuration: Configuration): void {
    this.command((device, now) => device.configure(configuration, now));
  }

  /** Has the device do something, and carries out what comes of it. */
  command(action: (device: HeadEnd, now: Instant) => readonly Effect[]): void {
    this.#driver.carryOut(action(this.device, this.#surroundings.clock.now()));
  }

  /** The host vanishes: nothing is said, nothing is heard any more. */
  crash(): void {
    this.#crashed = true;
    this.#driver.stop();
    const { network, owners } = this.#surroundings;
    owners.forget(this);
    for (const at of this.#addresses) network.leave(at);
  }
}
