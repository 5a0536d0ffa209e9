import assert from 'node:assert/strict';
import { concat } from '#base/bytes';
import { IcmpMessage, isIcmpIntact } from '#wire/icmp';
import { decodeIcmpv6, isIcmpv6Intact } from '#wire/icmpv6';
import { Ipv4Packet, isIpv4HeaderIntact } from '#wire/ipv4';
import { Ipv6Packet } from '#wire/ipv6';
import { decodeTcp, isTcpIntact, tcpFlags } from '#wire/tcp';
import type { BenchFactory, Sent } from './bench.ts';
import { flowPacket } from './flows.ts';
import type { TestPeer } from './test-peer.ts';
import { INSIDE, story, type World } from './world.ts';

/** What the paths of every bench carry. */
const PATH_MTU = 1500;
/** IPv4 and UDP headers around an ESP packet. */
const OUTER_OCTETS = 28;
/** 20 + 8 + 8 + 8 + 4 * 360 + 16 = 1500: AES-GCM in UDP, of whose words the trailer takes two octets. */
const MOST_INNER = 1438;

/** Packets whose sizes matter: what does not fit, and what the inside is told. */
export function sizeStories(factory: BenchFactory): void {
  fragmentationPolicies(factory);
  tooBig(factory);
  segmentSizes(factory);
}

/** Puts an IPv4 packet together again from the fragments that a peer found in its tunnel. */
function reassemble(fragments: readonly Uint8Array[]): Ipv4Packet {
  const parts = fragments.map((bytes) => {
    assert.ok(isIpv4HeaderIntact(bytes));
    const packet = Ipv4Packet.decode(bytes);
    assert.ok(packet.ok);
    return packet.value;
  });
  let end = 0;
  for (const [i, { fragmentOffset, moreFragments, dontFragment, payload }] of parts.entries()) {
    assert.equal(fragmentOffset, end);
    assert.equal(moreFragments, i < parts.length - 1);
    assert.equal(dontFragment, false);
    end += payload.length;
  }
  assert.equal(new Set(parts.map(({ identification }) => identification)).size, 1);
  const [first] = parts;
  assert.ok(first);
  return { ...first, payload: concat(...parts.map(({ payload }) => payload)) };
}

const fitsThePath = ({ bytes }: Sent): boolean => bytes.length + OUTER_OCTETS <= PATH_MTU;

/** Sends a packet from inside that has to arrive in two fragments, none of which needs fragments outside. */
async function expectFragments(w: World, peer: TestPeer, packet: Uint8Array): Promise<void> {
  w.bench.sendInside(packet);
  const sent = await w.takeSent(2);
  assert.ok(sent.every(fitsThePath));
  const whole = reassemble(sent.map(({ bytes }) => peer.open(bytes).payload));
  const original = Ipv4Packet.decode(packet);
  assert.ok(original.ok);
  assert.deepEqual(whole.payload, original.value.payload);
  assert.equal(whole.destination, original.value.destination);
}

/** Sends a packet from inside that is answered, and returns the MTU of the answer. */
async function expectRefusal(w: World, packet: Uint8Array): Promise<number> {
  w.bench.sendInside(packet);
  await w.until('ICMP', () => w.bench.delivered.length === 1);
  const [answer] = w.bench.delivered.splice(0);
  assert.ok(answer);
  const quoted = w.bench.forwarded(packet).subarray(0, 200);
  if ((answer[0] as number) >> 4 === 6) {
    const ip = Ipv6Packet.decode(answer);
    assert.ok(ip.ok && isIcmpv6Intact(ip.value.payload, ip.value));
    assert.equal(ip.value.destination, INSIDE.host6);
    const icmp = decodeIcmpv6(ip.value.payload);
    assert.ok(icmp.ok && icmp.value.kind === 'packetTooBig');
    assert.deepEqual(icmp.value.quoted.subarray(0, quoted.length), quoted);
    return icmp.value.mtu;
  }
  const ip = Ipv4Packet.decode(answer);
  assert.ok(ip.ok && isIpv4HeaderIntact(answer) && isIcmpIntact(ip.value.payload));
  assert.equal(ip.value.destination, INSIDE.host);
  assert.ok(answer.length <= 576);
  const icmp = IcmpMessage.decode(ip.value.payload);
  assert.ok(icmp.ok && icmp.value.kind === 'destinationUnreachable' && icmp.value.code === 4);
  assert.deepEqual(icmp.value.quoted.subarray(0, quoted.length), quoted);
  return icmp.value.nextHopMtu;
}

function fragmentationPolicies(factory: BenchFactory): void {
  story(
    factory,
    'NAT-19: option 1 encapsulates whole packets, which are fragmented outside',
    async (w) => {
      const peer = await w.join();
      for (const dontFragment of [true, false]) {
        const packet = w.fromInside(peer, PATH_MTU, { dontFragment });
        const sent = await w.expectTunnelled(peer, packet);
        assert.ok(!fitsThePath(sent));
        if (factory.seesMarks) assert.equal(sent.dontFragment, false);
      }
      const six = await w.join({ family: 6 });
      await w.expectTunnelled(six, w.fromInside(six, PATH_MTU));
    },
    { fragmentationPolicy: 1 },
  );

  story(
    factory,
    'NAT-19: option 2 fragments before encapsulation, and refuses what has DF with ICMP',
    async (w) => {
      const peer = await w.join();
      await expectFragments(w, peer, w.fromInside(peer, PATH_MTU, { dontFragment: false }));
      await expectFragments(w, peer, w.fromInside(peer, MOST_INNER + 1, { dontFragment: false }));
      assert.equal(await expectRefusal(w, w.fromInside(peer, PATH_MTU)), MOST_INNER);
      assert.equal(await expectRefusal(w, w.fromInside(peer, MOST_INNER + 1)), MOST_INNER);
      const largest = await w.expectTunnelled(peer, w.fromInside(peer, MOST_INNER));
      assert.ok(fitsThePath(largest));
    },
    { fragmentationPolicy: 2 },
  );

  story(
    factory,
    'NAT-19: option 3 fragments before encapsulation, whatever DF says',
    async (w) => {
      const peer = await w.join();
      for (const dontFragment of [true, false])
        await expectFragments(w, peer, w.fromInside(peer, PATH_MTU, { dontFragment }));
      await w.expectTunnelled(peer, w.fromInside(peer, MOST_INNER));
    },
    { fragmentationPolicy: 3 },
  );
}

function tooBig(factory: BenchFactory): void {
  for (const fragmentationPolicy of [2, 3] as const)
    story(
      factory,
      `IPv6 inside is never fragmented, but told the size (option ${fragmentationPolicy})`,
      async (w) => {
        const peer = await w.join({ family: 6 });
        assert.equal(await expectRefusal(w, w.fromInside(peer, PATH_MTU)), MOST_INNER);
        await w.expectTunnelled(peer, w.fromInside(peer, MOST_INNER));
      },
      { fragmentationPolicy },
    );

  story(
    factory,
    'what fits depends on suite, encapsulation and family outside',
    async (w) => {
      const { encapsulated6, peer6 } = factory;
      const cases = [
        // 20 + 8 + 8 + 16 + 16 * 90 + 12 = 1504, so 89 blocks of AES-CBC, less the trailer.
        [await w.join({ suite: 'aes-cbc-128-hmac-sha1-96' }), 16 * 89 - 2],
        [await w.join({ host: 2, local: encapsulated6, remote: peer6 }), MOST_INNER - 20],
      ] as const;
      for (const [peer, most] of cases) {
        assert.equal(await expectRefusal(w, w.fromInside(peer, most + 1)), most);
        await w.expectTunnelled(peer, w.fromInside(peer, most));
      }
    },
    { fragmentationPolicy: 2 },
  );
}

/** The option that a TCP connection opens with, after one that puts it at an odd offset. */
const openings = [
  { options: new Uint8Array([2, 4, 0x05, 0xb4]), at: 2 },
  { options: new Uint8Array([1, 2, 4, 0x05, 0xb4, 3, 3, 7]), at: 3 },
];

function segmentSizes(factory: BenchFactory): void {
  const syn = (family: 4 | 6, options: Uint8Array, fromInside: boolean) =>
    flowPacket({
      family,
      kind: 'tcp',
      port: 4711,
      payload: new Uint8Array(0),
      flags: fromInside ? tcpFlags.syn | tcpFlags.ack : tcpFlags.syn,
      options,
      fromInside,
    });
  const expectSize = (packet: Uint8Array | undefined, at: number, size: number) => {
    assert.ok(packet);
    const ip = (packet[0] as number) >> 4 === 4 ? Ipv4Packet : Ipv6Packet;
    const decoded = ip.decode(packet);
    assert.ok(decoded.ok && isTcpIntact(decoded.value.payload, decoded.value));
    const tcp = decodeTcp(decoded.value.payload);
    assert.ok(tcp.ok);
    const { options } = tcp.value;
    assert.equal(((options[at] as number) << 8) | (options[at + 1] as number), size);
  };

  const segments = new Map<boolean | number, string>([
    [true, 'segments that fit'],
    [false, 'what they say when told so'],
    [1000, 'segments of no more than a limit'],
  ]);
  for (const [clampMss, what] of segments)
    story(
      factory,
      `connections of TCP open with ${what}`,
      async (w) => {
        for (const family of [4, 6] as const) {
          const peer = await w.join({ family });
          const fits = MOST_INNER - (family === 4 ? 40 : 60);
          for (const { options, at } of openings) {
            const size = clampMss === true ? fits : clampMss || 0x5b4;
            w.bench.sendInside(syn(family, options, true));
            const [sent] = await w.takeSent(1);
            expectSize(sent && peer.open(sent.bytes).payload, at, size);
            w.arrive(peer, peer.seal(syn(family, options, false)));
            await w.until('delivery', () => w.bench.delivered.length === 1);
            expectSize(w.bench.delivered.pop(), at, size);
          }
          const small = syn(family, new Uint8Array([2, 4, 2, 0]), false);
          w.arrive(peer, peer.seal(small));
          await w.expectDelivered(small);
        }
      },
      { clampMss },
    );
}
