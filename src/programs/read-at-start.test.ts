import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseListing } from '#config/parse';
import { grammar } from '#engine/grammar';
import { waitsForRestart } from './read-at-start.ts';

const BOX = `interface GigabitEthernet0/0
 nameif outside
 ip address 172.16.172.50 255.255.255.0
ip local pool vpnpool 40.1.1.1-40.1.1.254 mask 255.255.255.0
crypto ikev1 enable outside
`;

const configuration = (more = '') => parseListing(grammar, `${BOX}${more}`).configuration;

const waits = (more: string, inside: 'userspace' | 'memory' = 'userspace') =>
  waitsForRestart(configuration(), configuration(), configuration(more), inside);

test('a line that is read only at the start is said to wait for the next one', () => {
  const until = 'until headend is started again,';
  assert.deepEqual(waits('crypto isakmp nat-traversal 20\n'), [
    `${until} the UDP sockets stay as they are`,
  ]);
  assert.deepEqual(waits('crypto ipsec df-bit clear-df outside\n'), [
    `${until} the DF bit stays as it is`,
  ]);
  assert.deepEqual(waits('ip local pool more 40.1.2.1-40.1.2.9 mask 255.255.255.0\n'), [
    `${until} Linux has no other routes into tunnels than before`,
  ]);
  assert.deepEqual(waits('username carla password secret\n'), []);
});

test('a cluster address that was not there at the start waits for the next one; joining and leaving wait for nothing', () => {
  const lines = `crypto ikev1 enable outside
vpn load-balancing
 interface lbpublic outside
 interface lbprivate outside
 cluster ip address 172.16.172.254
`;
  const [alone, member] = [configuration(lines), configuration(`${lines} participate\n`)];
  const none = configuration();
  assert.deepEqual(waitsForRestart(none, none, alone, 'userspace'), [
    'until headend is started again, nothing listens at the cluster address',
  ]);
  assert.deepEqual(waitsForRestart(alone, alone, member, 'userspace'), []);
  assert.deepEqual(waitsForRestart(member, member, alone, 'userspace'), []);
  assert.deepEqual(waitsForRestart(member, member, none, 'userspace'), []);
});

test('where no route is made, another pool waits for nothing', () => {
  assert.deepEqual(
    waits('ip local pool more 40.1.2.1-40.1.2.9 mask 255.255.255.0\n', 'memory'),
    [],
  );
});

test('what goes back to how it was at the start waits for nothing, and is said once only', () => {
  const started = configuration();
  const changed = configuration('crypto isakmp nat-traversal 20\n');
  const more = configuration('crypto isakmp nat-traversal 20\nhostname other\n');
  assert.deepEqual(waitsForRestart(started, changed, started, 'userspace'), []);
  assert.deepEqual(waitsForRestart(started, changed, more, 'userspace'), []);
});
