import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AMPLIFICATION_MOST } from '#protocol/isakmp/constants';
import { messageRefused, peerNotification } from '#protocol/isakmp/events';
import { isakmpNotification } from '#protocol/isakmp/informational-send';
import { notifyTypes } from '#wire/isakmp/numbers';
import { BareClient } from './testing/bare-client.ts';
import type { End } from './testing/end.ts';
import { World } from './testing/world.ts';

/** What copies of messages, and messages in the name of others, make the gateway say. */

const octetsOf = (end: End): number =>
  end.sent.splice(0).reduce((sum, { bytes }) => sum + bytes.length, 0);

test('a first message draws at most three times its octets, however long nobody answers', () => {
  const world = new World();
  const { gateway } = world;
  const stranger = new BareClient(gateway, world.now);
  const [{ octets: message1 } = { octets: new Uint8Array() }] = stranger.outbox;
  stranger.flush(world.now);
  world.passTime(60_000, true);
  const drawn = octetsOf(gateway);
  assert.ok(drawn > 0);
  assert.ok(drawn <= AMPLIFICATION_MOST * message1.length, `${drawn} for ${message1.length}`);
});

test('each copy of a first message draws an answer, and never more than three times what came', () => {
  const world = new World();
  const { gateway } = world;
  const stranger = new BareClient(gateway, world.now);
  const message1 = stranger.outbox[0]?.octets as Uint8Array;
  stranger.flush(world.now);
  let [received, drawn] = [message1.length, octetsOf(gateway)];
  for (let second = 1; second < 30; second += 1) {
    world.passTime(1000, true);
    drawn += octetsOf(gateway);
    stranger.send(message1, world.now, false);
    received += message1.length;
    const answer = octetsOf(gateway);
    assert.ok(answer > 0, 'a client whose answer was lost gets it');
    drawn += answer;
    assert.ok(drawn <= AMPLIFICATION_MOST * received, `${drawn} for ${received}`);
  }
});

/** A client with a tunnel, and the message 1 of its Quick Mode. */
function withTunnel() {
  const world = new World();
  const { gateway } = world;
  const client = new BareClient(gateway, world.now, {
    request: { configuration: [{ type: 1, value: new Uint8Array(0) }] },
  });
  client.login(world.now);
  const selectors = {
    local: { address: '40.1.0.1', length: 32 },
    remote: { address: '0.0.0.0', length: 0 },
  } as never;
  const quick1s: Uint8Array[] = [];
  const tunnel = () => {
    client.input({ kind: 'createChild', selectors }, world.now);
    quick1s.push(client.outbox[0]?.octets as Uint8Array);
    client.flush(world.now);
    client.receive(world.now);
    client.flush(world.now);
  };
  tunnel();
  return { world, gateway, client, quick1s, tunnel };
}

test('captured messages 1 of Quick Mode open nothing when they are sent again, and keep nobody out', () => {
  const { world, gateway, client, quick1s, tunnel } = withTunnel();
  for (let i = 0; i < 17; i += 1) tunnel();
  world.passTime(60_000, true);
  // More messages than are remembered with their answers.
  for (let id = 1; id <= 20; id += 1) {
    const data = new Uint8Array([0, 0, 1, id]);
    const question = isakmpNotification(client.established, notifyTypes.rUThere, data);
    client.send(client.craft('informational', [question], id), world.now);
  }
  gateway.sent.length = 0;
  const before = [...gateway.inbound.keys()];
  const refused = gateway.logged(messageRefused).length;
  for (const octets of quick1s) client.send(octets, world.now);
  assert.equal(gateway.sent.length, 0);
  assert.deepEqual([...gateway.inbound.keys()], before);
  assert.equal(gateway.logged(messageRefused).length - refused, quick1s.length);
  tunnel();
  assert.equal(gateway.inbound.size, before.length + 1, 'the client itself goes on');
});

test('a Quick Mode that the gateway began is not answered when its message 1 is sent back to it', () => {
  const { world, gateway, client } = withTunnel();
  const spi = [...gateway.inbound.keys()][0] as number;
  const report = { kind: 'expiring', spi, direction: 'inbound' } as const;
  gateway.take(gateway.manager.report(report, world.now), world.now);
  const quick1 = gateway.sent[0]?.bytes as Uint8Array;
  client.receive(world.now);
  client.flush(world.now);
  client.receive(world.now);
  client.flush(world.now);
  const pairs = gateway.inbound.size;
  for (let id = 1; id <= 20; id += 1) client.send(client.craft('informational', [], id), world.now);
  gateway.sent.length = 0;
  client.send(quick1, world.now);
  assert.equal(gateway.sent.length, 0);
  assert.equal(gateway.inbound.size, pairs);
});

test('a peer that uses a pair we do not have is told so, by delete and INVALID-SPI, now and then', () => {
  const { world, gateway, client } = withTunnel();
  const remote = { address: client.state.path.local.address, port: client.port };
  const use = (spi: number) =>
    gateway.take(
      gateway.manager.report({ kind: 'unknownSpi', spi, remote } as never, world.now),
      world.now,
    );
  gateway.sent.length = 0;
  for (let spi = 0x1111; spi < 0x1211; spi += 1) use(spi);
  assert.equal(gateway.sent.length, 1, 'once for a burst');
  const payloads = client.read(gateway.sent[0]?.bytes as Uint8Array);
  assert.deepEqual(
    payloads.map((p) => p.type),
    ['hash', 'delete', 'notify'],
  );
  const told = payloads[2];
  assert.ok(told?.type === 'notify' && told.notifyType === notifyTypes.invalidSpi);
  assert.deepEqual([...told.spi], [0, 0, 0x11, 0x11]);
  world.passTime(6000, true);
  gateway.sent.length = 0;
  use(0x1111);
  assert.equal(gateway.sent.length, 1);
});

test('a pair of which the peer says INVALID-SPI is gone, and no other', () => {
  const { world, gateway, client } = withTunnel();
  const [child] = client.established.children;
  assert.ok(child);
  const invalid = (spi: number) => {
    const octets = new Uint8Array(4);
    new DataView(octets.buffer).setUint32(0, spi);
    return client.craft(
      'informational',
      [
        {
          type: 'notify',
          doi: 1,
          protocolId: 3,
          notifyType: notifyTypes.invalidSpi,
          spi: octets,
          data: new Uint8Array(0),
        },
      ],
      spi,
    );
  };
  client.send(invalid(0x7777), world.now);
  assert.equal(gateway.inbound.size, 1);
  client.send(invalid(child.inboundSpi), world.now);
  assert.equal(gateway.inbound.size, 0);
  assert.equal(gateway.logged(peerNotification).length, 2);
});
