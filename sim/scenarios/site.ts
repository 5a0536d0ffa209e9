import assert from 'node:assert/strict';
import type { IpAddress } from '#base/address';
import type { Configuration } from '#config/configuration';
import type { ClientDevice } from '#engine/client-device';
import type { HeadEnd } from '#engine/head-end';
import { eventText } from '#events/event';
import type { EventLog } from '#events/log';
import type { Profile } from '#features/client/profile';
import type { Session } from '#session/session';
import { Lab, type Node, type Weather } from '../lab.ts';
import type { PatBox } from '../pat-box.ts';
import type { PingFlow } from '../ping-flow.ts';
import { StaticNat } from '../static-nat.ts';
import {
  clientAddress,
  clientProfile,
  directAddress,
  headEndAddress,
  headEndConfiguration,
  insideAddress,
  patAddress,
  type Setup,
} from './configuration.ts';

/** A network that does its worst, within what people still call a network. */
export const roughWeather: Partial<Weather> = {
  loss: 0.2,
  duplicate: 0.2,
  reorder: 0.2,
  delayMs: [5, 150],
  drift: 0.01,
};

/** How long clients with the seed's profile take at most to notice that a head-end knows them no more. */
export const NOTICED_MS = 90_000 + 22_500;

/** What a client is, beyond its number. */
export type ClientOptions = {
  readonly profile?: Partial<Profile>;
  readonly reconnectAfterMs?: number;
  /** Behind another PAT box than the first, or behind none. */
  readonly behind?: PatBox | 'nothing';
  /** Whose name it gives, if not its own. */
  readonly user?: number;
};

/**
 * The seed's network in the simulator: one head-end, a PAT box, clients behind it. What must always
 * hold is checked after every step.
 */
export class Site {
  readonly lab: Lab;
  readonly pat: PatBox;
  headEnd: Node<HeadEnd>;
  readonly clients: Node<ClientDevice>[] = [];
  /** Faults that devices contained; in a simulation there must be none. */
  readonly #faults: string[] = [];
  readonly #outside: IpAddress | undefined;
  #configuration: Configuration;
  #number = 0;

  /** `outside` is the address of a NAT in front of the head-end, if there is one. */
  constructor(
    seed: number,
    setup: Partial<Setup> = {},
    weather: Partial<Weather> = {},
    outside?: IpAddress,
  ) {
    this.#outside = outside;
    this.lab = new Lab(seed, weather);
    this.#configuration = headEndConfiguration(setup);
    this.pat = this.lab.patBox(patAddress);
    this.headEnd = this.#bootHeadEnd();
    this.#watch();
  }

  /** The next client, behind the PAT box unless said otherwise. */
  addClient(options: ClientOptions = {}): Node<ClientDevice> {
    this.#number += 1;
    const client = this.#bootClient(this.#number, options);
    this.clients.push(client);
    return client;
  }

  addClients(count: number, options: ClientOptions = {}): readonly Node<ClientDevice>[] {
    return Array.from({ length: count }, () => this.addClient(options));
  }

  /** A client that was killed comes back on the same host, with nothing that it knew. */
  replace(client: Node<ClientDevice>, options: ClientOptions = {}): Node<ClientDevice> {
    const index = this.clients.indexOf(client);
    const successor = this.#bootClient(index + 1, options);
    this.clients[index] = successor;
    return successor;
  }

  /** Tells clients to connect, all within a time. */
  connect(clients: readonly Node<ClientDevice>[] = this.clients, withinMs = 1000): void {
    for (const client of clients)
      this.lab.later(this.lab.random.between(0, withinMs), () => {
        if (!client.crashed) client.command((device, now) => device.connect(now));
      });
  }

  /** Connects and waits until all are; for stories that begin afterwards. */
  establish(clients: readonly Node<ClientDevice>[] = this.clients, mostMs = 60_000): void {
    this.connect(clients);
    this.untilConnected(clients, mostMs);
  }

  untilConnected(clients: readonly Node<ClientDevice>[] = this.clients, mostMs = 60_000): void {
    this.lab.runUntil(
      `${clients.length} clients connected`,
      () => clients.every((c) => c.device.status().state === 'connected'),
      mostMs,
    );
  }

  /** The head-end loses its power, and everything it knew. */
  crashHeadEnd(): void {
    this.headEnd.crash();
  }

  restartHeadEnd(): void {
    this.headEnd = this.#bootHeadEnd();
  }

  /** Puts another configuration in force while sessions run. */
  configure(setup: Partial<Setup>): void {
    this.#configuration = headEndConfiguration(setup);
    this.headEnd.command((device, now) => device.configure(this.#configuration, now));
  }

  /** Sessions of the head-end, the oldest first. */
  get sessions(): readonly Session[] {
    return [...this.headEnd.device.sessions.values()];
  }

  /** Everybody reaches the inside within a time. */
  assertEverybodyReaches(target: IpAddress = insideAddress, withinMs = 30_000): void {
    this.assertReach(this.clients, target, withinMs);
  }

  assertReach(
    clients: readonly Node<ClientDevice>[],
    target: IpAddress = insideAddress,
    withinMs = 30_000,
  ): void {
    const flows = clients.map((client) => this.lab.pings(client, target, 500));
    this.lab.runUntil(
      'every client reaches the inside',
      () => flows.every((flow) => flow.answered > 0),
      withinMs,
    );
    for (const flow of flows) flow.stop();
  }

  /** Pings from every client, at once and until told to stop. */
  flows(everyMs: number): readonly PingFlow[] {
    return this.clients.map((client) => this.lab.pings(client, insideAddress, everyMs));
  }

  /** Statements about tables that take a look at all of them; for moments of calm. */
  assertConsistent(): void {
    const { device, dataPlane, crashed } = this.headEnd;
    if (crashed) return;
    const { sessions, pools, keying } = device;
    const spis = [...keying.summaries()].flatMap((s) => s.children.map((c) => c.inboundSpi));
    const leased = pools.usage().reduce((sum, { inUse }) => sum + inUse, 0);
    const assigned = [...sessions.values()].flatMap((s) => s.assigned);
    assert.equal(leased, assigned.length, 'as many leases as assigned addresses');
    for (const spi of spis) assert.ok(dataPlane.installed.has(spi), 'a negotiated SA is installed');
    // Replaced pairs still receive, so that there may be more than the summaries name.
    assert.equal(dataPlane.installed.size, keying.counts().ipsecSas, 'as many SAs as are known');
  }

  /** Nothing is left of anybody. */
  assertEmpty(): void {
    const { device, dataPlane } = this.headEnd;
    const left = {
      sessions: device.sessions.size,
      ...device.keying.counts(),
      leases: device.pools.usage().reduce((sum, { inUse }) => sum + inUse, 0),
      installed: dataPlane.installed.size,
    };
    const nothing = {
      sessions: 0,
      halfOpen: 0,
      isakmpSas: 0,
      ipsecSas: 0,
      leases: 0,
      installed: 0,
    };
    assert.deepEqual(left, nothing);
  }

  #bootHeadEnd(): Node<HeadEnd> {
    const behind = this.#outside && new StaticNat(this.lab.network, this.#outside);
    const place = { address: headEndAddress, insideAddresses: [insideAddress], behind };
    const node = this.lab.headEnd(place, this.#configuration);
    this.#listen('head-end', node.device.log);
    return node;
  }

  #bootClient(n: number, options: ClientOptions): Node<ClientDevice> {
    const { behind = this.pat, profile, user = n, reconnectAfterMs } = options;
    const place =
      behind === 'nothing' ? { address: directAddress(n) } : { address: clientAddress(n), behind };
    const node = this.lab.client(place, clientProfile(user, profile), reconnectAfterMs);
    this.#listen(`client ${n}`, node.device.log);
    return node;
  }

  #listen(who: string, log: EventLog): void {
    log.listen(({ record }) => {
      if (record.definition.severity === 1) this.#faults.push(`${who}: ${eventText(record)}`);
    });
  }

  #watch(): void {
    this.lab.always('no device contradicts itself', () => {
      if (this.#faults.length > 0) throw new Error(this.#faults.join('\n'));
      return true;
    });
    this.lab.always('no two sessions have one address', () => {
      const assigned = this.sessions.flatMap((s) => s.assigned);
      return new Set(assigned).size === assigned.length;
    });
    this.lab.always('every session is carried by an ISAKMP SA', () => {
      const { sessions, keying } = this.headEnd.device;
      return this.headEnd.crashed || sessions.size <= keying.counts().isakmpSas;
    });
  }
}
