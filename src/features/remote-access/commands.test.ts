import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessListRoom } from '#config/access-list';
import { emptyConfiguration } from '#config/configuration';
import { formatDiagnostic } from '#config/diagnostic';
import { grammarOf } from '#config/grammar';
import { formatListing, listConfiguration } from '#config/listing';
import { parseListing } from '#config/parse';
import { systemRoom } from '#config/system-commands';
import { ipsecRoom } from '#ipsec/commands';
import { sessionRoom } from '#session/commands';
import { missingPermit, remoteAccessRoom } from './commands.ts';
import { remoteAccessSlice, resolveGroupPolicy } from './config.ts';

const grammar = grammarOf([systemRoom, accessListRoom, sessionRoom, ipsecRoom, remoteAccessRoom]);
const parse = (...lines: readonly string[]) => parseListing(grammar, lines.join('\n'));
const complaints = (...lines: readonly string[]) =>
  parse(...lines).diagnostics.map((d) => formatDiagnostic('conc.cfg', d));
const groupOf = (...lines: readonly string[]) =>
  remoteAccessSlice.of(parse(...lines).configuration).tunnelGroups.get('ciscovpn');

test('NAT-18: IPsec over UDP on port 4500 and NAT traversal exclude each other, and the group is named', () => {
  const group = (port: number) => [
    'group-policy old internal',
    'group-policy old attributes',
    ' ipsec-udp enable',
    ` ipsec-udp-port ${port}`,
  ];
  const clash =
    'conc.cfg:4: "ipsec-udp-port 4500": group "old" uses UDP port 4500, which NAT traversal needs; "ipsec-udp-port 10000" moves it';
  assert.deepEqual(complaints(...group(4500), 'crypto isakmp nat-traversal'), [clash]);
  assert.deepEqual(complaints(...group(10000), 'crypto isakmp nat-traversal'), []);
  assert.deepEqual(complaints(...group(4500)), []);
  // The port may be inherited: the group that uses it is named all the same.
  const inherited = complaints(
    'crypto isakmp nat-traversal',
    'group-policy DfltGrpPolicy attributes',
    ' ipsec-udp-port 4500',
    'group-policy heir internal',
    'group-policy heir attributes',
    ' ipsec-udp enable',
  );
  assert.equal(inherited.length, 1);
  assert.match(inherited[0] ?? '', /^conc.cfg:5: .*group "heir" uses UDP port 4500/);
});

test('a group policy inherits what it does not say, and can refuse to inherit', () => {
  const { configuration, diagnostics } = parse(
    'group-policy DfltGrpPolicy attributes',
    ' dns-server value 10.0.0.1 10.0.0.2',
    ' vpn-idle-timeout 60',
    ' default-domain value example.org',
    ' banner value Hello',
    'group-policy staff internal',
    'group-policy staff attributes',
    ' dns-server none',
    ' default-domain none',
    ' vpn-session-timeout none',
    ' banner none',
  );
  assert.deepEqual(diagnostics, []);
  const staff = resolveGroupPolicy(configuration, 'staff');
  assert.deepEqual(
    [staff?.dnsServers, staff?.idleTimeoutMinutes, staff?.sessionTimeoutMinutes],
    [[], 60, 'none'],
  );
  assert.deepEqual([staff?.defaultDomain, staff?.banner], [undefined, []]);
  const base = resolveGroupPolicy(configuration, 'DfltGrpPolicy');
  assert.deepEqual([base?.dnsServers, base?.banner], [['10.0.0.1', '10.0.0.2'], ['Hello']]);
  assert.equal(resolveGroupPolicy(configuration, 'nobody'), undefined);
  assert.equal(resolveGroupPolicy(emptyConfiguration, 'DfltGrpPolicy')?.simultaneousLogins, 3);
});

test('a tunnel group has its attributes in two modes, each with its own "no"', () => {
  const lines = [
    'ip local pool vpnpool 40.1.1.1-40.1.1.9',
    'group-policy staff internal',
    'tunnel-group ciscovpn type ipsec-ra',
    'tunnel-group ciscovpn general-attributes',
    ' address-pool (inside) vpnpool',
    ' default-group-policy staff',
    'tunnel-group ciscovpn ipsec-attributes',
    ' pre-shared-key topsecret',
    ' isakmp keepalive threshold 20 retry 5',
  ];
  assert.deepEqual(complaints(...lines), []);
  const { preSharedKey, ...group } = groupOf(...lines) ?? assert.fail();
  assert.equal(preSharedKey?.reveal(), 'topsecret');
  assert.deepEqual(group, {
    name: 'ciscovpn',
    type: 'remote-access',
    addressPools: ['vpnpool'],
    defaultGroupPolicy: 'staff',
    authenticationServerGroup: 'LOCAL',
    localFallback: false,
    keepalive: { thresholdSeconds: 20, retrySeconds: 5 },
    natTraversal: false,
  });
  const noGeneral = groupOf(...lines, 'no tunnel-group ciscovpn general-attributes');
  assert.deepEqual([noGeneral?.addressPools, noGeneral?.preSharedKey?.reveal()], [[], 'topsecret']);
  const noIpsec = groupOf(...lines, 'no tunnel-group ciscovpn ipsec-attributes');
  assert.deepEqual([noIpsec?.addressPools, noIpsec?.preSharedKey], [['vpnpool'], undefined]);
  assert.equal(groupOf(...lines, 'no tunnel-group ciscovpn'), undefined);
});

test('the lines of one group stand together in the listing', () => {
  const { configuration } = parse(
    'tunnel-group a type remote-access',
    'tunnel-group b type ipsec-l2l',
    'tunnel-group b ipsec-attributes',
    ' nat-t',
    'tunnel-group a ipsec-attributes',
    ' ikev1 pre-shared-key topsecret',
  );
  const lines = formatListing(
    listConfiguration(grammar, configuration, { audience: 'person' }),
    'pix',
  );
  assert.deepEqual(lines, [
    'tunnel-group a type remote-access',
    'tunnel-group a ipsec-attributes',
    ' ikev1 pre-shared-key *****',
    'tunnel-group b type ipsec-l2l',
    'tunnel-group b ipsec-attributes',
    ' isakmp keepalive threshold 10 retry 2',
    ' nat-t',
  ]);
});

test('what a group names and nobody made is an error at the line that names it', () => {
  assert.deepEqual(
    complaints(
      'aaa-server rad protocol radius',
      'tunnel-group ciscovpn type remote-access',
      'tunnel-group ciscovpn general-attributes',
      ' address-pool missing',
      ' authentication-server-group rad',
      ' default-group-policy nobody',
      'tunnel-group ciscovpn ipsec-attributes',
      ' ikev1 pre-shared-key topsecret',
      'group-policy staff internal',
      'group-policy staff attributes',
      ' split-tunnel-network-list value nolist',
      ' address-pools value nopool',
    ),
    [
      'conc.cfg:4: "address-pool missing": there is no pool "missing"',
      'conc.cfg:5: warning: "authentication-server-group rad": no server is asked yet, so nobody of group "ciscovpn" can log in; "authentication-server-group LOCAL" asks the users of this device',
      'conc.cfg:6: "default-group-policy nobody": there is no group policy "nobody"; "group-policy nobody internal" makes it',
      'conc.cfg:11: "split-tunnel-network-list value nolist": there is no access list "nolist"',
      'conc.cfg:12: "address-pools value nopool": there is no pool "nopool"',
    ],
  );
  assert.match(
    complaints('tunnel-group x general-attributes').join(),
    /there is no tunnel group "x"; "tunnel-group x type remote-access" makes it/,
  );
  assert.match(
    complaints('group-policy x attributes').join(),
    /there is no group policy "x"; "group-policy x internal" makes it/,
  );
});

test('a group that nobody can use yet is a warning that says what is missing', () => {
  assert.deepEqual(
    complaints('tunnel-group a type remote-access', 'tunnel-group b type ipsec-l2l'),
    [
      'conc.cfg:1: warning: "tunnel-group a ipsec-attributes": group "a" has no key, so no client can use it; "ikev1 pre-shared-key" sets it',
      'conc.cfg:1: warning: "tunnel-group a type remote-access": group "a" has no pool, so only users with an address of their own can log in; "address-pool" names one',
      'conc.cfg:2: warning: "tunnel-group b type ipsec-l2l": the key of a LAN-to-LAN peer is found by its address, and "b" is none; "tunnel-group A.B.C.D type ipsec-l2l" names the peer',
    ],
  );
});

test('a group key means aggressive mode, and one command permits everything old', () => {
  const lines = [
    'interface Ethernet0/0',
    ' nameif outside',
    'ip local pool vpnpool 40.1.1.1-40.1.1.9',
    'username carla password carlas',
    'crypto ipsec ikev1 transform-set strong esp-aes-256 esp-sha256-hmac',
    'crypto dynamic-map dyn 10 set ikev1 transform-set strong',
    'crypto map outside_map 10 ipsec-isakmp dynamic dyn',
    'crypto map outside_map interface outside',
    'crypto ikev1 enable outside',
    'crypto ikev1 policy 10',
    ' encryption 3des',
    ' hash sha',
    ' group 2',
    'tunnel-group ciscovpn type remote-access',
    'tunnel-group ciscovpn general-attributes',
    ' address-pool vpnpool',
    'tunnel-group ciscovpn ipsec-attributes',
    ' ikev1 pre-shared-key topsecret',
  ];
  const permit = 'legacy-crypto permit encryption 3des hash sha dh-group 2 aggressive-mode';
  const text = complaints(...lines);
  assert.equal(missingPermit(parse(...lines).configuration), permit);
  assert.equal(
    text.at(-2),
    'conc.cfg:18: "ikev1 pre-shared-key *****": aggressive-mode is old and not permitted; "legacy-crypto permit aggressive-mode" permits it',
  );
  assert.equal(
    text.at(-1),
    `conc.cfg: info: "${permit}": this one command permits everything old that the configuration needs`,
  );
  assert.deepEqual(complaints(permit, ...lines), []);
  assert.equal(complaints(...lines, 'crypto ikev1 am-disable').length, 4);
});
