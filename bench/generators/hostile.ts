/**
 * Sends packets that nobody should, at a rate: forged, replayed, cut short, oversized, in fragments that
 * overlap, under SPIs that nobody has, and control messages that are none. Bounded in time and number.
 * Usage: hostile.ts ADDRESS PORT SPI PACKETS-PER-S SECONDS; the last line is what was sent, as JSON
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { MessageArray } from '../../src/adapters/packet-messages.ts';
import {
  AF_INET,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_RAW,
  writeSockaddr,
} from '../../src/adapters/userspace/linux.ts';
import { loadSys } from '../../src/adapters/userspace/sys.ts';
import { address } from '../../src/base/address.ts';
import { Prng } from '../../src/base/prng.ts';
import { EndpointWords } from '../../src/dataplane/endpoint-words.ts';

/** Of a thousand packets; fragments come in pairs and never become a datagram. */
const MIX = {
  forged: 400,
  replayed: 250,
  truncated: 140,
  unknownSpi: 100,
  control: 50,
  oversized: 10,
  overlapping: 50,
} as const;
type Kind = keyof typeof MIX;

/** What a full packet and one beyond every MTU here have. */
const SIZES = { least: 60, most: 1400, oversized: 4000 } as const;
const FRAGMENT_STEP_OCTETS = 800;
const MOST_PACKETS = 20_000_000;
const TURN_MS = 2;
const BATCH = 32;
const IPPROTO_RAW = 255;
const IPV4_HEADER_OCTETS = 20;

const [host = '', port = '', spi = '', rate = '', time = ''] = process.argv.slice(2);
const [packetsPerS, seconds] = [Number(rate), Number(time)];
const random = new Prng(1);

/** An ESP packet of the SA that no key has touched. */
function forged(sequence: number, octets: number, of = Number(spi)): Uint8Array {
  const packet = random.bytes(octets);
  const header = new DataView(packet.buffer);
  header.setUint32(0, of);
  header.setUint32(4, sequence);
  return packet;
}

const full = (): number => random.between(SIZES.least, SIZES.most);

const makers: Readonly<Record<Exclude<Kind, 'overlapping'>, () => Uint8Array>> = {
  forged: () => forged(random.between(2 ** 31, 2 ** 32 - 1), full()),
  // The window of the honest tunnel is far beyond: whether the rest is authentic is not asked any more.
  replayed: () => forged(random.between(1, 64), full()),
  truncated: () => forged(2 ** 32 - 1, SIZES.least).slice(0, random.between(0, 32)),
  unknownSpi: () => forged(1, full(), random.between(0x10000, 0xffffffff)),
  control: () => forged(random.uint32(), full(), 0),
  oversized: () => forged(2 ** 32 - 1, SIZES.oversized),
};

/** Two fragments of one datagram of which the second overlaps the first; RFC 791 section 3.2. */
function overlapping(identification: number): Uint8Array[] {
  return [0, FRAGMENT_STEP_OCTETS / 2].map((offset) => {
    const packet = random.bytes(IPV4_HEADER_OCTETS + FRAGMENT_STEP_OCTETS);
    const header = new DataView(packet.buffer);
    header.setUint32(0, 0x45000000 | packet.length);
    header.setUint16(4, identification);
    header.setUint16(6, (offset === 0 ? 0x2000 : 0) | (offset / 8));
    header.setUint16(8, (64 << 8) | 17);
    packet.set(host.split('.').map(Number), 16);
    // The kernel puts the source in, and the checksum.
    packet.fill(0, 10, 16);
    if (offset === 0) header.setUint16(22, Number(port));
    return packet;
  });
}

/** One thousand packets in an order that mixes them. */
function makePackets(): { kind: Kind; octets: Uint8Array }[] {
  const packets: { kind: Kind; octets: Uint8Array; place: number }[] = [];
  for (const [name, count] of Object.entries(MIX)) {
    const kind = name as Kind;
    for (let i = 0; i < count; i += 1)
      if (kind !== 'overlapping')
        packets.push({ kind, octets: makers[kind](), place: random.fraction() });
      else if (i % 2 === 0)
        for (const octets of overlapping(random.between(1, 0xffff)))
          packets.push({ kind, octets, place: random.fraction() });
  }
  return packets.sort((a, b) => a.place - b.place);
}

const loaded = await loadSys();
if (!loaded.ok) throw new Error(loaded.error);
const sys = loaded.value;

function openTowards(type: number, protocol: number): number {
  const fd = sys.socket(AF_INET, type | SOCK_CLOEXEC, protocol);
  const name = sys.arena(32);
  const to = EndpointWords.of({ address: address(host), port: Number(port) });
  const octets = writeSockaddr(name.bytes, 0, to);
  if (fd < 0 || sys.connect(fd, name.pointer, octets) !== 0) throw new Error('no socket');
  return fd;
}

const sockets = { udp: openTowards(SOCK_DGRAM, 0), raw: openTowards(SOCK_RAW, IPPROTO_RAW) };
const packets = makePackets();
const memory = sys.memory(packets.reduce((sum, { octets }) => sum + octets.length, 0));
let end = 0;
const places = packets.map(({ kind, octets }) => {
  memory.bytes.set(octets, end);
  const place = { kind, pointer: memory.pointer + end, octets: octets.length };
  end += octets.length;
  return place;
});
const messages = new MessageArray(sys, BATCH);
const sent = Object.fromEntries(Object.keys(MIX).map((kind) => [kind, 0])) as Record<Kind, number>;
let next = 0;
let total = 0;

/** Sends up to a batch of packets that leave through the same socket. */
function sendSome(most: number): number {
  const isRaw = places[next]?.kind === 'overlapping';
  const batch: Kind[] = [];
  while (batch.length < Math.min(most, BATCH)) {
    const place = places[(next + batch.length) % places.length];
    if (!place || (place.kind === 'overlapping') !== isRaw) break;
    messages.set(batch.length, place.pointer, place.octets);
    batch.push(place.kind);
  }
  const fd = isRaw ? sockets.raw : sockets.udp;
  const went = Math.max(1, sys.sendmmsg(fd, messages.pointerTo(0), batch.length, 0));
  for (const kind of batch.slice(0, went)) sent[kind] += 1;
  next = (next + went) % places.length;
  return went;
}

const startedAt = performance.now();
const elapsed = (): number => (performance.now() - startedAt) / 1000;
while (elapsed() < seconds) {
  const due = Math.min(MOST_PACKETS, elapsed() * packetsPerS);
  while (total < due && elapsed() < seconds) total += sendSome(due - total + 1);
  await sleep(TURN_MS);
}
console.log(JSON.stringify({ ...sent, total, seconds: elapsed() }));
