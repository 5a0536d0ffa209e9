import type { Endpoint, IpAddress } from '#base/address';
import { toHex } from '#base/bytes';
import { after, type Instant } from '#base/instant';
import type { RandomSource } from '#base/random';
import {
  type Arguments,
  type EventDef,
  type EventRecord,
  type EventSubject,
  occurred,
} from '#events/event';
import type { MemberId } from '#wire/vcl/fields';
import type { Message } from '#wire/vcl/message';
import type { Policy } from './policy.ts';
import type { Identity, LeaveReason, Links, LoadReport } from './state.ts';

/** A message that means nothing to the protocol: it is between the owners of two members. */
export type ForMembers = Message & { readonly nonce: string };

/** The network that a datagram came in by or goes out by. */
export type Side = 'private' | 'public';

/** What a member can be told. */
export type Input =
  /** A datagram on the cluster port, as it came. */
  | {
      readonly kind: 'datagram';
      readonly side: Side;
      readonly from: Endpoint;
      readonly octets: Uint8Array;
    }
  | Command;

/** Everything but datagrams. */
export type Command =
  /**
   * Join the cluster. The identity is the one on disk with an incarnation greater than every one before
   * (`nextIncarnation`), which must have been written before this input is given.
   */
  | { readonly kind: 'participate'; readonly identity: Identity }
  /** Leave it: a planned handover where the member is master. `stopped` follows. */
  | { readonly kind: 'leave'; readonly reason: LeaveReason }
  /** Our own load and condition changed; the next keepalive carries it. */
  | { readonly kind: 'report'; readonly report: LoadReport }
  /** Somebody answered for the cluster address (RFC 5227 probe, neighbour solicitation). */
  | { readonly kind: 'addressTaken'; readonly hardwareAddress: string }
  /** Our own links went up or down. */
  | { readonly kind: 'links'; readonly links: Links }
  /** Say something to one member that is in the cluster; to any other nothing is said. */
  | { readonly kind: 'tell'; readonly to: MemberId; readonly message: ForMembers }
  /** `deadline` has come. */
  | { readonly kind: 'tick' };

/** An authentic message that was not received before. */
export type Received = {
  readonly kind: 'message';
  readonly side: Side;
  readonly from: Endpoint;
  readonly sender: Identity;
  readonly message: Message;
};

/** What a step wants done, in this order. */
export type Effect =
  | {
      readonly kind: 'send';
      readonly side: Side;
      readonly to: Endpoint;
      readonly octets: Uint8Array;
    }
  | Action;

/** Everything but datagrams. */
export type Action =
  /** Serve the cluster address from now on. `announceAddress` follows. */
  | { readonly kind: 'acquireAddress'; readonly addresses: readonly IpAddress[] }
  /** Tell the neighbours, so many times at once: gratuitous ARP, or unsolicited NA with override. */
  | {
      readonly kind: 'announceAddress';
      readonly addresses: readonly IpAddress[];
      readonly times: number;
    }
  /** Stop serving it, before anything that comes after this effect is sent. */
  | { readonly kind: 'releaseAddress'; readonly addresses: readonly IpAddress[] }
  /** Ask the network whether somebody has it (RFC 5227, RFC 4862); `addressTaken` if so. */
  | { readonly kind: 'probeAddress'; readonly addresses: readonly IpAddress[] }
  | { readonly kind: 'event'; readonly record: EventRecord }
  /** The role, the master or the term is another one. */
  | { readonly kind: 'roleChanged' }
  /** A peer came, went, or is in another condition. */
  | { readonly kind: 'peersChanged' }
  /** A member of the cluster asked about sessions or answered, on the private side. */
  | { readonly kind: 'heard'; readonly sender: Identity; readonly message: ForMembers }
  /** A `leave` is done; nothing is sent any more. */
  | { readonly kind: 'stopped' };

/** A message to be protected and sent, and everything else. */
export type Outcome =
  | {
      readonly kind: 'message';
      readonly side: Side;
      /** Each gets the same octets. */
      readonly to: readonly Endpoint[];
      readonly message: Message;
    }
  | Action;

/** What a step takes from outside. */
export type Environment = {
  readonly policy: Policy;
  readonly random: RandomSource;
  /** Whether anybody reads events of this class and severity. */
  readonly wants: (eventClass: string, severity: number) => boolean;
};

/** One step under way: the moment, the surroundings, and what came of it so far. */
export class Turn {
  readonly now: Instant;
  readonly environment: Environment;
  readonly outcomes: Outcome[] = [];

  constructor(now: Instant, environment: Environment) {
    this.now = now;
    this.environment = environment;
  }

  get policy(): Policy {
    return this.environment.policy;
  }

  /** A part of the hello interval in whole milliseconds, at least one. */
  helloPart(part: number): number {
    return Math.max(1, Math.round(this.policy.timing.helloMs * part));
  }

  /** The moment after one interval, earlier or later by a tenth at most, so that members drift apart. */
  jittered(intervalMs: number): Instant {
    const [high = 0, low = 0] = this.environment.random.bytes(2);
    const part = (high * 256 + low) / 65_536;
    return after(this.now, Math.round(intervalMs * (0.9 + 0.2 * part)));
  }

  /** 16 random octets in hexadecimal. */
  nonce(): string {
    return toHex(this.environment.random.bytes(16));
  }

  /**
   * One message to each of these ends. What the group gets has a number of its own: who hears it may be one of
   * the others, and would take the second copy for a repetition.
   */
  send(to: Endpoint | readonly Endpoint[], message: Message, side: Side = 'private'): void {
    const ends = Array.isArray(to) ? (to as readonly Endpoint[]) : [to as Endpoint];
    const { group } = this.policy.neighbourhood;
    const toGroup = ends.filter((end) => end.address === group);
    const others = toGroup.length === 0 ? ends : ends.filter((end) => end.address !== group);
    for (const targets of [toGroup, others])
      if (targets.length > 0) this.outcomes.push({ kind: 'message', side, to: targets, message });
  }

  emit(action: Action): void {
    this.outcomes.push(action);
  }

  /** Reports an event; its arguments are made only when somebody reads it. */
  log<T extends string>(
    definition: EventDef<T>,
    args: () => Arguments<T>,
    subject: EventSubject = {},
  ): void {
    if (this.environment.wants(definition.class, definition.severity))
      this.outcomes.push({ kind: 'event', record: occurred(definition, args(), subject) });
  }
}
