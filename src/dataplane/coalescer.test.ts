import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Arena, plainArena } from '#base/arena';
import { Prng } from '#base/prng';
import { tcpFlags } from '#wire/tcp';
import { Coalescer, coalescerOctets } from './coalescer.ts';
import { TRAILER_ROOM } from './encapsulate.ts';
import { Segmenter } from './segmenter.ts';
import { type FlowPacket, train } from './testing/flows.ts';
import { innerPacket } from './testing/test-peer.ts';

const MOST = 2000;

/**
 * Sends packets through a coalescer and cuts its frames up again, as the kernel would. `undefined` is a
 * packet that turned out to be none after it was decrypted.
 */
function passThrough(packets: readonly (Uint8Array | undefined)[], random: Prng, mergesUdp = true) {
  const arena = plainArena(coalescerOctets(MOST));
  const other: Arena = plainArena(70_000);
  const segmenter = new Segmenter(other);
  const out: Uint8Array[] = [];
  const frames: number[] = [];
  const coalescer = new Coalescer(arena, mergesUdp, (at, octets) => {
    assert.equal((at + 10) % 4, 0, 'aligned for sums');
    assert.ok(octets <= 10 + 65_535);
    other.bytes.set(arena.bytes.subarray(at, at + octets), 2);
    frames.push(0);
    assert.ok(segmenter.begin(2, octets));
    while (segmenter.next()) {
      out.push(other.bytes.slice(segmenter.at, segmenter.at + segmenter.octets));
      frames[frames.length - 1] = (frames.at(-1) as number) + 1;
    }
  });
  for (const packet of packets) {
    const room = packet ? packet.length + random.between(0, TRAILER_ROOM) : random.between(8, MOST);
    const to = coalescer.place(room);
    if (packet) {
      arena.bytes.set(packet, to);
      arena.bytes.fill(0xdd, to + packet.length, to + room);
      coalescer.accept(packet.length);
    } else {
      arena.bytes.fill(0xdd, to, to + room);
      coalescer.refuse();
    }
  }
  coalescer.flush();
  return { out, frames };
}

const stream = (change: Partial<FlowPacket> = {}): FlowPacket => ({
  kind: 'tcp',
  family: 4,
  port: 5000,
  payload: new Prng(9).bytes(20_000),
  identification: 0xfff8,
  sequenceNumber: 0xfffff000,
  ...change,
});

for (const family of [4, 6] as const)
  for (const kind of ['tcp', 'udp'] as const)
    test(`a train of ${kind} over IPv${family} travels as one frame`, () => {
      const packets = train(stream({ family, kind, flags: tcpFlags.ack | tcpFlags.psh }), 1348);
      const { out, frames } = passThrough(packets, new Prng(1));
      assert.deepEqual(out, packets);
      assert.deepEqual(frames, [15]);
    });

test('UDP is left alone where the kernel cannot take it', () => {
  const packets = train(stream({ kind: 'udp' }), 1348);
  const { out, frames } = passThrough(packets, new Prng(1), false);
  assert.deepEqual(out, packets);
  assert.equal(frames.length, 15);
});

test('a frame ends where the stream is not one any more', () => {
  const ordinary = train(stream(), 1000);
  const changed = (i: number, change: (packet: Uint8Array) => Uint8Array) =>
    ordinary.map((packet, k) => (k === i ? change(packet) : packet));
  const flipped = (at: number) => (packet: Uint8Array) =>
    packet.with(at, (packet[at] as number) ^ 1);
  const cases: [string, readonly Uint8Array[], readonly number[]][] = [
    ['nothing is wrong', ordinary, [20]],
    ['damaged payload', changed(5, flipped(500)), [5, 1, 14]],
    ['damaged IP header', changed(5, flipped(8)), [5, 1, 14]],
    ['another identification', changed(5, flipped(5)), [5, 1, 14]],
    ['a packet is missing', ordinary.filter((_, i) => i !== 5), [5, 14]],
    ['the first is damaged', changed(0, flipped(500)), [1, 19]],
    [
      'two change places',
      [
        ...ordinary.slice(0, 5),
        ...ordinary.slice(6, 7),
        ...ordinary.slice(5, 6),
        ...ordinary.slice(7),
      ],
      [5, 1, 1, 13],
    ],
  ];
  for (const [what, packets, expected] of cases) {
    const { out, frames } = passThrough(packets, new Prng(1));
    assert.deepEqual(out, packets, what);
    assert.deepEqual(frames, expected, what);
  }
});

test('each header field that must agree keeps packets apart', () => {
  const base = train(stream(), 1000).slice(0, 3);
  const changes: Partial<FlowPacket>[] = [
    { port: 5001 },
    { window: 999 },
    { ecn: 3 },
    { flags: tcpFlags.ack | tcpFlags.ece },
    { flags: tcpFlags.ack | tcpFlags.rst },
    { flags: 0 },
    { options: new Uint8Array([1, 1, 1, 1]) },
    { kind: 'udp' },
    { family: 6 },
  ];
  for (const change of changes) {
    const odd = train(stream(change), 1000)[3] as Uint8Array;
    const { out, frames } = passThrough([...base, odd], new Prng(1));
    assert.deepEqual(out, [...base, odd]);
    assert.deepEqual(frames, [3, 1], JSON.stringify(change));
  }
});

test('PSH, FIN and a short packet end a frame, and stay in it', () => {
  const first = train(stream({ flags: tcpFlags.ack | tcpFlags.fin }), 3000);
  assert.deepEqual(passThrough(first, new Prng(1)).frames, [7]);
  const pushed = train(stream({ payload: new Uint8Array(4000), flags: 0x18 }), 1000);
  const more = train(
    stream({
      payload: new Uint8Array(2000),
      sequenceNumber: 0xfffff000 + 4000,
      identification: 0xfff8 + 4,
    }),
    1000,
  );
  const { out, frames } = passThrough([...pushed, ...more], new Prng(1));
  assert.deepEqual(out, [...pushed, ...more]);
  assert.deepEqual(frames, [4, 2]);
});

test('whatever goes in comes out: flows mixed, packets of all kinds, some of them none', () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const random = new Prng(seed);
    const packets: (Uint8Array | undefined)[] = [];
    while (packets.length < 400) {
      const kind = random.pick(['tcp', 'udp'] as const);
      const flow = train(
        {
          kind,
          family: random.pick([4, 6] as const),
          port: random.between(1, 3),
          payload: random.bytes(random.between(1, 40_000)),
          identification: random.between(0, 0xffff),
          sequenceNumber: random.uint32(),
          flags: tcpFlags.ack | random.pick([0, tcpFlags.psh, tcpFlags.fin]),
          ...(kind === 'tcp' && { options: random.bytes(4 * random.between(0, 10)) }),
        },
        random.between(1, 1400),
      ).slice(0, random.between(1, 80));
      for (const packet of flow) {
        if (random.chance(0.02)) packets.push(undefined);
        if (random.chance(0.02)) continue;
        if (random.chance(0.02)) {
          const source = random.bytes(random.pick([4, 16]));
          const destination = random.bytes(source.length);
          packets.push(innerPacket({ source, destination }, random.between(40, 300), random));
        }
        if (random.chance(0.02)) {
          const at = random.between(20, packet.length - 1);
          packets.push(packet.with(at, random.between(0, 255)));
        } else packets.push(packet);
      }
    }
    const { out, frames } = passThrough(packets, random);
    const expected = packets.filter((packet) => packet !== undefined);
    assert.equal(out.length, expected.length);
    for (const [i, packet] of expected.entries()) assert.deepEqual(out[i], packet, `seed ${seed}`);
    assert.ok(frames.length < 0.5 * expected.length, 'most are merged');
  }
});
