import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from '#base/bytes';
import { addressPoolEmpty, fixedAddressTaken, sessionClosed } from '#session/events';
import { configurationAttributes } from '#wire/isakmp/numbers';
import { clientIdentified } from './events.ts';
import { type ClientSketch, Concentrator, type TestClient } from './testing.ts';

const one: ClientSketch = { user: 'vpnclient1', port: 1025 };
const two: ClientSketch = { user: 'vpnclient2', port: 1026 };

function replyOf(world: Concentrator, client: TestClient, type: number): string | undefined {
  const reply = world.keying.commanded.findLast((c) => c.sa === client.sa);
  const value =
    reply?.kind === 'configuration' && reply.attributes.find((a) => a.type === type)?.value;
  return value instanceof Uint8Array ? toHex(value) : undefined;
}

test('a pool without a free address is said in the log and ends the connection', () => {
  const world = new Concentrator('ip local pool ciscopool 40.1.1.1-40.1.1.1 mask 255.255.255.0\n');
  const first = world.connects(one);
  const second = world.arrives(two);
  assert.equal(second.logsIn(), true);
  assert.equal(second.asksForConfiguration(), undefined);
  const record = world.events.find((e) => e.definition === addressPoolEmpty);
  assert.deepEqual(record?.args, { pools: 'ciscopool' });
  assert.deepEqual(record?.subject, { group: 'ciscovpn', user: 'vpnclient2' });
  assert.deepEqual(world.keying.commanded.at(-1), {
    kind: 'close',
    sa: second.sa,
    reason: 'no address',
  });
  assert.equal(world.sessions.size, 1);
  first.ends();
  assert.equal(world.connects(two).assigned, '40.1.1.1');
});

const framed = 'username vpnclient1 attributes\n vpn-framed-ip-address 40.1.1.77 255.255.0.0\n';

test('a user with an address of its own gets that one, with its mask', () => {
  const world = new Concentrator(framed);
  const client = world.connects(one);
  assert.equal(client.assigned, '40.1.1.77');
  assert.equal(world.connects(two).assigned, '40.1.1.1');
});

test('an address of its own that another user has is not given twice', () => {
  const world = new Concentrator(`${framed}ip local pool ciscopool 40.1.1.77-40.1.1.78\n`);
  const holder = world.connects(two);
  assert.equal(holder.assigned, '40.1.1.77');
  const client = world.arrives(one);
  assert.equal(client.logsIn(), true);
  assert.equal(client.asksForConfiguration(), undefined);
  const record = world.events.find((e) => e.definition === fixedAddressTaken);
  assert.deepEqual(record?.args, { address: '40.1.1.77', holder: 'vpnclient2' });
  assert.deepEqual([client.isAlive, holder.isAlive], [false, true]);
});

test('a user with an address of its own who comes back from another place gets it again', () => {
  const world = new Concentrator(framed);
  const lost = world.connects(one);
  const again = world.arrives({ ...one, port: 1030 });
  assert.equal(again.logsIn(), true);
  assert.ok(lost.isAlive, 'not before the address is asked for');
  assert.equal(again.asksForConfiguration(), '40.1.1.77');
  assert.equal(lost.isAlive, false);
  assert.deepEqual(world.keying.commanded.at(-2), {
    kind: 'close',
    sa: lost.sa,
    reason: 'replaced',
  });
  const ended = world.events.find((e) => e.definition === sessionClosed);
  assert.match(JSON.stringify(ended?.args), /replaced/);
  assert.equal(
    world.events.find((e) => e.definition === fixedAddressTaken),
    undefined,
  );
  assert.deepEqual(
    [world.sessions.size, world.pools.userOf(again.assigned as never)],
    [1, 'vpnclient1'],
  );
  // What is told of the end of the older SA later takes nothing from the newer session.
  world.notice({ kind: 'closed', sa: lost.sa, reason: 'replaced' });
  assert.equal(again.asksForConfiguration(), '40.1.1.77');
});

test('a client that asks twice gets the same address, and the mask of its pool', () => {
  const world = new Concentrator();
  const client = world.arrives(one);
  client.logsIn();
  assert.equal(client.asksForConfiguration(), '40.1.1.1');
  assert.equal(client.asksForConfiguration(), '40.1.1.1');
  assert.equal(replyOf(world, client, configurationAttributes.internalIp4Address), '28010101');
  assert.equal(world.pools.usage()[0]?.inUse, 1);
});

test('NAT-37: type and version that a client states are kept, and logged once', () => {
  const world = new Concentrator();
  const client = world.connects(one);
  client.asksForConfiguration();
  assert.equal(client.session?.clientType, 'WinNT');
  assert.equal(client.session?.clientVersion, '3.6.1 (Rel)');
  assert.deepEqual(
    world.events.filter((e) => e.definition === clientIdentified).map((e) => e.args),
    [{ type: 'WinNT', version: '3.6.1 (Rel)' }],
  );
});

test('a version of another form is kept as it stands, without what would forge a line', () => {
  const world = new Concentrator();
  const client = world.connects({ ...one, version: 'vpnc\n\u001b[2J 0.5.3' });
  assert.equal(client.session?.clientType, undefined);
  assert.equal(client.session?.clientVersion, 'vpnc[2J 0.5.3');
});
