import assert from 'node:assert/strict';
import { address, type Endpoint } from '#base/address';
import { type Arena, plainArena } from '#base/arena';
import { equalBytes } from '#base/bytes';
import { instant } from '#base/instant';
import { Prng } from '#base/prng';
import type { EspCiphers } from '#crypto/esp-cipher';
import type { EspSuiteName } from '#crypto/esp-suites';
import { nodeEspCiphers } from '#crypto/node-esp-ciphers';
import { encodeEspPlaintext } from '#wire/esp';
import { IPV4_HEADER_OCTETS } from '#wire/ipv4';
import { UDP_HEADER_OCTETS } from '#wire/udp';
import { Coalescer, coalescerOctets } from '../coalescer.ts';
import { PATH_COUNTER, pathCounters } from '../counters.ts';
import type { DataPlaneReport } from '../data-plane.ts';
import { REFUSED } from '../decapsulate.ts';
import { ENCAPSULATION_ROOM, TRAILER_ROOM } from '../encapsulate.ts';
import { EndpointWords } from '../endpoint-words.ts';
import { ForwardingTable } from '../forwarding-table.ts';
import { MssClamp } from '../mss-clamp.ts';
import { OutboundAssociation } from '../outbound-association.ts';
import {
  FRAGMENT_OCTETS,
  OutboundPath,
  type OutboundRules,
  type SealedPackets,
} from '../outbound-path.ts';
import { Arrival, PacketPath } from '../packet-path.ts';
import { PathMtu } from '../path-mtu.ts';
import { lastingReport } from '../path-report.ts';
import { SaDirectory } from '../sa-directory.ts';
import { Segmenter } from '../segmenter.ts';
import { anyFrame, anyInner, damaged } from './fuzz-packets.ts';
import { TestPeer } from './test-peer.ts';
import { toyCiphers } from './toy-ciphers.ts';

export type PathFuzzRun = { readonly seed: number; readonly from: number; readonly cases: number };

export type PathFuzzResult = {
  readonly packets: number;
  /** What became of them, so that nobody fuzzes a wall; `too big, answered` are some of `does not fit`. */
  readonly fates: Readonly<Record<string, number>>;
};

const here: Endpoint = { address: address('172.16.172.50'), port: 4500 };
const there: Endpoint = { address: address('171.69.89.78'), port: 4500 };

const SUITES: readonly EspSuiteName[] = [
  'null-hmac-md5-96',
  'aes-gcm-16-128',
  'aes-cbc-128-hmac-sha1-96',
  'chacha20-poly1305',
];
const MTUS = [1500, 1280, 600, 100] as const;
const RULES: readonly OutboundRules[] = [
  { dontFragment: 'copy', fragmentationPolicy: 1, clampMss: true },
  { dontFragment: 'set', fragmentationPolicy: 2, clampMss: false },
  { dontFragment: 'clear', fragmentationPolicy: 3, clampMss: 1000 },
];
/** Counters that say that a packet was refused. */
const REFUSALS = [
  'unknownSpi',
  'malformed',
  'noPolicy',
  'replayed',
  'authenticationFailed',
  'selectorMismatch',
  'expired',
] as const;

/** An ESP packet or frame is no longer than this here. */
const MOST_OCTETS = 4096;
/** Ciphers are what a packet costs here: the others are sealed by ciphers that are none. */
const REAL_CIPHERS_EVERY = 50;
const FRAME = 2;
/** What a coalescer writes below its first packet: the virtio header. */
const COALESCER_FRAME = 2;
const BARE_HEADER_ROOM = 40;

/** What lies around packets, the first time and the second. */
const FILLS = [0x00, 0xa5] as const;
const FILLED = new Map(
  FILLS.map((fill): [number, Uint8Array] => [fill, new Uint8Array(2 * MOST_OCTETS).fill(fill)]),
);

const ANSWERED = 'too big, answered';

/** The name of a refusal. */
const nameOf = (outcome: number): string =>
  outcome === 0
    ? 'unknown'
    : (Object.entries(REFUSED).find(([, value]) => value === outcome)?.[0] ?? `${outcome}`);

/** Whether nothing but `fill` is in a part of an arena. */
function untouched({ bytes }: Arena, from: number, end: number, fill: number): boolean {
  const expected = FILLED.get(fill) as Uint8Array;
  return Buffer.compare(bytes.subarray(from, end), expected.subarray(0, end - from)) === 0;
}

/** Ciphers whose IVs come from a generator that each case sets anew. */
function repeatableCiphers(): { readonly ciphers: EspCiphers; restart(seed: number): void } {
  let random = new Prng(0);
  return {
    ciphers: nodeEspCiphers({ bytes: (count) => random.bytes(count) }),
    restart: (seed) => {
      random = new Prng(seed);
    },
  };
}

/** What the worlds share, so that many are cheap. */
class Rooms {
  readonly source = plainArena(FRAME + MOST_OCTETS + TRAILER_ROOM);
  readonly inner = plainArena(coalescerOctets(MOST_OCTETS + BARE_HEADER_ROOM));
  readonly cut = plainArena(80_000);
  readonly sealed = plainArena(MOST_OCTETS + ENCAPSULATION_ROOM);
  readonly fragments = plainArena(FRAGMENT_OCTETS);
  readonly fates: Record<string, number> = {};
}

/** The path with one peer; the same for all cases, which begin with its SAs as new. */
class FuzzWorld {
  readonly #peer: TestPeer;
  readonly #rooms: Rooms;
  readonly #table: ForwardingTable;
  readonly #counters = pathCounters();
  readonly #reports: DataPlaneReport[] = [];
  readonly #path: PacketPath;
  readonly #pathMtu = new PathMtu(() => this.#mtu);
  readonly #arrival = new Arrival();
  readonly #arrivalPlaces = [there, { ...there, port: 9 }].map(EndpointWords.of);
  #mtu = 1500;
  #turns = 0;

  constructor(peer: TestPeer, ciphers: EspCiphers, rooms: Rooms) {
    this.#peer = peer;
    this.#rooms = rooms;
    const directory = new SaDirectory();
    this.#table = new ForwardingTable(ciphers, directory.counters);
    this.#table.apply(directory.resolve(peer.additions));
    const clamp = new MssClamp(this.#pathMtu);
    this.#path = new PacketPath(
      this.#table,
      this.#counters,
      (r) => this.#reports.push(lastingReport(r)),
      clamp,
    );
    this.#arrival.local.set(here);
  }

  /**
   * Runs one case; `fill` is what lies around the packets, which must not matter. What came out, as a
   * text.
   */
  run(random: Prng, fill: number): string {
    this.#mtu = random.pick(MTUS);
    this.#reports.length = 0;
    const sa = this.#table.inbound(this.#peer.inboundSpi);
    assert.ok(sa);
    sa.window.resume(0);
    sa.active = false;
    sa.pathMtuEpoch = 0;
    sa.announce(sa.remote);
    return random.chance(0.5) ? this.#inbound(random, fill) : this.#outboundFrame(random, fill);
  }

  #count(name: string): void {
    const { fates } = this.#rooms;
    fates[name] = (fates[name] ?? 0) + 1;
  }

  /** Packets that the path has refused so far. */
  #refused(): number {
    let sum = 0;
    for (const name of REFUSALS) sum += this.#counters[PATH_COUNTER[name]] as number;
    return sum;
  }

  #counter(name: keyof typeof PATH_COUNTER): number {
    return this.#counters[PATH_COUNTER[name]] as number;
  }

  /** A train of datagrams goes through the path into the coalescer, whose frames are cut up again. */
  #inbound(random: Prng, fill: number): string {
    const { inner } = this.#rooms;
    const out: string[] = [];
    const expected: Uint8Array[] = [];
    const emitted: Uint8Array[] = [];
    inner.bytes.fill(fill);
    const coalescer = new Coalescer(inner, random.chance(0.7), (at, octets) =>
      emitted.push(...this.#cutUp(at, octets)),
    );
    let reach = 0;
    let before: Uint8Array | undefined;
    let sequence = random.pick([0, 100, 2 ** 32 - 4]);
    for (let n = random.between(1, 6); n > 0; n -= 1) {
      const datagram = anyDatagram(random, this.#peer, before, sequence);
      sequence += 1;
      before = datagram;
      const arrival = this.#arrival;
      arrival.remote.copy(this.#arrivalPlaces[random.chance(0.9) ? 0 : 1] as EndpointWords);
      arrival.inUdp = random.chance(0.98);
      arrival.trafficClass = random.chance(0.2) ? random.between(0, 255) : 0;
      const from = random.between(0, 8);
      const to = coalescer.place(datagram.length + BARE_HEADER_ROOM);
      reach = Math.max(reach, to + datagram.length + BARE_HEADER_ROOM);
      const outcome = this.#receive(datagram, from, to, fill);
      out.push(`${outcome}`);
      if (outcome > 0) {
        const packet = inner.bytes.slice(to, to + outcome);
        expected.push(packet);
        out.push(Buffer.from(packet).toString('latin1'));
        coalescer.accept(outcome);
      } else coalescer.refuse();
    }
    coalescer.flush();
    assert.ok(untouched(inner, 0, COALESCER_FRAME, fill), 'wrote before the frame');
    assert.ok(
      untouched(inner, reach, Math.min(reach + MOST_OCTETS, inner.bytes.length), fill),
      'wrote behind the frame',
    );
    assert.equal(emitted.length, expected.length, 'packets that left the coalescer');
    for (const [i, packet] of expected.entries())
      assert.ok(equalBytes(emitted[i] as Uint8Array, packet), `packet ${i} came out changed`);
    for (const { kind } of this.#reports) if (kind !== 'unknownSpi') out.push(kind);
    return out.join(' ');
  }

  /** One datagram; every one ends in one place. */
  #receive(datagram: Uint8Array, from: number, to: number, fill: number): number {
    const { source, inner } = this.#rooms;
    source.bytes.fill(fill);
    source.bytes.set(datagram, from);
    const [refused, delivered] = [this.#refused(), this.#counter('packetsRx')];
    const told = this.#reports.length;
    this.#turns += 1;
    const now = instant(this.#turns * 1_000_000);
    const { length } = datagram;
    const receive = this.#arrival.inUdp ? this.#path.receiveDatagram : this.#path.receiveEsp;
    const outcome = receive.call(this.#path, this.#arrival, source, from, length, inner, to, now);
    assert.ok(untouched(source, 0, from, fill), 'wrote before the datagram');
    assert.ok(untouched(source, from + length, source.bytes.length, fill), 'wrote behind it');
    assert.ok(equalBytes(source.bytes.slice(from, from + length), datagram), 'wrote into it');
    assert.ok(outcome <= length + BARE_HEADER_ROOM, 'longer than it was');
    const control = this.#reports
      .slice(told)
      .filter(({ kind }) => kind === 'datagram' || kind === 'keepalive').length;
    const counted = this.#refused() - refused;
    const passed = this.#counter('packetsRx') - delivered;
    const isDummy = outcome === 0 && counted + control === 0;
    assert.equal(counted + control + passed + (isDummy ? 1 : 0), 1, 'counted once');
    assert.equal(passed, outcome > 0 ? 1 : 0);
    this.#count(passed ? 'delivered' : control ? 'control' : isDummy ? 'dummy' : nameOf(outcome));
    return outcome;
  }

  /** What the kernel would make of a frame. */
  #cutUp(at: number, octets: number): Uint8Array[] {
    const { cut, inner } = this.#rooms;
    cut.bytes.set(inner.bytes.subarray(at, at + octets), FRAME);
    const segmenter = new Segmenter(cut);
    assert.ok(segmenter.begin(FRAME, octets), 'a frame that makes no sense');
    const packets: Uint8Array[] = [];
    while (segmenter.next())
      packets.push(cut.bytes.slice(segmenter.at, segmenter.at + segmenter.octets));
    return packets;
  }

  /** A frame of the inside network is cut up, and its packets go into the tunnel. */
  #outboundFrame(random: Prng, fill: number): string {
    const { source } = this.#rooms;
    const family = this.#peer.options.assigned.address.includes(':') ? 6 : 4;
    const frame = anyFrame(random, { family, fromInside: random.chance(0.95) });
    const octets = Math.min(frame.length, MOST_OCTETS);
    source.bytes.fill(fill);
    source.bytes.set(frame.subarray(0, octets), FRAME);
    const out: string[] = [];
    this.#cutAndSeal(random, octets, out, fill);
    assert.ok(untouched(source, 0, FRAME, fill), 'wrote before the frame');
    assert.ok(
      untouched(source, FRAME + octets + TRAILER_ROOM, source.bytes.length, fill),
      'wrote behind the frame',
    );
    for (const { kind } of this.#reports) out.push(kind);
    return out.join(' ');
  }

  #cutAndSeal(random: Prng, octets: number, out: string[], fill: number): void {
    const { source, fragments } = this.#rooms;
    const segmenter = new Segmenter(source);
    if (!segmenter.begin(FRAME, octets) || !segmenter.next()) {
      this.#count('no frame');
      return;
    }
    const refused = this.#refused();
    const sa = this.#path.route(source.bytes, segmenter.at, segmenter.octets);
    if (!sa) {
      assert.equal(this.#refused(), refused + 1, 'counted once');
      this.#count('no way');
      return;
    }
    assert.ok(sa instanceof OutboundAssociation);
    sa.sequence = 0;
    sa.pathMtuEpoch = 0;
    const outbound = new OutboundPath(
      this.#path,
      this.#pathMtu,
      random.pick(RULES),
      fragments,
      () => this.#count(ANSWERED),
    );
    const sealed = this.#sealedPackets(sa, out, fill);
    do {
      const { at, octets: length } = segmenter;
      assert.ok(at >= FRAME && at + length <= FRAME + octets, 'a segment outside of the frame');
      const [lost, left] = [this.#refused(), this.#counter('packetsTx')];
      const goesOn = outbound.send(sa, source, at, length, sealed);
      const [dropped, sent] = [this.#refused() - lost, this.#counter('packetsTx') - left];
      assert.ok(dropped === 1 ? sent === 0 : dropped === 0 && sent > 0, 'counted once');
      this.#count(dropped ? 'does not fit' : sent > 1 ? 'fragmented' : 'sealed');
      if (!goesOn) return;
    } while (segmenter.next());
  }

  /** Where sealed packets go: the peer opens every one. */
  #sealedPackets(sa: OutboundAssociation, out: string[], fill: number): SealedPackets {
    const arena = this.#rooms.sealed;
    let room = 0;
    return {
      arena,
      reserve: (octets) => {
        arena.bytes.fill(fill);
        room = octets;
        return 8;
      },
      commit: (_remote: EndpointWords, octets, _trafficClass, fits) => {
        const outer = IPV4_HEADER_OCTETS + (sa.inUdp ? UDP_HEADER_OCTETS : 0) + octets;
        assert.equal(fits, outer <= this.#mtu, 'what fits travels in one piece');
        assert.ok(untouched(arena, 0, 8, fill), 'wrote before the packet');
        assert.ok(untouched(arena, 8 + room, arena.bytes.length, fill), 'wrote behind the packet');
        const packet = arena.bytes.slice(8, 8 + octets);
        const { payload } = this.#peer.open(packet);
        out.push(Buffer.from(packet).toString('latin1'), `${payload.length}`);
      },
    };
  }
}

/** Peers of every kind that makes a difference to the path. */
function peersOf(seed: number, ciphers: EspCiphers): TestPeer[] {
  const random = new Prng(seed);
  const common = { local: here, remote: there, replayWindow: 64 };
  const ends = (family: 4 | 6) => ({
    assigned: { address: address(family === 4 ? '40.1.1.1' : 'fd00:40::1'), length: 24 },
    reaches: { address: address(family === 4 ? '192.168.2.0' : 'fd00:2::'), length: 24 },
  });
  const choices = [
    ...SUITES.flatMap((suite) => ([4, 6] as const).map((f) => ({ suite, ...ends(f) }))),
    { suite: 'aes-gcm-16-256' as const, mode: 'transport' as const, ...ends(4) },
    { suite: 'aes-gcm-16-256' as const, extended: true, ...ends(4) },
  ];
  return choices.map((choice) => new TestPeer({ ...common, ...choice }, random, ciphers));
}

/** A datagram for the peer's inbound SA: right, damaged inside, damaged outside, or none at all. */
function anyDatagram(
  random: Prng,
  peer: TestPeer,
  before: Uint8Array | undefined,
  last: number,
): Uint8Array {
  const isTransport = peer.options.mode === 'transport';
  if (before && random.chance(0.1)) return before;
  if (random.chance(0.05)) return random.bytes(random.between(0, 60));
  if (random.chance(0.03)) return new Uint8Array(random.between(0, 12)).fill(random.pick([0, 255]));
  const family = peer.options.assigned.address.includes(':') ? 6 : 4;
  const inner = anyInner(random, { family, fromInside: random.chance(0.05) });
  const payload = isTransport ? inner.slice(20) : inner;
  const nextHeader = random.chance(0.9)
    ? isTransport
      ? random.pick([6, 17, 253])
      : random.pick([4, 41])
    : random.pick([0, 6, 50, 59, 255]);
  const body = encodeEspPlaintext({ payload, nextHeader }, peer.suite);
  if (random.chance(0.1)) {
    const at = random.between(Math.max(0, body.length - 8), body.length - 1);
    body[at] = random.between(0, 255);
  }
  const sequence = random.chance(0.1) ? random.pick([0, 1, 63, 64, 65, 0xffffffff]) : last + 1;
  const esp = peer.sealBody(body, sequence);
  return random.chance(0.25) ? damaged(random, esp) : esp;
}

/**
 * Sends packets right and wrong through the whole path in both directions. Nothing throws; every
 * packet ends in one counter; nothing outside of a packet's own room is written, and, since each case
 * is run twice with other octets around the packets, nothing there is read.
 */
export function fuzzPath({ seed, from, cases }: PathFuzzRun): PathFuzzResult {
  const rooms = new Rooms();
  const { ciphers: real, restart } = repeatableCiphers();
  const [realWorlds, toyWorlds] = [real, toyCiphers].map((ciphers) =>
    peersOf(seed, ciphers).map((peer) => new FuzzWorld(peer, ciphers, rooms)),
  );
  for (let index = from; index < from + cases; index += 1) {
    const start = Math.imul(seed, 0x9e3779b1) + index;
    const worlds = index % REAL_CIPHERS_EVERY === 0 ? realWorlds : toyWorlds;
    const world = worlds?.[new Prng(start).between(0, worlds.length - 1)] as FuzzWorld;
    try {
      const [first, second] = FILLS.map((fill) => {
        restart(start);
        return world.run(new Prng(start), fill);
      });
      assert.ok(first === second, 'what lies around a packet matters');
    } catch (error) {
      throw new Error(`seed ${seed} case ${index}: ${String(error)}`, { cause: error });
    }
  }
  const { fates } = rooms;
  let packets = 0;
  for (const [fate, count] of Object.entries(fates)) {
    fates[fate] = count / FILLS.length;
    if (fate !== ANSWERED) packets += count / FILLS.length;
  }
  return { packets, fates };
}
