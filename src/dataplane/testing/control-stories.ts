import assert from 'node:assert/strict';
import { toUtf8 } from '#base/bytes';
import type { BenchFactory } from './bench.ts';
import { otherPort, story } from './world.ts';

/** What shares the sockets with ESP: IKE, NAT keepalives, and things that are neither. */
export function controlStories(factory: BenchFactory): void {
  const { plain, encapsulated, encapsulated6, peers, peer6 } = factory;

  story(
    factory,
    'control datagrams reach the engine, without the marker they came with',
    async (w) => {
      const message = toUtf8('an ISAKMP message of some length');
      const marked = new Uint8Array([0, 0, 0, 0, ...message]);
      w.bench.arrive(peers[0], plain, message);
      await w.until('plain', () => w.bench.reports.length === 1);
      w.bench.arrive(peers[1], encapsulated, marked);
      await w.until('marked', () => w.bench.reports.length === 2);
      w.bench.arrive(peer6, encapsulated6, marked);
      await w.until('IPv6', () => w.bench.reports.length === 3);
      assert.deepEqual(w.bench.reports, [
        { kind: 'datagram', local: plain, remote: peers[0], bytes: message, encapsulated: false },
        {
          kind: 'datagram',
          local: encapsulated,
          remote: peers[1],
          bytes: message,
          encapsulated: true,
        },
        {
          kind: 'datagram',
          local: encapsulated6,
          remote: peer6,
          bytes: message,
          encapsulated: true,
        },
      ]);
    },
  );

  story(factory, 'control datagrams of the engine leave from the endpoint it names', async (w) => {
    const message = toUtf8('an answer');
    w.bench.dataPlane.send(plain, peers[0], message, false);
    w.bench.dataPlane.send(encapsulated, peers[1], message, true);
    w.bench.dataPlane.send(encapsulated6, peer6, message, true);
    const ends = await w.takeSent(3);
    const marked = new Uint8Array([0, 0, 0, 0, ...message]);
    const expected = [
      { local: plain, remote: peers[0], protocol: 17, bytes: message },
      { local: encapsulated, remote: peers[1], protocol: 17, bytes: marked },
      { local: encapsulated6, remote: peer6, protocol: 17, bytes: marked },
    ];
    for (const one of expected)
      assert.ok(
        ends.some(({ local, remote, protocol, bytes }) => {
          try {
            assert.deepEqual({ local, remote, protocol, bytes }, one);
            return true;
          } catch {
            return false;
          }
        }),
        `${one.local.address} ${one.local.port}`,
      );
  });

  story(factory, 'keepalives are told from everything else, and are sent', async (w) => {
    const remote = otherPort(peers[0], peers[0].port + 1);
    w.bench.arrive(remote, encapsulated, new Uint8Array([0xff]));
    await w.until('keepalive', () => w.reports('keepalive').length === 1);
    assert.deepEqual(w.bench.reports, [{ kind: 'keepalive', local: encapsulated, remote }]);
    w.bench.dataPlane.sendKeepalive(encapsulated, remote);
    const [sent] = await w.takeSent(1);
    assert.deepEqual(sent?.bytes, new Uint8Array([0xff]));
    assert.deepEqual(sent?.remote, remote);
  });

  story(factory, 'datagrams that are nothing at all are counted and forgotten', async (w) => {
    const before = w.bench.dataPlane.counters().malformed;
    for (const octets of [[], [0], [1], [0, 0, 0, 0], [0, 0, 1, 0], [1, 2, 3, 4, 5, 6, 7]])
      w.bench.arrive(peers[0], encapsulated, new Uint8Array(octets));
    const counted = () => w.bench.dataPlane.counters().malformed - before;
    // They belong to no SA, so that each worker may get some of them.
    await w.until('all are counted', () => counted() >= 6);
    await w.settle();
    assert.equal(counted(), 6);
    assert.deepEqual(w.bench.reports, []);
  });

  story(
    factory,
    'messages have 16 KiB at most, longer ones are counted as malformed',
    async (w) => {
      const message = w.random.bytes(16 * 1024);
      w.bench.arrive(peers[0], plain, message);
      w.bench.arrive(peers[1], encapsulated, new Uint8Array([0, 0, 0, 0, ...message]));
      await w.until('large messages', () => w.bench.reports.length === 2);
      for (const { bytes } of w.reports('datagram')) assert.deepEqual(bytes, message);
      const before = w.bench.dataPlane.counters().malformed;
      w.bench.arrive(peers[0], plain, new Uint8Array([...message, 0]));
      w.bench.arrive(peers[1], encapsulated, new Uint8Array([0, 0, 0, 0, ...message, 0]));
      await w.until(
        'both are counted',
        () => w.bench.dataPlane.counters().malformed === before + 2,
      );
      await w.settle();
      assert.equal(w.bench.reports.length, 2);
    },
  );

  story(factory, 'a message as large as UDP carries can be sent', async (w) => {
    const message = w.random.bytes(40_000);
    w.bench.dataPlane.send(plain, peers[0], message, false);
    const [sent] = await w.takeSent(1);
    assert.deepEqual(sent?.bytes, message);
  });

  story(factory, 'after the end nothing is sent, applied or reported', async (w) => {
    const peer = await w.join();
    w.arrive(peer, peer.seal(w.fromClient(peer)));
    await w.until('delivery', () => w.bench.delivered.length === 1);
    w.bench.reports.length = 0;
    await w.bench.dataPlane.close();
    w.bench.dataPlane.send(plain, peers[0], toUtf8('late'), false);
    w.bench.dataPlane.sendKeepalive(encapsulated, peers[0]);
    w.bench.dataPlane.apply(peer.removals);
    w.arrive(peer, peer.seal(w.fromClient(peer)));
    await w.bench.wait();
    await w.bench.dataPlane.close();
    assert.deepEqual([w.bench.reports, w.bench.sent, w.bench.delivered.length], [[], [], 1]);
  });
}
