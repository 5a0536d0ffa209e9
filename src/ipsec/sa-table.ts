import { type Endpoint, formatEndpoint } from '#base/address';
import { octetKey } from '#base/bytes';
import { DeadlineHeap } from '#base/deadline-heap';
import type { Instant } from '#base/instant';
import type { Reassembly } from '#protocol/isakmp/fragmentation';
import { deadline } from '#protocol/isakmp/machine';
import type { Established, State } from '#protocol/isakmp/state';
import type { Path } from '#protocol/isakmp/turn';
import type { Header } from '#wire/isakmp/header';
import { type HalfOpenKey, HalfOpenTable } from './half-open.ts';
import type { ConnectRequest, SaId } from './keying.ts';

/** One ISAKMP SA with the keys under which it is found. */
export type Entry = {
  readonly id: SaId;
  /** When its first message was sent or came. */
  readonly startedAt: Instant;
  /** Who is told of it. */
  owner: string | undefined;
  state: State;
  halfOpen: HalfOpenKey | undefined;
  cookies: string | undefined;
  initiatorCookie: string | undefined;
  client: string | undefined;
  peer: string | undefined;
  /** The path that `peer` was made of. */
  path: Path | undefined;
  /** There was an established SA of the same group with the same peer when this one became established. */
  isKnown: boolean;
  /** Fragments of a message that is not complete yet. */
  reassembly: Reassembly | undefined;
  /** Ids of questions that are not answered yet. */
  questions: readonly number[];
  /** Initiator: what was asked for, and how often it was sent elsewhere. */
  readonly request: ConnectRequest | undefined;
  readonly redirects: number;
  /** Initiator: the SA whose children this one takes over. */
  replaces: SaId | undefined;
};

/** Shared by all SAs that wait for nothing. */
export const NO_QUESTIONS: readonly number[] = [];

/** Whether a peer has still to say who its user is; every client has the key of its group. */
const isUnauthenticated = ({ role, extendedAuthentication }: Established): boolean =>
  role === 'responder' && extendedAuthentication.stage !== 'done';

/** All ISAKMP SAs, and the ways to find one in a time that does not depend on their number. */
export class SaTable {
  readonly #sas = new Map<SaId, Entry>();
  readonly #byCookies = new Map<string, Entry>();
  readonly #byInitiatorCookie = new Map<string, Entry>();
  readonly #byClient = new Map<string, Entry>();
  /** The newest established SA with a peer. */
  readonly #byPeer = new Map<string, Entry>();
  /** Established by main mode, by the group of the peer. */
  readonly #byMainModeGroup = new Map<string, Set<Entry>>();
  /** Whoever waits for longest is first. */
  readonly #unauthenticated = new Set<Entry>();
  readonly #deadlines = new DeadlineHeap<SaId>();
  readonly halfOpen = new HalfOpenTable();
  #lastId = 0;

  get size(): number {
    return this.#sas.size;
  }

  all(): IterableIterator<Entry> {
    return this.#sas.values();
  }

  get(id: SaId): Entry | undefined {
    return this.#sas.get(id);
  }

  /** The SA of a message, by both cookies; an initiator's first answer brings the second one along. */
  find(header: Header): Entry | undefined {
    return (
      this.#byCookies.get(octetKey(header.initiatorCookie, header.responderCookie)) ??
      this.#byInitiatorCookie.get(octetKey(header.initiatorCookie))
    );
  }

  add(
    state: State,
    startedAt: Instant,
    request: ConnectRequest | undefined,
    redirects: number,
  ): Entry {
    this.#lastId += 1;
    const entry: Entry = {
      id: this.#lastId as SaId,
      startedAt,
      owner: request?.peer.owner,
      state,
      halfOpen: undefined,
      cookies: undefined,
      initiatorCookie: undefined,
      client: undefined,
      peer: undefined,
      path: undefined,
      isKnown: false,
      reassembly: undefined,
      questions: NO_QUESTIONS,
      request,
      redirects,
      replaces: undefined,
    };
    this.#sas.set(entry.id, entry);
    return entry;
  }

  /** How many peers have shown a group key, and not yet who they are. */
  get unauthenticated(): number {
    return this.#unauthenticated.size;
  }

  oldestUnauthenticated(): Entry | undefined {
    return this.#unauthenticated.values().next().value;
  }

  /** When the next `takeDue` has something. */
  earliest(): Instant | undefined {
    return this.#deadlines.earliest();
  }

  /** The SAs whose deadline has come, each once. */
  takeDue(now: Instant): readonly Entry[] {
    const due: Entry[] = [];
    for (;;) {
      const id = this.#deadlines.takeDue(now);
      if (id === undefined) return due;
      const entry = this.#sas.get(id);
      if (entry) due.push(entry);
    }
  }

  /** Brings keys and deadline of an SA into line with its state; a closed one leaves the table. */
  settle(entry: Entry, now: Instant): void {
    const { state } = entry;
    if (state.phase === 'closed') {
      this.remove(entry);
      return;
    }
    this.#deadlines.set(entry.id, deadline(state));
    // Once both are known they stay as they are.
    if (entry.cookies === undefined) this.#enterCookies(entry, state);
    if (state.phase === 'mainOffered') this.#enterMainMode(entry, state.request.peer.group);
    if (state.phase !== 'established') return;
    entry.owner = state.peer.owner;
    if (state.exchange === 'main') this.#enterMainMode(entry, state.peer.group);
    if (entry.halfOpen !== undefined) {
      this.halfOpen.proven(entry.halfOpen, now);
      entry.halfOpen = undefined;
    }
    if (isUnauthenticated(state)) this.#unauthenticated.add(entry);
    else this.#unauthenticated.delete(entry);
    if (entry.path === state.path) return;
    if (entry.path === undefined) entry.isKnown = this.#knows(state);
    entry.path = state.path;
    entry.peer = move(this.#byPeer, entry, entry.peer, peerKey(state.path));
  }

  #enterCookies(entry: Entry, { cookies, role, phase }: Exclude<State, { phase: 'closed' }>): void {
    // An initiator learns the responder's cookie for good only from an authenticated answer.
    const knowsBoth = role === 'responder' || phase === 'established';
    const both = knowsBoth ? octetKey(cookies.initiator, cookies.responder) : undefined;
    entry.cookies = move(this.#byCookies, entry, entry.cookies, both);
    entry.initiatorCookie = move(
      this.#byInitiatorCookie,
      entry,
      entry.initiatorCookie,
      knowsBoth ? undefined : octetKey(cookies.initiator),
    );
  }

  /** Whether there is an SA of the same group with the peer, where phase 1 went on or where it began. */
  #knows(state: Established): boolean {
    const ends = [peerKey(state.path)];
    if (state.role === 'responder') ends.push(formatEndpoint(state.origin));
    return ends.some((end) => this.#byPeer.get(end)?.state.subject.group === state.subject.group);
  }

  remove(entry: Entry): void {
    this.#sas.delete(entry.id);
    this.#unauthenticated.delete(entry);
    this.#leaveMainMode(entry);
    this.#deadlines.set(entry.id, undefined);
    entry.cookies = move(this.#byCookies, entry, entry.cookies, undefined);
    entry.initiatorCookie = move(this.#byInitiatorCookie, entry, entry.initiatorCookie, undefined);
    entry.client = move(this.#byClient, entry, entry.client, undefined);
    entry.peer = move(this.#byPeer, entry, entry.peer, undefined);
    if (entry.halfOpen !== undefined) this.halfOpen.remove(entry.halfOpen);
  }

  /** SAs of main mode with peers of a group: established in either role, or begun by this end. */
  ofMainModeGroup(group: string): readonly Entry[] {
    return [...(this.#byMainModeGroup.get(group) ?? [])];
  }

  #enterMainMode(entry: Entry, group: string): void {
    const entries = this.#byMainModeGroup.get(group) ?? new Set();
    entries.add(entry);
    this.#byMainModeGroup.set(group, entries);
  }

  #leaveMainMode(entry: Entry): void {
    const { group } = entry.state.subject;
    const entries = group === undefined ? undefined : this.#byMainModeGroup.get(group);
    entries?.delete(entry);
    if (group !== undefined && entries?.size === 0) this.#byMainModeGroup.delete(group);
  }

  /** The newest established SA with the peer that a packet came from. */
  ofPeer(remote: Endpoint): Entry | undefined {
    return this.#byPeer.get(formatEndpoint(remote)) ?? this.#byPeer.get(remote.address);
  }

  /**
   * Enters an authenticated peer as a client and returns the older SA of the same one: same group and
   * user from the same address and port, where phase 1 went on or where it began. Clients behind one
   * address differ in their ports (NAT-45).
   */
  enterClient(entry: Entry, origin: Endpoint): Entry | undefined {
    const { state } = entry;
    const key = clientKey(state, state.path.remote);
    const older = this.#byClient.get(key) ?? this.#byClient.get(clientKey(state, origin));
    entry.client = move(this.#byClient, entry, entry.client, key);
    return older === entry ? undefined : older;
  }

  /** The client's address or port changed. */
  clientMoved(entry: Entry): void {
    if (entry.client !== undefined)
      entry.client = move(
        this.#byClient,
        entry,
        entry.client,
        clientKey(entry.state, entry.state.path.remote),
      );
  }
}

/** Plain ESP has no port; the ends of conversations that did not float are known by their address. */
const peerKey = ({ remote, encapsulated }: Path): string =>
  encapsulated ? formatEndpoint(remote) : remote.address;

const clientKey = ({ subject }: State, remote: Endpoint): string =>
  [subject.group, subject.user, formatEndpoint(remote)].join('\n');

/** Moves an entry of an index from one key to another; either may be absent. */
function move(
  index: Map<string, Entry>,
  entry: Entry,
  from: string | undefined,
  to: string | undefined,
): string | undefined {
  if (from === to && (to === undefined || index.get(to) === entry)) return to;
  if (from !== undefined && index.get(from) === entry) index.delete(from);
  if (to !== undefined) index.set(to, entry);
  return to;
}
