import type { Instant } from '#base/instant';
import type { RandomSource } from '#base/random';
import { type SecretKey, secretKey } from '#crypto/secret-key';
import { type Child, installedPairs } from '#protocol/isakmp/child';
import { connect, step } from '#protocol/isakmp/machine';
import { unconfirmedPairs } from '#protocol/isakmp/state';
import {
  type Effect,
  type Environment,
  type Input,
  type Notice,
  Turn,
} from '#protocol/isakmp/turn';
import { saFailed } from './events.ts';
import { additions, childSummary, moves, preparations, removals } from './forwarding.ts';
import type { ConnectRequest, KeyingEffect, KeyingPolicy, SaId } from './keying.ts';
import { checkPairs, forwardOf, noticeOf, sendEffect } from './keying-effects.ts';
import { type KeyingLog, reasonOf } from './keying-log.ts';
import { OpenQuestions } from './open-questions.ts';
import { RedirectedPeers } from './redirected-peers.ts';
import { type Entry, SaTable } from './sa-table.ts';
import { SecurityAssociationDatabase } from './security-association-database.ts';
import { redirect, supersede } from './succession.ts';

/** What the keying manager is given once. */
export type KeyingManagerOptions = {
  readonly random: RandomSource;
  /** The policy in force; asked with every input. */
  readonly policy: () => KeyingPolicy;
  /** Packets that an inbound IPsec SA accepted so far; dead peer detection asks when a peer is silent. */
  readonly inboundPackets: (spi: number) => number;
  /** Whether anybody reads events of this class and severity. */
  readonly wants: (eventClass: string, severity: number) => boolean;
};

/**
 * Steps ISAKMP SAs one at a time, turns the effects of each into those of the device, and keeps what
 * they share: the tables of ISAKMP and IPsec SAs and the questions that are not answered yet.
 */
export class SaStepper {
  readonly #options: KeyingManagerOptions;
  readonly #dummyKey: SecretKey;
  #environment: Environment | undefined;
  readonly log: KeyingLog;
  readonly sas = new SaTable();
  readonly redirected = new RedirectedPeers();
  readonly questions = new OpenQuestions();
  readonly associations = new SecurityAssociationDatabase();

  constructor(options: KeyingManagerOptions, log: KeyingLog) {
    this.#options = options;
    this.log = log;
    this.#dummyKey = secretKey(options.random.bytes(32));
  }

  policy(): KeyingPolicy {
    return this.#options.policy();
  }

  /** The same object for every step under one policy. */
  environment(policy: KeyingPolicy): Environment {
    if (this.#environment?.policy !== policy) this.#environment = this.#environmentOf(policy);
    return this.#environment;
  }

  #environmentOf(policy: KeyingPolicy): Environment {
    const { random, wants, inboundPackets } = this.#options;
    return {
      policy,
      random,
      wants,
      inboundPackets,
      dummyKey: this.#dummyKey,
      newSpi: (like) => this.associations.newSpi(random, like),
    };
  }

  /** Begins phase 1 as the initiator; `replaces` is the SA whose children the new one takes over. */
  begin(
    request: ConnectRequest,
    redirects: number,
    now: Instant,
    out: KeyingEffect[],
    replaces?: SaId,
  ): SaId {
    const turn = new Turn(now, this.environment(this.policy()));
    const path = { local: request.local, remote: request.remote, encapsulated: false };
    const state = connect(turn, path, {
      exchange: request.exchange ?? 'aggressive',
      identity: request.identity,
      peer: request.peer,
      encapsulatedPath: {
        local: request.localEncapsulated,
        remote: request.remoteEncapsulated,
        encapsulated: true,
      },
      configuration: request.configuration,
      forceEncapsulation: request.forceEncapsulation ?? false,
      initialContact: request.initialContact ?? true,
    });
    const entry = this.sas.add(state, now, request, redirects);
    entry.replaces = replaces;
    this.sas.settle(entry, now);
    this.carryOut(entry, turn.effects, now, out);
    return entry.id;
  }

  /** Steps the SA of an id, if it is still there. */
  command(
    id: SaId | undefined,
    input: Input,
    now: Instant,
    out: KeyingEffect[] = [],
  ): readonly KeyingEffect[] {
    const entry = id === undefined ? undefined : this.sas.get(id);
    if (entry) this.step(entry, input, now, out);
    return out;
  }

  /** Steps one SA. What goes wrong inside it must not touch any other. */
  step(entry: Entry, input: Input, now: Instant, out: KeyingEffect[]): void {
    let effects: readonly Effect[];
    try {
      const [state, wanted] = step(entry.state, input, now, this.environment(this.policy()));
      checkPairs(wanted, state.path);
      entry.state = state;
      effects = wanted;
    } catch (error) {
      this.#fail(entry, error, out);
      return;
    }
    this.sas.settle(entry, now);
    this.carryOut(entry, effects, now, out);
  }

  /** Forgets an SA without telling anybody. */
  forget(entry: Entry): void {
    this.sas.remove(entry);
    this.questions.forget(entry);
  }

  /** Turns the effects of one SA into effects of the device; a refused stranger has no entry. */
  carryOut(
    entry: Entry | undefined,
    effects: readonly Effect[],
    now: Instant,
    out: KeyingEffect[],
  ): void {
    for (const effect of effects) this.#translate(entry, effect, now, out);
  }

  #fail(entry: Entry, error: unknown, out: KeyingEffect[]): void {
    const { state } = entry;
    this.log.write(out, saFailed, state.subject, () => ({ reason: reasonOf(error) }));
    if (state.phase === 'established') {
      for (const child of installedPairs(state)) this.#remove(entry, child, out);
      for (const child of unconfirmedPairs(state)) this.#abandon(entry, child, out);
    }
    this.forget(entry);
    if (state.phase === 'established' || state.role === 'initiator')
      out.push(noticeOf(entry, { kind: 'closed', reason: 'negotiation failed' }));
  }

  #translate(entry: Entry | undefined, effect: Effect, now: Instant, out: KeyingEffect[]): void {
    switch (effect.kind) {
      case 'send':
        out.push(sendEffect(effect.path, effect.octets));
        return;
      case 'keepalive': {
        const { local, remote } = effect.path;
        out.push({ kind: 'keepalive', local, remote });
        return;
      }
      case 'event':
        out.push(effect);
        return;
      default:
        if (entry) this.#carryOutOne(entry, effect, now, out);
    }
  }

  #carryOutOne(
    entry: Entry,
    effect: Exclude<Effect, { kind: 'send' | 'keepalive' | 'event' }>,
    now: Instant,
    out: KeyingEffect[],
  ): void {
    switch (effect.kind) {
      case 'notice':
        out.push(noticeOf(entry, toldOf(entry, effect.notice)));
        return;
      case 'ask': {
        const id = this.questions.open(entry, effect.ticket);
        out.push({ kind: 'ask', id, question: effect.question });
        return;
      }
      case 'install': {
        const { child } = effect;
        this.associations.add(child.inboundSpi, child.outboundSpi, entry.id);
        out.push(forwardOf(entry, additions(child, entry.state.path)));
        out.push(noticeOf(entry, { kind: 'childCreated', child: childSummary(child) }));
        return;
      }
      case 'remove':
        this.#remove(entry, effect.child, out);
        return;
      case 'prepare':
        this.associations.reserve(effect.child.inboundSpi, entry.id);
        out.push(forwardOf(entry, preparations(effect.child, entry.state.path)));
        return;
      case 'abandon':
        this.#abandon(entry, effect.child, out);
        return;
      case 'movePeer':
        this.sas.clientMoved(entry);
        out.push(forwardOf(entry, moves(effect.children, effect.to)));
        return;
      case 'authenticated':
        supersede(this, entry, effect.initialContact, now, out);
        return;
      case 'sentElsewhere':
        this.redirected.add(entry.state.cookies, effect, now);
        return;
      case 'redirected':
        redirect(this, entry, effect.target, now, out);
        return;
    }
  }

  #abandon(entry: Entry, { inboundSpi }: Child, out: KeyingEffect[]): void {
    this.associations.release(inboundSpi, entry.id);
    out.push(forwardOf(entry, [{ kind: 'removeInbound', spi: inboundSpi }]));
  }

  #remove(entry: Entry, child: Child, out: KeyingEffect[]): void {
    const { inboundSpi, outboundSpi } = child;
    this.associations.remove(inboundSpi, outboundSpi, entry.id);
    out.push(forwardOf(entry, removals(child)));
    out.push(noticeOf(entry, { kind: 'childDeleted', inboundSpi }));
  }
}

/** strongSwan does not say that it begins afresh; a client of whom nothing is here does all the same. */
const toldOf = ({ isKnown }: Entry, notice: Notice): Notice =>
  notice.kind === 'admissionWanted' && !isKnown ? { ...notice, beginsAfresh: true } : notice;
