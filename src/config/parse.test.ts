import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '#base/prng';
import { accessListRoom, accessListSlice, resolveAccessList } from './access-list.ts';
import { differences, formatDifferences } from './commit.ts';
import { sameValue } from './configuration.ts';
import { startupText } from './console-commands.ts';
import { formatDiagnostic, withoutSecrets } from './diagnostic.ts';
import { DIALECTS, type Dialect } from './dialect.ts';
import { grammarOf } from './grammar.ts';
import { keptSlice } from './kept.ts';
import { keptRoom } from './kept-commands.ts';
import { formatListing, listConfiguration } from './listing.ts';
import { editDistance } from './nearest.ts';
import { dialectOfListing, type Parsed, parseListing } from './parse.ts';
import { dialectOf, systemSlice } from './system.ts';
import { systemRoom } from './system-commands.ts';

const grammar = grammarOf([systemRoom, accessListRoom, keptRoom]);

const parse = (...lines: readonly string[]): Parsed => parseListing(grammar, lines.join('\n'));

/** What there is to say about the lines, without the remarks on lines that are kept. */
const complaints = (parsed: Parsed): string[] =>
  parsed.diagnostics
    .filter((d) => d.severity !== 'info')
    .map((d) => formatDiagnostic('box.cfg', d));

const relist = ({ configuration, dialect }: Parsed): string[] =>
  formatListing(listConfiguration(grammar, configuration, { audience: 'file' }), dialect);

test('a wrong line is named with its number and the nearest command, and hides no other line', () => {
  const parsed = parse(
    'hostname box',
    'hostnme other',
    'interfase Ethernet0/0',
    'route outside 0 0 10.0.0.300',
    'dns domain-lokup inside',
    'domain-name example.org',
    'xyzzy',
    'acces-list out extnded permit ip any any',
  );
  assert.deepEqual(complaints(parsed), [
    'box.cfg:2: "hostnme other": not understood; did you mean "hostname"?',
    'box.cfg:3: "interfase Ethernet0/0": not understood; did you mean "interface"?',
    'box.cfg:4: "route outside 0 0 10.0.0.300": "10.0.0.300" is not an IPv4 address',
    'box.cfg:5: "dns domain-lokup inside": not understood; did you mean "dns domain-lookup"?',
    'box.cfg:7: "xyzzy": not understood',
    'box.cfg:8: "acces-list out extnded permit ip any any": not understood; did you mean "access-list"?',
  ]);
  const system = systemSlice.of(parsed.configuration);
  assert.deepEqual([system.hostname, system.domainName], ['box', 'example.org']);
});

test('incomplete and ambiguous lines are told apart from unknown ones', () => {
  assert.deepEqual(complaints(parse('interface', 'dns', 'd domain-lookup x', 'ip address')), [
    'box.cfg:1: "interface": incomplete: the command goes on',
    'box.cfg:2: "dns": incomplete: the command goes on',
    'box.cfg:3: "d domain-lookup x": ambiguous: dns or domain-name',
    'box.cfg:4: "ip address": not understood',
  ]);
});

test('a command of a mode that was not entered is sent to its mode', () => {
  assert.deepEqual(complaints(parse('nameif outside')), [
    'box.cfg:1: "nameif outside": not understood; it belongs after "interface IFNAME"',
  ]);
});

test('an unknown block is reported once, with the lines inside it', () => {
  const parsed = parse(
    'frob-server host inside',
    ' neighbor 10.0.0.1',
    '  activate',
    'hostname box',
    'xwebvpn',
    ' enable outside',
  );
  assert.deepEqual(complaints(parsed), [
    'box.cfg:1: "frob-server host inside": not understood, and neither are the 2 lines inside it',
    'box.cfg:5: "xwebvpn": not understood, and neither is the line inside it',
  ]);
  assert.equal(systemSlice.of(parsed.configuration).hostname, 'box');
});

test('modes are left by indentation, by commands of an outer mode, by exit and by end', () => {
  const named = (...lines: string[]) =>
    [...systemSlice.of(parse(...lines).configuration).interfaces.values()].map((i) => [
      i.hardware,
      i.name,
    ]);
  const both = [
    ['Ethernet0/0', 'outside'],
    ['Ethernet0/1', 'inside'],
  ];
  const first = ['interface Ethernet0/0', ' nameif outside'];
  const second = ['interface Ethernet0/1', ' nameif inside'];
  assert.deepEqual(named(...first, '!', ...second), both);
  assert.deepEqual(named(...[...first, ...second].map((l) => l.trim())), both);
  assert.deepEqual(named(...first, ' exit', ...second), both);
  assert.deepEqual(named(...first, 'end', ...second), both);
  // Once a block has shown its indentation, a line without it is outside.
  const { configuration } = parse(...first, 'nameif inside');
  assert.equal([...systemSlice.of(configuration).interfaces.values()][0]?.name, 'outside');
});

test('the frame of a listing, comments and blank lines say nothing', () => {
  const parsed = parse(
    'pix501(config)# write terminal',
    'Building configuration...',
    ': Saved',
    ':',
    'PIX Version 6.3(3)',
    '! a comment',
    '...',
    '',
    'Cryptochecksum:6990adf6e0e2800ed409ae7364eccc9d',
    ': end',
    '[OK]',
    'pix501(config)#',
  );
  assert.deepEqual(parsed.diagnostics, []);
  assert.deepEqual(relist(parsed), ['PIX Version 6.3(3)']);
});

test('the version line tells the dialect', () => {
  assert.equal(dialectOfListing(': Saved\nASA Version 9.1(7)\n'), 'asa');
  assert.equal(dialectOfListing('PIX Version 6.3(3)'), 'pix');
  assert.equal(dialectOfListing('!\nversion 12.3\n'), 'ios');
  assert.equal(dialectOfListing('hostname box'), undefined);
});

test('a PIX from release 7 on speaks the dialect of an ASA, and its version line is saved as it came', () => {
  for (const [line, dialect] of [
    ['PIX Version 6.3(5)', 'pix'],
    ['PIX Version 7.2(4)', 'asa'],
    ['PIX Version 8.0(4)', 'asa'],
    ['PIX Version 10.0', 'asa'],
  ] as const)
    assert.equal(dialectOfListing(line), dialect, line);
  const lines = ['PIX Version 8.0(4)', '!', 'interface Ethernet0', ' security-level 7', '!'];
  const parsed = parse(...lines);
  assert.deepEqual([parsed.dialect, parsed.diagnostics], ['asa', []]);
  assert.deepEqual(relist(parsed), lines);
  const read = (dialect: Dialect, line: string) =>
    complaints(parseListing(grammar, line, { dialect }));
  assert.deepEqual(read('pix', 'PIX Version 8.0(4)'), [
    'box.cfg:1: "PIX Version 8.0(4)": a PIX of this release has the commands of "--dialect asa"',
  ]);
  assert.deepEqual(read('asa', 'PIX Version 6.3(5)'), [
    'box.cfg:1: "PIX Version 6.3(5)": a PIX of this release has the commands of "--dialect pix"',
  ]);
});

test('a listing without a version line, read as an option says, is saved with one and reads back as it was', () => {
  const listings: Readonly<Record<Dialect, readonly string[]>> = {
    asa: ['interface Ethernet0', ' nameif outside'],
    pix: ['nameif ethernet0 outside security0', 'ip address outside 192.0.2.1 255.255.255.0'],
    ios: ['interface FastEthernet0/0', ' ip address 192.0.2.1 255.255.255.0'],
  };
  for (const dialect of DIALECTS) {
    const parsed = parseListing(grammar, listings[dialect].join('\n'), { dialect });
    assert.deepEqual(complaints(parsed), []);
    assert.equal(dialectOf(parsed.configuration), dialect);
    const saved = startupText(grammar, parsed.configuration);
    for (const line of listings[dialect]) assert.ok(saved.split('\n').includes(line), saved);
    const again = parseListing(grammar, saved);
    assert.deepEqual([again.dialect, complaints(again)], [dialect, []]);
    assert.ok(sameValue(again.configuration, parsed.configuration), saved);
  }
});

test('lines without effect are kept with their blocks, and listed as they were', () => {
  const lines = [
    'ASA Version 9.1(7)',
    'mtu outside 1500',
    'class-map inspection_default',
    ' match default-inspection-traffic',
    '!',
    'policy-map global_policy',
    ' class inspection_default',
    '  inspect dns preset_dns_map',
    '!',
    'no snmp-server location',
    'no failover',
  ];
  const parsed = parse(...lines);
  assert.deepEqual(complaints(parsed), []);
  assert.deepEqual(parsed.diagnostics.map((d) => [d.line, d.severity, d.reason])[0], [
    2,
    'info',
    'accepted and kept, without effect here',
  ]);
  const bare = (list: readonly string[]) => list.filter((l) => l !== '!');
  assert.deepEqual(bare(relist(parsed)).sort(), bare(lines).sort());
  const removed = parse(...lines, 'no mtu outside 1500', 'no policy-map global_policy');
  assert.deepEqual(
    [...keptSlice.of(removed.configuration).keys()],
    ['class-map inspection_default', 'no snmp-server location', 'no failover'],
  );
});

test('a line that is not understood is quoted without what may be a secret', () => {
  assert.equal(withoutSecrets('  pre-shard-key hunter2'), 'pre-shard-key *****');
  assert.equal(
    withoutSecrets('username bob pasword hunter2 privilege 15'),
    'username bob pasword *****',
  );
  assert.equal(withoutSecrets('crypto isakmp polcy 10'), 'crypto isakmp polcy 10');
  const text = complaints(parse('username bob pasword hunter2', 'key chain hunter2')).join('\n');
  assert.match(text, /"username bob pasword \*{5}"/);
  assert.doesNotMatch(text, /hunter2/);
});

test('lines that are kept are shown without their secrets, saved with them, and differ by them', () => {
  const lines = [
    'ASA Version 9.1(7)',
    '!',
    'interface Ethernet0/0',
    ' security-level 0',
    ' ospf message-digest-key 1 md5 HIDDEN1',
    ' ospf authentication-key HIDDEN2',
    ' rip authentication key HIDDEN3 key_id 1',
    ' rip authentication mode md5',
    ' authentication key eigrp 1 HIDDEN4 key-id 1',
    ' authentication mode eigrp 1 md5',
    '!',
    'access-list pages webtype permit url ftp://me:HIDDEN5@files.example.org/x',
    '!',
    'crypto ikev2 policy 1',
    ' integrity md5 sha',
    '!',
    'snmp-server user sam staff v3 auth sha HIDDEN6 priv aes 128 HIDDEN7',
    'snmp-server group staff v3 priv read all',
    'snmp-server host inside 192.0.2.9 community HIDDEN8 version 2c',
    'snmp-server community HIDDEN9',
    'ntp authentication-key 1 md5 HIDDEN10',
    'auto-update server https://me:HIDDEN11@updates.example.org:443/a',
    '!',
  ];
  const parsed = parse(...lines);
  assert.deepEqual(complaints(parsed), []);
  assert.deepEqual(relist(parsed), lines);
  const { configuration, diagnostics } = parsed;
  const shown = listConfiguration(grammar, configuration, { audience: 'person' });
  assert.deepEqual(formatListing(shown, 'asa'), [
    ...lines.slice(0, 4),
    ' ospf message-digest-key *****',
    ' ospf authentication-key *****',
    ' rip authentication key *****',
    ' rip authentication mode md5',
    ' authentication key *****',
    ' authentication mode eigrp 1 md5',
    '!',
    'access-list pages webtype permit url ftp://me:*****@files.example.org/x',
    ...lines.slice(12, 16),
    'snmp-server user sam staff v3 auth *****',
    'snmp-server group staff v3 priv read all',
    'snmp-server host inside 192.0.2.9 community *****',
    'snmp-server community *****',
    'ntp authentication-key *****',
    'auto-update server https://me:*****@updates.example.org:443/a',
    '!',
  ]);
  assert.doesNotMatch(JSON.stringify(diagnostics), /HIDDEN/);
  const other = parse(...lines.map((line) => line.replace('HIDDEN4', 'HIDDEN44')));
  const changes = differences(grammar, configuration, other.configuration);
  assert.equal(
    formatDifferences(changes),
    ['  interface Ethernet0/0', '-  authentication key *****', '+  authentication key *****'].join(
      '\n',
    ),
  );
});

test('a secret is hidden where a command has one without a word that says so', () => {
  const hidden: readonly string[] = [
    'snmp-server user sam staff v3 encrypted auth|',
    'no snmp-server user sam staff v3 priv|',
    'user sam auth md5|',
    'user sam priv aes|',
    'digest 1 md5|',
    'ip ospf authentication-key|',
    'ip ospf message-digest-key|',
    'standby 1 authentication|',
    'vrrp 7 authentication|',
    'aaa-server R (inside) host 192.0.2.4|',
    'tacacs-server host 192.0.2.4 key|',
    'radius-server key|',
    'ppp chap password|',
    'key-string|',
    'logging ftp-server 192.0.2.4 / me|',
    'snmp-server host 192.0.2.4|',
    'snmp-server host 2001:db8::4|',
    'wpa-psk|',
    'crypto ca import all pkcs12 passphrase|',
  ];
  for (const line of hidden) {
    const begin = line.slice(0, -1);
    for (const behind of ['hunter2', 'hunter2 timeout 5', '0 hunter2'])
      assert.equal(withoutSecrets(`${begin} ${behind}`), `${begin} *****`);
    assert.equal(withoutSecrets(begin), begin);
  }
  assert.equal(
    withoutSecrets('copy ftp://me:p@ss/word@192.0.2.4/x flash:'),
    'copy ftp://me:*****@192.0.2.4/x flash:',
  );
  for (const line of [
    'aaa-server R (inside) host 192.0.2.4 timeout 5',
    'snmp-server host inside 192.0.2.4 version 3 sam',
    'snmp-server group staff v3 auth read all',
    'integrity sha256 md5 sha',
    'auto-update server https://updates.example.org:443/a',
    'banner exec the auth service is private',
  ])
    assert.equal(withoutSecrets(line), line);
});

test('entries of an access list keep their order, remarks between them', () => {
  const lines = [
    'access-list out remark who gets in',
    'access-list out extended permit tcp any host 192.168.2.10 eq 80',
    'access-list out remark and who does not',
    'access-list out extended deny udp 10.0.0.0 255.0.0.0 range 1 99 any4 range 5 6',
    'access-list split standard permit 192.168.2.0 255.255.255.0',
  ];
  const parsed = parse(...lines);
  assert.deepEqual(parsed.diagnostics, []);
  assert.deepEqual(relist(parsed), [...lines, '!']);
  const less = parse(...lines, `no ${lines[1]}`, `no ${lines[4]}`);
  assert.deepEqual(
    [...accessListSlice.of(less.configuration)].map(([name, list]) => [name, list.length]),
    [['out', 3]],
  );
});

test('every name of a port that an ASA has is read, in capitals too, and what is none is refused', () => {
  const port = (text: string) => {
    const parsed = parse(`access-list out extended permit tcp any any eq ${text}`);
    const [said] = complaints(parsed);
    return said ?? relist(parsed)[0]?.split(' eq ')[1];
  };
  // The table of literal port values in the ASA CLI configuration guide, re-typed.
  const names =
    'aol 5190 bgp 179 biff 512 bootpc 68 bootps 67 chargen 19 cifs 3020 citrix-ica 1494 cmd 514 ctiqbe 2748 ' +
    'daytime 13 discard 9 dnsix 195 domain 53 echo 7 exec 512 finger 79 ftp 21 ftp-data 20 gopher 70 h323 1720 ' +
    'hostname 101 http 80 https 443 ident 113 imap4 143 irc 194 isakmp 500 kerberos 750 klogin 543 kshell 544 ' +
    'ldap 389 ldaps 636 login 513 lotusnotes 1352 lpd 515 mobile-ip 434 nameserver 42 netbios-dgm 138 ' +
    'netbios-ns 137 netbios-ssn 139 nfs 2049 nntp 119 ntp 123 pcanywhere-data 5631 pcanywhere-status 5632 ' +
    'pim-auto-rp 496 pop2 109 pop3 110 pptp 1723 radius 1645 radius-acct 1646 rip 520 rsh 514 rtsp 554 ' +
    'secureid-udp 5510 sip 5060 smtp 25 snmp 161 snmptrap 162 sqlnet 1521 ssh 22 sunrpc 111 syslog 514 ' +
    'tacacs 49 talk 517 telnet 23 tftp 69 time 37 uucp 540 who 513 whois 43 www 80 xdmcp 177 PPTP 1723';
  for (const [, name = '', number] of names.matchAll(/(\S+) (\d+)/g))
    assert.equal(port(name), number, name);
  for (const none of ['constructor', '65536', 'pptq', '-1'])
    assert.match(port(none) ?? '', new RegExp(`"${none}" is not a port$`));
});

test('an access list has IPv6 prefixes, types of ICMP with a code, and entries of other kinds', () => {
  const lines = [
    'access-list x extended permit ip 2001:db8::/32 host 2001:db8::1',
    'access-list x extended permit icmp6 any6 any6 packet-too-big',
    'access-list x extended permit icmp any any unreachable 4 log',
    'access-list frames ethertype permit bpdu',
    'access-list pages webtype deny url https://*.example.org/a log default',
  ];
  const parsed = parse(...lines);
  assert.deepEqual(complaints(parsed), []);
  assert.deepEqual(
    parsed.diagnostics.map((d) => [d.line, d.reason]),
    [4, 5].map((line) => [line, 'accepted and kept, without effect here']),
  );
  assert.deepEqual(relist(parsed), [...lines, '!']);
  assert.deepEqual(
    resolveAccessList(parsed.configuration, 'x').entries.map((e) => [e.source, e.destination])[0],
    [[{ address: '2001:db8::', length: 32 }], [{ address: '2001:db8::1', length: 128 }]],
  );
  assert.deepEqual(resolveAccessList(parsed.configuration, 'frames').entries, []);
  const less = parse(...lines, `no ${lines[3]}`, `no ${lines[4]}`);
  assert.deepEqual([...accessListSlice.of(less.configuration).keys()], ['x']);
  assert.deepEqual(relist(parse('access-list x extended permit ip 2001:db8:7:8::9/48 any')), [
    'access-list x extended permit ip 2001:db8:7::/48 any',
    '!',
  ]);
  assert.deepEqual(complaints(parse('access-list x extended permit ip 2001:db8::/129 any')), [
    'box.cfg:1: "access-list x extended permit ip 2001:db8::/129 any": a prefix length of 129 is more than 128',
  ]);
});

test('an inactive entry of an access list is not in force, and one with times is said to be in force always', () => {
  const lines = [
    'access-list x extended permit ip 10.1.0.0 255.255.0.0 any inactive',
    'access-list x extended permit ip object nowhere any log 6 interval 300 inactive',
    'access-list x extended permit ip 10.2.0.0 255.255.0.0 any time-range lunch inactive',
    'access-list x extended permit ip 10.3.0.0 255.255.0.0 any log',
    'access-list x extended permit ip 10.4.0.0 255.255.0.0 any time-range lunch',
    'access-list x extended permit ip 10.5.0.0 255.255.0.0 any time-range inactive',
  ];
  const parsed = parse(...lines);
  assert.deepEqual(relist(parsed), [...lines, '!']);
  const { entries, unresolved } = resolveAccessList(parsed.configuration, 'x');
  assert.deepEqual(
    entries.flatMap((e) => e.source),
    ['10.3.0.0', '10.4.0.0', '10.5.0.0'].map((base) => ({ address: base, length: 16 })),
  );
  assert.deepEqual(unresolved, []);
  const reason =
    'nothing here looks at the clock: this entry holds always, not only in time range "lunch"';
  assert.deepEqual(complaints(parsed), [`box.cfg:5: warning: "${lines[4]}": ${reason}`]);
  const pix = ['PIX Version 6.3(5)', lines[4]?.replace('extended ', '') ?? ''];
  assert.deepEqual(complaints(parse(...pix)), [`box.cfg:2: warning: "${pix[1]}": ${reason}`]);
});

test('routes that are watched, and those for tunnels only, load with a word on what is not done', () => {
  const lines = [
    'interface Ethernet0/0',
    ' nameif outside',
    ' security-level 0',
    '!',
    'route outside 0.0.0.0 0.0.0.0 192.0.2.1 1 track 7',
    'route outside 10.9.0.0 255.255.0.0 192.0.2.1 1 track 7',
    'route outside 0.0.0.0 0.0.0.0 192.0.2.9 tunneled',
    '!',
  ];
  const parsed = parse(...lines);
  assert.deepEqual(complaints(parsed), [
    'box.cfg:5: warning: "route outside 0.0.0.0 0.0.0.0 192.0.2.1 1 track 7": nothing watches whether this route works, and it is never withdrawn; a routing daemon, such as FRR, changes the routes of Linux',
    'box.cfg:7: warning: "route outside 0.0.0.0 0.0.0.0 192.0.2.9 tunneled": what comes out of tunnels takes the routes of Linux, like everything else; "ip rule add iif headend0 lookup N" gives it a table of its own',
  ]);
  assert.deepEqual(relist(parsed), lines);
  const { routes } = systemSlice.of(parse(...lines, `no ${lines[6]}`).configuration);
  assert.deepEqual(
    routes.map((r) => r.track),
    [7, 7],
  );
});

test('an interface of a PIX that gets its address from elsewhere loads, and has to be told it', () => {
  const lines = [
    'PIX Version 6.3(5)',
    'nameif ethernet0 outside security0',
    'nameif ethernet1 inside security100',
    'ip address outside dhcp setroute retry 4',
    'ip address inside pppoe',
  ];
  const parsed = parse(...lines);
  assert.deepEqual(complaints(parsed), [
    'box.cfg:4: warning: "ip address outside dhcp setroute retry 4": headend asks nobody for an address: Linux does, and this file has to say which it is; "ip address outside A.B.C.D MASK" says it',
    'box.cfg:5: warning: "ip address inside pppoe": headend asks nobody for an address: Linux does, and this file has to say which it is; "ip address inside A.B.C.D MASK" says it',
  ]);
  assert.deepEqual(relist(parsed), lines);
  const told = parse(
    ...lines,
    'no ip address outside dhcp',
    'ip address outside 192.0.2.1 255.255.255.0',
  );
  assert.deepEqual(
    [...systemSlice.of(told.configuration).interfaces.values()].map((i) => [
      i.address?.address,
      [...i.kept],
    ]),
    [
      ['192.0.2.1', []],
      [undefined, ['ip address pppoe']],
    ],
  );
  assert.deepEqual(complaints(parse(lines[0] ?? '', 'ip address dmz dhcp')), [
    'box.cfg:2: "ip address dmz dhcp": no interface has the name "dmz"; "nameif" gives it one',
  ]);
});

test('what refers to an interface that does not exist is an error at its line', () => {
  assert.deepEqual(
    complaints(parse('interface Ethernet0/0', ' nameif inside', '!', 'route outsde 0 0 10.0.0.1')),
    ['box.cfg:4: "route outsde 0.0.0.0 0.0.0.0 10.0.0.1 1": no interface has the name "outsde"'],
  );
});

test('distance counts letters inserted, removed, replaced and swapped', () => {
  const cases: readonly (readonly [string, string, number])[] = [
    ['', '', 0],
    ['policy', 'polcy', 1],
    ['crypto', 'crytpo', 1],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
  ];
  for (const [a, b, distance] of cases) {
    assert.equal(editDistance(a, b), distance);
    assert.equal(editDistance(b, a), distance);
  }
});

test('anything at all parses to diagnostics without a throw, and quickly', () => {
  const prng = new Prng(7);
  const words = [
    'interface',
    'no',
    'ip',
    'address',
    '(',
    '\u0000',
    '10.0.0.1',
    ' ',
    '\t',
    '!',
    '*',
  ];
  for (let round = 0; round < 100; round += 1) {
    const lines = Array.from({ length: 20 }, () =>
      Array.from({ length: prng.between(0, 8) }, () => prng.pick(words)).join(
        prng.pick(['', ' ', '  ']),
      ),
    );
    const parsed = parseListing(grammar, lines.join(prng.pick(['\n', '\r\n'])));
    assert.ok(parsed.diagnostics.every((d) => formatDiagnostic('x', d).length > 0));
  }
  const garbage = Array.from({ length: 3000 }, () => `${prng.bytes(30).join(' ')}`).join('\n');
  assert.equal(complaints(parseListing(grammar, garbage)).length, 3000);
});

test('a line of a damaged file is quoted without control characters, and not at any length', () => {
  const { diagnostics } = parse(`frob \u001b[2J${'x'.repeat(100_000)}`);
  const [shown = ''] = diagnostics.map((d) => formatDiagnostic('conc.cfg', d));
  assert.ok(shown.startsWith('conc.cfg:1: "frob ?[2Jxxx'), shown.slice(0, 80));
  assert.ok(shown.length < 1200, `${shown.length} characters`);
});
