import assert from 'node:assert/strict';
import { AssertionFailure } from '#base/assert';
import type { ForwardingChange } from '../data-plane.ts';
import type { BenchFactory } from './bench.ts';
import { story } from './world.ts';

/** Transactions, and their effect on traffic that flows meanwhile. */
export function tableStories(factory: BenchFactory): void {
  transactions(factory);
  rekeying(factory);
}

function transactions(factory: BenchFactory): void {
  story(factory, 'a transaction with a mistake changes nothing', async (w) => {
    const first = await w.join({ host: 1 });
    const second = w.peer({ host: 2 });
    const good = second.additions;
    const mistakes: ForwardingChange[] = [
      { kind: 'addInbound', sa: { ...second.inbound, spi: 255 } },
      { kind: 'addInbound', sa: { ...second.inbound, spi: 2 ** 32 } },
      { kind: 'addInbound', sa: { ...second.inbound, replayWindow: 31 } },
      { kind: 'addInbound', sa: { ...second.inbound, replayWindow: 4097 } },
      { kind: 'addOutbound', sa: { ...second.outbound, keyMaterial: new Uint8Array(19) } },
      { kind: 'addOutbound', sa: { ...second.outbound, remote: factory.peer6 } },
    ];
    for (const mistake of mistakes) {
      const changes = [...first.removals, ...good, mistake];
      assert.throws(() => w.bench.dataPlane.apply(changes), AssertionFailure);
    }
    assert.equal(w.bench.dataPlane.inboundCounters(second.inboundSpi), undefined);
    const packet = w.fromClient(first);
    w.arrive(first, first.seal(packet));
    await w.expectDelivered(packet);
    await w.expectTunnelled(first, w.fromInside(first));
  });

  story(
    factory,
    'removing what is not there, and moving who is not there, is no mistake',
    async (w) => {
      const peer = await w.join();
      const [, other] = factory.peers;
      await w.apply([
        { kind: 'removeInbound', spi: 4711 },
        { kind: 'removeOutbound', pairedSpi: 4711 },
        { kind: 'moveInbound', spi: 4711, to: peer.options.remote },
        { kind: 'moveOutbound', pairedSpi: 4711, to: other },
      ]);
      await w.expectTunnelled(peer, w.fromInside(peer));
    },
  );

  story(factory, 'NAT-38: two peers behind one address keep apart by their ports', async (w) => {
    const [at] = factory.peers;
    const peers = [
      await w.join({ host: 1, remote: { ...at, port: at.port + 1 } }),
      await w.join({ host: 2, remote: { ...at, port: at.port + 2 } }),
    ];
    for (const peer of peers) {
      const packet = w.fromClient(peer);
      w.arrive(peer, peer.seal(packet));
      await w.expectDelivered(packet);
    }
    for (const peer of peers) {
      const sent = await w.expectTunnelled(peer, w.fromInside(peer));
      assert.deepEqual(sent.remote, peer.options.remote);
    }
    assert.deepEqual(w.reports('peerMoved'), []);
  });

  story(
    factory,
    'counters start at zero for every SA, also for one that follows another',
    async (w) => {
      const zero = { packets: 0, octets: 0, replayed: 0, authenticationFailed: 0 };
      const none = { ...zero, malformed: 0, selectorMismatch: 0, expired: 0 };
      for (let i = 0; i < 5; i += 1) {
        const peer = await w.join();
        const { inboundSpi } = peer;
        const { dataPlane } = w.bench;
        assert.deepEqual(dataPlane.inboundCounters(inboundSpi), none);
        assert.deepEqual(dataPlane.outboundCounters(inboundSpi), none);
        const packet = w.fromClient(peer);
        w.arrive(peer, peer.seal(packet));
        await w.expectDelivered(packet);
        await w.expectTunnelled(peer, w.fromInside(peer));
        assert.equal(dataPlane.inboundCounters(inboundSpi)?.packets, 1);
        assert.equal(dataPlane.outboundCounters(inboundSpi)?.packets, 1);
        dataPlane.apply(peer.removals);
        assert.equal(dataPlane.inboundCounters(inboundSpi), undefined);
        assert.equal(dataPlane.outboundCounters(inboundSpi), undefined);
      }
    },
  );

  story(
    factory,
    'installing an SA again, keys and all, does not start its numbers over',
    async (w) => {
      const peer = await w.join();
      const first = peer.seal(w.fromClient(peer));
      w.arrive(peer, first);
      await w.until('delivery', () => w.bench.delivered.length === 1);
      w.bench.delivered.length = 0;
      await w.expectTunnelled(peer, w.fromInside(peer));
      await w.apply(peer.additions);
      w.arrive(peer, first);
      const packet = w.fromClient(peer);
      w.arrive(peer, peer.seal(packet));
      await w.expectDelivered(packet);
      w.bench.sendInside(w.fromInside(peer));
      const [sent] = await w.takeSent(1);
      assert.ok(sent);
      assert.equal(peer.open(sent.bytes).sequence, 2);
      const counters = w.bench.dataPlane.inboundCounters(peer.inboundSpi);
      assert.deepEqual([counters?.packets, counters?.replayed], [2, 1]);
    },
  );
}

function rekeying(factory: BenchFactory): void {
  story(factory, 'keys change while traffic flows, and no packet is lost', async (w) => {
    let peer = await w.join();
    let sent = 0;
    for (let round = 0; round < 20; round += 1) {
      const next = w.peer({ placing: peer.inboundSpi });
      const packets = Array.from({ length: 12 }, () => w.fromClient(peer));
      for (const [i, packet] of packets.entries()) {
        if (i === 3) await w.apply(next.additions);
        // The peer changes over some packets later, then the old pair is deleted.
        w.arrive(peer, (i < 9 ? peer : next).seal(packet));
        w.bench.sendInside(w.fromInside(peer));
        sent += 1;
        if (i === 5) await w.settle();
      }
      await w.expectDelivered(...packets);
      await w.apply(peer.removals);
      const left = await w.takeSent(12);
      const bySpi = left.map((s) => new DataView(s.bytes.buffer, s.bytes.byteOffset).getUint32(0));
      assert.ok(bySpi.every((spi) => spi === peer.outboundSpi || spi === next.outboundSpi));
      assert.equal(bySpi.at(-1), next.outboundSpi);
      peer = next;
    }
    assert.equal(sent, 240);
    const counters = w.bench.dataPlane.counters();
    assert.deepEqual([counters.unknownSpi, counters.queueFull], [0, 0]);
  });

  story(factory, 'an addition with an SPI that exists takes its place', async (w) => {
    const old = await w.join();
    const young = w.peer();
    await w.apply([{ kind: 'addInbound', sa: { ...young.inbound, spi: old.inboundSpi } }]);
    w.arrive(old, old.seal(w.fromClient(old)));
    await w.settle();
    const counters = w.bench.dataPlane.inboundCounters(old.inboundSpi);
    assert.deepEqual([counters?.packets, counters?.authenticationFailed], [0, 1]);
  });
}
