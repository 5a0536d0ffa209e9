import type { IpAddress } from '#base/address';
import { toHex, toUtf8 } from '#base/bytes';
import { after, type Instant } from '#base/instant';
import { digest } from '#crypto/hashes';
import type {
  ClusterAction,
  ClusterAnswer,
  ClusterEnds,
  ClusterInput,
  ClusterQuestion,
} from '#features/cluster/port';
import { memberIdOf, nextIncarnation } from '#protocol/vcl/incarnation';
import type { Side } from '#protocol/vcl/turn';
import type { Incarnation, MemberId } from '#wire/vcl/fields';
import type { AddressOwners, Owner } from './address-owners.ts';
import type { Datagram, Network } from './network.ts';

/** What a member's host keeps over a crash. */
export type MemberDisk = { readonly member: MemberId; incarnation: Incarnation | undefined };

/** A new disk, on which `octets` say who the member is: eight of them. */
export const newDisk = (octets: Uint8Array): MemberDisk => ({
  member: memberIdOf(octets),
  incarnation: undefined,
});

/** How long slow work of a member takes, and how long a neighbour takes to answer for its address. */
const ANSWER_MS = 5;
const NEIGHBOUR_MS = 2;

export type SimulatedPortParts = {
  readonly network: Network;
  readonly owners: AddressOwners;
  /** This host, as the one that may have the cluster address. */
  readonly self: Owner;
  readonly disk: MemberDisk;
  readonly now: () => Instant;
  readonly schedule: (at: Instant, run: () => void) => void;
  readonly random16: () => number;
  readonly input: (input: ClusterInput) => void;
  /** The addresses of a name; none for an unknown one. */
  readonly resolve: (name: string) => readonly IpAddress[];
};

/**
 * The network of a member of a cluster, in virtual time: what `adapters/cluster` does for real. The host joins
 * the network by itself and hands over what comes for the port of the cluster.
 */
export class SimulatedPort {
  readonly #parts: SimulatedPortParts;
  #ends: ClusterEnds | undefined;
  #probed: readonly IpAddress[] = [];

  constructor(parts: SimulatedPortParts) {
    this.#parts = parts;
  }

  /** The cluster's addresses, once the member speaks. */
  get ends(): ClusterEnds | undefined {
    return this.#ends;
  }

  /** Whether a datagram is for the port of the cluster; if so it is the member's. */
  takes({ destination, source, bytes }: Datagram): boolean {
    const ends = this.#ends;
    if (!ends || destination.port !== ends.port) return false;
    const isPublic = ends.publicAddresses.includes(destination.address);
    const side: Side = isPublic ? 'public' : 'private';
    this.#parts.input({ kind: 'datagram', side, from: source, octets: bytes });
    return true;
  }

  readonly perform = (action: ClusterAction): void => {
    const { network, owners, self } = this.#parts;
    switch (action.kind) {
      case 'open':
        this.#ends = action.ends;
        if (action.ends.group !== undefined)
          network.joinGroup(action.ends.group, action.ends.privateAddress);
        return;
      case 'close':
        this.#ends = undefined;
        return;
      case 'send': {
        const ends = this.#ends;
        const own = action.side === 'private' ? ends?.privateAddress : ends?.publicAddresses[0];
        if (!ends || own === undefined) return;
        const source = { address: own, port: ends.port };
        network.send({ source, destination: action.to, bytes: action.octets });
        return;
      }
      case 'acquireAddress':
        for (const address of action.addresses) owners.acquire(address, self);
        return;
      case 'announceAddress':
        for (const address of action.addresses) owners.announce(address, self);
        return;
      case 'releaseAddress':
        for (const address of action.addresses) owners.release(address, self);
        return;
      case 'probeAddress':
        this.#probed = action.addresses;
        this.#later(NEIGHBOUR_MS, () => this.#neighboursAnswer());
        return;
      case 'ask': {
        const { ticket, question } = action;
        this.#later(ANSWER_MS, () =>
          this.#parts.input({ kind: 'answer', ticket, answer: this.#answer(question) }),
        );
      }
    }
  };

  #later(delayMs: number, run: () => void): void {
    this.#parts.schedule(after(this.#parts.now(), delayMs), run);
  }

  #neighboursAnswer(): void {
    const { owners, self, input } = this.#parts;
    const other = this.#probed
      .flatMap((address) => owners.having(address))
      .find((owner) => owner !== self);
    if (!other) return;
    const hardwareAddress = toHex(digest('sha2-256', toUtf8(other.name)).subarray(0, 6));
    input({ kind: 'addressTaken', hardwareAddress });
  }

  #answer(question: ClusterQuestion): ClusterAnswer {
    switch (question.kind) {
      // scrypt would cost the time of the whole run; here it is enough that equal secrets give equal keys.
      case 'stretchKey':
        return {
          kind: 'keyStretched',
          octets: digest('sha2-256', question.salt, question.secret).slice(0, question.octets),
        };
      case 'newLife': {
        const { disk, now, random16 } = this.#parts;
        const incarnation = nextIncarnation(disk.incarnation, now(), random16()) as Incarnation;
        disk.incarnation = incarnation;
        return { kind: 'newLife', identity: { member: disk.member, incarnation } };
      }
      case 'resolveName': {
        const addresses = this.#parts.resolve(question.name);
        return addresses.length > 0
          ? { kind: 'nameResolved', addresses }
          : { kind: 'failed', reason: `${question.name} is not known here` };
      }
      case 'nameOf':
        return { kind: 'namesUnknown', reason: 'a simulation has no DNS' };
    }
  }
}
