import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EndpointWords } from '#dataplane/endpoint-words';
import { workerOf } from '#dataplane/sa-placement';
import type { TestPeer } from '#dataplane/testing/test-peer';
import { otherPort, World } from '#dataplane/testing/world';
import { SendBatch } from './send-batch.ts';
import { openUdp } from './sockets.ts';
import { ADDRESSES, type UserspaceBench, userspaceFactory } from './testing/bench.ts';
import { enterNewNetwork, ip, missing, systemCalls } from './testing/network.ts';
import { UserspaceDataPlane } from './userspace-data-plane.ts';

const WORKERS = 2;
/** Where the number of a client's host stands in its packets. */
const LAST_OF_SOURCE = 15;

const reason = await missing();
if (reason) test('several workers', { skip: reason }, () => {});
else {
  const sys = await systemCalls();
  enterNewNetwork(sys, ADDRESSES);
  const factory = userspaceFactory(sys, WORKERS);
  const [at] = factory.peers;

  const withBench = async (run: (w: World, bench: UserspaceBench) => Promise<void>) => {
    const bench = await factory.start();
    try {
      await run(new World(factory, bench, 1), bench);
    } finally {
      await bench.close();
    }
  };

  const handedOver = (bench: UserspaceBench) => bench.dataPlane.counters().handedOver;

  /** One peer for each worker, behind one address; the hosts behind them have numbers from `host` on. */
  const joinEach = async (w: World, host = 1): Promise<TestPeer[]> => {
    const peers: TestPeer[] = [];
    for (let placing = 0; placing < WORKERS; placing += 1) {
      const remote = otherPort(at, 5000 + host + placing);
      const peer = await w.join({ host: host + placing, remote, placing });
      const packet = w.fromClient(peer);
      w.arrive(peer, peer.seal(packet));
      await w.expectDelivered(packet);
      peers.push(peer);
    }
    return peers;
  };

  /** Ends a worker, which notices when it is woken. */
  const kill = async (bench: UserspaceBench, index: number) => {
    const ended = bench.workers[index]?.terminate();
    // A transaction wakes all of them.
    bench.dataPlane.apply([{ kind: 'removeInbound', spi: 256 }]);
    const { inbound } = new World(factory, bench, 99).peer();
    bench.dataPlane.apply([{ kind: 'addInbound', sa: inbound }]);
    bench.dataPlane.apply([{ kind: 'removeInbound', spi: inbound.spi }]);
    await ended;
  };

  for (const encapsulation of ['udp', 'none'] as const)
    test(`the kernel brings ESP to the worker of its SA: encapsulation ${encapsulation}`, async () =>
      withBench(async (w, bench) => {
        for (let placing = 0; placing < 2 * WORKERS; placing += 1) {
          const remote = encapsulation === 'udp' ? otherPort(at, 5000 + placing) : at;
          const peer = await w.join({ host: 1 + placing, remote, placing, encapsulation });
          const packets = Array.from({ length: 5 }, () => w.fromClient(peer));
          for (const packet of packets) w.arrive(peer, peer.seal(packet));
          await w.expectDelivered(...packets);
        }
        const { unknownSpi, malformed, replayed, packetsRx } = bench.dataPlane.counters();
        assert.deepEqual([unknownSpi, malformed, replayed], [0, 0, 0]);
        assert.equal(packetsRx, 10 * WORKERS);
        assert.equal(handedOver(bench), 0);
      }));

  test('ESP that comes to the wrong worker is handed to its own, in order', async () =>
    withBench(async (w, bench) => {
      const remote = otherPort(at, 5001);
      const peers: TestPeer[] = [];
      for (let placing = 0; placing < WORKERS; placing += 1)
        peers.push(await w.join({ host: 1 + placing, remote, placing, replayWindow: 32 }));
      // A train of datagrams is one packet for the kernel, which looks at its first.
      const opened = openUdp(sys, { endpoint: remote, encapsulated: true }, 1);
      assert.ok(opened.ok);
      const [socket] = opened.value;
      assert.ok(socket);
      const fail = () => assert.fail('the peer cannot send');
      const batch = new SendBatch(
        sys,
        { fd: socket.fd, family: 4, isUdp: true },
        { dropped: fail, tooLarge: fail },
      );
      const sent = peers.map(() => [] as Uint8Array[]);
      for (let train = 0; train < 40; train += 1) {
        for (let i = 0; i < 40; i += 1) {
          const n = w.random.between(0, WORKERS - 1);
          const peer = peers[n] as TestPeer;
          const packet = w.fromClient(peer);
          sent[n]?.push(bench.forwarded(packet));
          const octets = peer.seal(packet);
          batch.arena.bytes.set(octets, batch.reserve(octets.length, false));
          batch.commit(EndpointWords.of(factory.encapsulated), octets.length, 0, true);
        }
        batch.flush();
        await w.until('delivery', () => bench.delivered.length === 40 * (train + 1));
      }
      sys.close(socket.fd);
      for (const [n, peer] of peers.entries()) {
        const mine = bench.delivered.filter((packet) => packet[LAST_OF_SOURCE] === 1 + n);
        assert.deepEqual(mine, sent[n]);
        const counters = bench.dataPlane.inboundCounters(peer.inboundSpi);
        assert.deepEqual([counters?.packets, counters?.replayed], [sent[n]?.length, 0]);
      }
      assert.ok(handedOver(bench) > 100);
      assert.equal(bench.dataPlane.counters().queueFull, 0);
    }));

  test('what the inside network sends is numbered by one worker, in the order of each flow', async () =>
    withBench(async (w, bench) => {
      const peers = [...(await joinEach(w, 1)), ...(await joinEach(w, 11))];
      const sent = peers.map(() => [] as Uint8Array[]);
      for (let round = 0; round < 100; round += 1) {
        for (const [n, peer] of peers.entries()) {
          const packet = w.fromInside(peer);
          sent[n]?.push(bench.forwarded(packet));
          bench.sendInside(packet);
        }
        if (round % 20 === 19) await bench.wait();
      }
      const left = await w.takeSent(100 * peers.length);
      for (const [n, peer] of peers.entries()) {
        const own = left.filter(({ remote }) => remote.port === peer.options.remote.port);
        const opened = own.map(({ bytes }) => peer.open(bytes));
        assert.deepEqual(
          opened.map(({ sequence }) => sequence),
          Array.from({ length: 100 }, (_, i) => i + 1),
        );
        assert.deepEqual(
          opened.map(({ payload }) => payload),
          sent[n],
        );
      }
      const { packetsTx, queueFull } = bench.dataPlane.counters();
      assert.deepEqual([packetsTx, queueFull], [100 * peers.length, 0]);
    }));

  test('NAT-38: a peer whose port changes while it sends stays with its worker', async () =>
    withBench(async (w, bench) => {
      const peers = await joinEach(w);
      for (const peer of peers) {
        const packets = Array.from({ length: 60 }, () => w.fromClient(peer));
        for (const [i, packet] of packets.entries())
          w.arrive(peer, peer.seal(packet), otherPort(at, 6000 + Math.floor(i / 20)));
        await w.expectDelivered(...packets);
        assert.equal(bench.dataPlane.inboundCounters(peer.inboundSpi)?.replayed, 0);
        // A report may come later than the packet that it is about.
        const last = () => w.reports('peerMoved').at(-1);
        await w.until('the last move', () => last()?.remote.port === 6002);
        assert.deepEqual(last(), {
          kind: 'peerMoved',
          spi: peer.inboundSpi,
          remote: otherPort(at, 6002),
        });
        await w.apply(peer.moves(otherPort(at, 6002)));
        bench.sendInside(w.fromInside(peer));
        const [sent] = await w.takeSent(1);
        assert.equal(sent?.remote.port, 6002);
      }
    }));

  test('a stranger makes both workers together speak once a second', async () =>
    withBench(async (w, bench) => {
      const before = performance.now();
      for (let placing = 0; placing < 8; placing += 1) {
        const stranger = w.peer({ placing });
        w.arrive(stranger, stranger.seal(w.fromClient(stranger)));
      }
      await w.settle();
      await w.until('counted', () => bench.dataPlane.counters().unknownSpi === 8);
      await w.settle();
      const seconds = Math.floor((performance.now() - before) / 1000);
      const times = w.reports('unknownSpi').length;
      assert.ok(times >= 1 && times <= 1 + seconds, `${times} times in ${seconds} seconds`);
    }));

  test('while a worker is replaced the other goes on, and no sequence number comes twice', async () =>
    withBench(async (w, bench) => {
      const peers = await joinEach(w);
      for (const victim of [1, 0]) {
        const dead = peers[victim] as TestPeer;
        const alive = peers[1 - victim] as TestPeer;
        await w.expectTunnelled(dead, w.fromInside(dead));
        const before = dead.seal(w.fromClient(dead));
        w.arrive(dead, before);
        await w.until('delivery', () => bench.delivered.length === 1);
        bench.delivered.length = 0;
        const numbers: number[] = [];
        const started = bench.started.length;
        await kill(bench, victim);
        for (let i = 0; i < 20; i += 1) {
          w.arrive(alive, alive.seal(w.fromClient(alive)));
          bench.sendInside(w.fromInside(dead));
          await bench.wait();
        }
        await w.until('report', () => w.reports('lost').length === bench.started.length - WORKERS);
        assert.equal(bench.started.length, started + 1);
        assert.match(
          w.reports('lost').at(-1)?.reason ?? '',
          new RegExp(`^packet worker ${victim + 1} of 2 died .*another took over$`),
        );
        await w.apply([]);
        await w.until('the other goes on', () => bench.delivered.length === 20);
        bench.delivered.length = 0;
        bench.sendInside(w.fromInside(dead));
        w.arrive(dead, before);
        const packet = w.fromClient(dead);
        w.arrive(dead, dead.seal(packet));
        await w.expectDelivered(packet);
        await w.until('packets of its successor leave', () => bench.sent.length > 0);
        for (const { bytes } of bench.sent.splice(0)) numbers.push(dead.open(bytes).sequence);
        assert.ok(numbers.length > 0);
        assert.equal(new Set(numbers).size, numbers.length);
        assert.ok(
          numbers.every((n) => n > 1),
          'the number from before the death is not used again',
        );
        const counters = bench.dataPlane.inboundCounters(dead.inboundSpi);
        assert.equal(counters?.replayed, 1);
        // New SAs find their workers, old ones leave.
        const more = await joinEach(w, 21 + 10 * victim);
        for (const peer of more) await w.expectTunnelled(peer, w.fromInside(peer));
        for (const peer of more) await w.apply(peer.removals);
      }
    }));

  test('a worker that is given up takes nobody along, and control datagrams still leave', async () =>
    withBench(async (w, bench) => {
      const peers = await joinEach(w);
      for (let deaths = 1; deaths <= 5; deaths += 1) {
        await kill(bench, 0);
        await w.until('report', () => w.reports('lost').length === deaths);
      }
      await kill(bench, 0);
      await w.until('report', () => w.reports('failed').length === 1);
      assert.match(w.reports('failed')[0]?.reason ?? '', /worker 1 of 2 .* died too often/);
      const other = peers[1] as TestPeer;
      await w.apply(other.additions);
      const packet = w.fromClient(other);
      w.arrive(other, other.seal(packet));
      await w.until('delivery', () => bench.delivered.length === 1);
    }));

  test('an interface that is taken away is made again for all workers', async () =>
    withBench(async (w, bench) => {
      const peers = await joinEach(w);
      ip('link', 'delete', 'dev', 'headend0');
      await w.until('report', () => w.reports('lost').length === 1);
      assert.match(w.reports('lost')[0]?.reason ?? '', /TUN interface is gone.*another took over/);
      for (const peer of peers) {
        await w.expectTunnelled(peer, w.fromInside(peer));
        const packet = w.fromClient(peer);
        w.arrive(peer, peer.seal(packet));
        await w.expectDelivered(packet);
      }
      assert.equal(bench.started.length, 2 * WORKERS);
    }));

  test('a second data plane is refused what the first has, although workers share it', async () =>
    withBench(async () => {
      const start = (port: number, name: string) =>
        UserspaceDataPlane.start({
          listen: [{ endpoint: otherPort(factory.encapsulated, port), encapsulated: true }],
          report: () => {},
          tun: { name, mtu: 1400, routes: [] },
          workers: WORKERS,
        });
      const taken = await start(4500, 'other0');
      assert.match(taken.ok ? '' : taken.error, /^UDP 172.16.172.50:4500 is taken by another/);
      const used = await start(14500, 'headend0');
      assert.match(used.ok ? '' : used.error, /^the TUN interface headend0 is in use/);
    }));

  test('workerOf spreads the places evenly', () => {
    const counts = new Map<number, number>();
    for (let spi = 256; spi < 256 + 255 * 3; spi += 1)
      counts.set(workerOf(spi, 3), (counts.get(workerOf(spi, 3)) ?? 0) + 1);
    for (const count of counts.values()) assert.ok(Math.abs(count - 255) <= 3);
  });
}
