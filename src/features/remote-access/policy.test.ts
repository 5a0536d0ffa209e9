import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { toUtf8 } from '#base/bytes';
import type { PhaseOneIdentity } from '#ipsec/keying';
import { groupName, keyingPolicy } from './policy.ts';
import { Concentrator } from './testing.ts';
import { configured } from './testing-listing.ts';

const named = (name: string): PhaseOneIdentity => ({ kind: 'keyId', bytes: toUtf8(name) });
const policyWith = (extra = '') => keyingPolicy(new Concentrator(extra).configuration);

test('a peer is known by its group name, whichever way it writes it', () => {
  const { peer } = policyWith();
  assert.equal(peer(named('ciscovpn'))?.group, 'ciscovpn');
  assert.equal(peer({ kind: 'fqdn', name: 'ciscovpn' })?.group, 'ciscovpn');
  assert.equal(peer({ kind: 'userFqdn', name: 'ciscovpn' })?.extendedAuthentication, true);
  assert.equal(peer({ kind: 'address', address: address('192.0.2.1') }), undefined);
  assert.equal(groupName({ kind: 'other', idType: 9, bytes: toUtf8('ciscovpn') }), undefined);
});

test('a group that does not exist, has no key, or may not use IKEv1 is unknown', () => {
  const { peer } = policyWith(
    'tunnel-group keyless type remote-access\ntunnel-group keyless general-attributes\n' +
      ' address-pool ciscopool\n' +
      'group-policy tls internal\ngroup-policy tls attributes\n vpn-tunnel-protocol ssl-client\n' +
      'tunnel-group tls type remote-access\ntunnel-group tls general-attributes\n' +
      ' default-group-policy tls\ntunnel-group tls ipsec-attributes\n' +
      ' ikev1 pre-shared-key abcdefgh\n',
  );
  for (const name of ['nobody', 'keyless', 'tls', ''])
    assert.equal(peer(named(name)), undefined, name);
});

test('the suites are those of the maps that are applied, in the order of their entries', () => {
  const policy = policyWith(
    'crypto ipsec ikev1 transform-set gcm esp-gcm-128\n' +
      'crypto ipsec ikev1 transform-set unused esp-aes-256 esp-sha256-hmac\n' +
      'crypto dynamic-map dyn 5 set ikev1 transform-set gcm\n' +
      'crypto dynamic-map dyn 5 set security-association lifetime seconds 3600\n' +
      'crypto dynamic-map apart 1 set ikev1 transform-set unused\n',
  );
  const { suites, lifetimeSeconds, mode } = policy.peer(named('ciscovpn'))?.ipsec ?? {};
  assert.deepEqual(suites, ['aes-gcm-16-128', '3des-cbc-hmac-md5-96']);
  assert.equal(lifetimeSeconds, 3600);
  assert.equal(mode, 'tunnel');
});

test('phase 1 accepts the policies in the order of their priority; aggressive mode can be refused', () => {
  const policies =
    'crypto ikev1 policy 5\n authentication pre-share\n encryption aes-256\n hash sha256\n group 19\n';
  assert.deepEqual(
    policyWith(policies).isakmp.map((p) => [p.priority, p.group]),
    [
      [5, 'ecp256'],
      [10, 'modp1024'],
    ],
  );
  assert.equal(policyWith().aggressiveModeDisabled, false);
  assert.equal(policyWith('crypto ikev1 am-disable\n').aggressiveModeDisabled, true);
});

test('NAT-15: without NAT traversal in the configuration none is negotiated', () => {
  assert.ok(policyWith().natTraversal);
  assert.equal(policyWith('no crypto isakmp nat-traversal\n').natTraversal, undefined);
});

test('keepalives follow the group; where they are off, a peer is never asked', () => {
  const dpdOf = (line: string) =>
    policyWith(`tunnel-group ciscovpn ipsec-attributes\n ${line}\n`).peer(named('ciscovpn'))?.dpd;
  const { idleSeconds, retrySeconds } = dpdOf('isakmp keepalive threshold 30 retry 5') ?? {};
  assert.deepEqual([idleSeconds, retrySeconds], [30, 5]);
  const never = dpdOf('isakmp keepalive disable')?.idleSeconds ?? 0;
  assert.ok(never > 1e9);
});

test('a configuration without cryptography has nobody to talk to', () => {
  const policy = keyingPolicy(configured('hostname conc\n'));
  assert.deepEqual(policy.isakmp, []);
  assert.equal(policy.peer(named('ciscovpn')), undefined);
});
