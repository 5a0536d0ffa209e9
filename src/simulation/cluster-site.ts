import type { IpAddress } from '#base/address';
import { elapsedMs, type Instant } from '#base/instant';
import { Prng } from '#base/prng';
import type { Configuration } from '#config/configuration';
import { sameIdentity } from '#protocol/vcl/peers';
import { AddressOwners } from './address-owners.ts';
import { VirtualClock } from './clock.ts';
import { SimulatedClients } from './cluster-clients.ts';
import { SimulatedMember, type World } from './cluster-member.ts';
import { Network, noFaults } from './network.ts';

/** A local network on an ordinary day. */
const CALM = { ...noFaults, delayMs: [0, 2] } as const;

/** The members of one cluster, by their configurations, and its clients, in virtual time. */
export class ClusterSite implements World {
  readonly clock = new VirtualClock();
  readonly random: Prng;
  readonly network: Network;
  readonly owners: AddressOwners;
  readonly members: readonly SimulatedMember[];
  readonly clients: SimulatedClients;
  readonly clusterAddress: IpAddress;
  readonly #startedAt = this.clock.now();

  /** `clusterAddress` is that of all configurations; names of theirs are not looked up. */
  constructor(seed: number, configurations: readonly Configuration[], clusterAddress: IpAddress) {
    this.random = new Prng(seed);
    this.network = new Network(this.clock, this.random, CALM);
    this.owners = new AddressOwners(this.network);
    this.clusterAddress = clusterAddress;
    this.members = configurations.map(
      (configuration) =>
        new SimulatedMember(this, configuration, new Prng(this.random.uint32()), () => []),
    );
    const random = new Prng(this.random.uint32());
    this.clients = new SimulatedClients(this, random, this.members, clusterAddress);
  }

  get now(): Instant {
    return this.clock.now();
  }

  get elapsedMs(): number {
    return elapsedMs(this.#startedAt, this.now);
  }

  /** Members that run and have the cluster address. */
  get serving(): readonly SimulatedMember[] {
    const having = this.owners.having(this.clusterAddress);
    return this.members.filter((member) => member.isRunning && having.includes(member));
  }

  /** Whether one master serves, the neighbours believe it, and all others that take part follow it. */
  isWhole(): boolean {
    const [master, ...more] = this.serving;
    const identity = master?.cluster.member?.identity;
    if (!master?.isMaster || !identity || more.length > 0) return false;
    if (this.owners.believed(this.clusterAddress) !== master) return false;
    return this.members.every((member) => {
      if (member === master || !member.takesPart) return true;
      const phase = member.cluster.member?.phase;
      const follows = phase?.phase === 'backup' && sameIdentity(phase.master, identity);
      const own = member.cluster.member?.identity.member;
      return follows && own !== undefined && (master.cluster.member?.peers.has(own) ?? false);
    });
  }

  /** The members in two parts, neither of them empty. */
  halves(): [SimulatedMember[], SimulatedMember[]] {
    const mixed = [...this.members];
    for (let i = mixed.length - 1; i > 0; i -= 1) {
      const other = this.random.between(0, i);
      [mixed[i], mixed[other]] = [mixed[other] as SimulatedMember, mixed[i] as SimulatedMember];
    }
    const half = Math.max(1, Math.floor(mixed.length / 2));
    return [mixed.slice(0, half), mixed.slice(half)];
  }

  /** Cuts two parts off from each other, on both networks. */
  part(left: readonly SimulatedMember[], right: readonly SimulatedMember[]): void {
    for (const a of left)
      for (const b of right) {
        this.cut(a, b);
        this.cut(b, a);
      }
  }

  /** Drops everything that one member sends to another. */
  cut(from: SimulatedMember, to: SimulatedMember): void {
    for (const [i, source] of from.addresses.entries()) {
      const destination = to.addresses[i];
      if (destination !== undefined) this.network.cut(source, destination);
    }
  }

  /** All links are well again. */
  heal(): void {
    this.network.heal();
    this.network.setFaults(CALM);
  }
}
