import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import type { SessionKind } from '#session/session';
import { type ClientSketch, Concentrator, commandLineOf } from '../testing.ts';

const first: ClientSketch = { user: 'vpnclient1', port: 1029 };
const second: ClientSketch = { user: 'vpnclient2', port: 1030 };

/** Two clients (1 and 2), a LAN-to-LAN session (3) and an administrator (4). */
function populated() {
  const world = new Concentrator();
  world.connects(first);
  world.connects(second);
  const other = (kind: SessionKind, username: string, group: string) =>
    world.sessions.open(
      {
        kind,
        username,
        group,
        owner: username,
        peer: { address: address('192.0.2.9'), port: 500 },
        assigned: [],
        protocol: 'IPSec',
        encryption: '3DES-168',
        hash: 'MD5',
        legacy: [],
      },
      world.now,
    );
  other('lanToLan', 'branch', 'branch');
  other('management', 'admin', '');
  return { world, line: commandLineOf(world.needs) };
}

test('NAT-36: each "Logout All" ends its class of sessions and no other', () => {
  const { line } = populated();
  const chosen = (what: string) => {
    const request = line.requests(`vpn-sessiondb logoff ${what}`);
    return request.kind === 'logOffSessions' ? [request.indexes, request.done] : [];
  };
  const done = (type: string, n: number) =>
    `INFO: Number of sessions of type "${type}" logged off : ${n}`;
  assert.deepEqual(chosen('ra-ikev1'), [[1, 2], done('ra-ikev1-ipsec', 2)]);
  assert.deepEqual(chosen('remote'), [[1, 2], done('remote', 2)]);
  assert.deepEqual(chosen('l2l'), [[3], done('l2l', 1)]);
  assert.deepEqual(chosen('all noconfirm'), [[1, 2, 3], done('all', 3)]);
});

test('NAT-37: one session, the sessions of a user, and those of a group are logged off', () => {
  const { world, line } = populated();
  const chosen = (what: string) => {
    const request = line.requests(`vpn-sessiondb logoff ${what}`);
    return request.kind === 'logOffSessions' ? request.indexes : [];
  };
  assert.deepEqual(chosen('name vpnclient2'), [2]);
  assert.deepEqual(chosen('tunnel-group ciscovpn'), [1, 2]);
  assert.deepEqual(chosen('group branch'), [3]);
  assert.deepEqual(chosen('index 1'), [1]);
  const [index] = chosen('index 1');
  const session = world.sessions.get(index ?? 0);
  assert.ok(session);
  world.perform(world.remoteAccess.logOff(session, world.now));
  assert.deepEqual(
    [...world.sessions.values()].map((s) => s.username),
    ['vpnclient2', 'branch', 'admin'],
  );
});

test('what is not there is not logged off, and neither is an administrator', () => {
  const { line } = populated();
  assert.equal(
    line.refuses('vpn-sessiondb logoff name nobody'),
    '% There is no VPN session of user "nobody"',
  );
  for (const what of ['index 9', 'index 4', 'name admin', 'tunnel-group sales'])
    assert.match(line.refuses(`vpn-sessiondb logoff ${what}`), /no VPN session of/);
});

test('a session of another feature is not ended by remote access', () => {
  const { world } = populated();
  const session = world.sessions.get(3);
  assert.ok(session);
  assert.deepEqual(world.remoteAccess.logOff(session, world.now), []);
});
