import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, addressBytes, type IpAddress } from '#base/address';
import { redirectFollowed } from '#protocol/isakmp/events';
import { isakmpNotification } from '#protocol/isakmp/informational-send';
import { exchangeTypes, notifyTypes } from '#wire/isakmp/numbers';
import { redirectsExhausted } from './events.ts';
import { BareGateway } from './testing/bare-gateway.ts';
import { gatewayAddress } from './testing/policies.ts';
import { World } from './testing/world.ts';

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
