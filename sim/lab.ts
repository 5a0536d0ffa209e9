import type { Endpoint, IpAddress } from '#base/address';
import { after, elapsedMs, type Instant } from '#base/instant';
import { Prng } from '#base/prng';
import type { Configuration } from '#config/configuration';
import { InsideHost } from '#dataplane/inside-host';
import { ClientDevice } from '#engine/client-device';
import { Driver } from '#engine/driver';
import { HeadEnd } from '#engine/head-end';
import type { Effect, Steppable } from '#engine/ports';
import type { Profile } from '#features/client/profile';
import type { ClusterAction } from '#features/cluster/port';
import { ipsecSlice } from '#ipsec/config';
import { VirtualClock } from '#simulation/clock';
import { HostClock } from '#simulation/host-clock';
import { type Datagram, type Faults, Network, noFaults } from '#simulation/network';
import { ObservedDataPlane } from './observed-data-plane.ts';
import { PatBox } from './pat-box.ts';
import { PingFlow } from './ping-flow.ts';
import { SimulatedWork } from './slow-work.ts';
import type { Gateway } from './static-nat.ts';

const IKE_PORT = 500;
const NAT_TRAVERSAL_PORT = 4500;

/** What may go wrong besides the network's faults. */
export type Weather = Faults & {
  /** Clocks of hosts run fast or slow by at most this part. */
  readonly drift: number;
};

/** Whether a host's cable lets datagrams out and in. */
export type Link = { sends: boolean; receives: boolean };

/** A device of the product on a simulated host, with its inside network. */
export type Node<D extends Steppable> = {
  readonly address: IpAddress;
  readonly device: D;
  readonly dataPlane: ObservedDataPlane;
  readonly inside: InsideHost;
  readonly link: Link;
  /** Takes what the network delivers to the host. */
  readonly receive: (datagram: Datagram) => void;
  readonly now: () => Instant;
  /** Gives the device a command and carries out what comes of it. */
  command(action: (device: D, now: Instant) => readonly Effect[]): void;
  /** The host vanishes: nothing is said, nothing is heard any more. */
  crash(): void;
  readonly crashed: boolean;
};

/** What a device on a host is besides: a member of a cluster, with more addresses and an address that moves. */
export type Membership = {
  /** More addresses of the host, which the cluster speaks at; it takes IKE there too. */
  readonly addresses: readonly IpAddress[];
  /** Where it takes IKE while it has the address. */
  readonly floating: readonly IpAddress[];
  readonly perform: (action: ClusterAction) => void;
  /** Whether a datagram was the cluster's. */
  readonly takes: (datagram: Datagram) => boolean;
};

/** What a device is made with on its host. */
type Parts = { readonly random: Prng; readonly dataPlane: () => ObservedDataPlane };

/** Where a host is. */
export type Place = {
  readonly address: IpAddress;
  /** Addresses of its own that answer pings inside. */
  readonly insideAddresses?: readonly IpAddress[];
  /** What it is behind, if anything. */
  readonly behind?: Gateway | undefined;
  /** Whether anything listens on UDP 4500; absent for yes. */
  readonly encapsulated?: boolean;
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
  readonly #drift: number;
  readonly #startedAt: Instant = this.clock.now();
  readonly #checks: { readonly name: string; readonly holds: () => boolean }[] = [];

  constructor(seed: number, weather: Partial<Weather> = {}) {
    this.seed = seed;
    this.random = new Prng(seed);
    const { drift = 0, ...faults } = weather;
    this.#drift = drift;
    this.network = new Network(this.clock, this.random, { ...noFaults, ...faults });
  }

  /** A PAT box whose inside hosts share one address. */
  patBox(global: IpAddress): PatBox {
    return new PatBox(this.clock, this.network, global);
  }

  /** A head-end, which answers pings at the inside addresses of its place. */
  headEnd(place: Place, configuration: Configuration): Node<HeadEnd> {
    const node = this.member(place, configuration);
    node.command((device, now) => device.begin(now));
    return node;
  }

  /** A head-end that does not begin by itself, perhaps as a member of a cluster. */
  member(place: Place, configuration: Configuration, membership?: Membership): Node<HeadEnd> {
    const encapsulated = ipsecSlice.of(configuration).natTraversal !== undefined;
    const make = ({ random, dataPlane }: Parts) =>
      new HeadEnd({
        random,
        configuration,
        startedAt: this.clock.now(),
        version: 'simulated',
        natTraversalPort: NAT_TRAVERSAL_PORT,
        counters: {
          inboundCounters: (spi) => dataPlane().inboundCounters(spi),
          outboundCounters: (pairedSpi) => dataPlane().outboundCounters(pairedSpi),
        },
      });
    return this.boot({ encapsulated, ...place }, make, membership);
  }

  /** A client, directly on the network or behind a PAT box; it does nothing before it is told to connect. */
  client(place: Place, profile: Profile, reconnectAfterMs?: number): Node<ClientDevice> {
    return this.boot(place, ({ random, dataPlane }) => {
      return new ClientDevice({
        inboundPackets: (spi) => dataPlane().inboundCounters(spi)?.packets ?? 0,
        random,
        profile,
        ends: clientEnds(place.address),
        reconnectAfterMs,
      });
    });
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
          throw new Error(`"${check.name}" does not hold at ${this.elapsedMs} ms`);
    });
  }

  /** Lets virtual time pass until something is so; it is an error when that takes longer than `mostMs`. */
  runUntil(what: string, isSo: () => boolean, mostMs: number, everyMs = 100): void {
    for (let waitedMs = 0; !isSo(); waitedMs += everyMs) {
      if (waitedMs >= mostMs)
        throw new Error(`at ${this.elapsedMs} ms: not within ${mostMs} ms: ${what}`);
      this.run(everyMs);
    }
  }

  /** Does something after some virtual time. */
  later(milliseconds: number, action: () => void): void {
    this.clock.schedule(after(this.clock.now(), milliseconds), action);
  }

  /** A client pings `target` from its assigned address, at a steady pace while it has one. */
  pings(client: Node<ClientDevice>, target: IpAddress, everyMs = 1000): PingFlow {
    return new PingFlow(this.clock, {
      inside: client.inside,
      source: () => (client.crashed ? undefined : client.device.status().address),
      target: () => target,
      everyMs,
    });
  }

  get elapsedMs(): number {
    return elapsedMs(this.#startedAt, this.clock.now());
  }

  /** Starts a device on a host. */
  boot<D extends Steppable>(
    place: Place,
    make: (parts: Parts) => D,
    membership?: Membership,
  ): Node<D> {
    const { address, insideAddresses = [], behind, encapsulated = true } = place;
    const clock = new HostClock(this.clock, this.#rate());
    const random = new Prng(this.random.uint32());
    const work = new SimulatedWork(this.clock, new Prng(this.random.uint32()));
    const device = make({ random, dataPlane: () => dataPlane });
    let cancel = () => {};
    const driver = new Driver(device, {
      now: clock.now,
      ask: (question, answered) => work.ask(question, answered),
      wakeAt: (at) => {
        cancel();
        cancel = at === undefined ? () => {} : clock.schedule(at, driver.tick);
      },
      cluster: membership?.perform,
    });
    const link: Link = { sends: true, receives: true };
    const receive = (d: Datagram): void => {
      if (membership?.takes(d)) return;
      const marks = d.protocol === undefined ? {} : { protocol: d.protocol };
      dataPlane.receive(d.destination, d.source, d.bytes, clock.now(), marks);
    };
    const attachment = this.#attach(address, behind, link, receive);
    for (const other of membership?.addresses ?? []) this.network.join(other, receive);
    const inside = new InsideHost(insideAddresses, (packet) => dataPlane.sendInside(packet));
    const dataPlane = new ObservedDataPlane({
      listen: [address, ...(membership?.addresses ?? []), ...(membership?.floating ?? [])].flatMap(
        (at) => [
          { endpoint: { address: at, port: IKE_PORT }, encapsulated: false },
          ...(encapsulated
            ? [{ endpoint: { address: at, port: NAT_TRAVERSAL_PORT }, encapsulated: true }]
            : []),
        ],
      ),
      report: driver.report,
      inside,
      random: new Prng(this.random.uint32()),
      output: ({ local, remote, protocol, bytes }) =>
        attachment.send({ source: local, destination: remote, bytes, protocol }),
    });
    driver.attach(dataPlane);
    let crashed = false;
    return {
      address,
      device,
      dataPlane,
      inside,
      link,
      receive,
      now: clock.now,
      command: (action) => driver.carryOut(action(device, clock.now())),
      crash: () => {
        crashed = true;
        driver.stop();
        attachment.leave();
        for (const other of membership?.addresses ?? []) this.network.leave(other);
        void dataPlane.close();
      },
      get crashed() {
        return crashed;
      },
    };
  }

  #rate(): number {
    return this.#drift === 0 ? 1 : 1 + this.#drift * (2 * this.random.fraction() - 1);
  }

  #attach(
    address: IpAddress,
    behind: Gateway | undefined,
    link: Link,
    receive: (d: Datagram) => void,
  ): { readonly send: (d: Datagram) => void; readonly leave: () => void } {
    const take = (d: Datagram): void => {
      if (link.receives) receive(d);
    };
    let out = (d: Datagram): void => this.network.send(d);
    if (behind) out = behind.join(address, take);
    else this.network.join(address, take);
    return {
      send: (d) => {
        if (link.sends) out(d);
      },
      leave: () => (behind ?? this.network).leave(address),
    };
  }
}

/** The ends of a client's conversations, on the ports of the protocol. */
export function clientEnds(address: IpAddress) {
  const end = (port: number): Endpoint => ({ address, port });
  return {
    local: end(IKE_PORT),
    localEncapsulated: end(NAT_TRAVERSAL_PORT),
    remotePort: IKE_PORT,
    remoteEncapsulatedPort: NAT_TRAVERSAL_PORT,
  };
}
