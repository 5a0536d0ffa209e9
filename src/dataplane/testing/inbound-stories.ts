import assert from 'node:assert/strict';
import { concat } from '#base/bytes';
import { ESP_SUITES } from '#crypto/esp-suites';
import { encodeEspPlaintext } from '#wire/esp';
import type { SaCounters } from '../data-plane.ts';
import type { BenchFactory } from './bench.ts';
import { setHeaderChecksum, type TestPeer } from './test-peer.ts';
import { otherPort, sortedPackets, story, type World } from './world.ts';

const untouched: SaCounters = {
  packets: 0,
  octets: 0,
  replayed: 0,
  authenticationFailed: 0,
  malformed: 0,
  selectorMismatch: 0,
  expired: 0,
};

const expectCounters = (w: World, peer: TestPeer, expected: Partial<SaCounters>): void =>
  assert.deepEqual(w.bench.dataPlane.inboundCounters(peer.inboundSpi), {
    ...untouched,
    ...expected,
  });

/** From the peer to the inside network; RFC 4303 section 3.4, RFC 4301 section 5.2. */
export function inboundStories(factory: BenchFactory): void {
  acceptance(factory);
  refusals(factory);
  peculiarPayloads(factory);
  mobility(factory);
}

function acceptance(factory: BenchFactory): void {
  story(factory, 'packets of every suite come out of the tunnel as they went in', async (w) => {
    for (const suite of Object.values(ESP_SUITES)) {
      const peer = await w.join({ suite: suite.name });
      const packets = [60, 61, 300, 1400].map((octets) => w.fromClient(peer, octets));
      for (const packet of packets) w.arrive(peer, peer.seal(packet));
      await w.expectDelivered(...packets);
      expectCounters(w, peer, { packets: 4, octets: 60 + 61 + 300 + 1400 });
      await w.apply(peer.removals);
    }
  });

  story(factory, 'packets of every size, down to a bare header, come out', async (w) => {
    for (const suite of ['aes-gcm-16-256', 'aes-cbc-128-hmac-sha1-96'] as const) {
      const peer = await w.join({ suite });
      const packets: Uint8Array[] = [];
      for (let octets = 20; octets < 90; octets += 1) packets.push(w.fromClient(peer, octets));
      for (const packet of packets) w.arrive(peer, peer.seal(packet));
      await w.expectDelivered(...packets);
    }
  });

  story(factory, 'IPv6 travels inside, over IPv4 and over IPv6', async (w) => {
    const over4 = await w.join({ family: 6, host: 1 });
    const over6 = await w.join({
      family: 6,
      host: 2,
      local: factory.encapsulated6,
      remote: factory.peer6,
    });
    for (const peer of [over4, over6]) {
      const packet = w.fromClient(peer, 200);
      w.arrive(peer, peer.seal(packet));
      await w.until('delivery', () => w.bench.delivered.length === 1);
      assert.deepEqual(w.bench.delivered.splice(0), [w.bench.forwarded(packet)]);
      await w.expectTunnelled(peer, w.fromInside(peer, 333));
    }
  });

  story(
    factory,
    'NAT-13: without NAT, ESP travels as IP protocol 50',
    async (w) => {
      const peer = await w.join({ encapsulation: 'none', local: factory.plain });
      const packet = w.fromClient(peer, 500);
      w.arrive(peer, peer.seal(packet));
      await w.until('delivery', () => w.bench.delivered.length === 1);
      assert.deepEqual(w.bench.delivered.splice(0), [w.bench.forwarded(packet)]);
      const sent = await w.expectTunnelled(peer, w.fromInside(peer, 501));
      assert.equal(sent.protocol, 50);
      assert.equal(sent.remote.address, peer.options.remote.address);
    },
    undefined,
    'carriesBareEsp',
  );

  story(factory, 'the first authentic packet of an SA is announced, once', async (w) => {
    const peer = await w.join();
    const forged = peer.seal(w.fromClient(peer));
    forged[12] = (forged[12] as number) ^ 1;
    w.arrive(peer, forged);
    await w.settle();
    assert.deepEqual(w.bench.reports, []);
    for (let i = 0; i < 3; i += 1) w.arrive(peer, peer.seal(w.fromClient(peer)));
    await w.settle();
    assert.deepEqual(w.bench.reports, [{ kind: 'inboundActive', spi: peer.inboundSpi }]);
  });
}

function refusals(factory: BenchFactory): void {
  story(factory, 'a packet that comes twice, or too late, is refused', async (w) => {
    const peer = await w.join({ replayWindow: 64 });
    const packets = new Map<number, Uint8Array>();
    const send = (sequence: number) => {
      const packet = w.fromClient(peer);
      packets.set(sequence, packet);
      w.arrive(peer, peer.seal(packet, { sequence }));
    };
    const expected: number[] = [];
    for (const sequence of [1, 5, 3, 5, 1, 0, 100, 37, 36, 37, 100, 99]) {
      if (![...expected, 0, 36].includes(sequence)) expected.push(sequence);
      else {
        w.arrive(peer, peer.seal(w.fromClient(peer), { sequence }));
        continue;
      }
      send(sequence);
    }
    await w.expectDelivered(...expected.map((s) => packets.get(s) as Uint8Array));
    expectCounters(w, peer, { packets: 6, octets: 360, replayed: 6 });
  });

  story(factory, 'a forged packet changes nothing but a counter', async (w) => {
    for (const suite of ['aes-gcm-16-128', 'aes-cbc-256-hmac-sha2-256-128'] as const) {
      const peer = await w.join({ suite });
      const genuine = w.fromClient(peer);
      const esp = peer.seal(genuine, { sequence: 7 });
      for (let i = 8; i < esp.length; i += 1)
        w.arrive(peer, esp.with(i, (esp[i] as number) ^ (1 << (i % 8))));
      // A high sequence number that is not authentic must not move the window.
      w.arrive(peer, esp.with(4, 0x80));
      w.arrive(peer, esp);
      await w.expectDelivered(genuine);
      const authenticationFailed = esp.length - 8 + 1;
      expectCounters(w, peer, { packets: 1, octets: 60, authenticationFailed });
      await w.apply(peer.removals);
    }
  });

  story(factory, 'a packet cut short at any length is refused', async (w) => {
    for (const suite of ['aes-gcm-16-128', 'aes-cbc-128-hmac-sha1-96'] as const) {
      const peer = await w.join({ suite });
      const genuine = w.fromClient(peer, 40);
      const esp = peer.seal(genuine);
      for (let length = 8; length < esp.length; length += 1)
        w.arrive(peer, esp.subarray(0, length));
      w.arrive(peer, esp);
      await w.expectDelivered(genuine);
      const counters = w.bench.dataPlane.inboundCounters(peer.inboundSpi);
      assert.equal(
        (counters?.malformed ?? 0) + (counters?.authenticationFailed ?? 0),
        esp.length - 8,
      );
      await w.apply(peer.removals);
    }
  });

  story(factory, 'an unknown SPI is reported once a second and source', async (w) => {
    const peer = w.peer();
    for (let i = 0; i < 5; i += 1) w.arrive(peer, peer.seal(w.fromClient(peer)));
    await w.settle();
    const { inboundSpi: spi } = peer;
    const [first, ...more] = w.bench.reports.splice(0);
    assert.deepEqual(first, { kind: 'unknownSpi', spi, remote: peer.options.remote });
    // A second may have gone by in mid-train.
    assert.ok(more.length <= 1);
    const [, other] = factory.peers;
    w.arrive(peer, peer.seal(w.fromClient(peer)), other);
    await w.settle();
    assert.deepEqual(w.bench.reports, [{ kind: 'unknownSpi', spi, remote: other }]);
    assert.equal(w.bench.dataPlane.counters().unknownSpi, 6);
    assert.equal(w.bench.dataPlane.inboundCounters(spi), undefined);
  });

  story(factory, 'inner addresses outside the selectors are refused', async (w) => {
    const peer = await w.join({ host: 1 });
    const neighbour = w.peer({ host: 2 });
    const stranger = w.peer({ family: 6 });
    const away = w.fromClient(peer);
    away.set([192, 168, 3, 1], 16);
    setHeaderChecksum(away);
    for (const inner of [w.fromClient(neighbour), w.fromInside(peer), w.fromClient(stranger), away])
      w.arrive(peer, peer.seal(inner));
    await w.settle();
    expectCounters(w, peer, { selectorMismatch: 4 });
    assert.equal(w.bench.delivered.length, 0);
  });

  story(
    factory,
    'ESP in UDP and ESP in IP are not taken for each other',
    async (w) => {
      const peer = await w.join({ encapsulation: 'none', local: factory.plain });
      const before = w.bench.dataPlane.counters().malformed;
      const { remote } = peer.options;
      w.bench.arrive(remote, factory.encapsulated, peer.seal(w.fromClient(peer)));
      await w.settle();
      assert.equal(w.bench.dataPlane.counters().malformed, before + 1);
      expectCounters(w, peer, {});
    },
    undefined,
    'carriesBareEsp',
  );
}

function peculiarPayloads(factory: BenchFactory): void {
  story(factory, 'a client may call IPv6 IPv4: the version field decides', async (w) => {
    const peer = await w.join({ family: 6 });
    const packet = w.fromClient(peer, 80);
    w.arrive(peer, peer.seal(packet, { nextHeader: 4 }));
    await w.expectDelivered(packet);
  });

  story(factory, 'dummy packets vanish without a trace', async (w) => {
    const peer = await w.join();
    for (const octets of [0, 1, 40])
      w.arrive(peer, peer.seal(w.random.bytes(octets), { nextHeader: 59 }));
    const packet = w.fromClient(peer);
    w.arrive(peer, peer.seal(packet));
    await w.expectDelivered(packet);
    expectCounters(w, peer, { packets: 1, octets: 60 });
  });

  story(factory, 'traffic flow confidentiality padding is cut off', async (w) => {
    const peer = await w.join({ suite: 'aes-cbc-128-hmac-sha1-96' });
    const packet = w.fromClient(peer, 77);
    w.arrive(peer, peer.seal(concat(packet, w.random.bytes(500))));
    await w.expectDelivered(packet);
    expectCounters(w, peer, { packets: 1, octets: 77 });
  });

  story(factory, 'authentic nonsense is refused and counted', async (w) => {
    const peer = await w.join();
    const { suite } = peer;
    const packet = w.fromClient(peer, 60);
    const body = encodeEspPlaintext({ payload: packet, nextHeader: 4 }, suite);
    const withLength = (octets: number) => {
      const changed = packet.slice();
      changed.set([octets >> 8, octets & 255], 2);
      return changed;
    };
    const bodies = [
      body.with(body.length - 1, 6),
      body.with(body.length - 2, 255),
      body.with(body.length - 3, 0x55),
      encodeEspPlaintext({ payload: new Uint8Array(0), nextHeader: 4 }, suite),
      encodeEspPlaintext({ payload: packet.with(0, 0x55), nextHeader: 4 }, suite),
      encodeEspPlaintext({ payload: packet.with(0, 0x44), nextHeader: 4 }, suite),
      encodeEspPlaintext({ payload: packet.subarray(0, 19), nextHeader: 4 }, suite),
      ...[0, 1, 19, 61, 65_535].map((octets) =>
        encodeEspPlaintext({ payload: withLength(octets), nextHeader: 4 }, suite),
      ),
    ];
    for (const one of bodies) w.arrive(peer, peer.sealBody(one));
    await w.settle();
    expectCounters(w, peer, { malformed: bodies.length });
    assert.equal(w.bench.delivered.length, 0);
  });

  story(
    factory,
    'congestion marked outside is carried inside, or drops the packet',
    async (w) => {
      const peer = await w.join();
      const capable = w.fromClient(peer, 60, { trafficClass: 0xb8 | 2 });
      const marked = capable.slice();
      marked[1] = 0xb8 | 3;
      setHeaderChecksum(marked);
      const { remote } = peer.options;
      w.arrive(peer, peer.seal(capable), remote, 3);
      w.arrive(peer, peer.seal(capable), remote, 0);
      w.arrive(peer, peer.seal(w.fromClient(peer)), remote, 3);
      await w.expectDelivered(marked, capable);
      expectCounters(w, peer, { packets: 2, octets: 120, malformed: 1 });
    },
    undefined,
    'seesMarks',
  );

  story(factory, 'extended sequence numbers go beyond 32 bits', async (w) => {
    const peer = await w.join({ extended: true, suite: 'aes-cbc-128-hmac-sha2-256-128' });
    const packets: Uint8Array[] = [];
    for (const sequence of [2 ** 32 - 100, 2 ** 32 - 2, 2 ** 32 + 1, 2 ** 32 - 1, 2 ** 32]) {
      const packet = w.fromClient(peer);
      packets.push(packet);
      w.arrive(peer, peer.seal(packet, { sequence }));
    }
    await w.expectDelivered(...packets);
  });
}

function mobility(factory: BenchFactory): void {
  story(factory, 'a peer has moved when its newest authentic packet says so', async (w) => {
    const peer = await w.join();
    const there = otherPort(peer.options.remote, peer.options.remote.port + 1);
    w.arrive(peer, peer.seal(w.fromClient(peer), { sequence: 10 }));
    const forged = peer.seal(w.fromClient(peer), { sequence: 11 });
    forged[20] = (forged[20] as number) ^ 1;
    w.arrive(peer, forged, there);
    // Overtaken: authentic, but older than what came from the known place.
    w.arrive(peer, peer.seal(w.fromClient(peer), { sequence: 9 }), there);
    await w.settle();
    assert.deepEqual(w.reports('peerMoved'), []);
    for (const sequence of [11, 12, 13])
      w.arrive(peer, peer.seal(w.fromClient(peer), { sequence }), there);
    await w.until('the move', () => w.reports('peerMoved').length > 0);
    await w.settle();
    assert.deepEqual(w.reports('peerMoved'), [
      { kind: 'peerMoved', spi: peer.inboundSpi, remote: there },
    ]);
    const before = await w.expectTunnelled(peer, w.fromInside(peer));
    assert.deepEqual(before.remote, peer.options.remote, 'the engine decides');
    await w.apply(peer.moves(there));
    const after = await w.expectTunnelled(peer, w.fromInside(peer));
    assert.deepEqual(after.remote, there);
    w.arrive(peer, peer.seal(w.fromClient(peer), { sequence: 14 }), there);
    await w.settle();
    assert.equal(w.reports('peerMoved').length, 1);
    assert.equal(w.bench.dataPlane.outboundCounters(peer.inboundSpi)?.packets, 2);
  });

  story(
    factory,
    'a NAT gives the peer another port in mid-train, and nothing is lost',
    async (w) => {
      const peer = await w.join();
      const { remote } = peer.options;
      const places = [
        remote,
        otherPort(remote, remote.port + 1),
        otherPort(remote, remote.port + 2),
      ];
      const [packets, answers]: [Uint8Array[], Uint8Array[]] = [[], []];
      let at = remote;
      for (let i = 0; i < 90; i += 1) {
        const from = places[Math.floor(i / 30)] as typeof remote;
        const packet = w.fromClient(peer, 60 + (i % 3));
        packets.push(packet);
        w.arrive(peer, peer.seal(packet), from);
        const answer = w.fromInside(peer, 100);
        answers.push(answer);
        w.bench.sendInside(answer);
        if (i % 30 !== 15 || from === at) continue;
        const moved = () => w.reports('peerMoved').some((r) => r.remote.port === from.port);
        await w.until('the move', moved);
        await w.apply(peer.moves(from));
        at = from;
      }
      await w.expectDelivered(...packets);
      const sent = await w.takeSent(answers.length);
      const opened = sent.map(({ bytes }) => peer.open(bytes));
      assert.deepEqual(
        opened.map(({ sequence }) => sequence).toSorted((a, b) => a - b),
        answers.map((_, i) => i + 1),
      );
      // The kernel may give a flow another queue when its peer moves: neighbours may then swap.
      assert.deepEqual(
        sortedPackets(opened.map(({ payload }) => payload)),
        sortedPackets(answers.map((answer) => w.bench.forwarded(answer))),
      );
      assert.equal(w.reports('peerMoved').length, 2);
      expectCounters(w, peer, { packets: 90, octets: 90 * 61 });
    },
  );

  story(factory, 'peers whose NAT swaps their ports each follow their own', async (w) => {
    const [at] = factory.peers;
    const ports = [
      { ...at, port: at.port + 1 },
      { ...at, port: at.port + 2 },
    ] as const;
    const first = await w.join({ host: 1, remote: ports[0] });
    const second = await w.join({ host: 2, remote: ports[1] });
    for (const peer of [first, second]) {
      const packet = w.fromClient(peer);
      w.arrive(peer, peer.seal(packet));
      await w.expectDelivered(packet);
    }
    await w.apply(first.moves(ports[1]));
    await w.apply(second.moves(ports[0]));
    assert.deepEqual((await w.expectTunnelled(first, w.fromInside(first))).remote, ports[1]);
    assert.deepEqual((await w.expectTunnelled(second, w.fromInside(second))).remote, ports[0]);
  });
}
