import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatPrefix } from '#base/prefix';
import { Secret } from '#base/secret';
import { accessListRoom } from '#config/access-list';
import { grammarOf } from '#config/grammar';
import { parseListing } from '#config/parse';
import { systemRoom } from '#config/system-commands';
import { ipsecRoom } from '#ipsec/commands';
import { type SiteGroup, sameSite, sitesOf } from './sites.ts';

const grammar = grammarOf([systemRoom, accessListRoom, ipsecRoom]);

const group: SiteGroup = {
  name: '198.51.100.2',
  preSharedKey: new Secret('between-two-sites'),
  keepalive: { thresholdSeconds: 10, retrySeconds: 2 },
  natTraversal: false,
};

const lines = `interface GigabitEthernet0/0
 nameif outside
 ip address 198.51.100.1 255.255.255.0
access-list a extended permit ip 10.1.0.0 255.255.255.0 10.2.0.0 255.255.255.0
access-list b extended permit ip host 10.1.1.1 any
crypto ikev1 enable outside
crypto ikev1 policy 10
crypto ipsec ikev1 transform-set strong esp-gcm-128
crypto ipsec ikev1 transform-set other esp-gcm-256
crypto map vpn 10 match address a
crypto map vpn 10 set peer 198.51.100.2
crypto map vpn 10 set ikev1 transform-set strong other
crypto map vpn 10 set pfs group14
crypto map vpn 10 set security-association lifetime seconds 600
crypto map vpn interface outside
`;

/** The tunnels of these lines, without those lines that contain `without`. */
function sites(extra = '', without?: string, groups: readonly SiteGroup[] = [group]) {
  const kept = lines.split('\n').filter((line) => without === undefined || !line.includes(without));
  const { configuration } = parseListing(grammar, kept.join('\n') + extra);
  return sitesOf(configuration, new Map(groups.map((g) => [g.name, g])));
}

test('an entry with access list, peer and transform sets is a tunnel', () => {
  const [site, ...others] = sites();
  assert.ok(site);
  assert.deepEqual(others, []);
  const { policy } = site;
  assert.deepEqual([site.peer, site.local, site.begins], ['198.51.100.2', '198.51.100.1', true]);
  assert.deepEqual(
    site.selectors.map((s) => [formatPrefix(s.local), formatPrefix(s.remote)]),
    [['10.1.0.0/24', '10.2.0.0/24']],
  );
  assert.deepEqual(policy.ipsec.suites, ['aes-gcm-16-128', 'aes-gcm-16-256']);
  assert.deepEqual(
    [policy.ipsec.pfs, policy.ipsec.lifetimeSeconds, policy.extendedAuthentication],
    ['modp2048', 600, false],
  );
});

test('NAT-16: a tunnel has a NAT traversal of its own', () => {
  assert.equal(sites()[0]?.policy.natTraversal, false);
  const on = { ...group, natTraversal: true };
  assert.equal(sites('', undefined, [on])[0]?.policy.natTraversal, true);
});

test('what is not complete makes no tunnel', () => {
  for (const missing of [
    'match address',
    'set peer',
    'set ikev1 transform-set',
    'map vpn interface',
    'ikev1 enable',
  ])
    assert.deepEqual(sites('', missing), [], missing);
  assert.deepEqual(sites('', undefined, []), []);
  assert.deepEqual(sites('', undefined, [{ ...group, preSharedKey: undefined }]), []);
});

test('entries of one peer make one tunnel with the networks of all', () => {
  const more = `crypto map vpn 20 match address b
crypto map vpn 20 set peer 198.51.100.2
crypto map vpn 20 set ikev1 transform-set other
`;
  const [site, ...others] = sites(more);
  assert.deepEqual(others, []);
  assert.deepEqual(
    site?.policy.selectors?.map((s) => formatPrefix(s.remote)),
    ['10.2.0.0/24', '0.0.0.0/0'],
  );
});

test('a tunnel is another one when a line that it was made of changes', () => {
  const [site] = sites();
  const [same] = sites('crypto map vpn 30 set peer 198.51.100.9\n');
  const [other] = sites('crypto map vpn 10 set pfs group19\n');
  assert.ok(site && same && other);
  assert.ok(sameSite(site, same));
  assert.ok(!sameSite(site, other));
});
