import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '#base/prng';
import { encodeMessage } from '#wire/isakmp/message';
import { exchangeTypes } from '#wire/isakmp/numbers';
import vectors from '../../vectors/isakmp-redirect-run.json' with { type: 'json' };
import { saFailed } from './events.ts';
import { BareClient } from './testing/bare-client.ts';
import type { End } from './testing/end.ts';
import { endpoint, patAddress } from './testing/policies.ts';
import { World } from './testing/world.ts';

/**
 * Whatever a stranger sends: nothing throws, no other SA is touched, and what is kept stays within
 * the limits.
 */

const at = { address: patAddress, port: 2000 };

function inject(world: World, bytes: Uint8Array, port = 4500): void {
  const local = { address: world.gateway.address, port };
  world.gateway.receive({ local, remote: at, bytes, encapsulated: port === 4500 }, world.now);
}

/** The gateway serves a client and lives: its SA is there, and a question is answered. */
function assertServes(gateway: End, others: number): void {
  assert.equal(gateway.logged(saFailed).length, 0);
  assert.ok(gateway.manager.counts().halfOpen <= others);
  assert.equal(gateway.manager.counts().isakmpSas, 1);
  assert.equal(gateway.manager.counts().ipsecSas, 1);
}

const captured = vectors.gateways.flatMap((g) =>
  g.messages.flatMap((m) => (m.wire ? [Uint8Array.from(Buffer.from(m.wire, 'hex'))] : [])),
);

test('captured messages cut at every length, and with every length field wrong, change nothing', () => {
  const world = new World();
  world.login();
  const quiet = {
    ...world.gateway.policy,
    limits: { halfOpen: 5, halfOpenPerAddress: 5, isakmpSas: 9 },
  };
  world.gateway.policy = quiet;
  world.gateway.holdsQuestions = true;
  for (const message of captured) {
    for (let length = 0; length < message.length; length += 1) {
      inject(world, message.subarray(0, length), 500);
      // The same with a header that says so, which leaves the cut to the payloads.
      if (length < 28) continue;
      const consistent = message.slice(0, length);
      new DataView(consistent.buffer).setUint32(24, length);
      inject(world, consistent, 500);
    }
    for (const length of [0, 1, 27, 28, message.length - 1, message.length + 1, 0xffff_ffff]) {
      const wrong = message.slice();
      new DataView(wrong.buffer).setUint32(24, length);
      inject(world, wrong, 500);
    }
  }
  assertServes(world.gateway, 5);
});

test('seeded damage to real messages and pure noise: 30,000 datagrams', () => {
  const seed = 20_021_020;
  const random = new Prng(seed);
  const world = new World({ gateway: { wants: () => false } });
  world.login();
  world.gateway.policy = {
    ...world.gateway.policy,
    limits: { halfOpen: 20, halfOpenPerAddress: 20, isakmpSas: 30 },
  };
  world.gateway.holdsQuestions = true;
  for (let i = 0; i < 30_000; i += 1) {
    const port = random.chance(0.5) ? 500 : 4500;
    if (random.chance(0.2)) {
      inject(world, random.bytes(random.between(0, 400)), port);
      continue;
    }
    const bytes = random.pick(captured).slice();
    for (let n = random.between(1, 8); n > 0; n -= 1)
      bytes[random.between(0, bytes.length - 1)] = random.between(0, 255);
    if (random.chance(0.2)) new DataView(bytes.buffer).setUint32(24, bytes.length);
    inject(world, bytes, port);
    world.gateway.sent.length = 0;
    world.gateway.questions.length = 0;
  }
  assertServes(world.gateway, 20);
});

test('damage to the messages of a live SA, under its own cookies: 10,000 datagrams', () => {
  const random = new Prng(7);
  const world = new World({ gateway: { wants: () => false } });
  const client = new BareClient(world.gateway, world.now, {
    request: { configuration: [{ type: 1, value: new Uint8Array(0) }] },
  });
  client.login(world.now);
  const messages = [
    client.craft('informational', [], 1),
    client.craft('transaction', [], 2),
    client.craft('quickMode', [], 3),
  ];
  const before = [...world.gateway.manager.summaries()];
  for (let i = 0; i < 10_000; i += 1) {
    const bytes = random.pick(messages).slice();
    const flips = random.between(1, 4);
    for (let n = 0; n < flips; n += 1)
      bytes[random.between(16, bytes.length - 1)] = random.between(0, 255);
    inject(world, bytes);
  }
  assert.deepEqual([...world.gateway.manager.summaries()], before);
  assert.equal(world.gateway.logged(saFailed).length, 0);
});

test('authentic nonsense of a peer that has the keys: every payload type in every exchange', () => {
  const random = new Prng(11);
  const world = new World({ gateway: { wants: () => false } });
  const client = new BareClient(world.gateway, world.now);
  client.login(world.now);
  const exchanges = ['informational', 'transaction', 'quickMode'] as const;
  for (let i = 0; i < 6000; i += 1) {
    const number = random.between(1, 140);
    const data = random.bytes(random.between(0, 60));
    const octets = client.craft(
      random.pick(exchanges),
      [{ type: 'unknown', number, data }],
      random.uint32(),
    );
    client.send(octets, world.now);
    world.gateway.sent.length = 0;
  }
  assert.equal(world.gateway.logged(saFailed).length, 0);
  assert.equal([...world.gateway.manager.summaries()].length <= 1, true);
});

test('a message in fragments is put together in any order, and no more than its limits is kept', () => {
  const world = new World();
  const client = new BareClient(world.gateway, world.now);
  client.phaseOne(world.now);
  client.receive(world.now);
  const password = new TextEncoder().encode('vpnclient1-password');
  client.input({ kind: 'credentials', user: 'vpnclient1', password }, world.now);
  const [reply] = client.outbox.splice(0);
  assert.ok(reply);
  const { cookies } = client.state;
  const fragment = (fragmentId: number, number: number, last: boolean, data: Uint8Array) =>
    encodeMessage(
      {
        initiatorCookie: cookies.initiator,
        responderCookie: cookies.responder,
        exchangeType: exchangeTypes.aggressive,
        flags: 0,
        messageId: 0,
      },
      [{ type: 'fragment', fragmentId, number, last, data }],
    );
  const third = Math.ceil(reply.octets.length / 3);
  const part = (n: number) => reply.octets.subarray((n - 1) * third, n * third);
  client.send(fragment(1, 3, true, part(3)), world.now);
  client.send(fragment(1, 1, false, part(1)), world.now);
  client.send(fragment(1, 1, false, part(1)), world.now);
  assert.equal(world.gateway.noticed('credentials').length, 0);
  client.send(fragment(1, 2, false, part(2)), world.now);
  assert.equal(world.gateway.noticed('credentials').length, 1);

  // A fragment of a fragment, numbers out of range, and a message without an end.
  client.send(fragment(2, 1, true, fragment(3, 1, true, part(1))), world.now);
  client.send(fragment(4, 0, true, part(1)), world.now);
  client.send(fragment(4, 200, true, part(1)), world.now);
  for (let n = 1; n < 200; n += 1)
    client.send(fragment(5, n, false, new Uint8Array(2000)), world.now);
  assert.equal(world.gateway.logged(saFailed).length, 0);
  assert.equal([...world.gateway.manager.summaries()].length, 1);
  const stranger = endpoint('192.0.2.1', 500);
  const local = { address: world.gateway.address, port: 500 };
  const lost = fragment(6, 1, true, part(1)).fill(0, 8, 16);
  world.gateway.receive({ local, remote: stranger, bytes: lost, encapsulated: false }, world.now);
  assert.equal(world.gateway.manager.counts().halfOpen, 0);
});
