import assert from 'node:assert/strict';
import { test } from 'node:test';
import { elapsedMs } from '#base/instant';
import { lifetimeOverridden, pairUsedUp, phaseTwoTimedOut } from '#protocol/isakmp/events';
import {
  inboundDataReceived,
  noOldSa,
  oldSaFound,
  saActive,
} from '#protocol/isakmp/install-events';
import { bothCookies } from '#protocol/isakmp/seal';
import { doi, exchangeTypes, notifyTypes, protocolIds } from '#wire/isakmp/numbers';
import type { Payload } from '#wire/isakmp/payload';
import type { SaId } from './keying.ts';
import { BareClient } from './testing/bare-client.ts';
import type { End } from './testing/end.ts';
import { clientPolicy, gatewayWithGroup, groupPolicy, isakmpPolicy } from './testing/policies.ts';
import { assertPairsMatch, World } from './testing/world.ts';

const ipsec = (seconds: number) => ({ ...groupPolicy.ipsec, lifetimeSeconds: seconds });

/** Both ends agree on pairs of this lifetime; the one that wants the shorter life has the say. */
function worldWithLifetimes(gatewaySeconds: number, clientSeconds: number): World {
  const world = new World({ gatewayPolicy: gatewayWithGroup({ ipsec: ipsec(gatewaySeconds) }) });
  world.connect(world.client, { peer: { ...groupPolicy, ipsec: ipsec(clientSeconds) } });
  world.settle();
  return world;
}

const spis = (end: End): number[] => [...end.inbound.keys()];

const activate = (world: World, end: End, spi: number): void =>
  end.take(end.manager.report({ kind: 'inboundActive', spi }, world.now), world.now);

test('the initiator of a pair replaces it in time, and the old one goes on until the new one is used', () => {
  const world = worldWithLifetimes(1000, 1000);
  const { gateway, client } = world;
  const [old] = spis(gateway);
  world.passTime(840_000);
  assert.deepEqual(spis(gateway), [old]);
  // The client began the pair, so that it replaces it after 85 parts of a hundred.
  world.passTime(11_000);
  const [, fresh] = spis(gateway);
  assert.equal(spis(gateway).length, 2);
  assertPairsMatch(gateway, client);
  const [summary] = gateway.manager.summaries();
  assert.equal(summary?.children[0]?.inboundSpi, fresh, 'views show the new one first');
  activate(world, gateway, fresh as number);
  world.passTime(6000);
  assert.deepEqual(spis(gateway), [fresh]);
  assertPairsMatch(gateway, client);
  assert.equal([...client.manager.summaries()].length, 1);
});

test('a responder replaces a pair whose initiator does not', () => {
  const world = worldWithLifetimes(1000, 1000);
  const { gateway, client } = world;
  // vpnc never replaces a pair by itself: here the client's own deadlines are not kept.
  const tick = client.manager.tick.bind(client.manager);
  client.manager.tick = () => [];
  world.now = client.manager.deadline() ?? world.now;
  const [old] = spis(gateway);
  const created = gateway.noticed('childCreated').length;
  while (gateway.noticed('childCreated').length === created) {
    const due = gateway.manager.deadline();
    assert.ok(due !== undefined);
    world.now = due;
    gateway.tick(world.now);
    world.settle();
  }
  client.manager.tick = tick;
  assert.equal(spis(gateway).length, 2);
  assert.ok(spis(gateway).includes(old as number));
  assertPairsMatch(gateway, client);
});

/** The SPI that an end puts into its packets: that of the pair it installed last. */
const sendsUnder = (end: End): number | undefined => [...end.outbound.keys()].at(-1);

/** Whichever end is told first that the pair runs out, and whatever arrives first. */
for (const first of ['gateway', 'client'] as const)
  for (const early of ['gateway', 'client'] as const)
    test(`both ends replace a pair at once, the ${first} first, the ${early}'s message arrives first: the client's pair serves`, () => {
      const world = worldWithLifetimes(1000, 1000);
      const { gateway, client } = world;
      const expire = (end: End) =>
        end.take(
          end.manager.report(
            { kind: 'expiring', spi: spis(end)[0] as number, direction: 'inbound' },
            world.now,
          ),
          world.now,
        );
      const replaced = spis(gateway)[0] as number;
      for (const end of first === 'gateway' ? [gateway, client] : [client, gateway]) expire(end);
      const begun = world[early];
      world.pass(begun, 'quickMode');
      world.settle();
      assert.equal(spis(gateway).length, 3, 'the old pair and two new ones');
      // Both send by the pair that the initiator of phase 1 began.
      const [summary] = client.manager.summaries();
      const [serving] = summary?.children ?? [];
      assert.ok(serving);
      assert.equal(sendsUnder(client), serving.outboundSpi);
      assert.equal(sendsUnder(gateway), serving.inboundSpi);
      world.passTime(31_000);
      assert.deepEqual(spis(gateway), [serving.outboundSpi]);
      assert.deepEqual(spis(client), [serving.inboundSpi]);
      assert.ok(!spis(gateway).includes(replaced));
      assertPairsMatch(gateway, client);
      // It is replaced in its turn as if nothing had been.
      world.passTime(900_000);
      assert.equal(spis(gateway).length, 1);
      assert.notEqual(spis(gateway)[0], serving.outboundSpi);
      assertPairsMatch(gateway, client);
    });

test('a pair that runs out of kilobytes is replaced once, whichever direction says so', () => {
  const world = worldWithLifetimes(28_800, 28_800);
  const { gateway } = world;
  const [outbound] = gateway.outbound.values();
  assert.equal(outbound?.softLimitOctets, Math.floor(4_608_000 * 1024 * 0.9));
  const report = { kind: 'expiring', spi: outbound?.spi as number, direction: 'outbound' } as const;
  for (let i = 0; i < 3; i += 1) gateway.take(gateway.manager.report(report, world.now), world.now);
  world.settle();
  assert.equal(gateway.noticed('childCreated').length, 2);
  assertPairsMatch(gateway, world.client);
});

test('at the end of its kilobytes a pair goes, or stays until its successor is negotiated', () => {
  const world = worldWithLifetimes(28_800, 28_800);
  const { gateway, client } = world;
  const [first] = spis(gateway);
  const report = (kind: 'expiring' | 'expired', spi: number | undefined) =>
    gateway.take(
      gateway.manager.report({ kind, spi: spi as number, direction: 'inbound' }, world.now),
      world.now,
    );
  const [inbound] = gateway.inbound.values();
  assert.equal(inbound?.hardLimitOctets, 4_608_000 * 1024);
  report('expiring', first);
  report('expired', first);
  assert.deepEqual(spis(gateway), [first], 'the peer is not left without any pair');
  assert.equal(gateway.logged(pairUsedUp).length, 1);
  world.settle();
  assert.equal(spis(gateway).length, 2);
  // Replaced, it has nothing to wait for.
  report('expired', first);
  world.settle();
  const [second] = spis(gateway);
  assert.deepEqual([spis(gateway).length, second === first], [1, false]);
  assertPairsMatch(gateway, client);
  report('expired', second);
  world.settle();
  assert.deepEqual([spis(gateway), spis(client)], [[], []], 'nothing takes its place');
});

test('a pair at the end of its kilobytes does not outlive the negotiation in its place', () => {
  const world = worldWithLifetimes(28_800, 28_800);
  const { gateway } = world;
  const [spi] = spis(gateway);
  for (const kind of ['expiring', 'expired'] as const)
    gateway.take(
      gateway.manager.report({ kind, spi: spi as number, direction: 'inbound' }, world.now),
      world.now,
    );
  world.passTime(31_000, true);
  assert.deepEqual(spis(gateway), []);
});

test('a pair that nobody could replace ends with its lifetime, and the peer is told', () => {
  // Nobody watches whether the other end lives: only lifetimes end anything.
  const dpd = { idleSeconds: 0, retrySeconds: 5, retries: 3 };
  const group = { ...groupPolicy, dpd, ipsec: ipsec(1000) };
  const world = new World({ gatewayPolicy: gatewayWithGroup(group) });
  const { gateway, client } = world;
  world.connect(client, { peer: group });
  world.settle();
  // Nothing gets through any more.
  world.passTime(990_000, true);
  assert.equal(gateway.logged(phaseTwoTimedOut).length, 2, 'tried again');
  assert.equal(gateway.inbound.size, 1);
  gateway.sent.length = 0;
  world.passTime(11_000, true);
  assert.equal(gateway.inbound.size, 0);
  assert.equal(client.inbound.size, 0);
  assert.ok(gateway.sent.some((s) => s.bytes[18] === exchangeTypes.informational));
});

test('NAT-67: the first packet of a pair is logged, and an older pair is found when it replaces one', () => {
  const world = worldWithLifetimes(1000, 1000);
  const { gateway } = world;
  const [first] = spis(gateway);
  activate(world, gateway, first as number);
  assert.equal(gateway.logged(inboundDataReceived).length, 1);
  assert.deepEqual(gateway.logged(saActive)[0]?.args, { spi: (first as number).toString(16) });
  assert.equal(gateway.logged(noOldSa).length, 1);
  world.passTime(860_000);
  const second = spis(gateway).at(-1) as number;
  activate(world, gateway, second);
  assert.equal(gateway.logged(noOldSa).length, 1);
  assert.equal(gateway.logged(oldSaFound)[0]?.args.spi, second.toString(16));
});

test('NAT-52: a client that proposes longer lifetimes is told ours, for both phases', () => {
  const world = new World({
    gatewayPolicy: gatewayWithGroup({ ipsec: ipsec(28_800) }),
    clientPolicy: clientPolicy({ isakmp: [{ ...isakmpPolicy, lifetimeSeconds: 2_147_483 }] }),
    client: { credentials: undefined },
  });
  const { gateway, client } = world;
  const begun = world.now;
  world.connect(client, { peer: { ...groupPolicy, ipsec: ipsec(2_147_483) } });
  world.settle();
  // The user types for 18 seconds, as in the seed's example.
  world.passTime(18_000);
  const [wanted] = client.noticed('credentialsWanted');
  const password = new TextEncoder().encode('vpnclient1-password');
  client.take(
    client.manager.provideCredentials(
      wanted?.sa as SaId,
      { user: 'vpnclient1', password },
      world.now,
    ),
    world.now,
  );
  world.settle();
  assert.deepEqual(
    gateway.logged(lifetimeOverridden).map((e) => e.args),
    [
      { protocol: 'IKE', offered: 2_147_483, seconds: 86_400 },
      { protocol: 'IPSec', offered: 2_147_483, seconds: 28_800 },
    ],
  );
  const [summary] = client.manager.summaries();
  assert.equal(summary?.lifetimeSeconds, 86_400);
  // Alive for 18 seconds: the expiry is 86382 seconds from now.
  assert.equal(elapsedMs(begun, summary?.expiresAt ?? begun), 86_400_000);
  assert.equal(elapsedMs(world.now, summary?.expiresAt ?? begun), 86_382_000);
  assert.equal(summary?.children[0]?.lifetimeSeconds, 28_800);
});

test('NAT-52: a client that did not hear our phase-1 lifetime is told again before the SA ends', () => {
  const world = new World({
    gatewayPolicy: gatewayWithGroup({}, { isakmp: [{ ...isakmpPolicy, lifetimeSeconds: 3600 }] }),
    clientPolicy: clientPolicy({ isakmp: [{ ...isakmpPolicy, lifetimeSeconds: 86_400 }] }),
  });
  const { gateway, client } = world;
  world.connect();
  // Everything arrives but the notification, which nobody acknowledges.
  for (let ends = [gateway, client]; ; ) {
    const from = ends.find((end) => end.sent.length > 0);
    if (!from) break;
    const sent = world.next(from);
    if (from === client || sent.bytes[18] !== exchangeTypes.informational)
      world.deliver(from, sent);
    ends = [...ends].reverse();
  }
  const lifetime = () => [...client.manager.summaries()][0]?.lifetimeSeconds;
  world.passTime(10_000);
  assert.equal(lifetime(), 86_400);
  world.passTime(0.84 * 3_600_000);
  assert.equal(lifetime(), 86_400);
  world.passTime(0.02 * 3_600_000);
  assert.equal(lifetime(), 3600);
  assert.equal(gateway.logged(lifetimeOverridden).length, 1, 'reported once');
  // Reminders end with the third, and the SA with its lifetime.
  world.passTime(0.2 * 3_600_000);
  assert.deepEqual([...gateway.manager.summaries()], []);
});

test('a client that proposes shorter lifetimes gets them, and no notification', () => {
  const world = worldWithLifetimes(28_800, 600);
  assert.equal(world.gateway.logged(lifetimeOverridden).length, 0);
  assert.equal([...world.gateway.manager.summaries()][0]?.children[0]?.lifetimeSeconds, 600);
});

test('a client that proposes no lifetime worth the name gets the least there is, and zero is none', () => {
  const lifetimeOf = (seconds: number) =>
    [...worldWithLifetimes(28_800, seconds).gateway.manager.summaries()][0]?.children[0]
      ?.lifetimeSeconds;
  assert.deepEqual([0, 1, 59, 61].map(lifetimeOf), [28_800, 60, 60, 61]);
});

test('an ISAKMP SA ends with its lifetime', () => {
  const world = new World({
    gatewayPolicy: gatewayWithGroup({}, { isakmp: [{ ...isakmpPolicy, lifetimeSeconds: 3600 }] }),
  });
  world.login();
  world.passTime(3_601_000);
  assert.deepEqual(
    world.gateway.noticed('closed').map((n) => n.reason),
    ['lifetime expired'],
  );
  assert.equal(world.gateway.inbound.size, 0);
  assert.equal(world.client.inbound.size, 0);
});

/** A client that negotiates phase 1 anew, as vpnc does: another socket, and XAUTH again. */
function rekeyedPhaseOne(initialContact: boolean) {
  const world = new World({ gateway: { judge: () => true } });
  const { gateway } = world;
  const first = new BareClient(gateway, world.now, {
    request: { configuration: [{ type: 1, value: new Uint8Array(0) }] },
  });
  first.login(world.now);
  const selectors = {
    local: { address: '40.1.0.1', length: 32 },
    remote: { address: '0.0.0.0', length: 0 },
  } as never;
  first.input({ kind: 'createChild', selectors }, world.now);
  first.flush(world.now);
  first.receive(world.now);
  first.flush(world.now);
  assert.equal(gateway.inbound.size, 1);
  gateway.sent.length = 0;
  const second = new BareClient(gateway, world.now, { seed: 7 });
  // Message 1 comes from the socket of the old SA, what follows from a new one.
  for (const { octets } of second.outbox.splice(0)) {
    second.port = first.port;
    second.send(octets, world.now);
  }
  second.port = 3000;
  second.receive(world.now);
  if (!initialContact) {
    // vpnc leaves the notification out when it is not its first contact.
    const { state } = second;
    assert.equal(state.phase, 'established');
    second.outbox.length = 0;
    const isOurs = ({ type }: { readonly type: string }) => type !== 'notify';
    second.sendMessage3((ours) => ours.filter(isOurs), world.now);
  }
  second.flush(world.now);
  second.receive(world.now);
  const password = new TextEncoder().encode('any');
  second.input({ kind: 'credentials', user: 'vpnclient1', password }, world.now);
  for (let i = 0; i < 3; i += 1) {
    second.flush(world.now);
    second.receive(world.now);
  }
  return { world, gateway, first, second };
}

test('phase 1 negotiated anew keeps the pairs, under the new SA and at the new endpoint', () => {
  const { world, gateway, first, second } = rekeyedPhaseOne(false);
  const [rekeyed] = gateway.noticed('rekeyed');
  assert.ok(rekeyed);
  assert.deepEqual(
    gateway.noticed('closed').map((n) => [n.sa, n.reason]),
    [[rekeyed.replaces, 'replaced']],
  );
  assert.equal(gateway.noticed('childDeleted').length, 0);
  const [summary, ...others] = gateway.manager.summaries();
  assert.deepEqual(others, []);
  assert.equal(summary?.id, rekeyed.sa);
  assert.deepEqual([summary.remote.port, summary.origin.port], [3000, first.port]);
  assert.equal(summary?.children.length, 1);
  assert.equal([...gateway.outbound.values()][0]?.remote.port, 3000);
  // vpnc waits for one more message, the lifetime of phase 1.
  gateway.sent.length = 0;
  world.passTime(2000, true);
  const [lifetime] = gateway.sent;
  assert.ok(lifetime);
  const payload = second.read(lifetime.bytes)[1];
  assert.ok(payload?.type === 'notify' && payload.notifyType === notifyTypes.responderLifetime);
  // Then it deletes the old SA, and puts the cookies of the new one into the message.
  const confused: Payload = {
    type: 'delete',
    doi: doi.ipsec,
    protocolId: protocolIds.isakmp,
    spiSize: 16,
    spis: [bothCookies(second.state.cookies)],
  };
  second.send(second.craft('informational', [confused], 0xf3), world.now);
  assert.equal(gateway.inbound.size, 1);
  assert.equal([...gateway.manager.summaries()].length, 1);
  // Said once more it is meant.
  second.send(second.craft('informational', [confused], 0xf4), world.now);
  assert.equal(gateway.inbound.size, 0);
  assert.deepEqual([...gateway.manager.summaries()], []);
});

test('NAT-45: initial contact ends the older SA of that client, and no other behind the same address', () => {
  const { gateway } = rekeyedPhaseOne(true);
  assert.deepEqual(gateway.noticed('rekeyed'), []);
  assert.deepEqual(
    gateway.noticed('closed').map((n) => n.reason),
    ['replaced'],
  );
  assert.equal(gateway.inbound.size, 0);
  assert.equal([...gateway.manager.summaries()].length, 1);

  const world = new World();
  world.login();
  world.login(world.addClient('10.10.10.3', 'vpnclient2'));
  // The same user from another machine behind the same address is another client, too.
  world.login(world.addClient('10.10.10.4', 'vpnclient1'));
  assert.equal([...world.gateway.manager.summaries()].length, 3);
  assert.equal(world.gateway.inbound.size, 3);
});

test('a client that deletes its tunnel and its SA leaves nothing behind', () => {
  const world = new World();
  const { gateway, client } = world;
  world.login();
  client.take(client.manager.close(client.onlySa(), 'administrator', world.now), world.now);
  world.settle();
  assert.deepEqual(
    gateway.noticed('closed').map((n) => n.reason),
    ['peer deleted'],
  );
  assert.equal(gateway.inbound.size, 0);
  assert.equal(gateway.outbound.size, 0);
  assert.equal(gateway.manager.deadline(), undefined);
  assert.deepEqual(gateway.manager.counts(), { halfOpen: 0, isakmpSas: 0, ipsecSas: 0 });
  assert.equal(client.manager.deadline(), undefined);
});

test('a delete of one pair, in the manner of vpnc with both SPIs, leaves the SA', () => {
  const world = new World();
  const client = new BareClient(world.gateway, world.now, {
    request: { configuration: [{ type: 1, value: new Uint8Array(0) }] },
  });
  client.login(world.now);
  const selectors = {
    local: { address: '40.1.0.1', length: 32 },
    remote: { address: '0.0.0.0', length: 0 },
  } as never;
  client.input({ kind: 'createChild', selectors }, world.now);
  client.flush(world.now);
  client.receive(world.now);
  client.flush(world.now);
  const [child] = client.established.children;
  assert.ok(child);
  const spi = (n: number) => new Uint8Array([n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]);
  const payload: Payload = {
    type: 'delete',
    doi: doi.ipsec,
    protocolId: protocolIds.esp,
    spiSize: 4,
    spis: [spi(child.inboundSpi), spi(child.outboundSpi)],
  };
  client.send(client.craft('informational', [payload], 0x12), world.now);
  assert.equal(world.gateway.inbound.size, 0);
  assert.deepEqual(
    world.gateway.noticed('childDeleted').map((n) => n.inboundSpi),
    [child.outboundSpi],
  );
  assert.equal([...world.gateway.manager.summaries()].length, 1);
});

test('everything ends at once when the head-end shuts down, and every client hears it', () => {
  const world = new World();
  const { gateway } = world;
  world.login();
  const other = world.addClient('10.10.10.3', 'vpnclient2');
  world.login(other);
  gateway.take(gateway.manager.closeAll('shutdown', world.now), world.now);
  world.settle();
  assert.equal(gateway.inbound.size, 0);
  for (const client of [world.client, other]) {
    assert.deepEqual(
      client.noticed('closed').map((n) => n.reason),
      ['peer deleted'],
    );
    assert.equal(client.inbound.size, 0);
  }
});
