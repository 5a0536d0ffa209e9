import assert from 'node:assert/strict';
import type { Endpoint } from '#base/address';
import { equalBytes } from '#base/bytes';
import type { DataPlane, DataPlaneOptions, DataPlaneReport } from '../data-plane.ts';
import type { Marks, OuterPacket } from '../memory-data-plane.ts';

/** A packet that left towards a peer. What the bench cannot see of it is absent. */
export type Sent = Pick<OuterPacket, 'local' | 'remote' | 'protocol' | 'bytes'> &
  Partial<Pick<OuterPacket, 'trafficClass' | 'dontFragment'>>;

/** A data plane under test with a world around it: peers outside, a network inside. */
export type Bench = {
  readonly dataPlane: DataPlane;
  readonly reports: DataPlaneReport[];
  /** What left towards peers, and what was delivered to the inside network. */
  readonly sent: Sent[];
  readonly delivered: Uint8Array[];
  /** A peer sends something to the data plane. */
  arrive(remote: Endpoint, local: Endpoint, bytes: Uint8Array, marks?: Marks): void;
  /** The inside network sends a packet into a tunnel. */
  sendInside(packet: Uint8Array): void;
  /** What is left of a packet after the way through the inside network: a router takes one off its TTL. */
  forwarded(packet: Uint8Array): Uint8Array;
  /** Looks around for what has happened; whether to go on waiting. */
  wait(): Promise<boolean>;
  close(): Promise<void>;
};

/** What a story may ask for. */
export type BenchOptions = Pick<
  DataPlaneOptions,
  'dontFragment' | 'fragmentationPolicy' | 'clampMss'
>;

/** A kind of data plane, as the compliance suite sees it. */
export type BenchFactory = {
  readonly name: string;
  /** Where it listens. */
  readonly plain: Endpoint;
  readonly encapsulated: Endpoint;
  /** The same over IPv6. */
  readonly encapsulated6: Endpoint;
  /** Addresses that peers may use, two of IPv4 and one of IPv6. */
  readonly peers: readonly [Endpoint, Endpoint];
  readonly peer6: Endpoint;
  /** Whether the marks of packets (traffic class, DF) can be seen and set. */
  readonly seesMarks: boolean;
  /** Whether ESP can travel without UDP. */
  readonly carriesBareEsp: boolean;
  /** Whether a packet between the outer addresses themselves can go through the path. */
  readonly carriesTransport: boolean;
  /** How many workers share the packets, by the SPIs of their SAs; one if absent. */
  readonly workers?: number;
  /** Paths outside carry 1500 octets. */
  start(options?: BenchOptions): Promise<Bench>;
};

/** Waits until `condition` holds, and fails when it never does. */
export async function until(bench: Bench, what: string, condition: () => boolean): Promise<void> {
  while (!condition())
    if (!(await bench.wait())) {
      if (condition()) return;
      assert.fail(`${what}: never happened; reports ${JSON.stringify(bench.reports.slice(-3))}`);
    }
}

let sentinels = 0;

/** A datagram that no other story sends, and how it looks on the wire. */
function sentinel(): { readonly octets: Uint8Array; readonly marked: Uint8Array } {
  sentinels += 1;
  const octets = new TextEncoder().encode(`sentinel ${sentinels}`);
  const marked = new Uint8Array(4 + octets.length);
  marked.set(octets, 4);
  return { octets, marked };
}

/** Waits until everything that arrived from outside has been dealt with by the first worker. */
export async function settle(bench: Bench, factory: BenchFactory): Promise<void> {
  const { octets, marked } = sentinel();
  bench.arrive(factory.peers[1], factory.encapsulated, marked);
  const isSentinel = (r: DataPlaneReport): boolean =>
    r.kind === 'datagram' && equalBytes(r.bytes, octets);
  await until(bench, 'sentinel', () => bench.reports.some(isSentinel));
  bench.reports.splice(bench.reports.findIndex(isSentinel), 1);
}

/** Waits until everything that the engine asked for has happened. */
export async function obeyed(bench: Bench, factory: BenchFactory): Promise<void> {
  const { octets, marked } = sentinel();
  bench.dataPlane.send(factory.encapsulated, factory.peers[1], octets, true);
  const isSentinel = (sent: Sent): boolean => equalBytes(sent.bytes, marked);
  await until(bench, 'sentinel', () => bench.sent.some(isSentinel));
  bench.sent.splice(bench.sent.findIndex(isSentinel), 1);
}
