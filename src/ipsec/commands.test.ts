import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyConfiguration } from '#config/configuration';
import { formatDiagnostic } from '#config/diagnostic';
import { grammarOf } from '#config/grammar';
import { formatListing, listConfiguration } from '#config/listing';
import { parseListing } from '#config/parse';
import { systemRoom } from '#config/system-commands';
import { ipsecRoom } from './commands.ts';
import { ipsecSlice, LEGACY_ITEMS } from './config.ts';

const grammar = grammarOf([systemRoom, ipsecRoom]);

const outside = ['interface Ethernet0/0', ' nameif outside'];
const parse = (...lines: readonly string[]) =>
  parseListing(grammar, [...outside, ...lines].join('\n'));
const complaints = (...lines: readonly string[]) =>
  parse(...lines).diagnostics.map((d) => formatDiagnostic('conc.cfg', d));
const ipsecOf = (...lines: readonly string[]) => {
  const { configuration, diagnostics } = parse(...lines);
  assert.deepEqual(diagnostics, []);
  return ipsecSlice.of(configuration);
};

test('NAT traversal is off until it is configured, and its interval may be left out', () => {
  assert.equal(ipsecSlice.of(emptyConfiguration).natTraversal, undefined);
  assert.deepEqual(ipsecOf('crypto isakmp nat-traversal').natTraversal, { keepaliveSeconds: 9 });
  assert.deepEqual(ipsecOf('crypto isakmp nat-traversal 20').natTraversal, {
    keepaliveSeconds: 20,
  });
  assert.equal(
    ipsecOf('crypto isakmp nat-traversal 20', 'no crypto isakmp nat-traversal').natTraversal,
    undefined,
  );
});

test('GEN-42: a device without strong encryption takes policies and transform sets of single DES only', () => {
  const lines = (cipher: string, suite: string) => [
    'legacy-crypto permit all',
    'no platform strong-crypto',
    'crypto ikev1 policy 10',
    ` encryption ${cipher}`,
    `crypto ipsec ikev1 transform-set one ${suite} esp-sha-hmac`,
  ];
  assert.equal(ipsecOf(...lines('des', 'esp-des')).strongCrypto, false);
  assert.equal(ipsecOf().strongCrypto, true);
  for (const [cipher, suite] of [
    ['3des', 'esp-3des'],
    ['aes', 'esp-aes-256'],
  ] as const) {
    const said = complaints(...lines(cipher, suite));
    assert.equal(said.length, 2);
    assert.match(said[0] ?? '', new RegExp(`"encryption ${cipher}": this device may not encrypt`));
    assert.match(said[1] ?? '', new RegExp(`${suite} esp-sha-hmac": this device may not encrypt`));
  }
});

test('the older spellings mean the same as the newer ones', () => {
  const newer = ipsecOf(
    'crypto ikev1 policy 10',
    ' encryption aes',
    'crypto ikev1 enable outside',
    'crypto ipsec ikev1 transform-set strong esp-aes esp-sha256-hmac',
    'crypto dynamic-map dyn 10 set ikev1 transform-set strong',
    'crypto ikev1 am-disable',
  );
  const older = ipsecOf(
    'crypto isakmp policy 10',
    ' encryption aes',
    'crypto isakmp enable outside',
    'crypto ipsec transform-set strong esp-sha256-hmac esp-aes',
    'crypto dynamic-map dyn 10 set transform-set strong',
    'crypto isakmp am-disable',
  );
  assert.deepEqual(older, newer);
  assert.deepEqual(newer.isakmpPolicies.get(10), {
    priority: 10,
    authentication: 'pre-share',
    encryption: 'aes-cbc-128',
    hash: 'sha2-256',
    group: 'modp2048',
    lifetimeSeconds: 86400,
  });
});

test('every line that needs an old algorithm is named with the one command that permits just that', () => {
  const old = [
    'crypto ikev1 policy 10',
    ' encryption 3des',
    ' hash md5',
    ' group 2',
    'crypto ikev1 policy 20',
    ' encryption aes-256',
    ' hash sha256',
    ' group 14',
    'crypto ipsec ikev1 transform-set weak esp-des esp-md5-hmac',
    'crypto dynamic-map dyn 10 set pfs group5',
  ];
  assert.deepEqual(complaints(...old), [
    'conc.cfg:4: "encryption 3des": encryption 3des is old and not permitted; "legacy-crypto permit encryption 3des" permits it',
    'conc.cfg:5: "hash md5": hash md5 is old and not permitted; "legacy-crypto permit hash md5" permits it',
    'conc.cfg:6: "group 2": dh-group 2 is old and not permitted; "legacy-crypto permit dh-group 2" permits it',
    'conc.cfg:11: "crypto ipsec ikev1 transform-set weak esp-des esp-md5-hmac": encryption des and hash md5 are old and not permitted; "legacy-crypto permit encryption des hash md5" permits them',
    'conc.cfg:12: "crypto dynamic-map dyn 10 set pfs group5": dh-group 5 is old and not permitted; "legacy-crypto permit dh-group 5" permits it',
  ]);
  const permitted =
    'legacy-crypto permit encryption 3des encryption des hash md5 dh-group 2 dh-group 5';
  assert.deepEqual(complaints(...old, permitted), []);
  assert.deepEqual(complaints('legacy-crypto permit all', ...old), []);
  assert.equal(complaints('legacy-crypto permit encryption 3des', ...old).length, 4);
});

test('the fence is closed again by its "no" form, item by item or at once', () => {
  const all = ipsecOf('legacy-crypto permit all').legacyPermitted;
  assert.deepEqual([...all], [...LEGACY_ITEMS]);
  const some = ipsecOf(
    'legacy-crypto permit hash md5 aggressive-mode',
    'no legacy-crypto permit hash md5',
  );
  assert.deepEqual([...some.legacyPermitted], ['aggressive-mode']);
  assert.equal(
    ipsecOf('legacy-crypto permit all', 'no legacy-crypto permit').legacyPermitted.size,
    0,
  );
  const { configuration } = parse(`legacy-crypto permit ${LEGACY_ITEMS.join(' ')}`);
  const lines = formatListing(
    listConfiguration(grammar, configuration, { audience: 'file' }),
    'asa',
  );
  assert.ok(lines.includes('legacy-crypto permit all'));
  assert.match(
    complaints('legacy-crypto permit hash sha256')[0] ?? '',
    /"sha256" is not one of md5, sha/,
  );
});

test('maps and sets that are named and do not exist are errors at the line that names them', () => {
  assert.deepEqual(
    complaints(
      'crypto dynamic-map dyn 10 set ikev1 transform-set strong missing',
      'crypto ipsec ikev1 transform-set strong esp-gcm-256',
      'crypto map outside_map 10 ipsec-isakmp dynamic other',
      'crypto map outside_map interface inside',
      'crypto ikev1 enable outside',
    ),
    [
      'conc.cfg:3: "crypto dynamic-map dyn 10 set ikev1 transform-set strong missing": there is no transform set "missing"',
      'conc.cfg:5: "crypto map outside_map 10 ipsec-isakmp dynamic other": there is no dynamic map "other"',
      'conc.cfg:6: "crypto map outside_map interface inside": no interface has the name "inside"',
      'conc.cfg:7: warning: "crypto ikev1 enable outside": there is no policy of phase 1, so no peer gets an answer; "crypto ikev1 policy 10" adds one',
    ],
  );
});

test('transforms that make no suite say what is missing or unknown', () => {
  const reasonOf = (transforms: string) =>
    complaints(`crypto ipsec ikev1 transform-set s ${transforms}`).join();
  assert.match(reasonOf('esp-aes'), /incomplete: an integrity transform is missing/);
  assert.match(reasonOf('esp-sha256-hmac'), /incomplete: an encryption transform is missing/);
  assert.match(reasonOf('esp-rc4 esp-sha256-hmac'), /"esp-rc4" is not one of the transforms/);
  assert.match(reasonOf('esp-aes esp-gcm-128'), /do not make a suite/);
  assert.match(reasonOf('mode transport'), /there is no transform set "s"/);
});

test('a policy for certificates is kept, not offered, and needs nothing from behind the fence', () => {
  const lines = ['crypto ikev1 policy 10', ' authentication rsa-sig', ' encryption 3des'];
  assert.deepEqual(complaints(...lines), [
    'conc.cfg:4: warning: "authentication rsa-sig": IKEv1 is answered with pre-shared keys only, so this policy is not offered',
  ]);
});

test('lifetimes, replay window and DF bit have their defaults back after "no"', () => {
  const set = ipsecOf(
    'crypto ipsec security-association lifetime seconds 3600 kilobytes 5000',
    'crypto ipsec security-association replay window-size 1024',
    'crypto ipsec df-bit clear-df outside',
  );
  assert.deepEqual(
    [set.lifetimeSeconds, set.lifetimeKilobytes, set.replayWindow, [...set.dfBit]],
    [3600, 5000, 1024, [['outside', 'clear']]],
  );
  const unset = ipsecOf(
    'crypto ipsec security-association lifetime seconds 3600 kilobytes 5000',
    'no crypto ipsec security-association lifetime seconds',
    'no crypto ipsec security-association lifetime kilobytes 5000',
    'crypto ipsec df-bit clear-df outside',
    'no crypto ipsec df-bit clear-df outside',
  );
  assert.deepEqual(unset, ipsecSlice.empty);
});
