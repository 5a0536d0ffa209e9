import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, addressBytes, type Endpoint, type IpAddress } from '#base/address';
import { toHex } from '#base/bytes';
import { hostPrefix, type Prefix } from '#base/prefix';
import { Prng } from '#base/prng';
import type { DataPlaneReport, ForwardingChange } from '../data-plane.ts';
import { type Bench, type BenchFactory, obeyed, type Sent, settle, until } from './bench.ts';
import { innerPacket, type PeerOptions, TestPeer } from './test-peer.ts';

/** The inside network that every bench has, and the addresses that clients are given. */
export const INSIDE = {
  network: { address: address('192.168.2.0'), length: 24 },
  host: address('192.168.2.10'),
  pool: { address: address('40.1.1.0'), length: 24 },
  network6: { address: address('fd00:2::'), length: 64 },
  host6: address('fd00:2::10'),
  pool6: { address: address('fd00:40::'), length: 64 },
} as const;

const assigned = (host: number): IpAddress => address(`40.1.1.${host}`);
const assigned6 = (host: number): IpAddress => address(`fd00:40::${host}`);

type PeerChoice = Partial<Omit<PeerOptions, 'assigned'>> & {
  /** The last number of the assigned address. */
  readonly host?: number;
  readonly family?: 4 | 6;
  readonly assigned?: Prefix;
};

/** A bench, and the hands that every story of the compliance suite needs. */
export class World {
  readonly factory: BenchFactory;
  readonly bench: Bench;
  readonly random: Prng;
  /** Peers that no story knows are made of this one, so that those of stories stay as they are. */
  readonly #aside = new Prng(77);

  constructor(factory: BenchFactory, bench: Bench, seed: number) {
    this.factory = factory;
    this.bench = bench;
    this.random = new Prng(seed);
  }

  /** A peer whose SAs are not installed yet. */
  peer(choice: PeerChoice = {}, random = this.random): TestPeer {
    const six = choice.family === 6;
    const host = choice.host ?? 1;
    return new TestPeer(
      {
        suite: 'aes-gcm-16-128',
        local: this.factory.encapsulated,
        remote: this.factory.peers[0],
        assigned: hostPrefix(six ? assigned6(host) : assigned(host)),
        reaches: six ? INSIDE.network6 : INSIDE.network,
        ...choice,
      },
      random,
    );
  }

  /** A peer whose SAs are installed. */
  async join(choice: PeerChoice = {}): Promise<TestPeer> {
    const peer = this.peer(choice);
    await this.apply(peer.additions);
    return peer;
  }

  /** Carries out a transaction, and waits until it is in force. */
  apply(changes: readonly ForwardingChange[]): Promise<void> {
    this.bench.dataPlane.apply(changes);
    return obeyed(this.bench, this.factory);
  }

  /** A packet of the peer for the inside host. */
  fromClient(peer: TestPeer, octets = 60, marks?: Parameters<typeof innerPacket>[3]): Uint8Array {
    const ends = this.#ends(peer);
    return innerPacket({ source: ends.client, destination: ends.host }, octets, this.random, marks);
  }

  /** A packet of the inside host for the peer. */
  fromInside(peer: TestPeer, octets = 60, marks?: Parameters<typeof innerPacket>[3]): Uint8Array {
    const ends = this.#ends(peer);
    return innerPacket({ source: ends.host, destination: ends.client }, octets, this.random, marks);
  }

  /** The peer sends an ESP packet from where it is, or from elsewhere. */
  arrive(peer: TestPeer, esp: Uint8Array, remote = peer.options.remote, trafficClass = 0): void {
    const protocol = peer.options.encapsulation === 'none' ? 50 : 17;
    this.bench.arrive(remote, peer.options.local, esp, { protocol, trafficClass });
  }

  /** Waits until everything that arrived has been dealt with, whichever worker got it. */
  async settle(): Promise<void> {
    await settle(this.bench, this.factory);
    for (let worker = 1; worker < (this.factory.workers ?? 1); worker += 1)
      await this.#settleAt(worker);
  }

  until(what: string, condition: () => boolean): Promise<void> {
    return until(this.bench, what, condition);
  }

  /** Waits for exactly these packets to be delivered to the inside network, in this order. */
  async expectDelivered(...packets: readonly Uint8Array[]): Promise<void> {
    await this.settle();
    await this.until('delivery', () => this.bench.delivered.length >= packets.length);
    const delivered = this.bench.delivered.splice(0);
    assert.deepEqual(
      delivered,
      packets.map((packet) => this.bench.forwarded(packet)),
    );
  }

  /** Waits for `count` packets to leave for peers, and takes them. */
  async takeSent(count: number): Promise<Sent[]> {
    await this.until(`${count} packets sent`, () => this.bench.sent.length >= count);
    return this.bench.sent.splice(0);
  }

  /** Sends a packet from inside and has the peer open what comes out. */
  async expectTunnelled(peer: TestPeer, packet: Uint8Array): Promise<Sent> {
    this.bench.sendInside(packet);
    const [sent] = await this.takeSent(1);
    assert.ok(sent);
    assert.deepEqual(peer.open(sent.bytes).payload, this.bench.forwarded(packet));
    return sent;
  }

  /** The reports of a kind so far. */
  reports<K extends DataPlaneReport['kind']>(kind: K): Extract<DataPlaneReport, { kind: K }>[] {
    return this.bench.reports.filter(
      (r): r is Extract<DataPlaneReport, { kind: K }> => r.kind === kind,
    );
  }

  /** A worker announces the first packet of an SA, a dummy, after it has dealt with all that came before. */
  async #settleAt(worker: number): Promise<void> {
    const [, remote] = this.factory.peers;
    const peer = this.peer({ remote, placing: worker }, this.#aside);
    await this.apply([{ kind: 'addInbound', sa: peer.inbound }]);
    this.arrive(peer, peer.seal(new Uint8Array(0), { nextHeader: 59 }));
    const isSentinel = (r: DataPlaneReport): boolean =>
      r.kind === 'inboundActive' && r.spi === peer.inboundSpi;
    const { reports } = this.bench;
    await this.until(`sentinel of worker ${worker}`, () => reports.some(isSentinel));
    reports.splice(reports.findIndex(isSentinel), 1);
    await this.apply([{ kind: 'removeInbound', spi: peer.inboundSpi }]);
  }

  #ends(peer: TestPeer): { client: Uint8Array; host: Uint8Array } {
    const client = addressBytes(peer.options.assigned.address);
    return { client, host: addressBytes(client.length === 4 ? INSIDE.host : INSIDE.host6) };
  }
}

export const otherPort = (endpoint: Endpoint, port: number): Endpoint => ({ ...endpoint, port });

/** Why a story may not apply to a back end or its bench. */
const WHY_NOT = {
  seesMarks: 'it can neither see nor set ECN and DF of the outer header',
  carriesBareEsp: 'it has UDP sockets only',
  carriesTransport: 'its peers are in its own network, to which the kernel routes them by itself',
} as const;

/** Packets in an order that does not depend on which of several queues they took. */
export const sortedPackets = (packets: readonly Uint8Array[]): readonly string[] =>
  packets.map(toHex).toSorted();

/** Declares one story; each has a data plane of its own. */
export function story(
  factory: BenchFactory,
  title: string,
  run: (world: World) => Promise<void>,
  options?: Parameters<BenchFactory['start']>[0],
  needs?: keyof typeof WHY_NOT,
): void {
  const applies = needs === undefined || factory[needs];
  const skip = applies ? false : `not applicable to ${factory.name}: ${WHY_NOT[needs]}`;
  test(`${factory.name}: ${title}`, { skip }, async () => {
    const bench = await factory.start(options);
    try {
      await run(new World(factory, bench, 1));
    } finally {
      await bench.close();
    }
  });
}
