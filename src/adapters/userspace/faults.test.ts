import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { address } from '#base/address';
import { toHex } from '#base/bytes';
import { World } from '#dataplane/testing/world';
import { ADDRESSES, type UserspaceBench, userspaceFactory } from './testing/bench.ts';
import { enterNewNetwork, ip, missing, systemCalls } from './testing/network.ts';
import { UserspaceDataPlane, type UserspaceOptions } from './userspace-data-plane.ts';

const reason = await missing();
if (reason) test('faults of the user-space data plane', { skip: reason }, () => {});
else {
  const sys = await systemCalls();
  enterNewNetwork(sys, ADDRESSES);
  const factory = userspaceFactory(sys);

  const withBench = async (run: (w: World, bench: UserspaceBench) => Promise<void>) => {
    const bench = await factory.start();
    try {
      await run(new World(factory, bench, 1), bench);
    } finally {
      await bench.close();
    }
  };

  /** Ends the present worker, which notices when it is woken. */
  const kill = async (bench: UserspaceBench) => {
    const ended = bench.workers[0]?.terminate();
    bench.dataPlane.sendKeepalive(factory.encapsulated, factory.peers[1]);
    await ended;
  };

  test('a worker that dies is replaced, and its SAs go on counting', async () =>
    withBench(async (w, bench) => {
      const peer = await w.join();
      const old = peer.seal(w.fromClient(peer));
      w.arrive(peer, old);
      await w.until('delivery', () => bench.delivered.length === 1);
      bench.delivered.length = 0;
      for (let i = 0; i < 3; i += 1) await w.expectTunnelled(peer, w.fromInside(peer));
      await kill(bench);
      await w.until('report', () => w.reports('lost').length === 1);
      assert.match(w.reports('lost')[0]?.reason ?? '', /another took over/);
      bench.sent.length = 0;
      bench.sendInside(w.fromInside(peer));
      const [sent] = await w.takeSent(1);
      assert.ok(sent);
      assert.equal(peer.open(sent.bytes).sequence, 4, 'no nonce is used twice');
      w.arrive(peer, old);
      const packet = w.fromClient(peer);
      w.arrive(peer, peer.seal(packet));
      await w.expectDelivered(packet);
      const counters = bench.dataPlane.inboundCounters(peer.inboundSpi);
      assert.deepEqual([counters?.packets, counters?.replayed], [2, 1]);
      assert.equal(w.reports('inboundActive').length, 1);
    }));

  test('workers that die again and again are given up, and the end still comes', async () =>
    withBench(async (w, bench) => {
      for (let deaths = 1; deaths <= 5; deaths += 1) {
        await kill(bench);
        await w.until('report', () => w.reports('lost').length === deaths);
      }
      await kill(bench);
      await w.until('report', () => w.reports('failed').length === 1);
      assert.match(w.reports('failed')[0]?.reason ?? '', /died too often/);
      assert.equal(bench.started.length, 6);
      bench.dataPlane.sendKeepalive(factory.encapsulated, factory.peers[0]);
      bench.dataPlane.apply(w.peer().additions);
    }));

  test('an interface that is taken away is made again, and traffic goes on', async () =>
    withBench(async (w) => {
      const peer = await w.join();
      await w.expectTunnelled(peer, w.fromInside(peer));
      ip('link', 'delete', 'dev', 'headend0');
      await w.until('report', () => w.reports('lost').length === 1);
      assert.match(
        w.reports('lost')[0]?.reason ?? '',
        /TUN interface is gone: EBADFD.*another took over/,
      );
      await w.expectTunnelled(peer, w.fromInside(peer));
      const packet = w.fromClient(peer);
      w.arrive(peer, peer.seal(packet));
      await w.expectDelivered(packet);
    }));

  /** A packet that the inside network sends after all that it sent before. */
  const marker = (w: World, peer: Parameters<World['fromInside']>[0]) => w.fromInside(peer, 555);

  test('an interface taken away under traffic costs what was under way, and no number is used twice', async () =>
    withBench(async (w, bench) => {
      const peer = await w.join();
      const sent = new Set<string>();
      for (let i = 0; i < 300; i += 1) {
        const packet = w.fromInside(peer, 100);
        sent.add(toHex(bench.forwarded(packet)));
        bench.sendInside(packet);
        w.arrive(peer, peer.seal(w.fromClient(peer)));
        if (i === 100) ip('link', 'delete', 'dev', 'headend0');
      }
      await w.until('report', () => w.reports('lost').length === 1);
      const last = marker(w, peer);
      bench.sendInside(last);
      const opened: ReturnType<typeof peer.open>[] = [];
      await w.until('the last', () => {
        opened.push(...bench.sent.splice(0).map(({ bytes }) => peer.open(bytes)));
        return opened.some(({ payload }) => payload.length === last.length);
      });
      assert.ok(opened.length > 50, 'what came before the interface went');
      for (const [i, { sequence, payload }] of opened.entries()) {
        assert.equal(sequence, i + 1, 'in order, each number once');
        assert.ok(sent.has(toHex(payload)) || payload.length === last.length);
      }
      await w.settle();
      bench.delivered.length = 0;
      const packet = w.fromClient(peer);
      w.arrive(peer, peer.seal(packet));
      await w.expectDelivered(packet);
    }));

  test('a full queue of the interface loses packets of the inside network, in the eyes of the kernel', async () =>
    withBench(async (w, bench) => {
      const peer = await w.join();
      ip('link', 'set', 'dev', 'headend0', 'txqueuelen', '4');
      const packets = Array.from({ length: 2000 }, () => w.fromInside(peer, 100));
      for (const packet of packets) bench.sendInside(packet);
      const dropped = (): number => {
        const shown = spawnSync('ip', ['-j', '-s', 'link', 'show', 'dev', 'headend0']);
        return JSON.parse(shown.stdout.toString())[0].stats64.tx.dropped;
      };
      const opened: ReturnType<typeof peer.open>[] = [];
      await w.until('all are accounted for', () => {
        opened.push(...bench.sent.splice(0).map(({ bytes }) => peer.open(bytes)));
        return opened.length + dropped() >= packets.length;
      });
      const ofTheKernel = opened.length + dropped() - packets.length;
      assert.ok(ofTheKernel < 10, 'beside ours it counts a router solicitation or two of its own');
      const order = new Map(packets.map((packet, i) => [toHex(bench.forwarded(packet)), i]));
      let before = -1;
      for (const [i, { sequence, payload }] of opened.entries()) {
        assert.equal(sequence, i + 1);
        const place = order.get(toHex(payload)) as number;
        assert.ok(place > before, 'in order');
        before = place;
      }
    }));

  test('what an interface that is down does not take is counted, and traffic goes on', async () =>
    withBench(async (w, bench) => {
      const peer = await w.join();
      ip('link', 'set', 'dev', 'headend0', 'down');
      for (let i = 0; i < 3; i += 1) w.arrive(peer, peer.seal(w.fromClient(peer)));
      await w.settle();
      assert.equal(bench.delivered.length, 0);
      assert.equal(bench.dataPlane.counters().queueFull, 3);
      ip('link', 'set', 'dev', 'headend0', 'up');
      const packet = w.fromClient(peer);
      w.arrive(peer, peer.seal(packet));
      await w.expectDelivered(packet);
      assert.deepEqual(w.reports('lost'), []);
    }));

  const routesTo = (name: string): string =>
    ['-4', '-6']
      .map((family) => spawnSync('ip', [family, 'route', 'show', 'dev', name]).stdout.toString())
      .join('');

  test('an interface that is set down and up again has its routes back, also one that was made anew', async () =>
    withBench(async (w) => {
      const peer = await w.join();
      const six = await w.join({ family: 6 });
      const before = routesTo('headend0');
      const setDownAndUp = async () => {
        ip('link', 'set', 'dev', 'headend0', 'down');
        ip('link', 'set', 'dev', 'headend0', 'up');
        await w.until('the routes', () => routesTo('headend0') === before);
        await w.expectTunnelled(peer, w.fromInside(peer));
        await w.expectTunnelled(six, w.fromInside(six));
      };
      for (let i = 0; i < 3; i += 1) await setDownAndUp();
      ip('link', 'delete', 'dev', 'headend0');
      await w.until('report', () => w.reports('lost').length === 1);
      await setDownAndUp();
      assert.equal(w.reports('lost').length, 1);
    }));

  const start = (change: Partial<UserspaceOptions>) =>
    UserspaceDataPlane.start({
      listen: [{ endpoint: { ...factory.encapsulated, port: 14500 }, encapsulated: true }],
      report: () => {},
      tun: { name: 'other0', mtu: 1400, routes: [] },
      ...change,
    });

  test('what cannot be opened is said in one line, and nothing stays open', async () =>
    withBench(async (w) => {
      // The worker opens some of its own while it starts.
      await w.join();
      const listen = (endpoint: typeof factory.plain) => [{ endpoint, encapsulated: true }];
      const tun = { name: 'other0', mtu: 1400, routes: [] };
      const before = readdirSync('/proc/self/fd').length;
      const cases: [Partial<UserspaceOptions>, RegExp][] = [
        [{ listen: listen(factory.encapsulated) }, /^UDP 172.16.172.50:4500 is taken by another/],
        [{ listen: listen({ address: address('192.0.2.9'), port: 500 }) }, /no interface here has/],
        [{ tun: { ...tun, name: 'headend0' } }, /^the TUN interface headend0 is in use/],
        [{ tun: { ...tun, name: 'lo' } }, /^lo is not a name for a TUN interface/],
        [{ tun: { ...tun, name: 'a b' } }, /^a b is not a name for a TUN interface/],
        [{ tun: { ...tun, mtu: 1 } }, /^the program `ip` refused to set up the TUN interface: /],
      ];
      for (const [change, expected] of cases) {
        const started = await start(change);
        assert.ok(!started.ok);
        assert.match(started.error, expected);
        assert.ok(!started.error.includes('\n'));
      }
      assert.equal(readdirSync('/proc/self/fd').length, before);
    }));

  const routes = () => spawnSync('ip', ['route', 'show', 'dev', 'other0']).stdout.toString();

  test('pools change while an interface has lost their routes', async () => {
    const pool = (at: string) => ({ address: address(at), length: 24 });
    const before = [pool('10.77.0.0'), pool('10.79.0.0')];
    const started = await start({ tun: { name: 'other0', mtu: 1400, routes: before } });
    assert.ok(started.ok, started.ok ? '' : started.error);
    ip('route', 'delete', '10.77.0.0/24', 'dev', 'other0');
    assert.ok(started.value.setRoutes([pool('10.78.0.0')]).ok);
    assert.match(routes(), /^10\.78\.0\.0\/24 [^\n]*\n$/);
    await started.value.close();
  });

  test('pools come and go as routes, and the interface goes with the data plane', async () => {
    const pool = { address: address('10.77.0.0'), length: 24 };
    const other = { address: address('10.78.0.0'), length: 16 };
    const own = { address: address('10.79.0.1'), length: 30 };
    const tun = { name: 'other0', mtu: 1400, address: own, routes: [pool] };
    for (let i = 0; i < 2; i += 1) {
      const started = await start({ tun });
      assert.ok(started.ok, started.ok ? '' : started.error);
      assert.match(routes(), /10\.77\.0\.0\/24/);
      assert.ok(started.value.setRoutes([other]).ok);
      assert.doesNotMatch(routes(), /10\.77\.0\.0\/24/);
      assert.match(routes(), /10\.78\.0\.0\/16/);
      assert.match(routes(), /10\.79\.0\.0\/30/);
      await started.value.close();
      assert.equal(routes(), '');
    }
  });
}
