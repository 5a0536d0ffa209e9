import { after, earliest, elapsedMs, type Instant } from '#base/instant';
import type { RandomSource } from '#base/random';
import type { Configuration } from '#config/configuration';
import { occurred } from '#events/event';
import type { HalfOpenPace } from '#ipsec/half-open';
import type { EncryptionKeys } from '#protocol/vcl/keys';
import { initialState, step } from '#protocol/vcl/machine';
import type { Policy } from '#protocol/vcl/policy';
import type { Identity, LeaveReason, Links, LoadReport, Member, State } from '#protocol/vcl/state';
import type { Effect, Environment, Input } from '#protocol/vcl/turn';
import { loadBalancingOf } from './config.ts';
import {
  linksDown,
  linksUp,
  masterKeepsClients,
  memberCannotBegin,
  nameNotResolved,
} from './events.ts';
import { deafness, publicStop } from './filters.ts';
import { finishedBy } from './finishing.ts';
import { sameReport } from './own-load.ts';
import { endsOf, foundationOf, memberPolicy, type Resolved, type Surroundings } from './policy.ts';
import type { ClusterAnswer, ClusterEffect, ClusterInput, ClusterQuestion } from './port.ts';
import { Preparation } from './preparation.ts';
import type { Telling } from './sessions/inquiries.ts';

/** A member that could not begin tries again after this time. */
const RETRY_MS = 10_000;

/** The cables of a member, until something else is told. */
const ALL_UP: Links = { public: true, private: true };

type Stage =
  | { readonly kind: 'off' }
  /** Names are being resolved, then the key stretched, then a new life written to the store. */
  | { readonly kind: 'beginning'; readonly ticket: number; readonly resolved: Resolved }
  /** Sockets are open, and tunnels with the others are negotiated before the protocol begins. */
  | { readonly kind: 'gathering'; readonly foundation: string; readonly identity: Identity }
  | { readonly kind: 'taking part'; readonly foundation: string }
  /** Still master, while clients whose phase 1 is under way at the cluster address finish it. */
  | {
      readonly kind: 'finishing';
      readonly foundation: string;
      readonly since: Instant;
      readonly until: Instant;
      readonly reason: LeaveReason;
    }
  /** Tells the others; what follows depends on the configuration at that moment. */
  | { readonly kind: 'leaving'; readonly reason: LeaveReason }
  | { readonly kind: 'waiting'; readonly until: Instant; readonly reason: string };

/** What a member wants done: on the network, or for another member that asks or answers. */
export type MemberEffect = ClusterEffect | Extract<Effect, { kind: 'heard' }>;

export type MembershipParts = {
  readonly random: RandomSource;
  readonly configuration: () => Configuration;
  readonly surroundings: Omit<Surroundings, 'resolved'>;
  readonly wants: (eventClass: string, severity: number) => boolean;
  /** The load as it is now, before every step of the protocol but for those of datagrams. */
  readonly report: () => LoadReport;
  /** Clients in the middle of phase 1; undefined when there are none. */
  readonly halfOpen: () => HalfOpenPace | undefined;
};

/**
 * This device's part in the cluster: what must be there before it speaks, the machine of the protocol
 * while it takes part, and its farewell.
 */
export class Membership {
  readonly #parts: MembershipParts;
  readonly #preparation: Preparation;
  #stage: Stage = { kind: 'off' };
  #state: State = initialState;
  #resolved: Resolved = new Map();
  /** Of this life, in which the protocol may not have begun yet. */
  #links: Links = ALL_UP;
  #lastTicket = 0;
  #reported: LoadReport | undefined;
  /** Whether it was said that this device is a master that sends no client elsewhere. */
  #keepsClients = false;
  /** Why it could not begin, and when that was said last. */
  #complaint: { readonly reason: string; readonly at: Instant } | undefined;
  /** The policy, and the configuration it was made of: asked with every step, made when that changes. */
  #made: { readonly configuration: Configuration; readonly policy: Policy | undefined } | undefined;

  constructor(parts: MembershipParts) {
    this.#parts = parts;
    this.#preparation = new Preparation(parts.configuration);
  }

  /** The state of the protocol while this device takes part or takes its leave. */
  get member(): Member | undefined {
    const { kind } = this.#stage;
    return kind === 'taking part' || kind === 'finishing' || kind === 'leaving'
      ? this.#state.member
      : undefined;
  }

  /** Whether it is about to hand the address over, and lets only those finish who have begun. */
  get isFinishing(): boolean {
    return this.#stage.kind === 'finishing';
  }

  /** Whether clients reach this device, as far as its own cable is concerned. */
  get hasPublicLink(): boolean {
    return this.#links.public;
  }

  /** Why it does not take part although it should; undefined while it does or need not. */
  get obstacle(): string | undefined {
    return this.#stage.kind === 'waiting' ? this.#stage.reason : undefined;
  }

  /** In which life this device waits for tunnels; undefined while it does not. */
  get gathering(): Identity | undefined {
    return this.#stage.kind === 'gathering' ? this.#stage.identity : undefined;
  }

  /** What encryption starts from; undefined without a cluster key. */
  get encryptionKeys(): EncryptionKeys | undefined {
    return this.#preparation.encryptionKeys;
  }

  get authenticates(): boolean {
    return this.#preparation.keys.authenticates;
  }

  /** What the protocol is told at this moment; undefined before addresses are known. */
  policy(): Policy | undefined {
    const configuration = this.#parts.configuration();
    // Whoever leaves does so as the member that the others know, whatever is configured by now.
    const isAsBefore = this.#stage.kind === 'finishing' || this.#stage.kind === 'leaving';
    if (this.#made && (isAsBefore || this.#made.configuration === configuration))
      return this.#made.policy;
    const surroundings = { ...this.#parts.surroundings, resolved: this.#resolved };
    const made = memberPolicy(configuration, surroundings, this.#preparation.keys);
    const policy = made && { ...made, sendKeyId: this.#preparation.sendKeyId };
    this.#made = { configuration, policy };
    return policy;
  }

  /** The configuration is another one: begins, goes on in place, begins anew, or leaves. */
  configured(now: Instant): MemberEffect[] {
    const { participates } = loadBalancingOf(this.#parts.configuration());
    const stage = this.#stage;
    switch (stage.kind) {
      case 'off':
      case 'waiting':
        this.#stage = { kind: 'off' };
        return participates ? this.#begin(now) : [];
      case 'beginning':
        if (participates) return this.#begin(now);
        this.#stage = { kind: 'off' };
        return [];
      case 'gathering':
        return this.#goesOn(stage.foundation)
          ? []
          : [...this.leave('administrative', now), ...this.configured(now)];
      case 'taking part':
        return this.#goesOn(stage.foundation)
          ? this.#stepped({ kind: 'tick' }, now)
          : this.leave('administrative', now);
      case 'finishing':
        if (stage.reason === 'shutdown' || !this.#goesOn(stage.foundation)) return [];
        this.#stage = { kind: 'taking part', foundation: stage.foundation };
        return [];
      case 'leaving':
        return [];
    }
  }

  /** Whether what this device takes part in is still what is configured. */
  #goesOn(foundation: string): boolean {
    const configuration = this.#parts.configuration();
    const { participates } = loadBalancingOf(configuration);
    const isHeard = deafness(configuration) === undefined;
    return participates && isHeard && foundation === foundationOf(configuration, this.#resolved);
  }

  /** There are tunnels with the others: the protocol begins. */
  gathered(now: Instant): MemberEffect[] {
    const stage = this.#stage;
    if (stage.kind !== 'gathering') return [];
    this.#stage = { kind: 'taking part', foundation: stage.foundation };
    const begun = this.#stepped({ kind: 'participate', identity: stage.identity }, now);
    return this.#links === ALL_UP ? begun : [...begun, ...this.#tellLinks(now)];
  }

  /**
   * Hands the address over, if this device has it, and says good-bye; a moment later when clients are in the
   * middle of phase 1, since the next master would not know what they say. Who asks again does not want to wait.
   */
  leave(reason: LeaveReason, now: Instant): MemberEffect[] {
    const stage = this.#stage;
    switch (stage.kind) {
      case 'taking part': {
        const pace = this.member?.phase.phase === 'master' ? this.#parts.halfOpen() : undefined;
        const until = pace ? finishedBy(pace, now) : now;
        if (until <= now) return this.#part(reason, now);
        this.#stage = { ...stage, kind: 'finishing', since: now, until, reason };
        return [];
      }
      case 'finishing':
        return this.#part(reason, now);
      case 'leaving':
        // Told to end while it changes to another cluster, it does not join that one.
        if (reason === 'shutdown') this.#stage = { kind: 'leaving', reason };
        return [];
      default:
        this.#stage = { kind: 'off' };
        return stage.kind === 'gathering' ? [{ kind: 'cluster', action: { kind: 'close' } }] : [];
    }
  }

  #part(reason: LeaveReason, now: Instant): MemberEffect[] {
    this.#stage = { kind: 'leaving', reason };
    return this.#stepped({ kind: 'leave', reason }, now);
  }

  input(input: ClusterInput, now: Instant): MemberEffect[] {
    if (input.kind === 'portFailed') return this.#fallSilent(input.reason, now);
    if (input.kind === 'answer') return this.#answer(input.ticket, input.answer, now);
    if (input.kind === 'links') return this.#linksChanged(input.links, now);
    return this.member ? this.#stepped(input, now) : [];
  }

  #linksChanged(links: Links, now: Instant): MemberEffect[] {
    this.#links = links;
    const down = (['public', 'private'] as const).filter((side) => !links[side]).join(' and ');
    const record = down === '' ? occurred(linksUp, {}) : occurred(linksDown, { sides: down });
    return [{ kind: 'event', record }, ...this.#tellLinks(now)];
  }

  /** LB-02: a master without its public link hands the address over. */
  #tellLinks(now: Instant): MemberEffect[] {
    // Whoever takes its leave hands over anyway.
    return this.#stage.kind === 'taking part' && this.member
      ? this.#stepped({ kind: 'links', links: this.#links }, now)
      : [];
  }

  /** Says something to a member that is in the cluster. */
  tell(telling: Telling, now: Instant): MemberEffect[] {
    return this.member ? this.#stepped({ kind: 'tell', ...telling }, now) : [];
  }

  #answer(ticket: number, answer: ClusterAnswer, now: Instant): MemberEffect[] {
    const stage = this.#stage;
    if (stage.kind !== 'beginning' || stage.ticket !== ticket) return [];
    switch (answer.kind) {
      case 'failed':
        return this.#wait(answer.reason, now);
      case 'namesFound':
      case 'namesUnknown':
        return [];
      case 'nameResolved': {
        const [name = ''] = this.#preparation.unresolved(stage.resolved);
        if (answer.addresses.length === 0) return this.#nameFailed(name, 'no such name', now);
        return this.#prepare(new Map([...stage.resolved, [name, answer.addresses]]), now);
      }
      case 'keyStretched':
        this.#preparation.stretched(answer.octets);
        return this.#prepare(stage.resolved, now);
      case 'newLife':
        return this.#takePart(answer.identity, stage.resolved, now);
    }
  }

  tick(now: Instant): MemberEffect[] {
    const stage = this.#stage;
    if (stage.kind === 'waiting' && now >= stage.until) return this.#begin(now);
    if (stage.kind === 'finishing' && (now >= stage.until || !this.#parts.halfOpen()))
      return this.#part(stage.reason, now);
    const due = this.#deadline();
    const effects = due !== undefined && now >= due ? this.#stepped({ kind: 'tick' }, now) : [];
    return [...effects, ...this.#leavesAfterAll(now)];
  }

  /** Whoever was told to leave in the moment in which it handed over for a link still has to. */
  #leavesAfterAll(now: Instant): MemberEffect[] {
    const stage = this.#stage;
    const phase = this.member?.phase.phase;
    return stage.kind === 'leaving' && phase !== 'leaving' && phase !== 'off'
      ? this.#stepped({ kind: 'leave', reason: stage.reason }, now)
      : [];
  }

  deadline(): Instant | undefined {
    const stage = this.#stage;
    if (stage.kind === 'waiting') return stage.until;
    if (stage.kind !== 'finishing') return this.#deadline();
    // Asked after everything that clients say: when the last has ended phase 1, nothing is waited for.
    return earliest(this.#deadline(), this.#parts.halfOpen() ? stage.until : stage.since);
  }

  #deadline(): Instant | undefined {
    return this.member && this.#state.dueAt;
  }

  #environment(): Environment | undefined {
    const policy = this.policy();
    const { random, wants } = this.#parts;
    return policy && { policy, random, wants };
  }

  #begin(now: Instant): MemberEffect[] {
    return this.#prepare(new Map(), now);
  }

  /** Asks for the next thing that is missing. */
  #prepare(resolved: Resolved, now: Instant): MemberEffect[] {
    const need = this.#preparation.next(resolved);
    return need.kind === 'ask' ? this.#ask(need.question, resolved) : this.#wait(need.reason, now);
  }

  #ask(question: ClusterQuestion, resolved: Resolved): MemberEffect[] {
    this.#lastTicket += 1;
    this.#stage = { kind: 'beginning', ticket: this.#lastTicket, resolved };
    return [{ kind: 'cluster', action: { kind: 'ask', ticket: this.#lastTicket, question } }];
  }

  #takePart(identity: Identity, resolved: Resolved, now: Instant): MemberEffect[] {
    const ends = endsOf(this.#parts.configuration(), resolved);
    if (!ends) return this.#wait('the private interface has no address', now);
    this.#resolved = resolved;
    this.#made = undefined;
    this.#state = initialState;
    this.#links = ALL_UP;
    this.#reported = undefined;
    const foundation = foundationOf(this.#parts.configuration(), resolved);
    this.#stage = { kind: 'gathering', foundation, identity };
    const { encryption } = loadBalancingOf(this.#parts.configuration());
    return [
      { kind: 'cluster', action: { kind: 'open', ends } },
      ...(encryption ? [] : this.gathered(now)),
    ];
  }

  #nameFailed(name: string, reason: string, now: Instant): MemberEffect[] {
    return [
      { kind: 'event', record: occurred(nameNotResolved, { name, reason }) },
      ...this.#wait(`the name ${name} has no address`, now),
    ];
  }

  /** Members cannot be spoken to any more: whatever this device had is given up. */
  #fallSilent(reason: string, now: Instant): MemberEffect[] {
    const addresses = this.policy()?.cluster.addresses ?? [];
    const isMaster = this.member?.phase.phase === 'master';
    this.#state = initialState;
    return [
      ...(isMaster
        ? [{ kind: 'cluster' as const, action: { kind: 'releaseAddress' as const, addresses } }]
        : []),
      { kind: 'cluster', action: { kind: 'close' } },
      ...this.#wait(reason, now),
    ];
  }

  #wait(reason: string, now: Instant): MemberEffect[] {
    this.#stage = { kind: 'waiting', until: after(now, RETRY_MS), reason };
    // Every change of the configuration has it try again at once.
    const last = this.#complaint;
    if (last?.reason === reason && elapsedMs(last.at, now) < RETRY_MS) return [];
    this.#complaint = { reason, at: now };
    const seconds = RETRY_MS / 1000;
    return [{ kind: 'event', record: occurred(memberCannotBegin, { reason, seconds }) }];
  }

  /** One step of the protocol, with the load as it is now. */
  #stepped(input: Input, now: Instant): MemberEffect[] {
    try {
      return this.#steppedUnguarded(input, now);
    } catch (error) {
      // A contradiction in here must not end the tunnels of a whole device.
      const reason = error instanceof Error ? error.message : 'unknown';
      return this.#fallSilent(`a contradiction: ${reason}`, now);
    }
  }

  #steppedUnguarded(input: Input, now: Instant): MemberEffect[] {
    const environment = this.#environment();
    if (!environment) return this.#wait('an address is missing', now);
    const out: MemberEffect[] = [];
    // What is said of the load is said when a deadline has come, and strangers may send datagrams without end.
    if (input.kind !== 'datagram') this.#report(now, environment, out);
    this.#step(input, now, environment, out);
    if (input.kind !== 'datagram') this.#lookOutside(out);
    return out;
  }

  /** LB-20: with a closed public side, no public side of another member answers a master. */
  #lookOutside(out: MemberEffect[]): void {
    const isMaster = this.#state.member?.phase.phase === 'master';
    const stop = isMaster ? publicStop(this.#parts.configuration()) : undefined;
    if (stop && !this.#keepsClients) {
      const args = { filter: stop.name, interface: stop.interface, rule: stop.rule };
      out.push({ kind: 'event', record: occurred(masterKeepsClients, args) });
    }
    this.#keepsClients = stop !== undefined;
  }

  #report(now: Instant, environment: Environment, out: MemberEffect[]): void {
    const report = this.#parts.report();
    if (sameReport(report, this.#reported)) return;
    this.#reported = report;
    this.#step({ kind: 'report', report }, now, environment, out);
  }

  #step(input: Input, now: Instant, environment: Environment, out: MemberEffect[]): void {
    const [next, effects] = step(this.#state, input, now, environment);
    this.#state = next;
    for (const effect of effects) this.#carryOut(effect, now, out);
  }

  #carryOut(effect: Effect, now: Instant, out: MemberEffect[]): void {
    switch (effect.kind) {
      case 'event':
      case 'heard':
        out.push(effect);
        return;
      case 'roleChanged':
      case 'peersChanged':
        return;
      case 'stopped': {
        const isForGood = this.#stage.kind === 'leaving' && this.#stage.reason === 'shutdown';
        this.#stage = { kind: 'off' };
        out.push({ kind: 'cluster', action: { kind: 'close' } });
        // A change of what the cluster is made this device leave; now it joins the new one.
        if (!isForGood) out.push(...this.configured(now));
        return;
      }
      default:
        out.push({ kind: 'cluster', action: effect });
    }
  }
}
