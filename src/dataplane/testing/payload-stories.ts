import assert from 'node:assert/strict';
import { concat } from '#base/bytes';
import { hostPrefix } from '#base/prefix';
import { ipProtocols } from '#wire/protocol-numbers';
import { tcpFlags } from '#wire/tcp';
import type { BenchFactory } from './bench.ts';
import { flowPacket, train } from './flows.ts';
import { setHeaderChecksum, type TestPeer } from './test-peer.ts';
import { sortedPackets, story, type World } from './world.ts';

/** What packets are made of, and the settings of SAs that decide whether they pass. */
export function payloadStories(factory: BenchFactory): void {
  peculiarPackets(factory);
  windows(factory);
  transportMode(factory);
}

/** No operation three times, and the end: options that no router acts on. */
const OPTIONS = new Uint8Array([1, 1, 1, 0]);

function withOptions(packet: Uint8Array): Uint8Array {
  const longer = concat(packet.subarray(0, 20), OPTIONS, packet.subarray(20));
  longer[0] = 0x46;
  longer.set([longer.length >> 8, longer.length & 255], 2);
  setHeaderChecksum(longer);
  return longer;
}

/** The fragment of a packet, whose content is not looked at. */
function fragment(packet: Uint8Array, offset: number, more: boolean): Uint8Array {
  const changed = packet.slice();
  changed.set([(more ? 0x20 : 0) | (offset >> 8), offset & 255], 6);
  setHeaderChecksum(changed);
  return changed;
}

/** IP options, fragments, one octet of payload, odd sizes, and trains with a FIN in the middle. */
function peculiar(w: World, peer: TestPeer, fromInside: boolean): Uint8Array[] {
  const plain = (octets: number) =>
    fromInside ? w.fromInside(peer, octets) : w.fromClient(peer, octets);
  const flow = { family: 4, kind: 'tcp', port: 4711, fromInside } as const;
  const segments = (first: number, flags: number) =>
    train({ ...flow, payload: w.random.bytes(501), sequenceNumber: first, flags }, 167);
  return [
    withOptions(plain(61)),
    fragment(plain(68), 0, true),
    fragment(plain(75), 6, false),
    flowPacket({ ...flow, payload: w.random.bytes(1), flags: tcpFlags.ack | tcpFlags.psh }),
    flowPacket({ ...flow, payload: new Uint8Array(0) }),
    ...train({ ...flow, payload: w.random.bytes(7), sequenceNumber: 77 }, 1),
    ...segments(1000, tcpFlags.ack | tcpFlags.fin),
    ...segments(1501, tcpFlags.ack),
    flowPacket({ ...flow, payload: w.random.bytes(300), flags: tcpFlags.ack | tcpFlags.rst }),
    plain(1381),
  ];
}

function peculiarPackets(factory: BenchFactory): void {
  story(
    factory,
    'options, fragments, single octets and a FIN in mid-train pass as they are',
    async (w) => {
      for (const suite of ['aes-gcm-16-128', 'aes-cbc-128-hmac-sha1-96'] as const) {
        const peer = await w.join({ suite });
        const inward = peculiar(w, peer, false);
        for (const packet of inward) w.arrive(peer, peer.seal(packet));
        await w.expectDelivered(...inward);
        const outward = peculiar(w, peer, true);
        for (const packet of outward) w.bench.sendInside(packet);
        const sent = await w.takeSent(outward.length);
        assert.deepEqual(
          sortedPackets(sent.map(({ bytes }) => peer.open(bytes).payload)),
          sortedPackets(outward.map((packet) => w.bench.forwarded(packet))),
        );
        await w.apply(peer.removals);
      }
    },
  );
}

function windows(factory: BenchFactory): void {
  for (const extended of [false, true])
    for (const replayWindow of [32, 64, 128, 1024, 4096])
      story(
        factory,
        `a window of ${replayWindow} admits what is that late${extended ? ', with extended numbers' : ''}`,
        async (w) => {
          const peer = await w.join({ replayWindow, extended });
          const top = replayWindow + 5000;
          const sequences = [top, top - replayWindow + 1, top - 1, top - replayWindow / 2];
          const packets = sequences.map((sequence) => {
            const packet = w.fromClient(peer);
            w.arrive(peer, peer.seal(packet, { sequence }));
            return packet;
          });
          for (const sequence of [top - replayWindow, 1, ...sequences])
            w.arrive(peer, peer.seal(w.fromClient(peer), { sequence }));
          await w.expectDelivered(...packets);
          const counters = w.bench.dataPlane.inboundCounters(peer.inboundSpi);
          // With extended numbers what is too late is taken for a number of the next 2^32, and is not authentic.
          const late = extended ? [4, 2] : [6, 0];
          assert.deepEqual([counters?.replayed, counters?.authenticationFailed], late);
          assert.equal(counters?.packets, packets.length);
        },
      );

  story(
    factory,
    'extended numbers leave as their lower half, and are part of the proof',
    async (w) => {
      for (const suite of [
        'aes-gcm-16-256',
        'aes-cbc-256-hmac-sha2-512-256',
        'chacha20-poly1305',
      ] as const) {
        const peer = await w.join({ suite, extended: true });
        await w.expectTunnelled(peer, w.fromInside(peer, 99));
        const packet = w.fromClient(peer, 99);
        w.arrive(peer, peer.seal(packet));
        await w.expectDelivered(packet);
        await w.apply(peer.removals);
      }
    },
  );
}

function transportMode(factory: BenchFactory): void {
  story(
    factory,
    'transport mode carries what two hosts say to each other, without their header',
    async (w) => {
      const { encapsulated: local, peers } = factory;
      const [remote] = peers;
      const peer = await w.join({
        mode: 'transport',
        assigned: hostPrefix(remote.address),
        reaches: hostPrefix(local.address),
      });
      const ends = [remote.address, local.address].map((a) => a.split('.').map(Number));
      const packetOf = (from: number) => {
        const packet = w.fromClient(peer, 120);
        packet.set([...(ends[from] ?? []), ...(ends[1 - from] ?? [])], 12);
        setHeaderChecksum(packet);
        return packet;
      };
      const inward = packetOf(0);
      const protocol = inward[9] as number;
      w.arrive(peer, peer.seal(inward.slice(20), { nextHeader: protocol }));
      await w.until('delivery', () => w.bench.delivered.length === 1);
      const [came] = w.bench.delivered.splice(0);
      assert.deepEqual(came?.subarray(12), inward.subarray(12));
      assert.equal(came?.[9], protocol);
      const outward = packetOf(1);
      w.bench.sendInside(outward);
      const [sent] = await w.takeSent(1);
      assert.ok(sent);
      const { payload, nextHeader } = peer.open(sent.bytes);
      assert.deepEqual([payload, nextHeader], [outward.slice(20), protocol]);
      assert.notEqual(nextHeader, ipProtocols.ipv4);
    },
    undefined,
    'carriesTransport',
  );
}
