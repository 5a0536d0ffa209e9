import { type Endpoint, type IpAddress, sameEndpoint } from '#base/address';
import { assert } from '#base/assert';
import type { Instant } from '#base/instant';
import {
  SESSION_KINDS,
  type Session,
  type SessionFields,
  type SessionKind,
  type SessionOwner,
  type SessionState,
} from './session.ts';

/** Sessions at once that a new table allows; LB-72. */
export const DEFAULT_SESSION_LIMIT = 100_000;

/** Columns of the Session Summary (LB-62), and the sessions that it leaves out. */
export type SessionSummary = {
  readonly active: Readonly<Record<SessionKind, number>>;
  readonly totalActive: number;
  readonly inactive: number;
  /** Most sessions that were active at once. */
  readonly peak: number;
  readonly limit: number;
  /** Sessions opened since the start. */
  readonly cumulative: number;
};

/** Whether a login may go on. `preempted` sessions have to be closed first, by whoever owns them. */
export type Admission =
  | { readonly kind: 'admitted'; readonly preempted: readonly Session[] }
  | { readonly kind: 'refused'; readonly reason: Refusal; readonly limit: number };
export type Refusal = 'session limit' | 'simultaneous logins';

/** Which sessions, in the order of their index. An absent filter lets everything pass. */
export type SessionFilter = {
  readonly kind?: SessionKind | undefined;
  readonly state?: SessionState | undefined;
  readonly group?: string | undefined;
  readonly username?: string | undefined;
};

/** One page of the table: `next` is the index to go on from, absent on the last page. */
export type SessionPage = {
  readonly items: readonly Session[];
  /** How many match the filter, over all pages. */
  readonly total: number;
  readonly next?: number | undefined;
};

function addTo<K>(index: Map<K, Set<number>>, key: K, value: number): void {
  const set = index.get(key);
  if (set) set.add(value);
  else index.set(key, new Set([value]));
}

function removeFrom<K>(index: Map<K, Set<number>>, key: K, value: number): void {
  const set = index.get(key);
  set?.delete(value);
  if (set?.size === 0) index.delete(key);
}

/**
 * The only list of sessions. Limits, cluster load, accounting and every `show` count here, and each
 * operation on one session costs the same with 100 and with 100,000 of them.
 */
export class SessionTable {
  /** In the order of the index, since indexes rise. */
  readonly #sessions = new Map<number, Session>();
  readonly #byOwner = new Map<SessionOwner, number>();
  readonly #byAddress = new Map<IpAddress, number>();
  readonly #byUser = new Map<string, Set<number>>();
  readonly #byGroup = new Map<string, Set<number>>();
  /** The longest inactive first. */
  readonly #inactive = new Set<number>();
  readonly #active: Record<SessionKind, number> = { remoteAccess: 0, lanToLan: 0, management: 0 };
  #limit: number;
  #lastIndex = 0;
  #peak = 0;

  constructor(limit = DEFAULT_SESSION_LIMIT) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#sessions.size;
  }

  get limit(): number {
    return this.#limit;
  }

  /** Changes the limit; sessions above a lower one stay until they end. */
  setLimit(limit: number): void {
    this.#limit = limit;
  }

  get(index: number): Session | undefined {
    return this.#sessions.get(index);
  }

  ofOwner(owner: SessionOwner): Session | undefined {
    return this.#at(this.#byOwner.get(owner));
  }

  ofAddress(assigned: IpAddress): Session | undefined {
    return this.#at(this.#byAddress.get(assigned));
  }

  /** The sessions of a user, the oldest first. */
  ofUser(username: string): Session[] {
    return [...(this.#byUser.get(username) ?? [])].map((index) => this.#at(index) as Session);
  }

  /** The oldest session of a user with the peer at `peer` that is one of `group`. */
  ofClient(username: string, group: string, peer: Endpoint): Session | undefined {
    for (const index of this.#byUser.get(username) ?? []) {
      const session = this.#sessions.get(index);
      if (session && session.group === group && sameEndpoint(session.peer, peer)) return session;
    }
    return undefined;
  }

  /** All sessions, the oldest first. */
  values(): IterableIterator<Session> {
    return this.#sessions.values();
  }

  /** Names of the groups that have sessions; LB-61. */
  groups(): string[] {
    return [...this.#byGroup.keys()];
  }

  /**
   * Whether a login of `username` is within the limits. A user at the limit of simultaneous logins
   * replaces an inactive session, else the oldest; a full table gives up its longest inactive session
   * (GEN-85). A limit of 0 logins refuses the user. Management sessions are not limited: a full table
   * must not lock its administrator out.
   */
  admit(kind: SessionKind, username: string, simultaneousLogins: number): Admission {
    if (kind === 'management') return { kind: 'admitted', preempted: [] };
    const preempted = new Set<Session>();
    if (kind === 'remoteAccess') {
      if (simultaneousLogins < 1)
        return { kind: 'refused', reason: 'simultaneous logins', limit: simultaneousLogins };
      const own = this.#rivals(username, simultaneousLogins);
      const inOrder = [
        ...own.filter((s) => s.state === 'inactive'),
        ...own.filter((s) => s.state !== 'inactive'),
      ];
      for (const session of inOrder.slice(0, Math.max(0, own.length + 1 - simultaneousLogins)))
        preempted.add(session);
    }
    const limited = this.#sessions.size - this.#active.management;
    let excess = limited - preempted.size + 1 - this.#limit;
    for (const index of this.#inactive) {
      if (excess <= 0) break;
      const session = this.#at(index) as Session;
      if (preempted.has(session)) continue;
      preempted.add(session);
      excess -= 1;
    }
    if (excess > 0) return { kind: 'refused', reason: 'session limit', limit: this.#limit };
    return { kind: 'admitted', preempted: [...preempted] };
  }

  /** The VPN sessions of a user who may have reached the limit; most users are far from it. */
  #rivals(username: string, simultaneousLogins: number): Session[] {
    const count = this.#byUser.get(username)?.size ?? 0;
    return count < simultaneousLogins
      ? []
      : this.ofUser(username).filter((s) => s.kind === 'remoteAccess');
  }

  /** Opens a session that `admit` let pass. Its owner and its addresses must be its own. */
  open(fields: SessionFields, now: Instant): Session {
    const index = this.#lastIndex + 1;
    const session: Session = { ...fields, index, state: 'connecting', loginAt: now };
    this.#claim(session);
    this.#lastIndex = index;
    this.#sessions.set(index, session);
    addTo(this.#byUser, session.username, index);
    addTo(this.#byGroup, session.group, index);
    this.#count(session);
    return session;
  }

  /** Replaces what changed; undefined when the session is gone. */
  update(index: number, changes: Partial<SessionFields>): Session | undefined {
    return this.#replace(index, (session) => ({ ...session, ...changes }));
  }

  /** The tunnel of a session works; an inactive session is back. */
  activate(index: number): Session | undefined {
    return this.#replace(index, ({ inactiveAt: _, ...session }) => ({
      ...session,
      state: 'active',
    }));
  }

  /** The tunnel of a session is gone, and the session waits for its client. */
  deactivate(index: number, now: Instant): Session | undefined {
    return this.#replace(index, (session) =>
      session.state === 'inactive' ? session : { ...session, state: 'inactive', inactiveAt: now },
    );
  }

  /** Ends a session; the answer is what it was last. */
  close(index: number): Session | undefined {
    const session = this.#sessions.get(index);
    if (!session) return undefined;
    this.#sessions.delete(index);
    this.#byOwner.delete(session.owner);
    for (const address of session.assigned) this.#byAddress.delete(address);
    removeFrom(this.#byUser, session.username, index);
    removeFrom(this.#byGroup, session.group, index);
    this.#discount(session);
    return session;
  }

  summary(): SessionSummary {
    return {
      active: { ...this.#active },
      totalActive: this.#totalActive(),
      inactive: this.#inactive.size,
      peak: this.#peak,
      limit: this.#limit,
      cumulative: this.#lastIndex,
    };
  }

  /** At most `limit` sessions with an index above `after`; a walk over the filter's smallest list. */
  page(filter: SessionFilter, limit: number, after = 0): SessionPage {
    const items: Session[] = [];
    let total = 0;
    let more = false;
    for (const session of this.#candidates(filter)) {
      if (!matches(session, filter)) continue;
      total += 1;
      if (session.index <= after) continue;
      if (items.length < limit) items.push(session);
      else more = true;
    }
    const last = items.at(-1);
    return { items, total, ...(more && last && { next: last.index }) };
  }

  *#candidates(filter: SessionFilter): Generator<Session> {
    const indexes =
      filter.username !== undefined
        ? (this.#byUser.get(filter.username) ?? [])
        : filter.group !== undefined
          ? (this.#byGroup.get(filter.group) ?? [])
          : undefined;
    if (indexes === undefined) yield* this.#sessions.values();
    else for (const index of indexes) yield this.#at(index) as Session;
  }

  #at(index: number | undefined): Session | undefined {
    return index === undefined ? undefined : this.#sessions.get(index);
  }

  #totalActive(): number {
    return SESSION_KINDS.reduce((sum, kind) => sum + this.#active[kind], 0);
  }

  /** Puts a changed session in the place of the old one, which keeps its place in every order. */
  #replace(index: number, change: (session: Session) => Session): Session | undefined {
    const old = this.#sessions.get(index);
    if (!old) return undefined;
    const next = change(old);
    if (next === old) return old;
    this.#claim(next);
    this.#sessions.set(index, next);
    if (next.owner !== old.owner) this.#byOwner.delete(old.owner);
    for (const address of old.assigned)
      if (!next.assigned.includes(address)) this.#byAddress.delete(address);
    if (next.username !== old.username) {
      removeFrom(this.#byUser, old.username, index);
      addTo(this.#byUser, next.username, index);
    }
    if (next.group !== old.group) {
      removeFrom(this.#byGroup, old.group, index);
      addTo(this.#byGroup, next.group, index);
    }
    if (next.state !== old.state || next.kind !== old.kind) {
      this.#discount(old);
      this.#count(next);
    }
    return next;
  }

  /** Takes the owner and the addresses of a session, which no other may have. */
  #claim({ index, owner, assigned }: Session): void {
    const isFree = (holder: number | undefined) => holder === undefined || holder === index;
    assert(isFree(this.#byOwner.get(owner)), `two sessions of the owner ${owner}`);
    for (const address of assigned)
      assert(isFree(this.#byAddress.get(address)), `two sessions have the address ${address}`);
    this.#byOwner.set(owner, index);
    for (const address of assigned) this.#byAddress.set(address, index);
  }

  #count({ index, kind, state }: Session): void {
    if (state === 'inactive') this.#inactive.add(index);
    else this.#active[kind] += 1;
    this.#peak = Math.max(this.#peak, this.#totalActive());
  }

  #discount({ index, kind, state }: Session): void {
    if (state === 'inactive') this.#inactive.delete(index);
    else this.#active[kind] -= 1;
  }
}

const matches = (session: Session, filter: SessionFilter): boolean =>
  (filter.kind === undefined || session.kind === filter.kind) &&
  (filter.state === undefined || session.state === filter.state) &&
  (filter.group === undefined || session.group === filter.group) &&
  (filter.username === undefined || session.username === filter.username);
