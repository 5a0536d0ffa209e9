import type { Endpoint, IpAddress } from '#base/address';
import { after, type Instant } from '#base/instant';
import type { Prng } from '#base/prng';
import type { OuterPacket } from '#dataplane/memory-data-plane';
import { ipProtocols } from '#wire/protocol-numbers';
import type { VirtualClock } from './clock.ts';

/** One packet under way between hosts: a UDP datagram, or ESP directly in IP. */
export type Datagram = {
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly bytes: Uint8Array;
  /** Absent for UDP. ESP has no ports: those of its ends mean nothing. */
  readonly protocol?: OuterPacket['protocol'];
};

/** What the network does to datagrams; probabilities from 0 to 1. */
export type Faults = {
  readonly loss: number;
  readonly duplicate: number;
  /** Probability of an extra delay of up to four times the longest, so that later datagrams overtake. */
  readonly reorder: number;
  readonly delayMs: readonly [low: number, high: number];
};

export const noFaults: Faults = { loss: 0, duplicate: 0, reorder: 0, delayMs: [1, 1] };

/** Takes the datagrams that arrive at an address. */
export type Receiver = (datagram: Datagram) => void;

/** A datagram that was delivered, and when. */
export type Captured = { readonly at: Instant; readonly datagram: Datagram };

/** A network that loses, repeats, delays, reorders and partitions, as its seed tells. */
export class Network {
  readonly #clock: VirtualClock;
  readonly #random: Prng;
  #faults: Faults;
  readonly #receivers = new Map<IpAddress, Receiver>();
  readonly #groups = new Map<IpAddress, Set<IpAddress>>();
  readonly #cut = new Set<string>();
  #passesGroups = true;
  readonly counts = { sent: 0, lost: 0, duplicated: 0, delivered: 0, unreachable: 0 };
  /** Everything that was delivered, for checks of what was on the wire; kept only when asked for. */
  capture: Captured[] | undefined;

  constructor(clock: VirtualClock, random: Prng, faults: Faults) {
    this.#clock = clock;
    this.#random = random;
    this.#faults = faults;
  }

  /** Delivers what is sent to `address` to `receiver`. */
  join(address: IpAddress, receiver: Receiver): void {
    this.#receivers.set(address, receiver);
  }

  leave(address: IpAddress): void {
    this.#receivers.delete(address);
  }

  /** Delivers what is sent to a multicast group to the receiver of `address` too, but never to its sender. */
  joinGroup(group: IpAddress, address: IpAddress): void {
    const members = this.#groups.get(group) ?? new Set();
    this.#groups.set(group, members.add(address));
  }

  /** Whether what is sent to multicast groups arrives; a switch or a filter may drop all of it. */
  passGroups(passes: boolean): void {
    this.#passesGroups = passes;
  }

  setFaults(faults: Partial<Faults>): void {
    this.#faults = { ...this.#faults, ...faults };
  }

  /** Drops everything from `from` to `to`; one direction only, so that one-way links can be made. */
  cut(from: IpAddress, to: IpAddress): void {
    this.#cut.add(`${from}>${to}`);
  }

  /** Ends every cut. */
  heal(): void {
    this.#cut.clear();
  }

  send(datagram: Datagram): void {
    this.counts.sent += 1;
    const { source, destination } = datagram;
    const group = this.#groups.get(destination.address);
    if (!group) this.#leave(datagram, destination.address);
    else if (!this.#passesGroups) this.counts.lost += 1;
    else for (const to of group) if (to !== source.address) this.#leave(datagram, to);
  }

  /** A datagram on its way to one of its receivers. */
  #leave(datagram: Datagram, to: IpAddress): void {
    if (this.#cut.has(`${datagram.source.address}>${to}`)) {
      this.counts.lost += 1;
      return;
    }
    if (this.#random.chance(this.#faults.loss)) this.counts.lost += 1;
    else this.#carry(datagram, to);
    if (this.#random.chance(this.#faults.duplicate)) {
      this.counts.duplicated += 1;
      this.#carry(datagram, to);
    }
  }

  #carry(datagram: Datagram, to: IpAddress): void {
    const [low, high] = this.#faults.delayMs;
    const late = this.#random.chance(this.#faults.reorder) ? this.#random.between(0, 4 * high) : 0;
    const delayMs = this.#random.between(low, high) + late;
    const copy = { ...datagram, bytes: datagram.bytes.slice() };
    this.#clock.schedule(after(this.#clock.now(), delayMs), () => {
      const receiver = this.#receivers.get(to);
      if (!receiver) {
        this.counts.unreachable += 1;
        return;
      }
      this.counts.delivered += 1;
      this.capture?.push({ at: this.#clock.now(), datagram: copy });
      receiver(copy);
    });
  }
}

/** Whether a packet is ESP directly in IP, which has no ports. */
export const isPlainEsp = ({ protocol }: Datagram): boolean => protocol === ipProtocols.esp;
