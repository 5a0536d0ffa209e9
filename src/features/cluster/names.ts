import type { IpAddress } from '#base/address';
import { after, earliest, type Instant } from '#base/instant';
import { type EventRecord, occurred } from '#events/event';
import { memberHasNoName, namesNotAnswered } from './events.ts';
import type { ClusterAnswer, ClusterEffect } from './port.ts';
import { isDnsName } from './tokens.ts';

/**
 * Names of members for redirects (`redirect-fqdn`), from reverse DNS of what clients would be sent to;
 * GEN-74, GEN-76. A name counts only when it leads back to the address, so that a client that follows it
 * reaches that member and no other. Without one a client is sent to the address.
 */

/** A name is taken for true so long; DNS servers are asked again before that. */
const VALID_MS = 300_000;
const RENEW_MS = 240_000;
/** No name was found: it may just have been entered. */
const MISSING_MS = 60_000;
/** Nobody answered. */
const SILENT_MS = 10_000;
/** A question whose answer never came. */
const LOST_MS = 30_000;
/** A line about one address, or about servers that do not answer, once in so long. */
const REPEAT_MS = 600_000;

type Entry = {
  readonly name?: string | undefined;
  readonly validUntil?: Instant | undefined;
  /** Why there is no name. */
  readonly reason?: string | undefined;
  /** When it is looked up, or given up waiting for. */
  readonly nextAt: Instant;
  readonly ticket?: number | undefined;
  readonly saidAt?: Instant | undefined;
};

export type NameParts = {
  /** Name servers that the configuration names; none for those of the machine. */
  readonly servers: () => readonly IpAddress[];
  readonly note: (record: EventRecord, now: Instant) => void;
};

/** An address whose member has no name, and why. */
export type Nameless = { readonly address: IpAddress; readonly reason: string };

export class Names {
  readonly #parts: NameParts;
  /** By address; those of the members that there are, and no others. */
  readonly #entries = new Map<IpAddress, Entry>();
  #lastTicket = 0;
  /** Since when nobody answers, as far as it was said. */
  #silentSaidAt: Instant | undefined;

  constructor(parts: NameParts) {
    this.#parts = parts;
  }

  /** The name of that address, where there is one that holds. */
  nameOf(address: IpAddress, now: Instant): string | undefined {
    const entry = this.#entries.get(address);
    return entry?.validUntil !== undefined && now < entry.validUntil ? entry.name : undefined;
  }

  /** Addresses without a name, and why, as far as that is known. */
  nameless(now: Instant): readonly Nameless[] {
    return [...this.#entries].flatMap(([address, { reason }]) =>
      reason === undefined || this.nameOf(address, now) !== undefined ? [] : [{ address, reason }],
    );
  }

  /** The addresses whose names are wanted from now on; asks for those that are due. */
  look(wanted: readonly IpAddress[], now: Instant): readonly ClusterEffect[] {
    for (const address of this.#entries.keys())
      if (!wanted.includes(address)) this.#entries.delete(address);
    return wanted.flatMap((address): ClusterEffect[] => {
      const entry = this.#entries.get(address);
      if (entry && now < entry.nextAt) return [];
      this.#lastTicket += 1;
      const ticket = this.#lastTicket;
      this.#entries.set(address, { ...entry, ticket, nextAt: after(now, LOST_MS) });
      const question = { kind: 'nameOf', address, servers: this.#parts.servers() } as const;
      return [{ kind: 'cluster', action: { kind: 'ask', ticket, question } }];
    });
  }

  answer(
    ticket: number,
    answer: Extract<ClusterAnswer, { kind: 'namesFound' | 'namesUnknown' }>,
    now: Instant,
  ): void {
    for (const [address, entry] of this.#entries)
      if (entry.ticket === ticket)
        this.#entries.set(address, this.#next(address, entry, answer, now));
  }

  #next(
    address: IpAddress,
    entry: Entry,
    answer: Extract<ClusterAnswer, { kind: 'namesFound' | 'namesUnknown' }>,
    now: Instant,
  ): Entry {
    const asked: Entry = { ...entry, ticket: undefined };
    if (answer.kind === 'namesUnknown') {
      const { reason } = answer;
      this.#complain(reason, now);
      return { ...asked, reason, nextAt: after(now, SILENT_MS) };
    }
    this.#silentSaidAt = undefined;
    const found = answer.names.filter(({ name }) => isDnsName(name));
    const leading = found.find(({ addresses }) => addresses.includes(address));
    if (leading)
      return {
        name: leading.name.toLowerCase(),
        validUntil: after(now, VALID_MS),
        nextAt: after(now, RENEW_MS),
      };
    const [other] = found;
    const reason =
      other === undefined ? 'DNS has no name for it' : `${other.name} does not lead back to it`;
    const isSaid = entry.saidAt !== undefined && now < after(entry.saidAt, REPEAT_MS);
    if (!isSaid) this.#parts.note(occurred(memberHasNoName, { address, reason }), now);
    return {
      reason,
      nextAt: after(now, MISSING_MS),
      saidAt: isSaid ? entry.saidAt : now,
    };
  }

  /** Servers that do not answer are one thing, however many names are wanted. */
  #complain(reason: string, now: Instant): void {
    const last = this.#silentSaidAt;
    if (last !== undefined && now < after(last, REPEAT_MS)) return;
    this.#silentSaidAt = now;
    this.#parts.note(occurred(namesNotAnswered, { reason }), now);
  }

  deadline(): Instant | undefined {
    let next: Instant | undefined;
    for (const { nextAt } of this.#entries.values()) next = earliest(next, nextAt);
    return next;
  }
}
