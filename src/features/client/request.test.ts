import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { parseProfile } from './profile.ts';
import { clientPolicy, connectRequest } from './request.ts';

const own = address('10.10.10.2');
const ends = {
  local: { address: own, port: 5500 },
  localEncapsulated: { address: own, port: 5501 },
  remotePort: 10_500,
  remoteEncapsulatedPort: 14_500,
};

function profileOf(...lines: readonly string[]) {
  const parsed = parseProfile(
    ['Host=172.16.172.50', 'GroupName=ciscovpn', 'GroupPwd=cisco123', ...lines].join('\n'),
  );
  assert.ok(parsed.ok);
  return parsed.value;
}

test('NAT-24: without transparent tunneling no NAT traversal is offered', () => {
  assert.ok(clientPolicy(profileOf()).natTraversal);
  assert.equal(clientPolicy(profileOf('EnableNat=0')).natTraversal, undefined);
});

test('phase 1 is offered in the group of the profile, new ciphers before old ones', () => {
  const offers = clientPolicy(profileOf('DHGroup=14')).isakmp;
  assert.deepEqual([...new Set(offers.map((o) => o.group))], ['modp2048']);
  assert.equal(offers[0]?.encryption, 'aes-cbc-256');
  assert.equal(offers.at(-1)?.encryption, '3des');
});

test('NAT-24: a head-end that is silent for the peer timeout of the profile counts as dead', () => {
  for (const seconds of [30, 90, 480]) {
    const dpd = connectRequest(profileOf(`PeerTimeout=${seconds}`), ends)?.peer.dpd;
    assert.ok(dpd);
    // One probe when the peer falls silent, then the retries, each waited for.
    const silence = dpd.idleSeconds + (dpd.retries + 1) * dpd.retrySeconds;
    assert.ok(silence >= seconds && silence <= seconds + 6, `${silence}`);
  }
});

test('a request goes to the ports it is told, which need not be 500 and 4500', () => {
  const request = connectRequest(profileOf(), ends);
  assert.deepEqual(
    [request?.remote.port, request?.remoteEncapsulated.port, request?.local.port],
    [10_500, 14_500, 5500],
  );
});
