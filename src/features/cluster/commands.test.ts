import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessListRoom } from '#config/access-list';
import { CommandLine } from '#config/command-line';
import { formatDiagnostic } from '#config/diagnostic';
import { grammarOf } from '#config/grammar';
import { formatListing, listConfiguration } from '#config/listing';
import { parseListing } from '#config/parse';
import { systemRoom } from '#config/system-commands';
import { ipsecRoom } from '#ipsec/commands';
import { ipsecSlice } from '#ipsec/config';
import { loadBalancingOf } from './config.ts';
import { PLATFORM_MODELS } from './platform.ts';
import { clusterRoom } from './room.ts';

const grammar = grammarOf([systemRoom, accessListRoom, ipsecRoom, clusterRoom]);
const parse = (...lines: readonly string[]) => parseListing(grammar, lines.join('\n'));
const complaints = (...lines: readonly string[]) =>
  parse(...lines).diagnostics.map((d) => formatDiagnostic('member.cfg', d));

/** A device with both interfaces, a default route and IKE on both sides. */
const device = [
  'hostname berlin1',
  'interface GigabitEthernet0/0',
  ' nameif outside',
  ' ip address 172.18.124.129 255.255.255.0',
  'interface GigabitEthernet0/1',
  ' nameif inside',
  ' ip address 10.32.1.129 255.255.128.0',
  'route outside 0.0.0.0 0.0.0.0 172.18.124.1',
  'crypto ikev1 policy 10',
  'crypto ikev1 enable outside',
  'crypto ikev1 enable inside',
];
const inCluster = (...lines: readonly string[]) => [
  ...device,
  'vpn load-balancing',
  ...lines.map((line) => ` ${line}`),
];
/** What is wrong with a member that has these lines, apart from old algorithms. */
const wrong = (...lines: readonly string[]) =>
  complaints(...inCluster(...lines))
    .filter((text) => !/legacy-crypto/.test(text))
    .map((text) => text.replace(/^member\.cfg:\d+: /, ''));

/** An administrator's terminal on a device. */
function terminal(...listing: readonly string[]) {
  let running = parse(...listing).configuration;
  const line = new CommandLine<object, never>({
    grammar,
    commands: [],
    needs: {},
    owner: {
      running: () => running,
      startup: () => undefined,
      apply: (candidate) => {
        running = candidate;
      },
    },
  });
  const type = (text: string): string => {
    const outcome = line.execute(text);
    return outcome.kind === 'text' || outcome.kind === 'error' ? outcome.text : '';
  };
  return { line, type, running: () => running };
}

test('LB-26 GEN-60 GEN-62 GEN-63 GEN-64 GEN-65 GEN-66 GEN-67 GEN-72 GEN-73 GEN-74 GEN-77: the whole sequence loads, and is listed with the key hidden', () => {
  const lines = [
    'nat 192.168.10.10 2001:db8::1',
    'priority 9',
    'interface lbpublic outside',
    'interface lbprivate inside',
    'cluster ip address 172.18.124.254',
    'cluster key not-a-word-of-a-seed',
    'cluster encryption',
    'cluster port 4444',
    'redirect-fqdn enable',
    'participate',
  ];
  assert.deepEqual(wrong(...lines), []);
  const { configuration } = parse(...inCluster(...lines));
  const b = loadBalancingOf(configuration);
  assert.equal(b.priority, 9);
  assert.deepEqual(b.nat, { kind: 'addresses', addresses: ['192.168.10.10', '2001:db8::1'] });
  assert.deepEqual(b.cluster, { kind: 'addresses', addresses: ['172.18.124.254'] });
  assert.equal(b.key?.reveal(), 'not-a-word-of-a-seed');
  assert.equal(b.port, 4444);
  assert.ok(b.encryption && b.redirectsToName && b.participates);
  const listing = listConfiguration(grammar, configuration, { audience: 'person' });
  const listed = formatListing(listing, 'asa').join('\n');
  assert.match(listed, /\n cluster key \*{5}\n/);
  assert.doesNotMatch(listed, /not-a-word/);
  const { line, type } = terminal(...device);
  type('configure terminal');
  type('vpn load-balancing');
  assert.equal(line.prompt(), 'berlin1(config-load-balancing)# ');
});

test('LB-07 LB-31 LB-35: without a line the device is in no cluster, the port is 9023 and nothing is encrypted', () => {
  const b = loadBalancingOf(parse(...device).configuration);
  assert.deepEqual(
    [b.participates, b.port, b.encryption, b.nat, b.publicInterface, b.privateInterface],
    [false, 9023, false, undefined, 'outside', 'inside'],
  );
});

test('LB-36 GEN-64: a priority is 1 to 10', () => {
  for (const value of ['0', '11', '1.5', 'high'])
    assert.match(wrong(`priority ${value}`).join(), /not between 1 and 10|not a number/);
  for (const value of ['1', '10']) assert.deepEqual(wrong(`priority ${value}`), []);
});

test('LB-45: 0.0.0.0 is no translation, and a name may stand for the addresses', () => {
  const natOf = (line: string) => loadBalancingOf(parse(...inCluster(line)).configuration).nat;
  assert.equal(natOf('nat 0.0.0.0'), undefined);
  assert.deepEqual(natOf('nat VPN1.example.com'), { kind: 'name', name: 'vpn1.example.com' });
});

test('LB-09 LB-27 GEN-66: the address of a cluster is a free, routable one of the public network', () => {
  const said = (address: string) => wrong(`cluster ip address ${address}`).join();
  for (const address of ['127.0.0.1', '224.0.0.1', '0.0.0.0', '169.254.1.1', 'fe80::1', '::1'])
    assert.match(said(address), /cannot be reached from other networks/);
  assert.match(said('10.0.0.1'), /not in the network of interface "outside"/);
  assert.match(said('172.18.124.129'), /is the address of an interface of this device/);
  assert.match(said('172.18.124.254 172.18.124.253'), /one address of each family/);
  assert.equal(said('172.18.124.254'), '');
  assert.equal(said('cluster.example.com'), '');
});

test('LB-31 GEN-67: the port is none of those of IKE, and "no" brings the usual one back', () => {
  assert.match(wrong('cluster port 500').join(), /port 500 belongs to IKE/);
  assert.match(wrong('cluster port 70000').join(), /not a port/);
  const { type, running } = terminal(...inCluster('cluster port 5023'));
  assert.equal(loadBalancingOf(running()).port, 5023);
  for (const line of ['configure terminal', 'vpn load-balancing', 'no cluster port']) type(line);
  assert.equal(loadBalancingOf(running()).port, 9023);
});

test('GEN-45: an ASA 5505 takes part in no cluster, the larger ones do', () => {
  const lines = ['cluster ip address 172.18.124.254', 'cluster key only-for-tests', 'participate'];
  const said = (model: string) =>
    complaints(`platform model ${model}`, ...inCluster(...lines)).filter((text) =>
      /takes part in no cluster/.test(text),
    );
  assert.match(said('5505').join(), /"participate": an ASA 5505 takes part in no cluster/);
  for (const model of ['5510', '5520', '5540', '3005']) assert.deepEqual(said(model), []);
});

test('GEN-42: without the capability of strong encryption neither participate nor encryption is taken, and it is not given up by a member', () => {
  const weak = [
    ...device.map((line) =>
      line.startsWith('crypto ikev1 policy') ? `${line}\n encryption des` : line,
    ),
    'legacy-crypto permit all',
    'no platform strong-crypto',
    'vpn load-balancing',
    ' cluster ip address 172.18.124.254',
    ' cluster key only-for-tests',
  ];
  const { type, running } = terminal(...weak);
  for (const line of ['configure terminal', 'vpn load-balancing']) type(line);
  for (const line of ['participate', 'cluster encryption'])
    assert.match(
      type(line),
      /may not encrypt with 3DES or AES, which load balancing needs.*"platform strong-crypto" allows it/,
    );
  assert.ok(!loadBalancingOf(running()).participates && !loadBalancingOf(running()).encryption);
  for (const line of ['platform strong-crypto', 'vpn load-balancing', 'cluster encryption'])
    type(line);
  type('participate');
  assert.ok(loadBalancingOf(running()).participates && loadBalancingOf(running()).encryption);
  assert.match(type('no platform strong-crypto'), /which load balancing needs/);
  assert.ok(ipsecSlice.of(running()).strongCrypto);
});

test('GEN-68 LB-33: encryption without a key is refused; with one it is taken', () => {
  const { type, running } = terminal(...device);
  type('configure terminal');
  type('vpn load-balancing');
  assert.match(type('cluster encryption'), /encryption starts from a key; "cluster key" sets it/);
  assert.equal(loadBalancingOf(running()).encryption, false);
  type('cluster key a-shared-secret');
  assert.equal(type('cluster encryption'), '');
  assert.equal(loadBalancingOf(running()).encryption, true);
  type('no cluster encryption');
  assert.equal(loadBalancingOf(running()).encryption, false);
});

test('GEN-69: encryption is refused while the private interface is shut down, which is named', () => {
  const { type, running } = terminal(...inCluster('cluster key a-shared-secret'));
  for (const line of ['configure terminal', 'interface GigabitEthernet0/1', 'shutdown']) type(line);
  type('vpn load-balancing');
  assert.match(type('cluster encryption'), /interface "inside" is shut down/);
  assert.equal(loadBalancingOf(running()).encryption, false);
});

test('GEN-69: encryption is refused while no interface is the private one, whose name is said', () => {
  const { type, running } = terminal(...inCluster('cluster key a', 'interface lbprivate dmz'));
  for (const line of ['configure terminal', 'vpn load-balancing']) type(line);
  assert.match(type('cluster encryption'), /no interface has the name "dmz"/);
  assert.equal(loadBalancingOf(running()).encryption, false);
});

test('GEN-70: an interface shut down after encryption was configured makes taking part an error', () => {
  const { type, running } = terminal(
    ...inCluster(
      'cluster ip address 172.18.124.254',
      'cluster key a-shared-secret',
      'cluster encryption',
    ),
  );
  for (const line of ['configure terminal', 'interface GigabitEthernet0/1']) type(line);
  assert.match(type('shutdown'), /interface "inside" is shut down/, 'a warning');
  type('vpn load-balancing');
  assert.match(type('participate'), /interface "inside" is shut down/);
  assert.equal(loadBalancingOf(running()).participates, false);
});

test('GEN-71: encryption needs IKE on the private interface, and the command that enables it is named', () => {
  const lines = ['cluster ip address 172.18.124.254', 'cluster key k', 'cluster encryption'];
  const without = inCluster(...lines, 'participate').filter((l) => !l.endsWith('enable inside'));
  const said = complaints(...without).join('\n');
  assert.match(said, /needs IKE on interface "inside"; "crypto ikev1 enable inside"/);
  assert.deepEqual(wrong(...lines, 'participate'), []);
  const unable = inCluster(...lines, 'participate').filter((l) => !l.includes('ikev1 policy'));
  assert.match(
    complaints(...unable).join('\n'),
    /needs a policy of phase 1 with a pre-shared key; "crypto ikev1 policy"/,
  );
});

test('LB-05 GEN-43 GEN-81: a member has one public and one private interface, both with addresses', () => {
  const member = ['cluster ip address 172.18.124.254', 'cluster key k', 'participate'];
  assert.match(
    wrong('interface lbpublic dmz', ...member).join(),
    /no interface has the name "dmz"/,
  );
  assert.match(
    wrong('interface lbprivate outside', ...member).join(),
    /it is the public interface of the cluster too/,
  );
  const bare = inCluster(...member).filter((line) => !line.includes('10.32.1.129'));
  assert.match(complaints(...bare).join(), /interface "inside" has no address/);
  const twice = parse(...inCluster('interface lbpublic a', 'interface lbpublic b')).configuration;
  assert.equal(loadBalancingOf(twice).publicInterface, 'b');
});

test('LB-04: VRRP and load balancing exclude each other, whichever comes first', () => {
  const member = ['cluster ip address 172.18.124.254', 'cluster key k', 'participate'];
  const { type, running } = terminal(...inCluster(...member));
  type('configure terminal');
  assert.match(type('vrrp enable'), /VRRP and load balancing exclude each other/);
  assert.match(
    complaints('vrrp enable', ...inCluster(...member)).join(),
    /VRRP and load balancing exclude each other/,
  );
  assert.equal(loadBalancingOf(running()).participates, true);
});

test('LB-19: a member without a default route is told so, and runs', () => {
  const lines = inCluster('cluster ip address 172.18.124.254', 'cluster key k', 'participate');
  const said = complaints(...lines.filter((line) => !line.startsWith('route ')));
  assert.match(said.join(), /warning: "participate": there is no default route to the clients/);
});

test('a cluster without a key is told that anybody may take part', () => {
  assert.match(
    wrong('cluster ip address 172.18.124.254', 'participate').join(),
    /warning: .*not authenticated/,
  );
});

test('LB-37 LB-54 LB-64: models have the priority, the name and the capacity of the original', () => {
  assert.deepEqual(
    ['3005', '3015', '3030', '3060', '3080'].map((name) => {
      const { deviceType, priority } = PLATFORM_MODELS.get(name) ?? {};
      return [deviceType, priority];
    }),
    [
      ['VPN3005', 1],
      ['VPN3015', 3],
      ['VPN3030', 5],
      ['VPN3060', 7],
      ['VPN3080', 9],
    ],
  );
  const sessions = ['3005', '3030', '3060'].map((name) => PLATFORM_MODELS.get(name)?.sessions);
  assert.deepEqual(sessions, [100, 1500, 5000]);
});
