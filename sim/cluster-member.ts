import type { IpAddress } from '#base/address';
import { toHex } from '#base/bytes';
import type { Instant } from '#base/instant';
import type { Prng } from '#base/prng';
import type { EventRecord } from '#events/event';
import { memberIdOf, nextIncarnation } from '#protocol/vcl/incarnation';
import { initialState, step } from '#protocol/vcl/machine';
import { counts, sameIdentity } from '#protocol/vcl/peers';
import type { Policy } from '#protocol/vcl/policy';
import type { Identity, LeaveReason, LoadReport, State } from '#protocol/vcl/state';
import type { Effect, Environment, Input } from '#protocol/vcl/turn';
import type { VirtualClock } from '#simulation/clock';
import { HostClock } from '#simulation/host-clock';
import type { Datagram, Network } from '#simulation/network';
import type { Incarnation, MemberId } from '#wire/vcl/fields';

/** What a host keeps on its disk. */
type Disk = { member: MemberId; incarnation: Incarnation | undefined };

/** What members have in common, and who hears what they do. */
export type World = {
  readonly clock: VirtualClock;
  readonly network: Network;
  readonly members: readonly ClusterMember[];
  readonly elapsedMs: number;
  readonly severity: number;
  note(what: string): void;
  reported(by: ClusterMember, record: EventRecord): void;
};

type Parts = {
  readonly lab: World;
  readonly number: number;
  readonly rate: number;
  readonly policy: Policy;
  readonly random: Prng;
  readonly copyOf: ClusterMember | undefined;
};

/** Datagrams that the kernel keeps for a process that does not read. */
const SOCKET_BUFFER = 100;
/** How long a neighbour takes to answer for its address. */
const ARP_ANSWER_MS = 2;

/** One member on its host: the machine, its clock, its disk, and the world that its effects change. */
export class ClusterMember {
  readonly number: number;
  policy: Policy;
  /** Members that cannot hear this one. */
  readonly deafTo = new Set<ClusterMember>();
  /** How far its wall clock is off; only the number of its next life depends on it. */
  wallOffsetMs = 0;
  state: State = initialState;
  ownsAddress = false;
  /** When the address came to this member or left it, oldest first. */
  readonly ownership: { readonly at: number; readonly owns: boolean }[] = [];
  readonly #lab: World;
  readonly #random: Prng;
  readonly #clock: HostClock;
  readonly #disk: Disk;
  #condition: 'down' | 'running' | 'frozen' = 'down';
  #waiting: Datagram[] = [];
  #cancel = (): void => {};

  constructor({ lab, number, rate, policy, random, copyOf }: Parts) {
    this.#lab = lab;
    this.number = number;
    this.policy = policy;
    this.#random = random;
    this.#clock = new HostClock(lab.clock, rate);
    this.#disk = copyOf
      ? { ...copyOf.#disk }
      : { member: memberIdOf(random.bytes(8)), incarnation: undefined };
  }

  get addresses(): readonly IpAddress[] {
    return [this.policy.device.privateAddress, ...this.policy.device.publicAddresses];
  }

  get isAwake(): boolean {
    return this.#condition === 'running';
  }

  get phase() {
    return this.state.member.phase.phase;
  }

  get identity(): Identity | undefined {
    return this.phase === 'off' ? undefined : this.state.member.identity;
  }

  setNeighbours(members: readonly IpAddress[]): void {
    this.policy = { ...this.policy, neighbourhood: { ...this.policy.neighbourhood, members } };
  }

  /** The device is configured anew in place. */
  configure(device: Partial<Policy['device']>): void {
    this.policy = { ...this.policy, device: { ...this.policy.device, ...device } };
    this.tell({ kind: 'tick' });
  }

  /** The host is started, and its member joins. */
  participate(): void {
    if (this.#condition === 'down') {
      this.#condition = 'running';
      for (const address of this.addresses)
        this.#lab.network.join(address, (d) => this.#arrived(d));
      const { group } = this.policy.neighbourhood;
      if (group !== undefined)
        this.#lab.network.joinGroup(group, this.policy.device.privateAddress);
    }
    const wallMs = this.#clock.now() + this.wallOffsetMs;
    const random16 = this.#random.uint32() & 0xffff;
    const incarnation = nextIncarnation(this.#disk.incarnation, wallMs, random16) as Incarnation;
    this.#disk.incarnation = incarnation;
    this.tell({ kind: 'participate', identity: { member: this.#disk.member, incarnation } });
  }

  leave(reason: LeaveReason = 'administrative'): void {
    this.tell({ kind: 'leave', reason });
  }

  report(report: Partial<LoadReport>): void {
    this.tell({ kind: 'report', report: { ...this.state.member.report, ...report } });
  }

  /** The host vanishes with everything it knew but its disk. */
  crash(): void {
    this.#cancel();
    this.#condition = 'down';
    this.state = initialState;
    this.#waiting = [];
    this.#setOwns(false);
    for (const address of this.addresses) this.#lab.network.leave(address);
  }

  /** Somebody removes what the host kept: it will have another number. */
  forgetStore(): void {
    this.#disk.member = memberIdOf(this.#random.bytes(8));
    this.#disk.incarnation = undefined;
  }

  /** The process stops (SIGSTOP); its kernel goes on, and keeps what it receives. */
  freeze(): void {
    if (this.#condition !== 'running') return;
    this.#cancel();
    this.#condition = 'frozen';
  }

  /** The process goes on where it stopped. */
  resume(): void {
    if (this.#condition !== 'frozen') return;
    this.#condition = 'running';
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const datagram of waiting) this.#arrived(datagram);
    this.#arm();
  }

  /** Whether the two have one identity. */
  isCopyOf(other: ClusterMember): boolean {
    return this.#disk.member === other.#disk.member;
  }

  /** Whether both are of the cluster of the other, as far as this one knows. */
  countsPeer(other: ClusterMember): boolean {
    const identity = other.identity;
    const peer = identity && this.state.member.peers.get(identity.member);
    return peer !== undefined && sameIdentity(peer.identity, identity) && counts(this.policy, peer);
  }

  follows(master: ClusterMember): boolean {
    const { phase } = this.state.member;
    return phase.phase === 'backup' && sameIdentity(phase.master, master.identity);
  }

  /** One step of the machine, and what comes of it. */
  tell(input: Input): void {
    if (this.#condition !== 'running') return;
    const [next, effects] = step(this.state, input, this.#clock.now(), this.#environment());
    this.state = next;
    for (const effect of effects) this.#carryOut(effect);
    this.#arm();
  }

  picture(): string {
    const { member } = this.state;
    const peers = [...member.peers.values()]
      .map((p) => `${p.endpoint.address}:${p.condition}:${p.role}:${p.publicPath}`)
      .join(' ');
    const { phase } = member;
    const master = phase.phase === 'backup' ? ` of ${phase.master.member}` : '';
    return (
      `${this.policy.device.privateAddress} ${member.identity.member} ${this.#condition} ` +
      `${phase.phase}${master} term ${member.term} owns ${this.ownsAddress} peers ${peers}`
    );
  }

  #environment(): Environment {
    const { severity } = this.#lab;
    return { policy: this.policy, random: this.#random, wants: (_, s) => s <= severity };
  }

  #arm(): void {
    this.#cancel();
    const at = this.state.dueAt;
    this.#cancel =
      at === undefined ? () => {} : this.#clock.schedule(at, () => this.tell({ kind: 'tick' }));
  }

  #arrived(datagram: Datagram): void {
    if (this.#condition === 'frozen') {
      if (this.#waiting.length < SOCKET_BUFFER) this.#waiting.push(datagram);
      return;
    }
    const { destination, source, bytes } = datagram;
    if (destination.port !== this.policy.cluster.port) return;
    const isPublic = this.policy.device.publicAddresses.includes(destination.address);
    const side = isPublic ? 'public' : 'private';
    this.#lab.note(`${this.number} < ${toHex(bytes)}`);
    this.tell({ kind: 'datagram', side, from: source, octets: bytes });
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'send': {
        const { device, cluster } = this.policy;
        const own = effect.side === 'private' ? device.privateAddress : device.publicAddresses[0];
        if (own === undefined) return;
        this.#lab.network.send({
          source: { address: own, port: cluster.port },
          destination: effect.to,
          bytes: effect.octets,
        });
        return;
      }
      case 'acquireAddress':
        this.#setOwns(true);
        return;
      case 'releaseAddress':
        this.#setOwns(false);
        return;
      case 'probeAddress':
        this.#probe();
        return;
      case 'event':
        this.#lab.reported(this, effect.record);
        return;
      default:
        this.#lab.note(`${this.number} ${effect.kind}`);
    }
  }

  #setOwns(owns: boolean): void {
    if (this.ownsAddress === owns) return;
    this.ownsAddress = owns;
    this.ownership.push({ at: this.#lab.elapsedMs, owns });
    this.#lab.note(`${this.number} owns ${owns}`);
  }

  /** The kernel of whoever has the address answers, even where its process is stopped. */
  #probe(): void {
    const owner = this.#lab.members.find(
      (m) => m !== this && m.ownsAddress && !m.deafTo.has(this) && !this.deafTo.has(m),
    );
    if (!owner) return;
    const hardwareAddress = `02000000${owner.number.toString(16).padStart(4, '0')}`;
    this.#clock.schedule((this.#clock.now() + ARP_ANSWER_MS) as Instant, () =>
      this.tell({ kind: 'addressTaken', hardwareAddress }),
    );
  }

  /** How long this member owned the address in all. */
  ownedMs(): number {
    let sum = 0;
    for (const [i, { at, owns }] of this.ownership.entries())
      if (owns) sum += (this.ownership[i + 1]?.at ?? this.#lab.elapsedMs) - at;
    return sum;
  }
}
