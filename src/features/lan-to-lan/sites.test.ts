import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatPrefix } from '#base/prefix';
import { Secret } from '#base/secret';
import { accessListRoom } from '#config/access-list';
import { formatDiagnostic } from '#config/diagnostic';
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

/** These lines, without those that contain `without`. */
function read(extra = '', without?: string) {
  const kept = lines.split('\n').filter((line) => without === undefined || !line.includes(without));
  return parseListing(grammar, kept.join('\n') + extra);
}

/** The tunnels of these lines. */
const sites = (extra = '', without?: string, groups: readonly SiteGroup[] = [group]) =>
  sitesOf(read(extra, without).configuration, new Map(groups.map((g) => [g.name, g])));

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

test('transport mode carries what passes between the two ends; a line that names networks is wrong', () => {
  const transport = 'crypto ipsec ikev1 transform-set strong mode transport\n';
  const ends = 'access-list a extended permit ip host 198.51.100.1 host 198.51.100.2\n';
  const remotes = (extra: string) => sites(extra)[0]?.selectors.map((s) => formatPrefix(s.remote));
  assert.deepEqual(remotes(ends), ['10.2.0.0/24', '198.51.100.2/32']);
  assert.deepEqual(remotes(ends + transport), ['198.51.100.2/32']);
  const wrong = (extra: string) =>
    read(extra).diagnostics.map((d) => formatDiagnostic('conc.cfg', d));
  assert.deepEqual(wrong(ends), []);
  assert.deepEqual(wrong(ends + transport), [
    'conc.cfg:10: "crypto map vpn 10 match address a": transport mode carries only what passes ' +
      'between the two ends, not 10.1.0.0/24 to 10.2.0.0/24; ' +
      '"crypto ipsec ikev1 transform-set strong mode tunnel" carries networks',
  ]);
  // Of another family, and of one end only.
  for (const entry of [
    'ip 2001:db8:1::/64 2001:db8:2::/64',
    'ip 10.1.0.0 255.255.255.0 host 198.51.100.2',
    'ip host 198.51.100.1 10.2.0.0 255.255.255.0',
  ]) {
    const extra = `access-list c extended permit ${entry}
crypto map vpn 20 match address c
crypto map vpn 20 set peer 198.51.100.2
crypto map vpn 20 set ikev1 transform-set other
crypto ipsec ikev1 transform-set other mode transport
`;
    assert.deepEqual(
      sites(extra)[0]?.selectors.map((s) => formatPrefix(s.remote)),
      ['10.2.0.0/24'],
      entry,
    );
    assert.equal(wrong(extra).length, 1, entry);
    assert.match(wrong(extra)[0] ?? '', /"crypto map vpn 20 match address c": transport mode/);
  }
});
