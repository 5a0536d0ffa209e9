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
import type { Side } from '#protocol/vcl/turn';
import type { AddressHolder } from './address-holder.ts';
import type { MemberSockets, Received } from './member-sockets.ts';
import type { MemberStore } from './member-store.ts';
import { NameLookups } from './name-lookups.ts';

/** scrypt with the cost of a cluster key needs 33 MiB; Node allows less unless told. */
const STRETCH_MEMORY_OCTETS = 64 * 1024 * 1024;

export type ClusterPortParts = {
  readonly store: MemberStore;
  readonly random: (octets: number) => Uint8Array;
  readonly wallClockMs: () => number;
  /** Makes the holder of the cluster address for a member with these ends. */
  readonly holder: (ends: ClusterEnds, taken: (hardwareAddress: string) => void) => AddressHolder;
  /** Opens the sockets of a member; the error is one line for people. */
  readonly sockets: (
    ends: ClusterEnds,
    received: Received,
  ) => Result<MemberSockets, string> | Promise<Result<MemberSockets, string>>;
  readonly input: (input: ClusterInput) => void;
};

/** The network of a member of a cluster, for real. */
export class ClusterPort {
  readonly #parts: ClusterPortParts;
  readonly #lookups = new NameLookups();
  #sockets: MemberSockets | undefined;
  #holder: AddressHolder | undefined;
  /** Datagrams of a step that came while the sockets were being bound. */
  #waiting: Extract<ClusterAction, { kind: 'send' }>[] | undefined;
  /** Counts what was opened, so that a late answer of an older opening is known as such. */
  #opening = 0;

  constructor(parts: ClusterPortParts) {
    this.#parts = parts;
  }

  /** Carries out one action; actions keep their order. */
  readonly perform = (action: ClusterAction): void => {
    switch (action.kind) {
      case 'open':
        void this.#open(action.ends);
        return;
      case 'close':
        void this.close();
        return;
      case 'send':
        if (this.#waiting) this.#waiting.push(action);
        else this.#sockets?.send(action.side, action.to, action.octets);
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
        return;
      case 'ask':
        this.#ask(action.ticket, action.question);
    }
  };

  close(): Promise<void> {
    this.#waiting = undefined;
    return this.#shut();
  }

  async #shut(): Promise<void> {
    this.#opening += 1;
    const [sockets, holder] = [this.#sockets, this.#holder];
    this.#sockets = undefined;
    this.#holder = undefined;
    holder?.close();
    await sockets?.close();
  }

  async #open(ends: ClusterEnds): Promise<void> {
    // What the same step sends must not be lost while the sockets are being bound.
    this.#waiting = [];
    const shut = this.#shut();
    const opening = this.#opening;
    await shut;
    if (opening !== this.#opening) return;
    const taken = (hardwareAddress: string) =>
      this.#parts.input({ kind: 'addressTaken', hardwareAddress });
    const holder = this.#parts.holder(ends, taken);
    this.#holder = holder;
    const refused = holder.open(ends.clusterAddresses);
    if (refused !== undefined) return this.#fail(refused);
    const received = (side: Side, from: { address: IpAddress; port: number }, octets: Uint8Array) =>
      this.#parts.input({ kind: 'datagram', side, from, octets });
    const opened = await this.#parts.sockets(ends, received);
    if (opening !== this.#opening) {
      if (opened.ok) await opened.value.close();
      return;
    }
    if (!opened.ok) return this.#fail(opened.error);
    this.#sockets = opened.value;
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const { side, to, octets } of waiting) opened.value.send(side, to, octets);
  }

  #fail(reason: string): void {
    this.#waiting = undefined;
    setImmediate(() => this.#parts.input({ kind: 'portFailed', reason }));
  }

  #ask(ticket: number, question: ClusterQuestion): void {
    const answered = (answer: ClusterAnswer) =>
      setImmediate(() => this.#parts.input({ kind: 'answer', ticket, answer }));
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
        const { store, random, wallClockMs } = this.#parts;
        const life = store.newLife(random, wallClockMs());
        if (life.ok) answered({ kind: 'newLife', identity: life.value });
        else failed(life.error);
        return;
      }
      case 'resolveName':
      case 'nameOf':
        void this.#lookups.ask(question).then(answered);
    }
  }
}
