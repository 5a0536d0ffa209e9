/**
 * Sends a member of a cluster datagrams that no member sends, at a rate: recorded ones again, and forged ones, most of
 * them from the addresses of other members. Bounded in time and number.
 * Usage: cluster-flood.ts RECORDING TARGET OWN-ADDRESS PORT PACKETS-PER-S SECONDS
 * The last line is what was sent, as JSON.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { MessageArray } from '../../src/adapters/packet-messages.ts';
import {
  AF_INET,
  SOCK_CLOEXEC,
  SOCK_RAW,
  writeSockaddr,
} from '../../src/adapters/userspace/linux.ts';
import { loadSys } from '../../src/adapters/userspace/sys.ts';
import { address } from '../../src/base/address.ts';
import { concat, fromHex } from '../../src/base/bytes.ts';
import { Prng } from '../../src/base/prng.ts';
import { EndpointWords } from '../../src/dataplane/endpoint-words.ts';
import { TAG_OCTETS } from '../../src/wire/vcl/datagram.ts';

/** Of a thousand datagrams. */
const MIX = {
  /** A recorded one, from who sent it. */
  replayed: 350,
  /** A recorded one, from where no member is. */
  replayedElsewhere: 50,
  /** As the next of a member, with a tag that no key made; from its address. */
  forged: 400,
  /** Of a member that nobody knows, from the address of one that is. */
  unknownMember: 100,
  truncated: 50,
  otherCluster: 50,
} as const;
type Kind = keyof typeof MIX;

const PACKETS = 1000;
const MOST_PACKETS = 20_000_000;
const TURN_MS = 2;
const BATCH = 32;
const IPPROTO_RAW = 255;
const UDP = 17;
const IPV4_OCTETS = 20;
const UDP_OCTETS = 8;
/** In the header of VCL1. */
const CLUSTER_TAG_AT = 8;
const MEMBER_AT = 16;
const SEQUENCE_AT = 32;

type Recorded = { readonly from: string; readonly octets: Uint8Array };

const [file = '', target = '', own = '', port = '', rate = '', time = ''] = process.argv.slice(2);
const [packetsPerS, seconds] = [Number(rate), Number(time)];
const random = new Prng(1);
const recorded: readonly Recorded[] = readFileSync(file, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as { from: string; octets: string })
  .map(({ from, octets }) => ({ from, octets: fromHex(octets) ?? new Uint8Array(0) }))
  .filter(({ from }) => from !== target);
if (recorded.length === 0) throw new Error(`${file} has nothing of anybody but ${target}`);

/** A recorded datagram with other octets in one place, and a tag of chance. */
function changed({ from, octets }: Recorded, at: number, value: Uint8Array): Recorded {
  const forged = octets.slice();
  forged.set(value, at);
  forged.set(random.bytes(TAG_OCTETS), octets.length - TAG_OCTETS);
  return { from, octets: forged };
}

/** A number that this life of its sender has not reached. */
function later({ octets }: Recorded): Uint8Array {
  const number = new DataView(octets.buffer).getBigUint64(SEQUENCE_AT);
  const next = new Uint8Array(8);
  new DataView(next.buffer).setBigUint64(0, number + BigInt(random.between(1, 1_000_000)));
  return next;
}

const makers: Readonly<Record<Kind, (of: Recorded) => Recorded>> = {
  replayed: (of) => of,
  replayedElsewhere: ({ octets }) => ({ from: own, octets }),
  forged: (of) => changed(of, SEQUENCE_AT, later(of)),
  unknownMember: (of) => changed(of, MEMBER_AT, random.bytes(16)),
  truncated: ({ from, octets }) => ({
    from,
    octets: octets.slice(0, random.between(0, octets.length - 1)),
  }),
  otherCluster: (of) => changed(of, CLUSTER_TAG_AT, random.bytes(4)),
};

/** The datagram as an IP packet; a UDP checksum of zero is none. */
function packetOf({ from, octets }: Recorded): Uint8Array {
  const packet = new Uint8Array(IPV4_OCTETS + UDP_OCTETS);
  const header = new DataView(packet.buffer);
  header.setUint16(0, 0x4500);
  header.setUint16(2, packet.length + octets.length);
  header.setUint16(8, (64 << 8) | UDP);
  packet.set(from.split('.').map(Number), 12);
  packet.set(target.split('.').map(Number), 16);
  header.setUint16(20, Number(port));
  header.setUint16(22, Number(port));
  header.setUint16(24, UDP_OCTETS + octets.length);
  return concat(packet, octets);
}

const packets = Object.entries(MIX)
  .flatMap(([kind, count]) =>
    Array.from({ length: (count * PACKETS) / 1000 }, () => ({
      kind: kind as Kind,
      octets: packetOf(makers[kind as Kind](random.pick(recorded))),
      place: random.fraction(),
    })),
  )
  .sort((a, b) => a.place - b.place);

const loaded = await loadSys();
if (!loaded.ok) throw new Error(loaded.error);
const sys = loaded.value;
const fd = sys.socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
const name = sys.arena(32);
const to = EndpointWords.of({ address: address(target), port: 0 });
if (sys.connect(fd, name.pointer, writeSockaddr(name.bytes, 0, to)) !== 0)
  throw new Error(`no raw socket towards ${target}`);
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
let [next, total] = [0, 0];

function sendSome(most: number): number {
  const count = Math.min(BATCH, Math.max(1, Math.ceil(most)));
  const some = Array.from({ length: count }, (_, n) => places[(next + n) % places.length]);
  for (const [n, place] of some.entries()) if (place) messages.set(n, place.pointer, place.octets);
  const went = Math.max(1, sys.sendmmsg(fd, messages.pointerTo(0), count, 0));
  for (const place of some.slice(0, went)) if (place) sent[place.kind] += 1;
  next = (next + went) % places.length;
  return went;
}

const startedAt = performance.now();
const elapsed = (): number => (performance.now() - startedAt) / 1000;
while (elapsed() < seconds) {
  const due = Math.min(MOST_PACKETS, elapsed() * packetsPerS);
  while (total < due && elapsed() < seconds) total += sendSome(due - total);
  await sleep(TURN_MS);
}
console.log(JSON.stringify({ ...sent, total, seconds: elapsed() }));
