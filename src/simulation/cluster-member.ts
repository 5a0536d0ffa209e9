import type { IpAddress } from '#base/address';
import type { Instant } from '#base/instant';
import type { Prng } from '#base/prng';
import type { Configuration } from '#config/configuration';
import { systemSlice } from '#config/system';
import { type EventRecord, eventText } from '#events/event';
import { clusterSlice, type LoadBalancing, loadBalancingOf } from '#features/cluster/config';
import type { Effects } from '#features/cluster/encryption/encryption';
import { noKeying } from '#features/cluster/encryption/no-keying';
import { Cluster } from '#features/cluster/feature';
import { platformOfMachine } from '#features/cluster/platform';
import { endsOf } from '#features/cluster/policy';
import type { ClusterInput } from '#features/cluster/port';
import { noPages } from '#features/cluster/sessions/no-pages';
import { AddressPools } from '#session/address-pools';
import { sessionSlice } from '#session/config';
import { SessionTable } from '#session/session-table';
import type { AddressOwners, Owner } from './address-owners.ts';
import type { VirtualClock } from './clock.ts';
import { type MemberDisk, newDisk, SimulatedPort } from './cluster-port.ts';
import type { Datagram, Network } from './network.ts';

/** Datagrams that the kernel keeps for a process that does not read. */
const SOCKET_BUFFER = 100;
/** A machine without a model counts as one of so many processors, which takes so many sessions. */
const PROCESSORS = 4;
const SESSIONS = 1000;

/** The world that members share. */
export type World = {
  readonly clock: VirtualClock;
  readonly network: Network;
  readonly owners: AddressOwners;
  readonly random: Prng;
};

/**
 * A device of the product as far as the cluster is concerned, on a host that can crash, freeze and lose links: its
 * configuration, its part in the cluster, its table of sessions.
 */
export class SimulatedMember implements Owner {
  readonly name: string;
  sessions = new SessionTable();
  readonly events: { readonly at: Instant; readonly text: string; readonly severity: number }[] =
    [];
  readonly #world: World;
  readonly #disk: MemberDisk;
  readonly #random: Prng;
  readonly #resolve: (name: string) => readonly IpAddress[];
  #configuration: Configuration;
  #cluster: Cluster;
  #port: SimulatedPort;
  #condition: 'running' | 'frozen' | 'down' = 'down';
  #waiting: Datagram[] = [];
  #cancel = (): void => {};

  constructor(
    world: World,
    configuration: Configuration,
    random: Prng,
    resolve: (name: string) => readonly IpAddress[],
  ) {
    this.#world = world;
    // There is no IKE here, so members speak in clear; what they say and when is the same.
    this.#configuration = withoutEncryption(configuration);
    this.#random = random;
    this.#resolve = resolve;
    this.#disk = newDisk(random.bytes(8));
    this.name = systemSlice.of(configuration).hostname;
    [this.#cluster, this.#port] = this.#newLife();
  }

  get cluster(): Cluster {
    return this.#cluster;
  }

  get isRunning(): boolean {
    return this.#condition === 'running';
  }

  get isMaster(): boolean {
    return this.isRunning && this.#cluster.member?.phase.phase === 'master';
  }

  /** Whether it is configured to take part, and its process is there to do it. */
  get takesPart(): boolean {
    return this.isRunning && loadBalancingOf(this.#configuration).participates;
  }

  get maximum(): number {
    return this.sessions.limit;
  }

  get active(): number {
    return this.sessions.summary().active.remoteAccess;
  }

  /** Its own addresses: private, then public. */
  get addresses(): readonly IpAddress[] {
    const ends = endsOf(this.#configuration, new Map());
    return ends ? [ends.privateAddress, ...ends.publicAddresses] : [];
  }

  /** Whether clients that are sent to `address` arrive here. */
  answersAt(address: IpAddress): boolean {
    const device = this.#cluster.policy?.device;
    return [...(device?.natAddresses ?? []), ...this.addresses].includes(address);
  }

  readonly receive = (datagram: Datagram): void => {
    if (this.#condition === 'running') this.#port.takes(datagram);
    else if (this.#condition === 'frozen' && this.#waiting.length < SOCKET_BUFFER)
      this.#waiting.push(datagram);
  };

  /** The host is switched on, and the member joins. */
  start(): void {
    if (this.#condition !== 'down') return;
    this.#condition = 'running';
    for (const address of this.addresses) this.#world.network.join(address, this.receive);
    this.#carryOut(this.#cluster.configured(this.#now));
  }

  /** The host vanishes with everything it knew but its disk. */
  crash(): void {
    this.#condition = 'down';
    this.#cancel();
    this.#waiting = [];
    for (const address of this.addresses) this.#world.network.leave(address);
    this.#world.owners.forget(this);
    [this.#cluster, this.#port] = this.#newLife();
  }

  /** The process stands still; its kernel goes on, and keeps the addresses and what arrives. */
  freeze(): void {
    if (this.#condition !== 'running') return;
    this.#condition = 'frozen';
    this.#cancel();
  }

  resume(): void {
    if (this.#condition !== 'frozen') return;
    this.#condition = 'running';
    for (const datagram of this.#waiting.splice(0)) this.receive(datagram);
    this.#wake();
  }

  /** `participate`, or `no participate`. */
  participate(participates: boolean): void {
    this.#configuration = changed(this.#configuration, { participates });
    if (this.isRunning) this.#carryOut(this.#cluster.configured(this.#now));
  }

  get #now(): Instant {
    return this.#world.clock.now();
  }

  #newLife(): [Cluster, SimulatedPort] {
    this.sessions = new SessionTable();
    const pools = new AddressPools();
    const cluster: Cluster = new Cluster({
      own: noPages,
      keying: noKeying,
      traffic: () => undefined,
      ports: { isakmp: 500, natTraversal: 4500 },
      random: this.#random,
      configuration: () => this.#configuration,
      sessions: this.sessions,
      pools,
      softwareVersion: 'headend, simulated',
      machine: platformOfMachine(PROCESSORS, SESSIONS),
      wants: (_, severity) => severity <= 4,
      note: (record) => this.#note(record),
      halfOpen: () => undefined,
    });
    const { sessionLimit, pools: configured } = sessionSlice.of(this.#configuration);
    pools.configure(configured.values());
    this.sessions.setLimit(sessionLimit ?? cluster.platform.sessions);
    const { clock, network, owners } = this.#world;
    const port = new SimulatedPort({
      network,
      owners,
      self: this,
      disk: this.#disk,
      now: clock.now,
      schedule: (at, run) => {
        clock.schedule(at, () => {
          if (this.#cluster === cluster) run();
        });
      },
      random16: () => this.#random.uint32() & 0xffff,
      input: (input) => this.#input(cluster, input),
      resolve: this.#resolve,
    });
    return [cluster, port];
  }

  #input(cluster: Cluster, input: ClusterInput): void {
    if (this.isRunning && cluster === this.#cluster)
      this.#carryOut(cluster.input(input, this.#now));
  }

  readonly #wake = (): void => {
    if (!this.isRunning) return;
    this.#carryOut(this.#cluster.tick(this.#now));
    this.#cluster.look(this.#now);
  };

  #carryOut(effects: Effects): void {
    for (const effect of effects)
      if (effect.kind === 'event') this.#note(effect.record);
      else if (effect.kind === 'cluster') this.#port.perform(effect.action);
    this.#cancel();
    const at = this.#cluster.deadline();
    this.#cancel = at === undefined ? () => {} : this.#world.clock.schedule(at, this.#wake);
  }

  #note(record: EventRecord): void {
    const { severity } = record.definition;
    this.events.push({ at: this.#now, text: eventText(record), severity });
  }
}

/** The configuration with other settings of the cluster. */
function changed(configuration: Configuration, changes: Partial<LoadBalancing>): Configuration {
  const loadBalancing = { ...loadBalancingOf(configuration), ...changes };
  return clusterSlice.put(configuration, {
    ...clusterSlice.of(configuration),
    loadBalancing: new Map([['vpn' as const, loadBalancing]]),
  });
}

const withoutEncryption = (configuration: Configuration): Configuration =>
  changed(configuration, { encryption: false });
