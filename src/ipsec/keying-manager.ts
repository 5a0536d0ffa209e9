import type { KeyObject } from 'node:crypto';
import { type Endpoint, type IpAddress, sameEndpoint } from '#base/address';
import { elapsedMs, type Instant } from '#base/instant';
import type { Prefix } from '#base/prefix';
import type { RandomSource } from '#base/random';
import { describeFault } from '#base/result';
import { secretKey } from '#crypto/prf';
import type { DataPlaneReport } from '#dataplane/data-plane';
import { type Arguments, type EventDef, type EventSubject, occurred } from '#events/event';
import { connect } from '#protocol/isakmp/aggressive-initiator';
import { aggressive1Received } from '#protocol/isakmp/aggressive-responder';
import { type Child, installedPairs } from '#protocol/isakmp/child';
import { REDIRECTS_MOST } from '#protocol/isakmp/constants';
import { messageKey } from '#protocol/isakmp/exchange';
import { addFragment } from '#protocol/isakmp/fragmentation';
import { step } from '#protocol/isakmp/machine';
import { type Established, type State, unconfirmedPairs } from '#protocol/isakmp/state';
import { type Effect, type Environment, type Input, type Path, Turn } from '#protocol/isakmp/turn';
import { decodeHeader, type Header } from '#wire/isakmp/header';
import { decodeMessage } from '#wire/isakmp/message';
import { exchangeTypes, payloadTypes } from '#wire/isakmp/numbers';
import {
  exchangeNotSupported,
  halfOpenLimit,
  keepaliveReceived,
  redirectsExhausted,
  saFailed,
  saLimit,
  unknownSa,
  unknownSpi,
  unreadableDatagram,
} from './events.ts';
import { additions, childSummary, moves, preparations, removals } from './forwarding.ts';
import { halfOpenKey } from './half-open.ts';
import type {
  ChildSelectors,
  CloseReason,
  ConfigurationAttribute,
  ConnectRequest,
  IsakmpSaSummary,
  KeyingAnswer,
  KeyingCounts,
  KeyingEffect,
  KeyingPolicy,
  SaId,
} from './keying.ts';
import type { Keying, WhichSas } from './keying-commands.ts';
import { everythingOf, noticeOf, sendEffect } from './keying-effects.ts';
import { type Entry, SaTable } from './sa-table.ts';
import { SecurityAssociationDatabase } from './security-association-database.ts';
import { saSummary } from './summary.ts';

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

/** Offset of the next payload in an ISAKMP header. */
const NEXT_PAYLOAD_OFFSET = 16;
/** Key agreements that wait to be computed at once; beyond, first messages are dropped unread. */
const KEY_AGREEMENTS_MOST = 1000;
/** Limits are reported this often at most. */
const LIMIT_REPORT_MS = 10_000;

/**
 * All ISAKMP SAs of this device: finds the one a datagram, an answer or a command is for, steps it,
 * and turns its effects into those of the device. Costs do not depend on the number of SAs.
 */
export class KeyingManager implements Keying {
  readonly #options: KeyingManagerOptions;
  readonly #dummyKey: KeyObject;
  readonly #sas = new SaTable();
  readonly #questions = new Map<number, { readonly sa: SaId; readonly ticket: number }>();
  readonly #associations = new SecurityAssociationDatabase();
  #lastQuestion = 0;
  #limitReportedAt: Instant | undefined;

  constructor(options: KeyingManagerOptions) {
    this.#options = options;
    this.#dummyKey = secretKey(options.random.bytes(32));
  }

  datagram(
    local: Endpoint,
    remote: Endpoint,
    octets: Uint8Array,
    encapsulated: boolean,
    now: Instant,
  ): readonly KeyingEffect[] {
    const out: KeyingEffect[] = [];
    this.#receive({ local, remote, encapsulated }, octets, now, out);
    return out;
  }

  #receive(path: Path, octets: Uint8Array, now: Instant, out: KeyingEffect[]): void {
    const subject = { peer: path.remote.address };
    const decoded = decodeHeader(octets);
    if (!decoded.ok) {
      const reason = describeFault(decoded.error);
      this.#log(out, unreadableDatagram, subject, () => ({ reason }));
      return;
    }
    const header = decoded.value;
    const entry = this.#sas.find(header);
    if (entry && header.nextPayload === payloadTypes.fragment)
      this.#fragment(entry, path, octets, now, out);
    else if (entry) this.#step(entry, { kind: 'datagram', path, header, octets }, now, out);
    else if (header.responderCookie.some((octet) => octet !== 0))
      this.#log(out, unknownSa, subject, () => ({ exchangeType: header.exchangeType }));
    else this.#firstMessage(path, header, octets, now, out);
  }

  /** A part of a message: nothing happens before the last one came. */
  #fragment(entry: Entry, path: Path, octets: Uint8Array, now: Instant, out: KeyingEffect[]): void {
    const decoded = decodeMessage(octets);
    const payload = decoded.ok ? decoded.value.payloads[0] : undefined;
    if (payload?.type !== 'fragment') return;
    const result = addFragment(entry.reassembly, payload);
    entry.reassembly = 'keep' in result ? result.keep : undefined;
    // A message inside a fragment is never a fragment itself.
    if ('message' in result && result.message[NEXT_PAYLOAD_OFFSET] !== payloadTypes.fragment)
      this.#receive(path, result.message, now, out);
  }

  /** A stranger begins phase 1, or repeats the message that did. */
  #firstMessage(
    path: Path,
    header: Header,
    octets: Uint8Array,
    now: Instant,
    out: KeyingEffect[],
  ): void {
    const { remote } = path;
    const subject = { peer: remote.address };
    if (header.exchangeType !== exchangeTypes.aggressive) {
      const { exchangeType } = header;
      this.#log(out, exchangeNotSupported, subject, () => ({ exchangeType }));
      return;
    }
    const key = halfOpenKey(remote, header.initiatorCookie);
    const digest = messageKey(octets);
    const known = this.#sas.halfOpen.find(key);
    if (known) {
      if (known.digest === digest) this.#repeatAnswer(known.sa, out);
      return;
    }
    const policy = this.#options.policy();
    if (this.#limitReached(remote, policy, now, out)) return;
    const turn = new Turn(now, this.#environment(policy));
    let state: State | undefined;
    try {
      state = aggressive1Received(turn, path, header, octets);
    } catch (error) {
      this.#log(out, saFailed, subject, () => ({ reason: reasonOf(error) }));
      return;
    }
    const entry = state && this.#sas.add(state, undefined, 0);
    if (entry) {
      entry.halfOpen = key;
      this.#sas.halfOpen.add(key, entry.id, digest, remote.address);
      this.#sas.settle(entry);
    }
    for (const effect of turn.effects) this.#translate(entry, effect, now, out);
  }

  /** The same first message again: the same answer, once there is one. */
  #repeatAnswer(id: SaId, out: KeyingEffect[]): void {
    const state = this.#sas.get(id)?.state;
    if (state?.phase !== 'awaitingProof' || !state.retransmission) return;
    out.push(sendEffect(state.path, state.retransmission.octets));
  }

  #limitReached(
    remote: Endpoint,
    policy: KeyingPolicy,
    now: Instant,
    out: KeyingEffect[],
  ): boolean {
    const { limits } = policy;
    const scope = this.#sas.halfOpen.limitReached(remote.address, limits);
    const isFull = this.#sas.size >= limits.isakmpSas;
    const isBusy = this.#questions.size >= KEY_AGREEMENTS_MOST;
    if (!scope && !isFull && !isBusy) return false;
    const isRefused = isFull || isBusy || scope === 'per address' || !this.#evictOldest();
    const last = this.#limitReportedAt;
    if (last !== undefined && elapsedMs(last, now) < LIMIT_REPORT_MS) return isRefused;
    this.#limitReportedAt = now;
    const subject = { peer: remote.address };
    if (isFull) this.#log(out, saLimit, subject, () => ({ limit: limits.isakmpSas }));
    else
      this.#log(out, halfOpenLimit, subject, () => ({
        scope: scope ?? 'in all',
        limit: scope === 'per address' ? limits.halfOpenPerAddress : limits.halfOpen,
      }));
    return isRefused;
  }

  /**
   * Forgets the negotiation that has waited for longest for its peer's proof, so that a flood of first
   * messages cannot keep everybody else out; an honest client proves itself within a round trip.
   */
  #evictOldest(): boolean {
    const id = this.#sas.halfOpen.oldest();
    const entry = id === undefined ? undefined : this.#sas.get(id);
    if (!entry || entry.questions.size > 0) return false;
    this.#forget(entry);
    return true;
  }

  answer(id: number, answer: KeyingAnswer, now: Instant): readonly KeyingEffect[] {
    const out: KeyingEffect[] = [];
    const question = this.#questions.get(id);
    const entry = question && this.#sas.get(question.sa);
    this.#questions.delete(id);
    entry?.questions.delete(id);
    if (entry && question)
      this.#step(entry, { kind: 'answer', ticket: question.ticket, answer }, now, out);
    return out;
  }

  tick(now: Instant): readonly KeyingEffect[] {
    const out: KeyingEffect[] = [];
    for (const entry of this.#sas.takeDue(now)) this.#step(entry, { kind: 'tick' }, now, out);
    return out;
  }

  deadline(): Instant | undefined {
    return this.#sas.earliest();
  }

  report(report: DataPlaneReport, now: Instant): readonly KeyingEffect[] {
    const out: KeyingEffect[] = [];
    switch (report.kind) {
      case 'datagram': {
        const { local, remote, bytes, encapsulated } = report;
        return this.datagram(local, remote, bytes, encapsulated, now);
      }
      case 'keepalive':
        this.#log(out, keepaliveReceived, {}, () => ({}));
        return out;
      case 'unknownSpi':
        this.#log(out, unknownSpi, { peer: report.remote.address }, () => ({
          spi: report.spi.toString(16),
        }));
        this.#command(
          this.#sas.ofPeer(report.remote)?.id,
          { kind: 'unknownSpi', spi: report.spi },
          now,
          out,
        );
        return out;
      case 'inboundActive':
        this.#command(
          this.#associations.ownerOfInbound(report.spi),
          { kind: 'inboundActive', spi: report.spi },
          now,
          out,
        );
        return out;
      case 'peerMoved':
        this.#command(
          this.#associations.ownerOfInbound(report.spi),
          { kind: 'peerMoved', remote: report.remote },
          now,
          out,
        );
        return out;
      case 'expiring': {
        const owner = this.#associations.ownerOfInbound(report.spi);
        const owners =
          report.direction === 'inbound'
            ? [owner]
            : this.#associations.ownersOfOutbound(report.spi);
        for (const id of owners) this.#command(id, { kind: 'expiring', spi: report.spi }, now, out);
        return out;
      }
      case 'lost':
        for (const { state } of this.#sas.all())
          if (state.phase === 'established') out.push(...everythingOf(state));
        return out;
    }
  }

  extendedAuthenticationResult(sa: SaId, accepted: boolean, now: Instant): readonly KeyingEffect[] {
    return this.#command(sa, { kind: 'credentialsJudged', accepted }, now);
  }

  configurationReply(
    sa: SaId,
    attributes: readonly ConfigurationAttribute[],
    grant: { readonly assigned: readonly Prefix[] },
    now: Instant,
  ): readonly KeyingEffect[] {
    const { assigned } = grant;
    return this.#command(sa, { kind: 'configurationReply', attributes, assigned }, now);
  }

  connect(
    request: ConnectRequest,
    now: Instant,
  ): { readonly sa: SaId; readonly effects: readonly KeyingEffect[] } {
    const out: KeyingEffect[] = [];
    return { sa: this.#begin(request, 0, now, out), effects: out };
  }

  rekey(
    sa: SaId,
    now: Instant,
  ): { readonly sa: SaId; readonly effects: readonly KeyingEffect[] } | undefined {
    const { state, request } = this.#sas.get(sa) ?? {};
    if (state?.phase !== 'established' || !request) return undefined;
    const out: KeyingEffect[] = [];
    const anew = { ...request, configuration: [], initialContact: false };
    return { sa: this.#begin(anew, 0, now, out, sa), effects: out };
  }

  provideCredentials(
    sa: SaId,
    credentials: { readonly user: string; readonly password: Uint8Array },
    now: Instant,
  ): readonly KeyingEffect[] {
    return this.#command(sa, { kind: 'credentials', ...credentials }, now);
  }

  createChild(sa: SaId, selectors: ChildSelectors, now: Instant): readonly KeyingEffect[] {
    return this.#command(sa, { kind: 'createChild', selectors }, now);
  }

  close(sa: SaId, reason: CloseReason, now: Instant): readonly KeyingEffect[] {
    return this.#command(sa, { kind: 'close', reason }, now);
  }

  closeAll(reason: CloseReason, now: Instant): readonly KeyingEffect[] {
    const out: KeyingEffect[] = [];
    for (const { id } of [...this.#sas.all()])
      this.#command(id, { kind: 'close', reason }, now, out);
    return out;
  }

  *summaries({ after = 0 as SaId, remote }: WhichSas = {}): Generator<IsakmpSaSummary> {
    for (const { id, state } of this.#sas.all()) {
      const isWanted = remote === undefined || state.path.remote.address === remote;
      if (id > after && isWanted) yield saSummary(id, state);
    }
  }

  counts(): KeyingCounts {
    const halfOpen = this.#sas.halfOpen.size;
    return { halfOpen, isakmpSas: this.#sas.size - halfOpen, ipsecSas: this.#associations.size };
  }

  summary(sa: SaId): IsakmpSaSummary | undefined {
    const entry = this.#sas.get(sa);
    return entry && saSummary(sa, entry.state);
  }

  #begin(
    request: ConnectRequest,
    redirects: number,
    now: Instant,
    out: KeyingEffect[],
    replaces?: SaId,
  ): SaId {
    const turn = new Turn(now, this.#environment(this.#options.policy()));
    const path = { local: request.local, remote: request.remote, encapsulated: false };
    const state = connect(turn, path, {
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
    const entry = this.#sas.add(state, request, redirects);
    entry.replaces = replaces;
    this.#sas.settle(entry);
    for (const effect of turn.effects) this.#translate(entry, effect, now, out);
    return entry.id;
  }

  #environment(policy: KeyingPolicy): Environment {
    const { random, wants, inboundPackets } = this.#options;
    return {
      policy,
      random,
      wants,
      inboundPackets,
      dummyKey: this.#dummyKey,
      newSpi: () => this.#associations.newSpi(random),
    };
  }

  #command(
    id: SaId | undefined,
    input: Input,
    now: Instant,
    out: KeyingEffect[] = [],
  ): readonly KeyingEffect[] {
    const entry = id === undefined ? undefined : this.#sas.get(id);
    if (entry) this.#step(entry, input, now, out);
    return out;
  }

  /** Steps one SA. What goes wrong inside it must not touch any other. */
  #step(entry: Entry, input: Input, now: Instant, out: KeyingEffect[]): void {
    let effects: readonly Effect[];
    try {
      [entry.state, effects] = step(
        entry.state,
        input,
        now,
        this.#environment(this.#options.policy()),
      );
    } catch (error) {
      this.#fail(entry, error, out);
      return;
    }
    this.#sas.settle(entry);
    for (const effect of effects) this.#translate(entry, effect, now, out);
  }

  #fail(entry: Entry, error: unknown, out: KeyingEffect[]): void {
    const { state } = entry;
    this.#log(out, saFailed, state.subject, () => ({ reason: reasonOf(error) }));
    if (state.phase === 'established') {
      for (const child of installedPairs(state)) this.#remove(entry, child, state.path, out);
      for (const child of unconfirmedPairs(state)) this.#abandon(entry, child, out);
    }
    this.#forget(entry);
    if (state.phase === 'established' || state.role === 'initiator')
      out.push(noticeOf(entry, { kind: 'closed', reason: 'negotiation failed' }));
  }

  #forget(entry: Entry): void {
    this.#sas.remove(entry);
    for (const id of entry.questions) this.#questions.delete(id);
  }

  /** Turns an effect of one SA into effects of the device. */
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
        if (entry) this.#carryOut(entry, effect, now, out);
    }
  }

  #carryOut(
    entry: Entry,
    effect: Exclude<Effect, { kind: 'send' | 'keepalive' | 'event' }>,
    now: Instant,
    out: KeyingEffect[],
  ): void {
    switch (effect.kind) {
      case 'notice':
        out.push(noticeOf(entry, effect.notice));
        return;
      case 'ask':
        this.#lastQuestion += 1;
        this.#questions.set(this.#lastQuestion, { sa: entry.id, ticket: effect.ticket });
        entry.questions.add(this.#lastQuestion);
        out.push({ kind: 'ask', id: this.#lastQuestion, question: effect.question });
        return;
      case 'install': {
        const { child } = effect;
        this.#associations.add(child.inboundSpi, child.outboundSpi, entry.id);
        out.push({ kind: 'forward', changes: additions(child, entry.state.path) });
        out.push(noticeOf(entry, { kind: 'childCreated', child: childSummary(child) }));
        return;
      }
      case 'remove':
        this.#remove(entry, effect.child, entry.state.path, out);
        return;
      case 'prepare':
        this.#associations.reserve(effect.child.inboundSpi, entry.id);
        out.push({ kind: 'forward', changes: preparations(effect.child, entry.state.path) });
        return;
      case 'abandon':
        this.#abandon(entry, effect.child, out);
        return;
      case 'movePeer':
        this.#sas.clientMoved(entry);
        out.push({ kind: 'forward', changes: moves(effect.children, effect.from, effect.to) });
        return;
      case 'authenticated':
        this.#supersede(entry, effect.initialContact, now, out);
        return;
      case 'redirected':
        this.#redirect(entry, effect.target, now, out);
        return;
    }
  }

  #abandon(entry: Entry, { inboundSpi }: Child, out: KeyingEffect[]): void {
    this.#associations.release(inboundSpi, entry.id);
    out.push({ kind: 'forward', changes: [{ kind: 'removeInbound', spi: inboundSpi }] });
  }

  #remove(entry: Entry, child: Child, path: Path, out: KeyingEffect[]): void {
    const { inboundSpi, outboundSpi } = child;
    this.#associations.remove(inboundSpi, outboundSpi, entry.id);
    out.push({ kind: 'forward', changes: removals(child, path) });
    out.push(noticeOf(entry, { kind: 'childDeleted', inboundSpi }));
  }

  /**
   * A client authenticated itself while an older SA of the same client exists. If it says that it starts
   * afresh, the older one goes with its children; otherwise it only negotiated phase 1 anew, and its
   * children pass to the new SA.
   */
  #supersede(entry: Entry, initialContact: boolean, now: Instant, out: KeyingEffect[]): void {
    const { state } = entry;
    if (state.phase !== 'established') return;
    const older =
      state.role === 'responder'
        ? this.#sas.enterClient(entry, state.origin)
        : entry.replaces && this.#sas.get(entry.replaces);
    if (older?.state.phase !== 'established') return;
    if (!initialContact) this.#adopt(entry, older, older.state, now, out);
    this.#step(older, { kind: 'close', reason: 'replaced' }, now, out);
  }

  #adopt(
    entry: Entry,
    older: Entry,
    { children, retiring, assigned, path }: Established,
    now: Instant,
    out: KeyingEffect[],
  ): void {
    const adopted = installedPairs({ children, retiring });
    for (const child of adopted)
      this.#associations.add(child.inboundSpi, child.outboundSpi, entry.id);
    this.#step(older, { kind: 'release' }, now, out);
    this.#step(entry, { kind: 'adopt', children, retiring, assigned }, now, out);
    out.push(noticeOf(entry, { kind: 'rekeyed', replaces: older.id }));
    const { remote } = entry.state.path;
    // A client may negotiate from a new socket, and leave the translation of the old one to die.
    if (!sameEndpoint(path.remote, remote))
      out.push({ kind: 'forward', changes: moves(adopted, path.remote, remote) });
  }

  /** Initiator: begins anew at the address that the gateway named. */
  #redirect(entry: Entry, target: IpAddress, now: Instant, out: KeyingEffect[]): void {
    const { request, redirects, state } = entry;
    const next = redirects + 1;
    if (!request || next > REDIRECTS_MOST) {
      this.#log(out, redirectsExhausted, state.subject, () => ({ count: redirects }));
    } else {
      const at = (endpoint: Endpoint): Endpoint => ({ ...endpoint, address: target });
      const moved = {
        ...request,
        remote: at(request.remote),
        remoteEncapsulated: at(request.remoteEncapsulated),
      };
      const to = this.#begin(moved, next, now, out);
      out.push(noticeOf(entry, { kind: 'redirected', target, to }));
    }
    out.push(noticeOf(entry, { kind: 'closed', reason: 'redirected' }));
  }

  #log<T extends string>(
    out: KeyingEffect[],
    definition: EventDef<T>,
    subject: EventSubject,
    args: () => Arguments<T>,
  ): void {
    if (this.#options.wants(definition.class, definition.severity))
      out.push({ kind: 'event', record: occurred(definition, args(), subject) });
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : 'unknown');
