import type { IpAddress } from '#base/address';
import { earliest, elapsedMs, type Instant } from '#base/instant';
import type { RandomSource } from '#base/random';
import type { Configuration } from '#config/configuration';
import { systemSlice } from '#config/system';
import { type EventRecord, occurred } from '#events/event';
import type { HalfOpenPace } from '#ipsec/half-open';
import type { KeyingNotice } from '#ipsec/keying';
import type { Policy } from '#protocol/vcl/policy';
import type { LeaveReason, LoadReport, Member } from '#protocol/vcl/state';
import type { Side } from '#protocol/vcl/turn';
import type { AddressPools } from '#session/address-pools';
import type { Session } from '#session/session';
import { compositionOf, releasesText } from './composition.ts';
import { clusterSlice, loadBalancingOf } from './config.ts';
import { Director, membersOf, targetsOf } from './director.ts';
import { type Drain, lookedAt, MOVED_AT_ONCE, newDrain } from './draining.ts';
import { type Effects, Encryption } from './encryption/encryption.ts';
import type { TunnelParts } from './encryption/tunnels.ts';
import { drainBegun, drainEnded, poolsOverlap, releasesMixed } from './events.ts';
import { type Direction, Filters } from './filters.ts';
import { type MemberEffect, Membership } from './membership.ts';
import { Names } from './names.ts';
import { poolOverlaps } from './overlaps.ts';
import { ownLoad } from './own-load.ts';
import type { PlatformModel } from './platform.ts';
import { platformOf } from './policy.ts';
import type { ClusterEnds, ClusterInput } from './port.ts';
import type { OwnSessions } from './sessions/answers.ts';
import type { Asked, Pages, Telling } from './sessions/inquiries.ts';
import { MemberPages } from './sessions/member-pages.ts';

export type ClusterParts = TunnelParts & {
  readonly random: RandomSource;
  readonly configuration: () => Configuration;
  readonly pools: AddressPools;
  readonly softwareVersion: string;
  /** What this machine counts as when no model is named. */
  readonly machine: PlatformModel;
  readonly wants: (eventClass: string, severity: number) => boolean;
  readonly note: (record: EventRecord, now: Instant) => void;
  /** Clients in the middle of phase 1; undefined when there are none. */
  readonly halfOpen: () => HalfOpenPace | undefined;
  /** The sessions of this device, a page at a time, for members that ask. */
  readonly own: OwnSessions;
};

/** A drain that an administrator asks for. */
export type DrainOrder = {
  readonly moves: boolean;
  readonly minutes: number | undefined;
  /** The administrator, where one is known. */
  readonly by?: string | undefined;
};

/** Pools and releases of other members may change while they are in the cluster. */
const COMPARE_MS = 10_000;

/** The virtual cluster: this device's part in it, and where its clients go. */
export class Cluster {
  readonly director: Director;
  readonly #parts: ClusterParts;
  readonly #membership: Membership;
  readonly encryption: Encryption;
  readonly filters = new Filters();
  readonly names: Names;
  readonly #pages: MemberPages;
  /** Overlaps of pools that were said already, each once while it lasts. */
  #overlaps: ReadonlySet<string> = new Set();
  /** Different releases that were said already. */
  #releases: string | undefined;
  #comparedAt: Instant | undefined;
  #drain: Drain | undefined;
  #takeovers = 0;

  constructor(parts: ClusterParts) {
    this.#parts = parts;
    const { random, configuration, softwareVersion, machine, wants, note } = parts;
    this.#membership = new Membership({
      random,
      configuration,
      surroundings: { softwareVersion, machine },
      wants,
      report: () => this.report(),
      halfOpen: parts.halfOpen,
    });
    this.encryption = new Encryption({
      keying: parts.keying,
      sessions: parts.sessions,
      traffic: parts.traffic,
      ports: parts.ports,
      random,
      members: () => loadBalancingOf(configuration()).members,
      memberAt: (publicAddress) => this.#memberAt(publicAddress),
    });
    this.names = new Names({
      servers: () => systemSlice.of(configuration()).nameServers,
      note,
    });
    this.#pages = new MemberPages({ random, own: parts.own, member: () => this.member, note });
    this.director = new Director({
      configuration,
      cluster: () => this.#current(),
      nameOf: (address, now) => this.names.nameOf(address, now),
      note,
    });
  }

  /** The model that this device stands for. */
  get platform(): PlatformModel {
    return platformOf(this.#parts.configuration(), this.#parts.machine);
  }

  /** The protocol as it stands; undefined while this device takes no part. */
  get member(): Member | undefined {
    return this.#membership.member;
  }

  get policy(): Policy | undefined {
    return this.#membership.policy();
  }

  /** Whether clients may begin at an address of this device: at that of the cluster not while it is handed over. */
  takesNewcomers(local: IpAddress): boolean {
    return !this.#membership.isFinishing || this.policy?.cluster.addresses.includes(local) !== true;
  }

  /** Why this device does not take part although it should. */
  get obstacle(): string | undefined {
    return this.#membership.obstacle;
  }

  /** Whether it waits for tunnels with the others before it takes part. */
  get gathers(): boolean {
    return this.#membership.gathering !== undefined;
  }

  get authenticates(): boolean {
    return this.#membership.authenticates;
  }

  /** A drain that was asked for and not taken back. */
  get drain(): Drain | undefined {
    return this.#drain;
  }

  /** How often this device became master since it started. */
  get takeovers(): number {
    return this.#takeovers;
  }

  /** A verified configuration is in force. */
  configured(now: Instant): Effects {
    return this.#passing(
      this.#stepped(() => this.#membership.configured(now), now),
      now,
    );
  }

  input(input: ClusterInput, now: Instant): Effects {
    const effects = this.#passing(this.#inward(input, now), now);
    const last = this.#comparedAt;
    if (last === undefined || elapsedMs(last, now) >= COMPARE_MS) this.#compare(now);
    return effects;
  }

  /** Leaves the cluster; for a master, a planned handover. */
  leave(reason: LeaveReason, now: Instant): Effects {
    return this.#passing(
      this.#stepped(() => this.#membership.leave(reason, now), now),
      now,
    );
  }

  /** What concerns the SAs with other members. */
  notice(notice: KeyingNotice, now: Instant): Effects {
    return this.#passing(this.encryption.notice(notice, now), now);
  }

  /** Ends the tunnel of a session with another member. */
  logOff(session: Session, now: Instant): Effects {
    return this.#passing(this.encryption.logOff(session, now), now);
  }

  deadline(): Instant | undefined {
    const member = earliest(this.#membership.deadline(), this.encryption.deadline());
    const names = earliest(this.names.deadline(), this.#pages.deadline());
    return earliest(earliest(member, names), this.#drain?.lookAt);
  }

  tick(now: Instant): Effects {
    const effects = this.#stepped(() => this.#membership.tick(now), now);
    const calls = this.encryption.tick(now);
    const hasGathered = this.encryption.hasGathered(now);
    const begun =
      this.#membership.gathering && hasGathered
        ? this.#stepped(() => this.#membership.gathered(now), now)
        : [];
    const lookups = this.names.look(this.#wantedNames(), now);
    const told = this.#told(this.#pages.tick(now), now);
    return this.#passing([...effects, ...calls, ...begun, ...lookups, ...told], now);
  }

  /** What the filters of the interfaces let out of all that is to be done. */
  #passing(effects: Effects, now: Instant): Effects {
    return effects.filter(
      (effect) =>
        effect.kind !== 'cluster' ||
        effect.action.kind !== 'send' ||
        this.#passes(effect.action.side, 'out', now),
    );
  }

  #passes(side: Side, direction: Direction, now: Instant): boolean {
    const { configuration, note } = this.#parts;
    const { passes, complaint } = this.filters.judge(configuration(), side, direction, now);
    if (complaint) note(complaint, now);
    return passes;
  }

  /** The addresses that clients may be sent to, where they are to be sent to names; GEN-76. */
  #wantedNames(): readonly IpAddress[] {
    const { member, policy } = this;
    const { redirectsToName } = loadBalancingOf(this.#parts.configuration());
    return member && policy && redirectsToName ? targetsOf(member, policy) : [];
  }

  /** Whether too many look at the sessions of the cluster already: `askPages` would refuse one more. */
  get hasReadersEnough(): boolean {
    return this.#pages.isFull;
  }

  /**
   * Asks members for a page of their sessions each; undefined when too many look already. `done` gets
   * what they said, once, when all have answered or were given up.
   */
  askPages(asked: Asked, done: (pages: Pages) => void, now: Instant): Effects | undefined {
    const tellings = this.#pages.ask(asked, done, now);
    return tellings && this.#passing(this.#told(tellings, now), now);
  }

  #told(tellings: readonly Telling[], now: Instant): Effects {
    return tellings.flatMap((telling) => this.#outward(this.#membership.tell(telling, now), now));
  }

  #inward(input: ClusterInput, now: Instant): Effects {
    if (input.kind === 'answer') {
      const { ticket, answer } = input;
      if (answer.kind === 'namesFound' || answer.kind === 'namesUnknown') {
        this.names.answer(ticket, answer, now);
        return [];
      }
    }
    if (input.kind !== 'datagram')
      return this.#stepped(() => this.#membership.input(input, now), now);
    if (!this.#passes(input.side, 'in', now)) return [];
    const clusterTag = this.member && this.policy?.cluster.tag;
    const heard = this.encryption.inward(input, clusterTag, now);
    const said = heard.input;
    const answers = said ? this.#stepped(() => this.#membership.input(said, now), now) : [];
    return [...heard.effects, ...answers];
  }

  /** A step of the protocol; one in which this device becomes master is counted. */
  #stepped(step: () => readonly MemberEffect[], now: Instant): Effects {
    const isMaster = () => this.member?.phase.phase === 'master';
    const wasMaster = isMaster();
    const effects = this.#outward(step(), now);
    if (!wasMaster && isMaster()) this.#takeovers += 1;
    return effects;
  }

  /** What the protocol wants done, sealed where encryption is on. */
  #outward(effects: readonly MemberEffect[], now: Instant): Effects {
    return effects.flatMap((effect): Effects => {
      if (effect.kind === 'event') return [effect];
      if (effect.kind === 'heard') return this.#told(this.#pages.heard(effect, now), now);
      const { action } = effect;
      switch (action.kind) {
        case 'open':
          return [effect, ...this.#encrypt(action.ends, now)];
        case 'close':
          return [...this.encryption.close(now), effect];
        case 'send':
          return this.encryption.outward(action, now);
        default:
          return [effect];
      }
    });
  }

  /** Turns encryption on where it is configured, as the sockets are opened. */
  #encrypt(ends: ClusterEnds, now: Instant): Effects {
    const { gathering, encryptionKeys } = this.#membership;
    const clusterTag = this.policy?.cluster.tag;
    if (!gathering || !encryptionKeys || clusterTag === undefined)
      return this.encryption.close(now);
    const setup = { ends, keys: encryptionKeys, clusterTag, incarnation: gathering.incarnation };
    return this.encryption.open(setup, now);
  }

  #memberAt(publicAddress: IpAddress): IpAddress | undefined {
    for (const { description: d } of this.member?.peers.values() ?? [])
      if (d.publicAddresses.includes(publicAddress)) return d.privateAddress;
    return undefined;
  }

  /** Takes no new clients from now on, for `minutes` or until it is empty. */
  beginDrain({ moves, minutes, by }: DrainOrder, now: Instant): void {
    const sessions = this.clients();
    this.#drain = newDrain(now, sessions, moves, minutes);
    this.#parts.note(occurred(drainBegun, { sessions }, { user: by }), now);
  }

  /** Takes clients again; `by` is the administrator, where one is known. */
  endDrain(by: string | undefined, now: Instant): void {
    if (!this.#drain) return;
    this.#drain = undefined;
    const reason = 'it was taken back';
    this.#parts.note(occurred(drainEnded, { reason }, { user: by }), now);
  }

  /** Looks after a drain: the indexes of sessions whose clients are to connect anew now. */
  look(now: Instant): readonly number[] {
    const drain = this.#drain;
    if (drain?.lookAt === undefined || now < drain.lookAt) return [];
    const next = lookedAt(drain, this.clients(), now);
    this.#drain = next;
    if (next.over !== undefined) this.#parts.note(occurred(drainEnded, { reason: next.over }), now);
    const { items } = next.moves
      ? this.#parts.sessions.page({ kind: 'remoteAccess' }, MOVED_AT_ONCE)
      : { items: [] };
    return items.map(({ index }) => index);
  }

  /** Sessions of clients, those that sleep included. */
  clients(): number {
    const { active, inactive } = this.#parts.sessions.summary();
    return active.remoteAccess + inactive;
  }

  /** What this member says of its load now. */
  report(): LoadReport {
    const { sessions, pools, configuration } = this.#parts;
    const { personality } = clusterSlice.of(configuration());
    const { isFinishing, hasPublicLink } = this.#membership;
    const takesNone = this.#drain !== undefined || isFinishing || !hasPublicLink;
    return ownLoad(sessions, pools, personality, takesNone);
  }

  /** The cluster with this device's own load as it is now: what a decision is made of. */
  #current(): { readonly member: Member; readonly policy: Policy } | undefined {
    const { member, policy } = this;
    return member && policy && { member: { ...member, report: this.report() }, policy };
  }

  /** Looks whether members get into each other's way. */
  #compare(now: Instant): void {
    const { member, policy } = this;
    this.#comparedAt = now;
    if (!member || !policy) return;
    this.#comparePools(member, policy, now);
    this.#compareReleases(member, policy, now);
  }

  /** Says once that members run different releases; GEN-54. */
  #compareReleases(member: Member, policy: Policy, now: Instant): void {
    const members = membersOf(member, policy);
    const isMixed = compositionOf(members).of === 'mixed releases';
    const releases = isMixed ? releasesText(members) : undefined;
    if (releases !== undefined && releases !== this.#releases)
      this.#parts.note(occurred(releasesMixed, { releases }), now);
    this.#releases = releases;
  }

  /** Says once which members would give away addresses of this one. */
  #comparePools(member: Member, policy: Policy, now: Instant): void {
    const overlaps = new Set<string>();
    for (const { member: other, address, own, other: theirs } of poolOverlaps(member, policy)) {
      const name = `${other} ${own} ${theirs}`;
      overlaps.add(name);
      if (!this.#overlaps.has(name))
        this.#parts.note(occurred(poolsOverlap, { own, other: theirs, address }), now);
    }
    this.#overlaps = overlaps;
  }
}
