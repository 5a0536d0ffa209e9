import type { IpAddress } from '#base/address';
import type { Configuration } from '#config/configuration';
import type { ClientDevice } from '#engine/client-device';
import type { HeadEnd } from '#engine/head-end';
import { eventText } from '#events/event';
import { clientRedirected } from '#features/cluster/events';
import { totalOf } from '#features/cluster/load';
import { isAlive, sameIdentity } from '#protocol/vcl/peers';
import type { Member } from '#protocol/vcl/state';
import { AddressOwners, type Owner } from '#simulation/address-owners';
import { type MemberDisk, newDisk } from '#simulation/cluster-port';
import { Lab, type Node, type Weather } from './lab.ts';
import { MemberDevice } from './member-device.ts';
import {
  clientProfile,
  clusterAddress,
  directAddress,
  memberAddress,
  memberConfiguration,
  memberPrivateAddress,
} from './scenarios/configuration.ts';

/** Whole head-ends as members of one cluster, and clients that know nothing but its address. */
export type DeviceClusterSetup = {
  readonly members: number;
  readonly clients: number;
  /** Sessions that member `n`, from 1, takes. */
  readonly sessions: (n: number) => number;
};

const RECONNECT_MS = 3000;
/** Role of a master in what members say of themselves. */
const MASTER = 5;

/** One host: a head-end while it runs, and what stays when it does not. */
export class ClusterDevice {
  readonly name: string;
  readonly number: number;
  readonly #cluster: DeviceCluster;
  readonly #disk: MemberDisk;
  #life: MemberDevice | undefined;

  constructor(cluster: DeviceCluster, number: number) {
    this.name = `member ${number}`;
    this.number = number;
    this.#cluster = cluster;
    this.#disk = newDisk(cluster.lab.random.bytes(8));
  }

  get node(): Node<HeadEnd> | undefined {
    return this.#life?.node;
  }

  get device(): HeadEnd | undefined {
    return this.node?.device;
  }

  get member(): Member | undefined {
    return this.device?.cluster.member;
  }

  get addresses(): readonly IpAddress[] {
    return [memberPrivateAddress(this.number), memberAddress(this.number)];
  }

  /** Whether its kernel has the cluster address. */
  get owns(): boolean {
    return this.#is(...this.#cluster.owners.having(clusterAddress));
  }

  /** Whether the neighbours send to it what is for the cluster address. */
  get isBelieved(): boolean {
    return this.#is(this.#cluster.owners.believed(clusterAddress));
  }

  #is(...owners: readonly (Owner | undefined)[]): boolean {
    return this.#life !== undefined && owners.includes(this.#life);
  }

  start(): void {
    if (this.#life) return;
    const life = new MemberDevice(
      this.#cluster,
      this.#configuration(true),
      this.number,
      this.#disk,
    );
    this.#life = life;
    life.device.log.listen(({ record }) => {
      if (record.definition.severity === 1)
        this.#cluster.complain(`${this.name}: ${eventText(record)}`);
      if (record.definition === clientRedirected)
        this.#cluster.redirected(this, record.args.target as IpAddress);
    });
    life.begin();
  }

  crash(): void {
    this.#life?.crash();
    this.#life = undefined;
  }

  /** `participate` or `no participate`. */
  participate(participates: boolean): void {
    const configuration = this.#configuration(participates);
    this.#life?.configure(configuration);
  }

  drain(): void {
    this.#life?.command(
      (device, now) =>
        device.request({ kind: 'drain', moves: false, minutes: 1, done: '' }, now).effects,
    );
  }

  #configuration(participates: boolean): Configuration {
    const { setup, priorities } = this.#cluster;
    return memberConfiguration(this.number, {
      users: setup.clients,
      priority: priorities[this.number - 1] ?? 5,
      sessions: setup.sessions(this.number),
      participates,
    });
  }
}

/** What the master knows that speaks against a redirect, read from its tables as they are. */
function objectionTo(master: ClusterDevice, target: IpAddress): string | undefined {
  const { member, device } = master;
  if (!member || !device) return 'it is no member itself';
  const isOwn = target === memberAddress(master.number);
  const peer = [...member.peers.values()].find(({ description }) =>
    description.publicAddresses.includes(target),
  );
  if (!isOwn && !peer) return 'nobody has that address';
  if (peer && !isAlive(peer)) return `it is ${peer.condition}`;
  const report = peer ? peer.report : device.cluster.report();
  if (report === undefined) return 'it has never reported';
  if (report.draining) return 'it is draining';
  const { active, max } = totalOf(report.loads);
  return active >= max ? 'it is full' : undefined;
}

/**
 * The product's whole devices, keys and packets included, as a cluster under faults. What must always hold is
 * checked after every step.
 */
export class DeviceCluster {
  readonly lab: Lab;
  readonly owners: AddressOwners;
  readonly setup: DeviceClusterSetup;
  readonly priorities: readonly number[];
  readonly members: readonly ClusterDevice[];
  readonly clients: readonly Node<ClientDevice>[];
  redirects = 0;
  #wrong: string | undefined;
  readonly #cut = new Set<string>();

  constructor(seed: number, setup: DeviceClusterSetup, weather: Partial<Weather> = {}) {
    this.setup = setup;
    this.lab = new Lab(seed, weather);
    this.owners = new AddressOwners(this.lab.network);
    const numbers = Array.from({ length: setup.members }, (_, index) => index + 1);
    this.priorities = numbers.map(() => this.lab.random.between(1, 10));
    this.members = numbers.map((number) => new ClusterDevice(this, number));
    const profile = { host: clusterAddress, peerTimeoutSeconds: 30 };
    this.clients = Array.from({ length: setup.clients }, (_, i) =>
      this.lab.client(
        { address: directAddress(i + 1) },
        clientProfile(i + 1, profile),
        RECONNECT_MS,
      ),
    );
    this.#watch();
  }

  /** Somebody found that something is not as it must be. */
  complain(what: string): void {
    this.#wrong ??= what;
  }

  /** A master has just sent a client somewhere: not to whom it knows to be gone, full or draining. */
  redirected(master: ClusterDevice, target: IpAddress): void {
    this.redirects += 1;
    const wrong = objectionTo(master, target);
    if (wrong !== undefined) this.complain(`${master.name} sends a client to ${target}: ${wrong}`);
  }

  /** Drops what one member sends to another, on both networks. */
  cut(from: ClusterDevice, to: ClusterDevice): void {
    this.#cut.add(`${from.name}>${to.name}`);
    for (const [i, source] of from.addresses.entries())
      this.lab.network.cut(source, to.addresses[i] as IpAddress);
  }

  /** Ends all cuts. */
  mend(): void {
    this.#cut.clear();
    this.lab.network.heal();
  }

  /** Whether one master serves, the neighbours believe it, and all others that run follow it. */
  isWhole(): boolean {
    const owning = this.members.filter((m) => m.owns);
    const [master, ...more] = owning;
    const identity = master?.member?.identity;
    if (!identity || more.length > 0) return false;
    if (!master?.isBelieved) return false;
    return this.members.every((m) => {
      if (m === master) return true;
      const phase = m.member?.phase;
      return phase?.phase === 'backup' && sameIdentity(phase.master, identity);
    });
  }

  /** Whether every client is connected, and has one session in the whole cluster. */
  isSettled(): boolean {
    const users = this.#users();
    return (
      this.clients.every((c) => c.device.status().state === 'connected') &&
      users.length === this.clients.length &&
      new Set(users).size === users.length
    );
  }

  /** The sessions that the master counts, of all members. */
  countedByMaster(): number {
    const master = this.members.find((m) => m.owns);
    const own = master?.device?.cluster.report();
    const reports = [...(master?.member?.peers.values() ?? [])]
      .filter(isAlive)
      .map((p) => p.report);
    return [own, ...reports].reduce((sum, r) => sum + totalOf(r?.loads ?? []).active, 0);
  }

  #users(): string[] {
    return this.members.flatMap((m) =>
      [...(m.device?.sessions.values() ?? [])].map(({ username }) => username),
    );
  }

  /** What everybody sees, for people who look for what went wrong. */
  picture(): string {
    return this.members
      .map((m) => {
        const phase = m.member?.phase.phase ?? (m.node ? 'off' : 'down');
        const sessions = m.device?.sessions.size ?? 0;
        return `${m.name} ${phase} owns ${m.owns} sessions ${sessions} peers ${m.member?.peers.size ?? 0}`;
      })
      .join('\n');
  }

  #watch(): void {
    this.lab.always('no device contradicts itself, no client is sent where it must not be', () => {
      if (this.#wrong !== undefined) throw new Error(`${this.#wrong}\n${this.picture()}`);
      return true;
    });
    this.lab.always('who is master has the address, and nobody else', () =>
      this.members.every((m) => m.owns === (m.member?.phase.phase === 'master')),
    );
    this.lab.always('no two masters in reach of each other accept each other', () => {
      const owning = this.members.filter((m) => m.owns);
      return owning.every((a) =>
        owning.every((b) => a === b || !this.#accepts(a, b) || !this.#accepts(b, a)),
      );
    });
    this.lab.always(
      'no two sessions of one member are of one client, no two of all have one address',
      () => {
        const assigned = new Set<string>();
        for (const { device } of this.members) {
          const users = new Set<string>();
          for (const session of device?.sessions.values() ?? []) {
            if (session.state === 'active' && users.has(session.username)) return false;
            if (session.state === 'active') users.add(session.username);
            for (const address of session.assigned) {
              if (assigned.has(address)) return false;
              assigned.add(address);
            }
          }
        }
        return true;
      },
    );
  }

  /** Whether a master knows that another is one, and neither contests that nor is about to. */
  #accepts(master: ClusterDevice, other: ClusterDevice): boolean {
    const { phase, peers } = master.member ?? {};
    const id = other.member?.identity.member;
    if (phase?.phase !== 'master' || id === undefined) return false;
    const peer = peers?.get(id);
    return peer?.condition === 'alive' && peer.role === MASTER && !phase.contested.has(id);
  }
}
