import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from '#base/bytes';
import {
  connectionEnded,
  deadPeerAnswered,
  deadPeerAsked,
  deadPeerDetected,
  extendedAuthenticationTimedOut,
  keepaliveSent,
  otherKeepaliveReceived,
  peerMoved,
} from '#protocol/isakmp/events';
import { closingHash } from '#protocol/isakmp/open';
import { bothCookies, firstIv, sealPayloads } from '#protocol/isakmp/seal';
import { doi, exchangeTypes, notifyTypes, protocolIds } from '#wire/isakmp/numbers';
import type { Payload } from '#wire/isakmp/payload';
import { BareClient } from './testing/bare-client.ts';
import { endpoint, gatewayPolicy, gatewayWithGroup, patAddress } from './testing/policies.ts';
import { assertPairsMatch, World } from './testing/world.ts';

const notification = (client: BareClient, notifyType: number, data: Uint8Array): Payload => ({
  type: 'notify',
  doi: doi.ipsec,
  protocolId: protocolIds.isakmp,
  notifyType,
  spi: bothCookies(client.state.cookies),
  data,
});

function loggedIn(): { readonly world: World; readonly client: BareClient } {
  const world = new World();
  const client = new BareClient(world.gateway, world.now);
  client.login(world.now);
  world.gateway.sent.length = 0;
  return { world, client };
}

test('NAT-71: R-U-THERE is acknowledged with its own sequence number', () => {
  const { world, client } = loggedIn();
  const { gateway } = world;
  const sequence = new Uint8Array([0x2d, 0x93, 0x25, 0x52]);
  const payload = notification(client, notifyTypes.rUThere, sequence);
  client.send(client.craft('informational', [payload]), world.now);
  const [answer] = gateway.sent;
  assert.ok(answer);
  const acknowledgement = client.read(answer.bytes)[1];
  assert.equal(acknowledgement?.type, 'notify');
  assert.ok(acknowledgement?.type === 'notify');
  assert.equal(acknowledgement.notifyType, notifyTypes.rUThereAck);
  assert.equal(toHex(acknowledgement.data), '2d932552');
  assert.deepEqual(acknowledgement.spi, bothCookies(client.state.cookies));
  assert.deepEqual(gateway.logged(deadPeerAnswered)[0]?.args, { sequence: '2d932552' });
});

test('NAT-70 NAT-55: an Altiga keepalive is logged, not answered, and the SA stays', () => {
  const { world, client } = loggedIn();
  const { gateway } = world;
  for (let i = 0; i < 3; i += 1) {
    const payload = notification(client, notifyTypes.altigaKeepalive, new Uint8Array(0));
    client.send(client.craft('informational', [payload], 100 + i), world.now);
    world.passTime(15_000, true);
  }
  assert.deepEqual(
    gateway.logged(otherKeepaliveReceived).map((e) => e.args.type),
    ['Altiga keep-alive', 'Altiga keep-alive', 'Altiga keep-alive'],
  );
  assert.equal([...gateway.manager.summaries()].length, 1);
  const answers = gateway.sent.filter((s) => s.bytes[18] === exchangeTypes.informational);
  // The phase-1 lifetime is the only message of this kind.
  assert.equal(answers.length, 1);
});

test('a keepalive that is a HASH and nothing else is taken without an answer', () => {
  const { world, client } = loggedIn();
  const messageId = 0;
  const sealed = sealPayloads(
    client.secured,
    {
      exchangeType: exchangeTypes.informational,
      messageId,
      iv: firstIv(client.secured, messageId),
    },
    [{ type: 'hash', data: closingHash(client.secured, messageId) }],
  );
  const refused = world.gateway.events.length;
  client.send(sealed.octets, world.now);
  assert.deepEqual(world.gateway.sent, []);
  assert.ok(
    world.gateway.events
      .slice(refused)
      .every((e) => !e.definition.text.startsWith('Message dropped')),
  );
});

test('a silent client is asked, and dropped after its last chance', () => {
  const world = new World();
  world.login();
  const { gateway, client } = world;
  // The client vanishes: nothing reaches it any more.
  world.passTime(59_000, true);
  assert.equal(gateway.logged(deadPeerAsked).length, 0);
  world.passTime(2000, true);
  assert.equal(gateway.logged(deadPeerAsked).length, 1);
  world.passTime(15_000, true);
  assert.equal(gateway.logged(deadPeerAsked).length, 4);
  const sequences = gateway.logged(deadPeerAsked).map((e) => Number(`0x${e.args.sequence}`));
  assert.deepEqual(
    sequences.map((s) => s - (sequences[0] as number)),
    [0, 1, 2, 3],
  );
  world.passTime(6000, true);
  assert.equal(gateway.logged(deadPeerDetected).length, 1);
  assert.deepEqual(gateway.logged(connectionEnded)[0]?.args, { reason: 'dead peer' });
  assert.deepEqual(
    gateway.noticed('closed').map((n) => n.reason),
    ['dead peer'],
  );
  assert.equal(gateway.inbound.size, 0);
  assert.equal(gateway.outbound.size, 0);
  assert.equal(gateway.manager.deadline(), undefined);
  assert.equal(client.inbound.size, 0, 'the client noticed as well');
});

test('traffic or an answer is a sign of life, at either end', () => {
  const world = new World();
  world.login();
  const { gateway, client } = world;
  // Ten minutes with an answer to every question.
  world.passTime(600_000);
  assert.ok(gateway.logged(deadPeerAsked).length >= 1);
  assert.equal(gateway.logged(deadPeerDetected).length, 0);
  // Ten minutes of traffic: no question at all.
  const asked = gateway.logged(deadPeerAsked).length;
  const clientAsked = client.logged(deadPeerAsked).length;
  const [spi] = gateway.inbound.keys();
  const [clientSpi] = client.inbound.keys();
  for (let i = 0; i < 20; i += 1) {
    gateway.packets.set(spi as number, i + 1);
    client.packets.set(clientSpi as number, i + 1);
    world.passTime(30_000);
  }
  assert.equal(gateway.logged(deadPeerAsked).length, asked);
  assert.equal(client.logged(deadPeerAsked).length, clientAsked);
  assert.equal([...gateway.manager.summaries()].length, 1);
});

test('dead peer detection that is switched off asks nothing', () => {
  const world = new World({
    gatewayPolicy: gatewayWithGroup({ dpd: { idleSeconds: 0, retrySeconds: 5, retries: 3 } }),
  });
  world.login();
  world.passTime(3_600_000, true);
  assert.equal(world.gateway.logged(deadPeerAsked).length, 0);
  assert.equal([...world.gateway.manager.summaries()].length, 1);
});

test('NAT-68: the head-end sends a keepalive to each of two clients every 9 seconds', () => {
  const world = new World();
  const { gateway } = world;
  world.login();
  world.login(world.addClient('10.10.10.3', 'vpnclient2'));
  gateway.keepalives.length = 0;
  for (let i = 1; i <= 5; i += 1) {
    world.passTime(9000);
    assert.equal(gateway.keepalives.length, 2 * i);
    const ports = gateway.keepalives.slice(-2).map((k) => k.remote.port);
    assert.notEqual(ports[0], ports[1], 'one for each client, not one for their address');
  }
  assert.equal(gateway.logged(keepaliveSent).length, 10);
  assert.equal(gateway.logged(keepaliveSent)[0]?.subject.peer, patAddress);
});

test('NAT-12 NAT-69: a client behind the NAT sends keepalives every 10 seconds, and none right after a message', () => {
  const world = new World();
  world.login();
  const { client, gateway } = world;
  client.keepalives.length = 0;
  world.passTime(50_000);
  assert.equal(client.keepalives.length, 5);
  // The head-end's question at 60 s is answered, which keeps the translation alive as well.
  world.passTime(9000);
  const before = client.keepalives.length;
  assert.equal(gateway.logged(deadPeerAsked).length, 0);
  world.passTime(2000);
  assert.equal(gateway.logged(deadPeerAsked).length, 1);
  world.passTime(7000);
  assert.ok(client.keepalives.length - before <= 1);
});

test('without a NAT nobody sends keepalives, and nothing floats', () => {
  const world = new World({ pat: false });
  world.login();
  world.passTime(50_000);
  assert.deepEqual([...world.gateway.keepalives, ...world.client.keepalives], []);
  const [summary] = world.gateway.manager.summaries();
  assert.equal(summary?.local.port, 500);
  assert.equal(summary?.remoteBehindNat, false);
});

test('NAT-10: when the NAT gives the client another port, everything follows an authentic message', () => {
  const world = new World();
  world.login();
  const { gateway, client } = world;
  const [before] = gateway.outbound.values();
  world.forgetTranslation(client, 4500);
  // The client's next question comes from the new port.
  world.passTime(61_000);
  const [after] = gateway.outbound.values();
  assert.notEqual(after?.remote.port, before?.remote.port);
  assert.equal(gateway.logged(peerMoved).length, 1);
  assert.deepEqual(
    gateway.noticed('peerMoved').map((n) => n.remote.port),
    [after?.remote.port],
  );
  assert.deepEqual([...gateway.manager.summaries()][0]?.remote, after?.remote);
  assertPairsMatch(gateway, client);
});

test('an authenticated ESP packet from another port moves the peer too, a stray one does not', () => {
  const world = new World();
  world.login();
  const { gateway } = world;
  const [spi] = gateway.inbound.keys();
  const moved = endpoint(patAddress, 5555);
  const report = { kind: 'peerMoved', spi: spi as number, remote: moved } as const;
  gateway.take(gateway.manager.report({ ...report, spi: 1 }, world.now), world.now);
  assert.equal(gateway.logged(peerMoved).length, 0);
  gateway.take(gateway.manager.report(report, world.now), world.now);
  assert.deepEqual([...gateway.outbound.values()][0]?.remote, moved);
  assert.deepEqual([...gateway.manager.summaries()][0]?.remote, moved);
  gateway.take(gateway.manager.report(report, world.now), world.now);
  assert.equal(gateway.logged(peerMoved).length, 1, 'and only once');
});

test('a peer that is not behind a NAT does not move', () => {
  const world = new World({ pat: false });
  world.login();
  const { gateway } = world;
  const [spi] = gateway.inbound.keys();
  const elsewhere = endpoint('192.0.2.9', 4500);
  gateway.take(
    gateway.manager.report({ kind: 'peerMoved', spi: spi as number, remote: elsewhere }, world.now),
    world.now,
  );
  assert.equal(gateway.logged(peerMoved).length, 0);
});

test('NAT-46: a user may take 17 or 85 seconds to type, but not 120', () => {
  for (const [seconds, accepted] of [
    [17, true],
    [85, true],
    [120, false],
  ] as const) {
    const world = new World({ client: { credentials: undefined } });
    world.connect();
    world.settle();
    const [wanted] = world.client.noticed('credentialsWanted');
    assert.ok(wanted);
    world.passTime(seconds * 1000);
    const credentials = {
      user: 'vpnclient1',
      password: new TextEncoder().encode('vpnclient1-password'),
    };
    world.client.take(
      world.client.manager.provideCredentials(wanted.sa, credentials, world.now),
      world.now,
    );
    world.settle();
    assert.equal(world.gateway.inbound.size > 0, accepted, `${seconds} seconds`);
    if (!accepted) {
      assert.deepEqual(world.gateway.logged(extendedAuthenticationTimedOut)[0]?.args, {
        seconds: 90,
      });
      assert.deepEqual(
        world.gateway.noticed('closed').map((n) => n.reason),
        ['negotiation timeout'],
      );
    }
  }
});

test('a packet path that restarted has every pair, and is given none again', () => {
  const world = new World();
  world.login();
  const { gateway, client } = world;
  const report = { kind: 'lost', reason: 'worker' } as const;
  assert.deepEqual(gateway.manager.report(report, world.now), []);
  assertPairsMatch(gateway, client);
});

test('NAT-15: without NAT-T configured no vendor ID is answered, and no NAT is looked for', () => {
  const world = new World({ gatewayPolicy: gatewayPolicy({ natTraversal: undefined }) });
  world.login();
  const [summary] = world.gateway.manager.summaries();
  assert.equal(summary?.natTraversal, 'none');
  assert.equal(summary?.children[0]?.encapsulation, 'none');
  assert.equal(summary?.local.port, 500);
});
