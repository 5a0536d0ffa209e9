import { concat } from '#base/bytes';
import { Prng } from '#base/prng';
import { tcpFlags } from '#wire/tcp';
import { fuzzCase } from '#wire/testing/laws';
import { NEEDS_CHECKSUM, SEGMENTATION, writeVirtioHeader } from '../virtio-header.ts';
import { type FlowPacket, flowPacket } from './flows.ts';
import { innerPacket, setHeaderChecksum } from './test-peer.ts';

/** Hosts of both ends, as the flows of `flowPacket` have them. */
const HOSTS = {
  4: { client: new Uint8Array([40, 1, 1, 1]), inside: new Uint8Array([192, 168, 2, 10]) },
  6: {
    client: new Uint8Array([0xfd, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
    inside: new Uint8Array([0xfd, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10]),
  },
} as const;

/** Next headers that something on the way might look behind. */
const PROTOCOLS = [0, 1, 4, 6, 17, 41, 43, 44, 47, 50, 51, 58, 59, 60, 253] as const;
/** Lengths and offsets on which arithmetic breaks. */
const EDGES = [0, 1, 2, 7, 8, 9, 20, 39, 40, 41, 64, 127, 255, 256, 1348, 0x7fff, 0xfffe, 0xffff];

/** Payload: drawing it anew for each packet would cost more than the path does. */
const JUNK = new Prng(7).bytes(8192);

function junk(random: Prng, octets: number): Uint8Array {
  const at = random.between(0, JUNK.length - octets);
  return JUNK.subarray(at, at + octets);
}

type Choice = { readonly family: 4 | 6; readonly fromInside: boolean };

function flow(random: Prng, { family, fromInside }: Choice, payload: Uint8Array): FlowPacket {
  return {
    family,
    fromInside,
    kind: random.pick(['tcp', 'udp'] as const),
    port: random.between(1, 2),
    payload,
    identification: random.between(0, 3),
    sequenceNumber: random.pick([0, 1000, 0xffffff00]),
    flags: random.pick([tcpFlags.ack, tcpFlags.ack | tcpFlags.fin, tcpFlags.syn, 0xff]),
    options: random.chance(0.5) ? new Uint8Array(0) : random.bytes(4 * random.between(0, 10)),
    ecn: random.between(0, 3),
  };
}

/** IP options, fragments, unknown protocols, extension headers: what is not a plain flow. */
function peculiar(random: Prng, { family, fromInside }: Choice): Uint8Array {
  const { client, inside } = HOSTS[family];
  const ends = fromInside
    ? { source: inside, destination: client }
    : { source: client, destination: inside };
  const least = family === 4 ? 20 : 40;
  const packet = innerPacket(ends, random.between(least, least + 60), random, {
    trafficClass: random.between(0, 255),
    dontFragment: random.chance(0.5),
  });
  packet[family === 4 ? 9 : 6] = random.pick(PROTOCOLS);
  if (family === 6) return packet;
  if (random.chance(0.3)) packet.set(random.bytes(2), 6);
  const header = random.chance(0.3) ? random.between(5, 15) : 5;
  const whole =
    header === 5
      ? packet
      : concat(packet.subarray(0, 20), random.bytes(4 * header - 20), packet.subarray(20));
  whole[0] = 0x40 | header;
  whole.set([whole.length >> 8, whole.length & 255], 2);
  setHeaderChecksum(whole);
  return whole;
}

/** A packet of the tunnel of some kind; one in four is damaged afterwards. */
export function anyInner(random: Prng, choice: Choice): Uint8Array {
  const octets = random.chance(0.05) ? random.between(1000, 1500) : random.between(0, 100);
  const packet = random.chance(0.6)
    ? flowPacket(flow(random, choice, junk(random, octets)))
    : peculiar(random, choice);
  return random.chance(0.25) ? damaged(random, packet) : packet;
}

/** Octets flipped, cut, prolonged and spliced, as for the codecs. */
export const damaged = (random: Prng, octets: Uint8Array): Uint8Array =>
  fuzzCase([octets], random.uint32(), random.uint32());

/**
 * A frame as a TUN interface hands it over, virtio header first: right in half of the cases, else with
 * lengths, types and flags of the hostile kind, or cut short.
 */
export function anyFrame(random: Prng, choice: Choice): Uint8Array {
  const payload = junk(random, random.between(0, random.chance(0.05) ? 3000 : 200));
  const p = flow(random, choice, payload);
  const packet = random.chance(0.8) ? flowPacket(p) : anyInner(random, choice);
  const frame = concat(new Uint8Array(10), packet);
  const transport = choice.family === 4 ? 20 : 40;
  const isTcp = p.kind === 'tcp';
  const tcp = choice.family === 4 ? SEGMENTATION.tcp4 : SEGMENTATION.tcp6;
  writeVirtioHeader(
    frame,
    0,
    random.pick([0, NEEDS_CHECKSUM]),
    random.chance(0.5) ? SEGMENTATION.none : isTcp ? tcp : SEGMENTATION.udp,
    transport + (isTcp ? 20 : 8),
    random.pick([random.between(1, 10), 50, 100, 100, 536, 536]),
    transport,
    isTcp ? 16 : 6,
  );
  if (random.chance(0.4)) makeHostile(random, frame);
  if (random.chance(0.1)) return damaged(random, frame);
  return random.chance(0.1) ? frame.slice(0, random.between(0, frame.length)) : frame;
}

function makeHostile(random: Prng, frame: Uint8Array): void {
  for (let n = random.between(1, 3); n > 0; n -= 1) {
    const field = random.between(0, 5);
    if (field === 0) frame[0] = random.between(0, 255);
    else if (field === 1) frame[1] = random.pick([0, 1, 3, 4, 5, 0x81, 0x84, 0x85, 0xff]);
    else {
      const value = random.chance(0.5) ? random.pick(EDGES) : random.between(0, 400);
      frame.set([value & 255, value >> 8], 2 * field - 2);
    }
  }
}
