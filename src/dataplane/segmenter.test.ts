import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Arena, plainArena } from '#base/arena';
import { Prng } from '#base/prng';
import { tcpFlags } from '#wire/tcp';
import { fold, sumOctets } from './checksum.ts';
import { TRAILER_ROOM } from './encapsulate.ts';
import { writeUint16 } from './octets.ts';
import { Segmenter } from './segmenter.ts';
import { type FlowPacket, flowPacket, train } from './testing/flows.ts';
import {
  NEEDS_CHECKSUM,
  SEGMENTATION,
  VIRTIO_HEADER_OCTETS,
  writeVirtioHeader,
} from './virtio-header.ts';

const FRAME = 2;
const AT = FRAME + VIRTIO_HEADER_OCTETS;

/** Puts the frame that a kernel would hand over for `p` into the arena; its length. */
function loadTrain(arena: Arena, p: FlowPacket, segmentOctets: number): number {
  const packet = flowPacket(p);
  arena.bytes.set(packet, AT);
  const transport = p.family === 4 ? 20 : 40;
  const tcp = p.kind === 'tcp';
  const header = transport + (tcp ? 20 + (p.options?.length ?? 0) : 8);
  const type = tcp ? (p.family === 4 ? SEGMENTATION.tcp4 : SEGMENTATION.tcp6) : SEGMENTATION.udp;
  const checksum = tcp ? 16 : 6;
  writeVirtioHeader(
    arena.bytes,
    FRAME,
    NEEDS_CHECKSUM,
    type,
    header,
    segmentOctets,
    transport,
    checksum,
  );
  return VIRTIO_HEADER_OCTETS + packet.length;
}

/** The packets that come out, when each is overwritten, as encryption in place would, before the next. */
function cutUp(arena: Arena, octets: number): Uint8Array[] {
  const segmenter = new Segmenter(arena);
  const packets: Uint8Array[] = [];
  if (!segmenter.begin(FRAME, octets)) return packets;
  while (segmenter.next()) {
    packets.push(arena.bytes.slice(segmenter.at, segmenter.at + segmenter.octets));
    arena.bytes.fill(0xee, segmenter.at, segmenter.at + segmenter.octets + TRAILER_ROOM);
  }
  return packets;
}

test('a super-packet becomes the packets that it stands for', () => {
  const random = new Prng(1);
  const arena = plainArena(70_000);
  for (let i = 0; i < 400; i += 1) {
    const kind = random.pick(['tcp', 'udp'] as const);
    const options = random.bytes(4 * random.between(0, 10));
    const segmentOctets = random.pick([1, 2, 7, 100, 536, 1347, 1348, 1448, 9000]);
    const payload = random.bytes(random.between(1, Math.min(60_000, 64 * segmentOctets)));
    const p: FlowPacket = {
      kind,
      family: random.pick([4, 6] as const),
      port: 1024,
      payload,
      identification: random.between(0, 0xffff),
      sequenceNumber: random.uint32(),
      flags: tcpFlags.ack | random.pick([0, tcpFlags.psh, tcpFlags.fin, tcpFlags.cwr]),
      ...(kind === 'tcp' && { options }),
    };
    const octets = loadTrain(arena, p, segmentOctets);
    assert.deepEqual(cutUp(arena, octets), train(p, segmentOctets));
  }
});

test('a single packet gets its checksum finished, or passes untouched', () => {
  const random = new Prng(2);
  const arena = plainArena(4096);
  for (const kind of ['tcp', 'udp'] as const)
    for (const family of [4, 6] as const)
      for (let octets = 0; octets < 50; octets += 1) {
        const whole = flowPacket({ kind, family, port: 9, payload: random.bytes(octets) });
        const transport = family === 4 ? 20 : 40;
        const checksum = kind === 'tcp' ? 16 : 6;
        arena.bytes.set(whole, AT);
        writeVirtioHeader(arena.bytes, FRAME, 0, SEGMENTATION.none, 0, 0, 0, 0);
        const frame = VIRTIO_HEADER_OCTETS + whole.length;
        assert.deepEqual(cutUp(arena, frame), [whole]);
        arena.bytes.set(whole, AT);
        // The sender's kernel leaves the sum of the pseudo header.
        const addresses = AT + (family === 4 ? 12 : 8);
        const sum = sumOctets(arena, addresses, addresses + (family === 4 ? 8 : 32));
        const protocol = kind === 'tcp' ? 6 : 17;
        const partial = fold(sum + protocol + whole.length - transport);
        writeUint16(arena.bytes, AT + transport + checksum, partial);
        writeVirtioHeader(
          arena.bytes,
          FRAME,
          NEEDS_CHECKSUM,
          SEGMENTATION.none,
          0,
          0,
          transport,
          checksum,
        );
        assert.deepEqual(cutUp(arena, frame), [whole]);
      }
});

test('a frame cut short at any length is refused, or yields nothing beyond its end', () => {
  const arena = plainArena(4096);
  for (const kind of ['tcp', 'udp'] as const)
    for (const family of [4, 6] as const) {
      const p = { kind, family, port: 9, payload: new Prng(4).bytes(150) };
      const whole = loadTrain(arena, p, 50);
      const header = whole - p.payload.length;
      for (let octets = 0; octets < whole; octets += 1) {
        loadTrain(arena, p, 50);
        const packets = cutUp(arena, octets);
        const payload = packets.reduce((sum, { length }) => sum + length - header + 10, 0);
        assert.equal(payload, Math.max(0, octets - header), `${kind} ${family} ${octets}`);
      }
    }
});

test('50,000 frames of nonsense are refused or cut up within their bounds', () => {
  const random = new Prng(3);
  const arena = plainArena(4096);
  let refused = 0;
  for (let i = 0; i < 50_000; i += 1) {
    const p = {
      kind: 'tcp',
      family: 4,
      port: 9,
      payload: random.bytes(random.between(1, 200)),
    } as const;
    const whole = loadTrain(arena, p, random.between(0, 300));
    const damaged = FRAME + random.between(0, VIRTIO_HEADER_OCTETS + 40);
    arena.bytes[damaged] = random.between(0, 255);
    const octets = random.chance(0.2) ? random.between(0, whole) : whole;
    arena.bytes.fill(0x77, FRAME + octets);
    const segmenter = new Segmenter(arena);
    if (!segmenter.begin(FRAME, octets)) {
      refused += 1;
      continue;
    }
    let packets = 0;
    while (segmenter.next()) {
      packets += 1;
      assert.ok(segmenter.at >= AT && segmenter.at + segmenter.octets <= FRAME + octets);
    }
    assert.ok(packets >= 1 && packets <= 200);
    assert.ok(arena.bytes.subarray(FRAME + octets).every((octet) => octet === 0x77));
  }
  assert.ok(refused > 1000 && refused < 49_000, `${refused} refused`);
});
