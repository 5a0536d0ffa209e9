import assert from 'node:assert/strict';
import { ESP_SUITES } from '#crypto/esp-suites';
import { type BenchFactory, obeyed } from './bench.ts';
import { setHeaderChecksum } from './test-peer.ts';
import { INSIDE, story } from './world.ts';

/** From the inside network to the peer; RFC 4303 section 3.3, RFC 4301 section 5.1. */
export function outboundStories(factory: BenchFactory): void {
  sealing(factory);
  selection(factory);
  outerHeader(factory);
}

function sealing(factory: BenchFactory): void {
  story(factory, 'packets of every suite and size reach the peer, numbered from 1', async (w) => {
    for (const suite of Object.values(ESP_SUITES)) {
      const peer = await w.join({ suite: suite.name });
      const packets = [20, 60, 61, 62, 63, 64, 300, 1300].map((size) => w.fromInside(peer, size));
      for (const packet of packets) w.bench.sendInside(packet);
      const sent = await w.takeSent(packets.length);
      const opened = sent.map(({ bytes }) => peer.open(bytes));
      assert.deepEqual(
        opened.map(({ payload }) => payload),
        packets.map((packet) => w.bench.forwarded(packet)),
      );
      assert.deepEqual(
        opened.map(({ sequence }) => sequence),
        packets.map((_, i) => i + 1),
      );
      assert.ok(opened.every(({ nextHeader }) => nextHeader === 4));
      const { local, remote } = peer.options;
      assert.ok(sent.every((s) => s.local.port === local.port && s.remote.port === remote.port));
      const counters = w.bench.dataPlane.outboundCounters(peer.inboundSpi);
      assert.equal(counters?.packets, packets.length);
      assert.equal(counters?.octets, 20 + 60 + 61 + 62 + 63 + 64 + 300 + 1300);
      await w.apply(peer.removals);
    }
  });

  story(factory, 'a train of packets keeps its order', async (w) => {
    const peer = await w.join();
    const packets = Array.from({ length: 300 }, () =>
      w.fromInside(peer, w.random.pick([60, 1000, 1000, 1000, 1300])),
    );
    for (const packet of packets) w.bench.sendInside(packet);
    const opened = (await w.takeSent(packets.length)).map(({ bytes }) => peer.open(bytes));
    for (const [i, { payload, sequence }] of opened.entries()) {
      assert.equal(sequence, i + 1);
      assert.deepEqual(payload, w.bench.forwarded(packets[i] as Uint8Array));
    }
  });

  story(factory, 'an SA that has carried its share is announced once per direction', async (w) => {
    const peer = await w.join({ softLimitOctets: 1000 });
    const expiring = (direction: 'inbound' | 'outbound', spi: number) => ({
      kind: 'expiring' as const,
      spi,
      direction,
    });
    for (let i = 0; i < 10; i += 1) w.arrive(peer, peer.seal(w.fromClient(peer, 100)));
    await w.settle();
    assert.deepEqual(w.reports('expiring'), []);
    for (let i = 0; i < 3; i += 1) w.arrive(peer, peer.seal(w.fromClient(peer, 100)));
    await w.settle();
    assert.deepEqual(w.reports('expiring'), [expiring('inbound', peer.inboundSpi)]);
    for (let i = 0; i < 12; i += 1) w.bench.sendInside(w.fromInside(peer, 100));
    await w.takeSent(12);
    await w.until('announcement', () => w.reports('expiring').length === 2);
    assert.deepEqual(w.reports('expiring')[1], expiring('outbound', peer.outboundSpi));
  });

  story(factory, 'at its hard limit an SA carries nothing more, not even what fits', async (w) => {
    const peer = await w.join({ softLimitOctets: 900, hardLimitOctets: 1000 });
    const { inboundSpi, outboundSpi } = peer;
    const { dataPlane } = w.bench;
    const full = Array.from({ length: 9 }, () => w.fromClient(peer, 110));
    for (const packet of full) w.arrive(peer, peer.seal(packet));
    // The tenth would be the 1100th octet; the 10 octets that are left carry nothing either.
    for (const octets of [110, 20]) w.arrive(peer, peer.seal(w.fromClient(peer, octets)));
    await w.expectDelivered(...full);
    const inbound = dataPlane.inboundCounters(inboundSpi);
    assert.deepEqual([inbound?.packets, inbound?.octets, inbound?.expired], [9, 990, 2]);
    for (const octets of [500, 500, 100, 20]) w.bench.sendInside(w.fromInside(peer, octets));
    await w.takeSent(2);
    await w.until('the end', () => w.reports('expired').length === 2);
    await w.until('all are refused', () => dataPlane.counters().expired === 4);
    await obeyed(w.bench, factory);
    assert.equal(w.bench.sent.length, 0);
    const outbound = dataPlane.outboundCounters(inboundSpi);
    assert.deepEqual([outbound?.packets, outbound?.octets, outbound?.expired], [2, 1000, 2]);
    const ends = [
      { spi: inboundSpi, direction: 'inbound' },
      { spi: outboundSpi, direction: 'outbound' },
    ] as const;
    for (const kind of ['expiring', 'expired'] as const)
      assert.deepEqual(
        w.reports(kind),
        ends.map((end) => ({ kind, ...end })),
      );
    // Whoever is installed in its place begins anew.
    const next = await w.join({ hardLimitOctets: 1000 });
    await w.expectTunnelled(next, w.fromInside(next));
  });
}

function selection(factory: BenchFactory): void {
  story(factory, 'a packet that belongs to no SA is counted as without policy', async (w) => {
    const peer = await w.join({ host: 1 });
    const stranger = w.peer({ host: 9 });
    // The kernel may send something of its own there too.
    const refused = () => w.bench.dataPlane.counters().noPolicy;
    const first = refused();
    w.bench.sendInside(w.fromInside(stranger));
    await w.until('no policy', () => refused() > first);
    await w.expectTunnelled(peer, w.fromInside(peer));
    await w.apply(peer.removals);
    const second = refused();
    w.bench.sendInside(w.fromInside(peer));
    await w.until('no policy', () => refused() > second);
    assert.deepEqual(w.bench.sent, []);
  });

  story(factory, 'the most specific destination wins, and its source counts too', async (w) => {
    const network = await w.join({ assigned: INSIDE.pool });
    const host = await w.join({ host: 7 });
    const elsewhere = { address: INSIDE.host, length: 32 };
    const narrow = await w.join({ assigned: { ...INSIDE.pool, length: 28 }, reaches: elsewhere });
    await w.expectTunnelled(host, w.fromInside(host));
    await w.expectTunnelled(network, w.fromInside(w.peer({ host: 200 })));
    await w.expectTunnelled(narrow, w.fromInside(w.peer({ host: 9 })));
    const neighbour = w.fromInside(w.peer({ host: 9 }));
    neighbour[15] = 77;
    setHeaderChecksum(neighbour);
    await w.expectTunnelled(network, neighbour);
  });

  story(
    factory,
    'the newest of equal destinations wins, the older returns when it goes',
    async (w) => {
      const old = await w.join();
      await w.expectTunnelled(old, w.fromInside(old));
      const young = await w.join();
      await w.expectTunnelled(young, w.fromInside(young));
      await w.apply(young.removals);
      await w.expectTunnelled(old, w.fromInside(old));
    },
  );
}

function outerHeader(factory: BenchFactory): void {
  story(
    factory,
    'a packet that the tunnel cannot carry is dropped, the next one passes',
    async (w) => {
      const peer = await w.join();
      const sizes = [65_535, 65_500, 65_470];
      for (const size of sizes) {
        const packet = w.fromInside(peer, size);
        try {
          w.bench.sendInside(packet);
        } catch {
          // An inside network with a smaller MTU refuses the packet itself.
        }
      }
      await w.expectTunnelled(peer, w.fromInside(peer));
      assert.equal(w.bench.dataPlane.outboundCounters(peer.inboundSpi)?.packets, 1);
    },
  );

  story(
    factory,
    'DSCP and ECN are copied to the outer header, and DF by default',
    async (w) => {
      const peer = await w.join();
      for (const trafficClass of [0, 0xb8, 0x2a, 3])
        for (const dontFragment of [true, false]) {
          const packet = w.fromInside(peer, 100, { trafficClass, dontFragment });
          const sent = await w.expectTunnelled(peer, packet);
          assert.deepEqual([sent.trafficClass, sent.dontFragment], [trafficClass, dontFragment]);
        }
    },
    undefined,
    'seesMarks',
  );

  for (const policy of ['set', 'clear'] as const)
    story(
      factory,
      `crypto ipsec df-bit ${policy} is obeyed`,
      async (w) => {
        const peer = await w.join();
        for (const dontFragment of [true, false]) {
          const sent = await w.expectTunnelled(peer, w.fromInside(peer, 100, { dontFragment }));
          assert.equal(sent.dontFragment, policy === 'set');
        }
      },
      { dontFragment: policy },
      'seesMarks',
    );
}
