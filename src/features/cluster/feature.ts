import { earliest, elapsedMs, type Instant } from '#base/instant';
import type { RandomSource } from '#base/random';
import type { Configuration } from '#config/configuration';
import { type EventRecord, occurred } from '#events/event';
import type { Policy } from '#protocol/vcl/policy';
import type { LeaveReason, LoadReport, Member } from '#protocol/vcl/state';
import type { AddressPools } from '#session/address-pools';
import type { SessionTable } from '#session/session-table';
import { clusterSlice } from './config.ts';
import { Director } from './director.ts';
import { type Drain, lookedAt, MOVED_AT_ONCE, newDrain } from './draining.ts';
import { drainBegun, drainEnded, poolsOverlap } from './events.ts';
import { Membership } from './membership.ts';
import { poolOverlaps } from './overlaps.ts';
import { ownLoad } from './own-load.ts';
import type { PlatformModel } from './platform.ts';
import { platformOf } from './policy.ts';
import type { ClusterEffect, ClusterInput } from './port.ts';

export type ClusterParts = {
  readonly random: RandomSource;
  readonly configuration: () => Configuration;
  readonly sessions: SessionTable;
  readonly pools: AddressPools;
  readonly softwareVersion: string;
  /** What this machine counts as when no model is named. */
  readonly machine: PlatformModel;
  readonly wants: (eventClass: string, severity: number) => boolean;
  readonly note: (record: EventRecord, now: Instant) => void;
};

/** A drain that an administrator asks for. */
export type DrainOrder = {
  readonly moves: boolean;
  readonly minutes: number | undefined;
  /** The administrator, where one is known. */
  readonly by?: string | undefined;
};

/** Pools of other members may change while they are in the cluster. */
const COMPARE_POOLS_MS = 10_000;

/** The virtual cluster: this device's part in it, and where its clients go. */
export class Cluster {
  readonly director: Director;
  readonly #parts: ClusterParts;
  readonly #membership: Membership;
  /** Overlaps of pools that were said already, each once while it lasts. */
  #overlaps: ReadonlySet<string> = new Set();
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
    });
    this.director = new Director({
      configuration,
      cluster: () => this.#current(),
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

  /** Why this device does not take part although it should. */
  get obstacle(): string | undefined {
    return this.#membership.obstacle;
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
  configured(now: Instant): readonly ClusterEffect[] {
    return this.#counted(() => this.#membership.configured(now));
  }

  input(input: ClusterInput, now: Instant): readonly ClusterEffect[] {
    const effects = this.#counted(() => this.#membership.input(input, now));
    const last = this.#comparedAt;
    if (last === undefined || elapsedMs(last, now) >= COMPARE_POOLS_MS) this.#comparePools(now);
    return effects;
  }

  /** Leaves the cluster; for a master, a planned handover. */
  leave(reason: LeaveReason, now: Instant): readonly ClusterEffect[] {
    return this.#membership.leave(reason, now);
  }

  deadline(): Instant | undefined {
    return earliest(this.#membership.deadline(), this.#drain?.lookAt);
  }

  tick(now: Instant): readonly ClusterEffect[] {
    return this.#counted(() => this.#membership.tick(now));
  }

  /** Counts a step of the protocol in which this device becomes master. */
  #counted(step: () => readonly ClusterEffect[]): readonly ClusterEffect[] {
    const isMaster = () => this.member?.phase.phase === 'master';
    const wasMaster = isMaster();
    const effects = step();
    if (!wasMaster && isMaster()) this.#takeovers += 1;
    return effects;
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
    return ownLoad(sessions, pools, personality, this.#drain !== undefined);
  }

  /** The cluster with this device's own load as it is now: what a decision is made of. */
  #current(): { readonly member: Member; readonly policy: Policy } | undefined {
    const { member, policy } = this;
    return member && policy && { member: { ...member, report: this.report() }, policy };
  }

  /** Says once which members would give away addresses of this one. */
  #comparePools(now: Instant): void {
    const { member, policy } = this;
    this.#comparedAt = now;
    if (!member || !policy) return;
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
