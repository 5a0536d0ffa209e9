import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, addressBytes, type IpAddress } from '#base/address';
import { peerRedirected, redirectFollowed, redirectImpossible } from '#protocol/isakmp/events';
import { isakmpNotification } from '#protocol/isakmp/informational-send';
import { exchangeTypes, notifyTypes } from '#wire/isakmp/numbers';
import { redirectsExhausted, saLimit, unknownSa } from './events.ts';
import type { PeerPolicy } from './keying.ts';
import { BareGateway } from './testing/bare-gateway.ts';
import { gatewayAddress, gatewayWithGroup, groupPolicy } from './testing/policies.ts';
import { assertPairsMatch, sameDatagram, World, type WorldOptions } from './testing/world.ts';

/** A gateway meets the client that is about to begin, and sends it elsewhere right after message 3. */
function redirect(world: World, target: IpAddress, seed = 55): void {
  const { client, now } = world;
  const gateway = new BareGateway(seed);
  gateway.receive(world.next(client), now);
  gateway.send(client, gateway.outbox.shift() as Uint8Array, now);
  gateway.receive(world.next(client), now);
  const notification = isakmpNotification(
    gateway.established,
    notifyTypes.unityLoadBalance,
    addressBytes(target),
  );
  gateway.send(client, gateway.craft('informational', [notification]), now);
}

test('a client follows a redirect: a new SA of the same group, at the address that was named', () => {
  const world = new World({ pat: false });
  const { client, gateway } = world;
  const first = world.connect();
  const target = address('172.16.172.52');
  redirect(world, target);
  const [redirected] = client.noticed('redirected');
  assert.deepEqual([redirected?.sa, redirected?.target], [first, target]);
  assert.deepEqual(
    client.noticed('closed').map((n) => [n.sa, n.reason]),
    [[first, 'redirected']],
  );
  assert.deepEqual(client.logged(redirectFollowed)[0]?.args, { target });
  const am1 = world.next(client);
  assert.deepEqual(am1.remote, { address: target, port: 500 });
  assert.equal(am1.encapsulated, false);
  assert.equal(am1.bytes[18], exchangeTypes.aggressive);
  assert.deepEqual(client.sent, [], 'nothing goes to the first gateway, not even a delete');
  // The second gateway serves it.
  world.deliver(client, { ...am1, remote: { ...am1.remote, address: gatewayAddress } });
  assert.equal([...gateway.manager.summaries()].length, 1);
  assert.equal([...client.manager.summaries()][0]?.id, redirected?.to);
});

test('a client that is sent around in circles gives up', () => {
  const world = new World({ pat: false });
  const { client } = world;
  world.connect();
  for (let i = 0; i < 6; i += 1) redirect(world, gatewayAddress, 60 + i);
  assert.deepEqual(client.logged(redirectsExhausted)[0]?.args, { count: 5 });
  assert.deepEqual([...client.manager.summaries()], []);
  assert.equal(client.noticed('closed').length, 6);
  assert.deepEqual(client.sent, []);
  assert.equal(client.manager.deadline(), undefined);
});

/** A head-end that sends everybody who begins afresh to `target`. */
const director = (target: IpAddress, changes: Partial<PeerPolicy> = {}): WorldOptions => ({
  gatewayPolicy: gatewayWithGroup({ asksAdmission: true, ...changes }),
  gateway: { admit: (fresh) => (fresh ? { kind: 'redirect', target } : { kind: 'serve' }) },
});
const member = address('172.16.172.52');
const served = () => ({ kind: 'serve' }) as const;

test('a head-end that redirects says so right after message 3, before it asks for a password', () => {
  const world = new World(director(member));
  const { client, gateway } = world;
  world.connect();
  world.pass(client, 'aggressive');
  world.pass(gateway, 'aggressive');
  const am3 = world.pass(client, 'aggressive');
  const notification = world.next(gateway);
  assert.equal(notification.bytes[18], exchangeTypes.informational);
  assert.equal(notification.encapsulated, true, 'where message 3 came from');
  assert.deepEqual(gateway.sent, [], 'no request for credentials, no delete');
  assert.deepEqual(gateway.logged(peerRedirected)[0]?.args, { target: member });
  assert.deepEqual(
    gateway.noticed('closed').map((n) => n.reason),
    ['redirected'],
  );
  assert.deepEqual(gateway.manager.counts(), { halfOpen: 0, isakmpSas: 0, ipsecSas: 0 });
  assert.deepEqual([...gateway.manager.summaries()], []);
  // AM3 again: the identical octets; vpnc aborts at a second notification with another id.
  world.deliver(client, am3);
  assert.ok(sameDatagram(world.next(gateway), notification));
  // Our own client understands, and begins anew over there, on port 500.
  world.deliver(gateway, notification);
  const am1 = world.next(client);
  assert.deepEqual(am1.remote, { address: member, port: 500 });
  assert.equal(client.noticed('credentialsWanted').length, 0);
  assert.deepEqual(client.sent, []);
  // What is left is forgotten soon, also when the client never hears of it.
  assert.ok(gateway.manager.deadline());
  world.passTime(30_000, true);
  assert.equal(gateway.manager.deadline(), undefined);
  world.deliver(client, am3);
  assert.deepEqual(gateway.sent, []);
});

test('LB-06: whoever decides hears of the vendor IDs of message 1', () => {
  const heard: string[] = [];
  const world = new World({
    gatewayPolicy: gatewayWithGroup({ asksAdmission: true }),
    gateway: {
      admit: (_, vendorIds) => {
        heard.push(...vendorIds);
        return { kind: 'serve' };
      },
    },
  });
  world.connect();
  for (const end of [world.client, world.gateway, world.client]) world.pass(end, 'aggressive');
  for (const name of ['xauth', 'unity', 'dpd']) assert.ok(heard.includes(name), heard.join());
});

test('a redirect that is lost is said again, for the client repeats message 3', () => {
  const world = new World(director(member));
  const { client, gateway } = world;
  world.connect();
  for (const end of [client, gateway, client]) world.pass(end, 'aggressive');
  world.next(gateway);
  world.passTime(2000);
  assert.equal(client.noticed('redirected')[0]?.target, member);
});

test('a repetition of message 3 is answered where it comes from: a translator may have forgotten the port', () => {
  const world = new World({ ...director(member), pat: false });
  const { client, gateway } = world;
  world.connect();
  for (const end of [client, gateway]) world.pass(end, 'aggressive');
  const am3 = world.pass(client, 'aggressive');
  const notification = world.next(gateway);
  const elsewhere = { ...am3.local, port: 40_000 };
  world.deliver(client, { ...am3, local: elsewhere });
  const again = world.next(gateway);
  assert.deepEqual(again.remote, elsewhere);
  assert.deepEqual(again.bytes, notification.bytes);
});

test('from a peer that was sent elsewhere nothing but a repetition is answered, and it counts among the SAs', () => {
  const limits = { halfOpen: 10, halfOpenPerAddress: 10, isakmpSas: 1 };
  const world = new World({
    ...director(member),
    gatewayPolicy: gatewayWithGroup({ asksAdmission: true }, { limits }),
  });
  const { client, gateway } = world;
  world.connect();
  for (const end of [client, gateway]) world.pass(end, 'aggressive');
  const am3 = world.pass(client, 'aggressive');
  world.next(gateway);
  const changed = Uint8Array.from(am3.bytes, (octet, index) => (index === 40 ? octet ^ 1 : octet));
  world.deliver(client, { ...am3, bytes: changed });
  assert.deepEqual(gateway.sent, []);
  assert.deepEqual(gateway.logged(unknownSa), []);
  const newcomer = world.addClient('10.10.10.3', 'vpnclient2');
  world.connect(newcomer);
  world.pass(newcomer, 'aggressive');
  assert.deepEqual(gateway.sent, []);
  assert.deepEqual(gateway.logged(saLimit)[0]?.args, { limit: 1 });
  world.passTime(30_000, true);
  world.connect(newcomer);
  world.pass(newcomer, 'aggressive');
  assert.equal(gateway.manager.counts().halfOpen, 1);
});

test('at an address that is about to move, who has begun ends phase 1, and a newcomer repeats itself to the next', () => {
  let isMoving = false;
  const takesNewcomers = (local: IpAddress) => !isMoving || local !== gatewayAddress;
  const options = director(member);
  const world = new World({
    ...options,
    gatewayPolicy: gatewayWithGroup({ asksAdmission: true }, { takesNewcomers }),
  });
  const { client, gateway } = world;
  world.connect();
  for (const end of [client, gateway]) world.pass(end, 'aggressive');
  isMoving = true;
  const newcomer = world.addClient('10.10.10.3', 'vpnclient2');
  world.connect(newcomer);
  world.pass(newcomer, 'aggressive');
  assert.deepEqual(gateway.sent, []);
  assert.equal(gateway.manager.counts().halfOpen, 1);
  world.pass(client, 'aggressive');
  world.pass(gateway, 'informational');
  assert.equal(client.noticed('redirected')[0]?.target, member);
  assert.equal(gateway.manager.counts().halfOpen, 0);
  isMoving = false;
  world.passTime(2000);
  assert.equal(newcomer.noticed('redirected')[0]?.target, member);
});

test('who does not say that it begins afresh does so where nothing of it is known; with a tunnel it is served', () => {
  const asked: boolean[] = [];
  const world = new World({
    gatewayPolicy: gatewayWithGroup({ asksAdmission: true }),
    gateway: {
      admit: (fresh) => {
        asked.push(fresh);
        return { kind: 'serve' };
      },
    },
  });
  const { client, gateway } = world;
  for (const fresh of [true, false]) {
    world.connect(client, { initialContact: false });
    world.settle();
    assert.equal(asked.at(-1), fresh);
    assertPairsMatch(gateway, client);
  }
  const other = world.addClient('10.10.10.3', 'vpnclient2');
  world.connect(other, { initialContact: false });
  world.settle();
  assert.equal(asked.at(-1), true, 'another client behind the same address is another');

  const sent = new World(director(member));
  sent.connect(sent.client, { initialContact: false });
  for (const end of [sent.client, sent.gateway, sent.client]) sent.pass(end, 'aggressive');
  assert.deepEqual(sent.gateway.logged(peerRedirected)[0]?.args, { target: member });
});

test('the owner may take its time', () => {
  const slow = new World({ gatewayPolicy: gatewayWithGroup({ asksAdmission: true }) });
  slow.connect();
  slow.settle();
  const sa = slow.gateway.onlySa();
  assert.equal(slow.client.noticed('credentialsWanted').length, 0);
  slow.gateway.take(slow.gateway.manager.admit(sa, { kind: 'serve' }, slow.now), slow.now);
  slow.settle();
  assertPairsMatch(slow.gateway, slow.client);
  // Too late to be sent elsewhere: nothing changes.
  const late = { kind: 'redirect', target: member } as const;
  assert.deepEqual(slow.gateway.manager.admit(sa, late, slow.now), []);

  const never = new World({ gatewayPolicy: gatewayWithGroup({ asksAdmission: true }) });
  never.connect();
  never.settle();
  never.passTime(31_000, true);
  assert.deepEqual([...never.gateway.manager.summaries()], []);
});

test('a redirect to an IPv6 address is not possible, so that the client is served', () => {
  const world = new World(director(address('2001:db8::1')));
  const { client, gateway } = world;
  world.connect();
  world.settle();
  assert.deepEqual(gateway.logged(redirectImpossible)[0]?.args, { target: '2001:db8::1' });
  assertPairsMatch(gateway, client);
});

test('a group without XAUTH is asked about as well, and hears its lifetime when it is served', () => {
  const plain = { extendedAuthentication: false } as const;
  for (const isRedirected of [true, false]) {
    const options = director(member, plain);
    const world = new World(isRedirected ? options : { ...options, gateway: { admit: served } });
    const { client, gateway } = world;
    world.connect(client, { peer: { ...groupPolicy, ...plain } });
    for (const end of [client, gateway, client]) world.pass(end, 'aggressive');
    const sent = gateway.sent.map((s) => s.bytes[18]);
    assert.deepEqual(sent, [exchangeTypes.informational]);
    assert.equal(gateway.logged(peerRedirected).length, isRedirected ? 1 : 0);
    assert.equal([...gateway.manager.summaries()].length, isRedirected ? 0 : 1);
  }
});

test('a redirect that does not name an address is not followed', () => {
  const world = new World({ pat: false });
  const { client, now } = world;
  world.connect();
  const gateway = new BareGateway();
  gateway.receive(world.next(client), now);
  gateway.send(client, gateway.outbox.shift() as Uint8Array, now);
  gateway.receive(world.next(client), now);
  for (const octets of [0, 3, 6, 16]) {
    const odd = isakmpNotification(
      gateway.established,
      notifyTypes.unityLoadBalance,
      new Uint8Array(octets),
    );
    gateway.send(client, gateway.craft('informational', [odd], 100 + octets), now);
  }
  assert.deepEqual(client.noticed('redirected'), []);
  assert.equal([...client.manager.summaries()].length, 1);
});
