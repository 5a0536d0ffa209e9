import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { sameValue } from '#config/configuration';
import { formatDiagnostic } from '#config/diagnostic';
import { KEPT } from '#config/kept-commands';
import { formatListing, listConfiguration } from '#config/listing';
import { type ParseOptions, parseListing } from '#config/parse';
import { countOf, summaryOf } from '#config/summary';
import { remoteAccessSlice, resolveGroupPolicy } from '#features/remote-access/config';
import { splitNetworks } from '#features/remote-access/split-tunnel';
import { ipsecSlice } from '#ipsec/config';
import { grammar } from './grammar.ts';

const fileText = (name: string): string =>
  readFileSync(new URL(`listings/${name}`, import.meta.url), 'utf8');
const loaded = (name: string) => parseListing(grammar, fileText(name));
const written = (name: string): string[] => {
  const { configuration, dialect } = loaded(name);
  return formatListing(listConfiguration(grammar, configuration, { audience: 'file' }), dialect);
};
const bare = (lines: readonly string[]): string[] =>
  lines.filter((l) => l !== '' && !/^[!:]/.test(l));

/** What is said about lines, each in one sentence. */
const said = (lines: readonly string[], options: ParseOptions = {}): string[] =>
  parseListing(grammar, lines.join('\n'), options).diagnostics.map((d) =>
    formatDiagnostic('x.cfg', d),
  );

for (const name of ['asa', 'pix']) {
  test(`a whole listing of a working ${name.toUpperCase()} loads, and what is said about it is known`, () => {
    const { diagnostics } = loaded(`${name}.cfg`);
    assert.match(countOf(diagnostics), /^\d+ warnings$/);
    const golden = fileText(`${name}.check.txt`).trimEnd().split('\n');
    assert.deepEqual(summaryOf(`${name}.cfg`, diagnostics), golden.slice(0, -1));
    assert.equal(
      golden.at(-1),
      `${name}.cfg: loads as ${name}; ${countOf(diagnostics)}; runs as a head-end`,
    );
  });

  test(`the listing of the ${name.toUpperCase()} that is saved means the same, and is saved the same again`, () => {
    const lines = written(`${name}.cfg`);
    const again = parseListing(grammar, lines.join('\n'));
    assert.deepEqual(
      again.diagnostics.filter((d) => d.severity === 'error'),
      [],
    );
    assert.ok(sameValue(again.configuration, loaded(`${name}.cfg`).configuration));
  });
}

test('what an ASA has and headend has not is saved as it was, letter for letter', () => {
  const lines = new Set(written('asa.cfg').map((l) => l.trimEnd()));
  const missing = bare(fileText('asa.cfg').split('\n')).filter((line) => !lines.has(line));
  // Defaults are not listed; an object stands once; names give way to addresses; a key has its newer name.
  assert.deepEqual(missing, [
    ' no nameif',
    ' no security-level',
    ' no ip address',
    'access-list from_outside extended permit object secure-shop any host postbox',
    'Cryptochecksum:00112233445566778899aabbccddeeff',
  ]);
});

test('a list of object groups names the networks that clients reach', () => {
  const { configuration } = loaded('asa.cfg');
  const policy = resolveGroupPolicy(configuration, 'ROAMERS');
  assert.ok(policy);
  assert.deepEqual(
    splitNetworks(configuration, policy).map((p) => `${p.address}/${p.length}`),
    ['10.20.9.10/31', '10.20.9.12/31', '10.30.0.7/32', '10.31.0.0/16', '10.20.0.0/16'],
  );
  const lines = (...more: string[]) => [
    'object-group network ring',
    ' group-object ring',
    'object network nameless',
    ...more,
    'group-policy p internal',
    'group-policy p attributes',
    ' split-tunnel-network-list value far',
  ];
  for (const term of ['object nameless', 'object-group ring', 'object nowhere'])
    assert.deepEqual(said(lines(`access-list far extended permit ip ${term} any`)), [
      `x.cfg:7: "split-tunnel-network-list value far": access list "far" names "${term.split(' ')[1]}", which stands for no addresses`,
    ]);
});

test('a vpngroup of a PIX is a tunnel group and a group policy, and its policies of phase 1 hold', () => {
  const { configuration } = loaded('pix.cfg');
  const { tunnelGroups } = remoteAccessSlice.of(configuration);
  const group = tunnelGroups.get('sailors');
  assert.equal(group?.preSharedKey?.reveal(), 'key-of-the-sailors');
  assert.deepEqual([group?.addressPools, group?.defaultGroupPolicy], [['sailors'], 'sailors']);
  const policy = resolveGroupPolicy(configuration, 'sailors');
  assert.ok(policy);
  assert.deepEqual(policy.dnsServers, ['10.40.1.53', '10.40.1.54']);
  assert.deepEqual(policy.winsServers, ['10.40.1.55']);
  assert.deepEqual([policy.idleTimeoutMinutes, policy.sessionTimeoutMinutes], [30, 1440]);
  assert.deepEqual([policy.defaultDomain, policy.splitDns], ['quay.example', ['quay.example']]);
  assert.deepEqual(splitNetworks(configuration, policy), [{ address: '10.40.0.0', length: 16 }]);
  const ipsec = ipsecSlice.of(configuration);
  assert.deepEqual(
    [...ipsec.isakmpPolicies.values()],
    [
      {
        priority: 10,
        authentication: 'pre-share',
        encryption: '3des',
        hash: 'md5',
        group: 'modp1024',
        lifetimeSeconds: 43200,
      },
    ],
  );
  assert.deepEqual(
    [ipsec.isakmpInterfaces, ipsec.natTraversal],
    [['outside'], { keepaliveSeconds: 20 }],
  );
});

test('a key of a PIX by address belongs to a LAN-to-LAN group of that address', () => {
  const { configuration } = parseListing(
    grammar,
    [
      'PIX Version 6.3(4)',
      'isakmp key one address 192.0.2.9 netmask 255.255.255.255 no-xauth no-config-mode',
      'isakmp key every address 0.0.0.0 netmask 0.0.0.0',
    ].join('\n'),
  );
  const groups = [...remoteAccessSlice.of(configuration).tunnelGroups.values()];
  assert.deepEqual(
    groups.map((g) => [g.name, g.type, g.preSharedKey?.reveal()]),
    [
      ['192.0.2.9', 'ipsec-l2l', 'one'],
      ['DefaultL2LGroup', 'ipsec-l2l', 'every'],
    ],
  );
});

test('a PIX head-end that translates by an access list loads, and is told that it translates nothing', () => {
  const lines = [
    'PIX Version 6.3(5)',
    'nameif ethernet0 outside security0',
    'nameif ethernet1 inside security100',
    'access-list few permit ip 10.0.0.0 255.0.0.0 any',
    'global (outside) 1 192.0.2.7-192.0.2.9',
    'nat (inside) 0 access-list few',
    'nat (inside) 1 access-list few',
    'isakmp enable outside',
  ];
  const ofTranslation = (list: readonly string[]) =>
    said(list).filter((text) => /"(nat|global) /.test(text));
  assert.deepEqual(ofTranslation(lines), [
    'x.cfg:5: warning: "global (outside) 1 192.0.2.7-192.0.2.9": IKE is enabled, so this runs as a head-end, and "nat" and "global" lines have no effect; let nftables translate what goes to the Internet',
  ]);
  const without = lines.filter((line) => !line.startsWith('global'));
  assert.deepEqual(ofTranslation(without), [
    'x.cfg:6: warning: "nat (inside) 1 access-list few 0 0": IKE is enabled, so this runs as a head-end, and "nat" and "global" lines have no effect; let nftables translate what goes to the Internet',
    'x.cfg:6: "nat (inside) 1 access-list few 0 0": no "global" command has the number 1; "global (outside) 1 interface" adds one',
  ]);
});

test('what would be less safe without effect is refused, and says what to do', () => {
  const policy = (line: string) => [
    'group-policy p internal',
    'group-policy p attributes',
    ` ${line}`,
  ];
  const nft = 'filter the interface headend0 with nftables, and';
  assert.deepEqual(
    [
      ...said(policy('vpn-filter value closed')),
      ...said(policy('vpn-access-hours value office')),
      ...said(policy('client-firewall req cisco-integrated acl-in a acl-out b')),
      ...said(['no sysopt connection permit-vpn']),
    ].filter((text) => !text.includes(': info:')),
    [
      `x.cfg:3: "vpn-filter value closed": traffic of tunnels is not filtered here, so clients would reach more than on the other device; ${nft} write "vpn-filter none"`,
      'x.cfg:3: "vpn-access-hours value office": users may log in at every hour here, and may not on the other device; "vpn-access-hours none" permits it',
      'x.cfg:3: "client-firewall req cisco-integrated acl-in a acl-out b": clients are not asked for a firewall here, and would get in without one; "client-firewall none" lets them in',
      `x.cfg:1: "no sysopt connection permit-vpn": what comes out of tunnels would be filtered by access lists on the other device, and is not here; ${nft} leave this line out`,
    ],
  );
});

test('a line that is wrong is told for what it is, and not for another command', () => {
  const policy = 'crypto ikev1 policy 10';
  assert.deepEqual(said([policy, ' group 24']), [
    'x.cfg:2: "group 24": "24" is not one of 1, 2, 5, 14, 15, 16, 19, 20, 21, 31',
  ]);
  assert.deepEqual(said(['tunnel-group x general-attributes', ' address-pool p']), [
    'x.cfg:1: "tunnel-group x general-attributes": there is no tunnel group "x"; "tunnel-group x type remote-access" makes it; the line inside it is not read either',
  ]);
  assert.deepEqual(said(['crypto map', ' a', ' b']), [
    'x.cfg:1: "crypto map": incomplete: the command goes on; the 2 lines inside it are not read either',
  ]);
  // The words that stand there already are no suggestion.
  assert.deepEqual(said(['crypto map outer 10 frobnicate 3']), [
    'x.cfg:1: "crypto map outer 10 frobnicate 3": not understood',
  ]);
  assert.match(
    said(['ssh key-exchange group dh-group1-sha1'])[0] ?? '',
    /^x.cfg:1: info: "ssh key-exchange group dh-group1-sha1"/,
  );
  assert.match(
    said(['interface Ethernet0/0', ' nameif outside', ' ip address dhcp setroute']).join('\n'),
    /warning: "ip address dhcp setroute": headend asks nobody for an address/,
  );
});

test('--keep-unknown keeps what is not understood where it stood, and wrong values stay errors', () => {
  const lines = [
    'frobnicate all 3',
    ' with a block',
    '  and a deeper line',
    'group-policy p internal',
    'group-policy p attributes',
    ' frob-policy secret-word',
    ' vpn-idle-timeout never',
    'hostname box',
  ];
  assert.deepEqual(said(lines, { keepUnknown: true }), [
    'x.cfg:1: warning: "frobnicate all 3": not understood, and neither are the 2 lines inside it',
    'x.cfg:6: warning: "frob-policy secret-word": not understood',
    'x.cfg:7: "vpn-idle-timeout never": "never" is not a number',
  ]);
  const right = lines.filter((line) => !line.includes('never'));
  const { configuration } = parseListing(grammar, right.join('\n'), { keepUnknown: true });
  const list = (c: typeof configuration) =>
    bare(formatListing(listConfiguration(grammar, c, { audience: 'file' }), 'asa'));
  assert.deepEqual(list(configuration), [
    'hostname box',
    'group-policy p internal',
    'group-policy p attributes',
    ' frob-policy secret-word',
    'frobnicate all 3',
    ' with a block',
    '  and a deeper line',
  ]);
  const less = parseListing(grammar, 'no frobnicate all 3', { base: configuration });
  assert.deepEqual(less.diagnostics, []);
  assert.ok(!list(less.configuration).some((line) => line.includes('frobnicate')));
});

test('lines that are not understood are counted by command, with the command that leaves them out', () => {
  const { diagnostics } = parseListing(
    grammar,
    ['frob 1', 'frob 2', ' inside', 'hostname box', 'quux 3', 'mtu outside 1500'].join('\n'),
  );
  assert.deepEqual(summaryOf('x.cfg', diagnostics).slice(-2), [
    'x.cfg: info: 1 line is kept without effect: mtu',
    `x.cfg: info: 3 lines are not understood: frob (2), quux; "sed '1,3d;5d' x.cfg" leaves them out, --keep-unknown keeps them without effect`,
  ]);
});

test('no command without effect begins with the words of another', () => {
  for (const dialect of ['asa', 'pix', 'ios'] as const) {
    const words = KEPT.filter((c) => c.dialects?.includes(dialect)).map((c) => c.words);
    for (const one of words)
      assert.deepEqual(
        words.filter((other) => other !== one && other.startsWith(`${one} `)),
        [],
        `${dialect}: ${one}`,
      );
    assert.equal(new Set(words).size, words.length);
  }
});

test('that nobody can log in to the web console is said by the accounts that could', () => {
  const saysSo = (service: string, privilege: number) =>
    said([
      'interface Ethernet0/0',
      ' nameif outside',
      ' ip address 192.0.2.1 255.255.255.0',
      'crypto ikev1 enable outside',
      `username root password secret privilege ${privilege}`,
      ...(service === '' ? [] : ['username root attributes', ` service-type ${service}`]),
    ]).some((text) => text.includes('nobody can log in to the web console'));
  for (const [service, privilege, nobody] of [
    ['', 15, false],
    ['', 14, true],
    ['admin', 1, false],
    ['nas-prompt', 1, false],
    ['remote-access', 15, true],
  ] as const)
    assert.equal(saysSo(service, privilege), nobody, `${service} ${privilege}`);
});

test('what keeps every client out is said before anything runs', () => {
  const text = said([
    'legacy-crypto permit aggressive-mode dh-group 2',
    'interface Ethernet0/0',
    ' nameif outside',
    ' ip address 192.0.2.1 255.255.255.0',
    'crypto ikev1 policy 10',
    'crypto ikev1 enable outside',
  ]);
  assert.deepEqual(
    text.map((t) => t.split(';')[0]),
    [
      'x.cfg:6: warning: "crypto ikev1 enable outside": no crypto map on an interface leads to a transform set, so no client gets a tunnel',
      'x.cfg:6: warning: "crypto ikev1 enable outside": there is no tunnel group for clients, so nobody can log in',
      'x.cfg:6: warning: "crypto ikev1 enable outside": there is no user with a password that can be checked here, so nobody can log in',
      'x.cfg:6: info: "crypto ikev1 enable outside": nobody can log in to the web console',
    ],
  );
  const listing = fileText('asa.cfg').replace(
    'crypto dynamic-map ROAMING 20 set reverse-route',
    'crypto dynamic-map ROAMING 20 set pfs group2',
  );
  const pfs = parseListing(grammar, listing).diagnostics.find((d) => d.text.includes('set pfs'));
  assert.equal(
    pfs && formatDiagnostic('x.cfg', pfs),
    'x.cfg:152: warning: "crypto dynamic-map ROAMING 20 set pfs group2": clients of group "ROAMERS" are told to do without PFS and refused without it, vpnc among them; "pfs enable" in group policy "ROAMERS" tells them, "no crypto dynamic-map ROAMING 20 set pfs" does without',
  );
});

test('whatever is said about a file, its remedies and counts included, sends no command to a terminal', () => {
  const text = [
    'interface GigabitEthernet0/1',
    ' filter \u001b[2Jx',
    'fr\u001b[2Job a',
    'fr\u001b[2Job b',
    'crypto map a\u001b[2J 10 match address none',
  ].join('\n');
  const lines = summaryOf('x.cfg', parseListing(grammar, text).diagnostics);
  assert.ok(
    lines.some((line) => line.includes('; "filter ?[2Jx" makes one')),
    lines.join('\n'),
  );
  assert.ok(lines.some((line) => line.includes('2 lines are not understood: fr?[2Job (2);')));
  assert.ok(!lines.some((line) => line.includes('\u001b')));
});
