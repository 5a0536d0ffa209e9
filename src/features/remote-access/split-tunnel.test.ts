import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatPrefix } from '#base/prefix';
import { remoteAccessRoom } from './commands.ts';
import { resolveGroupPolicy } from './config.ts';
import { splitNetworks } from './split-tunnel.ts';
import { Concentrator } from './testing.ts';

function networksWith(lines: string): string[] {
  const { configuration } = new Concentrator(lines);
  const policy = resolveGroupPolicy(configuration, 'ciscovpn');
  assert.ok(policy);
  return splitNetworks(configuration, policy).map(formatPrefix);
}

const tunnel = (list: string, policy = 'tunnelspecified') =>
  `group-policy ciscovpn attributes\n split-tunnel-policy ${policy}\n` +
  ` split-tunnel-network-list value ${list}\n`;

test('a standard list names the networks, its denials and remarks left out', () => {
  const list =
    'access-list inside remark offices\naccess-list inside standard permit 192.168.2.0 255.255.255.0\n' +
    'access-list inside standard deny 10.9.0.0 255.255.0.0\n' +
    'access-list inside standard permit 10.0.0.0 255.0.0.0\n';
  assert.deepEqual(networksWith(list + tunnel('inside')), ['192.168.2.0/24', '10.0.0.0/8']);
  assert.deepEqual(networksWith(list + tunnel('inside', 'tunnelall')), []);
});

test('an extended list is written from the inside: its sources are the networks', () => {
  const list =
    'access-list inside extended permit ip 192.168.2.0 255.255.255.0 any\n' +
    'access-list inside extended permit ip any any\n';
  assert.deepEqual(networksWith(list + tunnel('inside')), ['192.168.2.0/24', '0.0.0.0/0']);
});

test('a list whose permissions are all inactive splits nothing, and that is said', () => {
  const { configuration } = new Concentrator(
    `access-list inside extended permit ip 192.168.2.0 255.255.255.0 any inactive\n${tunnel('inside')}`,
  );
  const policy = resolveGroupPolicy(configuration, 'ciscovpn');
  assert.ok(policy);
  assert.deepEqual(splitNetworks(configuration, policy), []);
  assert.deepEqual(
    remoteAccessRoom.verify?.(configuration).filter((f) => f.reason.includes('access list')),
    [
      {
        severity: 'warning',
        at: ['group-policy ciscovpn attributes', 'split-tunnel-network-list value inside'],
        reason:
          'access list "inside" permits nothing that is in force, so clients send everything through the tunnel',
      },
    ],
  );
});

test('without a list everything goes through the tunnel', () => {
  assert.deepEqual(networksWith(''), []);
});
