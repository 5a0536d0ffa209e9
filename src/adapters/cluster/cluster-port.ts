import { scrypt } from 'node:crypto';
import type { IpAddress } from '#base/address';
import type { Result } from '#base/result';
import type {
  ClusterAction,
  ClusterAnswer,
  ClusterEnds,
  ClusterInput,
  ClusterQuestion,
} from '#features/cluster/port';
import type { Links } from '#protocol/vcl/state';
import type { Side } from '#protocol/vcl/turn';
import type { AddressHolder, HolderNotices } from './address-holder.ts';
import type { MemberLives } from './member-lives.ts';
import type { MemberSockets, Received } from './member-sockets.ts';
import { NameLookups } from './name-lookups.ts';

/** scrypt with the cost of a cluster key needs 33 MiB; Node allows less unless told. */
const STRETCH_MEMORY_OCTETS = 64 * 1024 * 1024;

export type ClusterPortParts = {
  readonly lives: MemberLives;
  readonly random: (octets: number) => Uint8Array;
  readonly wallClockMs: () => number;
  /** Makes the holder of the cluster address for a member with these ends. */
  readonly holder: (ends: ClusterEnds, notices: HolderNotices) => AddressHolder;
  /** Opens the sockets of a member; the error is one line for people. */
  readonly sockets: (
    ends: ClusterEnds,
    received: Received,
  ) => Result<MemberSockets, string> | Promise<Result<MemberSockets, string>>;
  /** Looks after the cables of a member, up until `changed` says otherwise; undefined where there are none. */
  readonly links: (ends: ClusterEnds, changed: (links: Links) => void) => WatchedLinks | undefined;
  readonly input: (input: ClusterInput) => void;
};

type WatchedLinks = { close(): void };

/** What needs the sockets of a member, or the cluster address. */
type OnNetwork = Exclude<ClusterAction, { kind: 'open' | 'close' | 'ask' }>;

/** The network of a member of a cluster, for real. */
export class ClusterPort {
  readonly #parts: ClusterPortParts;
  readonly #lookups = new NameLookups();
  #sockets: MemberSockets | undefined;
  #holder: AddressHolder | undefined;
  #links: WatchedLinks | undefined;
  /** What came for the network while the sockets were being bound. */
  #waiting: OnNetwork[] | undefined;
  /** Counts what was opened, so that a late answer of an older opening is known as such. */
  #opening = 0;
  /** Fulfilled when no socket is being bound any more. */
  #bound: Promise<unknown> = Promise.resolve();
  #hasEnded = false;

  constructor(parts: ClusterPortParts) {
    this.#parts = parts;
  }

  /** Carries out one action; actions keep their order. After `end` there are none. */
  readonly perform = (action: ClusterAction): void => {
    if (this.#hasEnded) return;
    switch (action.kind) {
      case 'open':
        this.#begin(action.ends);
        return;
      case 'close':
        void this.#shut();
        return;
      case 'ask':
        this.#ask(action.ticket, action.question);
        return;
      default:
        if (this.#waiting) this.#waiting.push(action);
        else this.#carryOut(action);
    }
  };

  /**
   * Closes everything for good: nothing is told any more, whatever was asked before, and when this is fulfilled
   * others can have address and port.
   */
  async end(): Promise<void> {
    this.#hasEnded = true;
    await Promise.all([this.#shut(), this.#bound, this.#parts.lives.settled()]);
  }

  #tell(input: ClusterInput): void {
    if (!this.#hasEnded) this.#parts.input(input);
  }

  #carryOut(action: OnNetwork): void {
    switch (action.kind) {
      case 'send':
        this.#sockets?.send(action.side, action.to, action.octets);
        return;
      case 'acquireAddress':
        this.#holder?.acquire(action.addresses);
        return;
      case 'announceAddress':
        this.#holder?.announce(action.addresses, action.times);
        return;
      case 'releaseAddress':
        this.#holder?.release(action.addresses);
        return;
      case 'probeAddress':
        this.#holder?.probe(action.addresses);
    }
  }

  async #shut(): Promise<void> {
    this.#opening += 1;
    const [sockets, holder] = [this.#sockets, this.#holder];
    this.#links?.close();
    this.#links = undefined;
    this.#waiting = undefined;
    this.#sockets = undefined;
    this.#holder = undefined;
    holder?.close();
    await sockets?.close();
  }

  #begin(ends: ClusterEnds): void {
    const free = Promise.all([this.#shut(), this.#bound]);
    // What the same step says must not be lost while the sockets are being bound.
    this.#waiting = [];
    this.#bound = this.#open(ends, this.#opening, free);
  }

  async #open(ends: ClusterEnds, opening: number, free: Promise<unknown>): Promise<void> {
    await free;
    if (opening !== this.#opening) return;
    const holder = this.#parts.holder(ends, {
      taken: (hardwareAddress) => this.#tell({ kind: 'addressTaken', hardwareAddress }),
      failed: (reason) => this.#fail(reason, opening),
    });
    this.#holder = holder;
    const refused = holder.open(ends.clusterAddresses);
    if (refused !== undefined) return this.#fail(refused, opening);
    const received = (side: Side, from: { address: IpAddress; port: number }, octets: Uint8Array) =>
      this.#tell({ kind: 'datagram', side, from, octets });
    const opened = await this.#parts.sockets(ends, received);
    if (opening !== this.#opening) {
      if (opened.ok) await opened.value.close();
      return;
    }
    if (!opened.ok) return this.#fail(opened.error, opening);
    this.#sockets = opened.value;
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const action of waiting) this.#carryOut(action);
    const links = this.#parts.links(ends, (links) => this.#tell({ kind: 'links', links }));
    // What was told may have made this member leave.
    if (opening === this.#opening) this.#links = links;
    else links?.close();
  }

  /** Tells it once the step under way is done, unless that closed what failed. */
  #fail(reason: string, opening: number): void {
    this.#waiting = undefined;
    setImmediate(() => {
      if (opening === this.#opening) this.#tell({ kind: 'portFailed', reason });
    });
  }

  #ask(ticket: number, question: ClusterQuestion): void {
    const answered = (answer: ClusterAnswer) =>
      setImmediate(() => this.#tell({ kind: 'answer', ticket, answer }));
    const failed = (reason: string) => answered({ kind: 'failed', reason });
    switch (question.kind) {
      case 'stretchKey': {
        const { secret, salt, logN, r, p, octets } = question;
        const cost = { N: 2 ** logN, r, p, maxmem: STRETCH_MEMORY_OCTETS };
        scrypt(secret, salt, octets, cost, (error, key) => {
          if (error) failed(`the cluster key cannot be stretched: ${error.message}`);
          else answered({ kind: 'keyStretched', octets: new Uint8Array(key) });
        });
        return;
      }
      case 'newLife': {
        const { lives, random, wallClockMs } = this.#parts;
        const drawn = { member: random(8), incarnation: random(2) };
        void lives.newLife(drawn, wallClockMs()).then((life) => {
          if (life.ok) answered({ kind: 'newLife', identity: life.value });
          else failed(life.error);
        });
        return;
      }
      case 'resolveName':
      case 'nameOf':
        void this.#lookups.ask(question).then(answered);
    }
  }
}
