import type { Endpoint, IpAddress } from '#base/address';
import { after, elapsedMs, type Instant } from '#base/instant';
import { Prng } from '#base/prng';
import type { Configuration } from '#config/configuration';
import { InsideHost } from '#dataplane/inside-host';
import { MemoryDataPlane } from '#dataplane/memory-data-plane';
import { ClientDevice } from '#engine/client-device';
import { Driver } from '#engine/driver';
import { HeadEnd } from '#engine/head-end';
import type { Effect, Steppable } from '#engine/ports';
import type { Profile } from '#features/client/profile';
import { VirtualClock } from './clock.ts';
import { type Datagram, type Faults, Network, noFaults } from './network.ts';
import { PatBox } from './pat-box.ts';
import { SimulatedWork } from './slow-work.ts';

const IKE_PORT = 500;
const NAT_TRAVERSAL_PORT = 4500;

/** A device of the product on a simulated host, with its inside network. */
export type Node<D extends Steppable> = {
  readonly device: D;
  readonly dataPlane: MemoryDataPlane;
  readonly inside: InsideHost;
  carryOut(effects: readonly Effect[]): void;
  /** The host vanishes: nothing is said, nothing is heard any more. */
  crash(): void;
};

/** How a host reaches the network: directly, or through a PAT box. */
type Attachment = {
  readonly send: (datagram: Datagram) => void;
  readonly leave: () => void;
};

/**
 * The product's own devices in virtual time on a faulty network. Everything follows from the seed: two
 * runs of one seed are the same, and a failure names it.
 */
export class Lab {
  readonly seed: number;
  readonly clock = new VirtualClock();
  readonly random: Prng;
  readonly network: Network;
  readonly #startedAt: Instant = this.clock.now();
  readonly #checks: { readonly name: string; readonly holds: () => boolean }[] = [];

  constructor(seed: number, faults: Partial<Faults> = {}) {
    this.seed = seed;
    this.random = new Prng(seed);
    this.network = new Network(this.clock, this.random, { ...noFaults, ...faults });
  }

  /** A PAT box whose inside hosts share one address. */
  patBox(global: IpAddress): PatBox {
    return new PatBox(this.clock, this.network, global);
  }

  /** A head-end at `address`, which answers pings at `insideAddress`. */
  headEnd(
    address: IpAddress,
    insideAddress: IpAddress,
    configuration: Configuration,
  ): Node<HeadEnd> {
    const counters: { plane?: MemoryDataPlane } = {};
    const device = new HeadEnd({
      random: new Prng(this.random.uint32()),
      configuration,
      startedAt: this.clock.now(),
      version: 'simulated',
      natTraversalPort: NAT_TRAVERSAL_PORT,
      counters: {
        inboundCounters: (spi) => counters.plane?.inboundCounters(spi),
        outboundCounters: (spi, remote) => counters.plane?.outboundCounters(spi, remote),
      },
    });
    const node = this.#boot(device, address, [insideAddress]);
    counters.plane = node.dataPlane;
    return node;
  }

  /** A client at `address`, directly on the network or behind `pat`; it pings from its assigned address. */
  client(address: IpAddress, profile: Profile, pat?: PatBox): Node<ClientDevice> {
    const end = (port: number): Endpoint => ({ address, port });
    const counters: { plane?: MemoryDataPlane } = {};
    const device = new ClientDevice({
      inboundPackets: (spi) => counters.plane?.inboundCounters(spi)?.packets ?? 0,
      random: new Prng(this.random.uint32()),
      profile,
      ends: {
        local: end(IKE_PORT),
        localEncapsulated: end(NAT_TRAVERSAL_PORT),
        remotePort: IKE_PORT,
        remoteEncapsulatedPort: NAT_TRAVERSAL_PORT,
      },
    });
    const node = this.#boot(device, address, [], pat);
    counters.plane = node.dataPlane;
    return node;
  }

  /** A statement that must hold after every step, whatever happens. */
  always(name: string, holds: () => boolean): void {
    this.#checks.push({ name, holds });
  }

  /** Lets virtual time pass. */
  run(milliseconds: number): void {
    this.clock.run(milliseconds, () => {
      for (const check of this.#checks)
        if (!check.holds())
          throw new Error(
            `seed ${this.seed}: "${check.name}" does not hold at ${this.elapsedMs} ms`,
          );
    });
  }

  /** Does something after some virtual time. */
  later(milliseconds: number, action: () => void): void {
    this.clock.schedule(after(this.clock.now(), milliseconds), action);
  }

  /** A client pings from its assigned address, once a second until the first answer or `tries` are over. */
  ping(client: Node<ClientDevice>, target: IpAddress, answered: () => void, tries = 30): void {
    let done = false;
    const attempt = (left: number): void => {
      const source = client.device.status().address;
      if (done || left === 0) return;
      if (source !== undefined) {
        client.inside.addAddress(source);
        client.inside.ping({ source, target, data: new Uint8Array(56) }, () => {
          if (!done) answered();
          done = true;
        });
      }
      this.later(1000, () => attempt(left - 1));
    };
    attempt(tries);
  }

  get elapsedMs(): number {
    return elapsedMs(this.#startedAt, this.clock.now());
  }

  #boot<D extends Steppable>(
    device: D,
    address: IpAddress,
    insideAddresses: readonly IpAddress[],
    pat?: PatBox,
  ): Node<D> {
    const work = new SimulatedWork(this.clock, new Prng(this.random.uint32()));
    let cancel = () => {};
    const driver = new Driver(device, {
      now: this.clock.now,
      ask: (question, answered) => work.ask(question, answered),
      wakeAt: (at) => {
        cancel();
        cancel = at === undefined ? () => {} : this.clock.schedule(at, driver.tick);
      },
    });
    const attachment = this.#attach(
      address,
      (d) => dataPlane.receive(d.destination, d.source, d.bytes, this.clock.now()),
      pat,
    );
    const inside = new InsideHost(insideAddresses, (packet) => dataPlane.sendInside(packet));
    const dataPlane = new MemoryDataPlane({
      listen: [
        { endpoint: { address, port: IKE_PORT }, encapsulated: false },
        { endpoint: { address, port: NAT_TRAVERSAL_PORT }, encapsulated: true },
      ],
      report: driver.report,
      inside,
      random: new Prng(this.random.uint32()),
      output: ({ local, remote, bytes }) =>
        attachment.send({ source: local, destination: remote, bytes }),
    });
    driver.attach(dataPlane);
    return {
      device,
      dataPlane,
      inside,
      carryOut: (effects) => driver.carryOut(effects),
      crash: () => {
        driver.stop();
        attachment.leave();
      },
    };
  }

  #attach(address: IpAddress, receive: (d: Datagram) => void, pat?: PatBox): Attachment {
    if (pat) return { send: pat.join(address, receive), leave: () => pat.leave(address) };
    this.network.join(address, receive);
    return { send: (d) => this.network.send(d), leave: () => this.network.leave(address) };
  }
}
