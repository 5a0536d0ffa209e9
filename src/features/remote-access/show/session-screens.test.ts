import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { type Instant, instant } from '#base/instant';
import { NO_TRAFFIC, type Traffic } from '#session/accounting';
import type { Session, SessionFields } from '#session/session';
import { SessionTable } from '#session/session-table';
import type { RemoteAccessNeeds } from '../exec-commands.ts';
import { type ClientSketch, Concentrator, commandLineOf } from '../testing.ts';

/** The cells of a line; an empty one leaves no trace. */
const cells = (line: string): string[] => line.trim().split(/ {2,}/);

/** The lines below a title, up to the next empty one, in cells. */
function tableOf(text: string, title: string): string[][] {
  const lines = text.split('\n');
  const from = lines.indexOf(title) + 1;
  assert.ok(from > 0, `no "${title}" in\n${text}`);
  const to = lines.indexOf('', from);
  return lines.slice(from, to < 0 ? undefined : to).map(cells);
}

/** Names and values of the Session Summary. */
const summaryOf = (text: string): string[][] =>
  tableOf(text, 'Session Summary').map((line) => line.join(' ').split(/ *: */));

const summaryNames = [
  'Active LAN-to-LAN Sessions',
  'Active Remote Access Sessions',
  'Active Management Sessions',
  'Total Active Sessions',
  'Peak Concurrent Sessions',
  'Concurrent Sessions Limit',
  'Total Cumulative Sessions',
];
const summary = (...values: readonly number[]): string[][] =>
  summaryNames.map((name, i) => [name, `${values[i]}`]);

const management = (owner: string, changes: Partial<SessionFields> = {}): SessionFields => ({
  kind: 'management',
  username: 'admin',
  group: '',
  owner,
  peer: { address: address('64.102.55.142'), port: 1054 },
  assigned: [],
  protocol: 'HTTP',
  encryption: 'None',
  hash: '',
  legacy: [],
  ...changes,
});

/** A table that saw `ended` sessions come and go, `peak` of them at once. */
function usedTable(table: SessionTable, ended: number, peak: number): void {
  const open = Array.from({ length: ended }, (_, i) => `${i}`);
  for (let i = 0; i < open.length; i += peak) {
    const some = open.slice(i, i + peak).map((o) => table.open(management(o), instant(0)));
    for (const session of some) table.close(session.index);
  }
}

const first: ClientSketch = { user: 'vpnclient1', port: 1029 };
const second: ClientSketch = {
  user: 'vpnclient2',
  port: 1030,
  version: 'Cisco Systems VPN Client 3.6.2 (Rel):WinNT',
};

const administrationTitles = [
  ['Username', 'Assigned IP Address', 'Group', 'Protocol', 'Login Time', 'Client Type', 'Bytes Tx'],
  ['Public IP Address', 'Encryption', 'Duration', 'Version', 'Bytes Rx'],
];

/** A moment in the October of the seed cluster. */
const october = (day: number, time: string): Instant => {
  const [hour = 0, minute = 0, second = 0] = time.split(':').map(Number);
  return instant(Date.UTC(2001, 9, day, hour, minute, second));
};

test('NAT-36 NAT-37: the administration screen shows both clients behind one address', () => {
  const world = new Concentrator();
  usedTable(world.sessions, 49, 4);
  world.sessions.open(management('console'), world.now);
  const one = world.connects(first);
  world.pass(27_000);
  const two = world.connects(second);
  one.carries([8, 768], [8, 768]);
  two.carries([5, 512], [5, 512]);
  world.pass(3 * 60_000 + 37_000);
  const line = commandLineOf(world.needs);
  const text = line.shows('show vpn-sessiondb detail');
  assert.deepEqual(summaryOf(text), summary(0, 2, 1, 3, 4, 100, 52));
  assert.deepEqual(tableOf(text, 'LAN-to-LAN Sessions').at(-1), ['No LAN-to-LAN Sessions']);
  const [upper = [], lower, ...rows] = tableOf(text, 'Remote Access Sessions');
  assert.deepEqual([upper.slice(0, -1), lower], administrationTitles);
  assert.deepEqual(rows, [
    [
      'vpnclient1',
      '40.1.1.1',
      'ciscovpn',
      'IPSec/NAT-T',
      'Oct 20 20:13:35',
      'WinNT',
      '768',
      '51 legacy',
    ],
    ['171.69.89.78', '3DES-168', '0:04:04', '3.6.1 (Rel)', '768'],
    [
      'vpnclient2',
      '40.1.1.2',
      'ciscovpn',
      'IPSec/NAT-T',
      'Oct 20 20:14:02',
      'WinNT',
      '512',
      '52 legacy',
    ],
    ['171.69.89.78', '3DES-168', '0:03:37', '3.6.2 (Rel)', '512'],
  ]);
  // The table on its own is the same one.
  assert.deepEqual(
    tableOf(line.shows('show vpn-sessiondb detail remote'), 'Remote Access Sessions').slice(2),
    rows,
  );
});

test('NAT-73: without NAT-T both sessions stand there as plain IPSec, and nothing passed', () => {
  const world = new Concentrator();
  usedTable(world.sessions, 66, 4);
  world.sessions.open(management('console'), world.now);
  world.now = instant(Date.UTC(2002, 9, 20, 20, 57, 15));
  world.connects({ ...second, natTraversal: false });
  world.pass(83_000);
  world.connects({ ...first, natTraversal: false });
  world.pass(48_000);
  const text = commandLineOf(world.needs).shows('show vpn-sessiondb detail');
  assert.deepEqual(summaryOf(text), summary(0, 2, 1, 3, 4, 100, 69));
  assert.deepEqual(tableOf(text, 'Remote Access Sessions').slice(2), [
    ['vpnclient2', '40.1.1.1', 'ciscovpn', 'IPSec', 'Oct 20 20:57:15', 'WinNT', '0', '68 legacy'],
    ['171.69.89.78', '3DES-168', '0:02:11', '3.6.2 (Rel)', '0'],
    ['vpnclient1', '40.1.1.2', 'ciscovpn', 'IPSec', 'Oct 20 20:58:38', 'WinNT', '0', '69 legacy'],
    ['171.69.89.78', '3DES-168', '0:00:48', '3.6.1 (Rel)', '0'],
  ]);
  assert.ok(text.indexOf('Management Sessions') > text.indexOf('Remote Access Sessions'));
});

/** What the commands read of a table whose sessions nobody carries. */
function needsOf(
  sessions: SessionTable,
  now: Instant,
  traffic: (session: Session) => Traffic,
): RemoteAccessNeeds {
  const world = new Concentrator();
  const remoteAccess = { traffic, idleMs: () => undefined };
  return { ...world.needs, sessions, remoteAccess, now: () => now };
}

const vca = (peer: string): SessionFields =>
  management(peer, {
    username: peer,
    peer: { address: address(peer), port: 500 },
    protocol: 'VCA/IPSec',
    encryption: '3DES-168',
  });

test('LB-62 LB-63 LB-65 LB-66 LB-67 LB-68: the screen of the seed cluster, cell by cell', () => {
  const table = new SessionTable(100);
  usedTable(table, 16, 5);
  table.open(vca('10.32.1.130'), october(17, '15:27:33'));
  table.open(management('console'), october(18, '10:00:08'));
  table.open(vca('10.32.1.131'), october(16, '12:28:29'));
  table.open(
    {
      kind: 'remoteAccess',
      username: 'ipsecuser',
      group: 'ipsecgroup',
      owner: 1,
      peer: { address: address('172.18.124.96'), port: 10_000 },
      assigned: [address('10.1.2.1')],
      protocol: 'IPSec/NAT',
      encryption: '3DES-168',
      hash: 'MD5',
      legacy: [],
    },
    october(18, '09:49:17'),
  );
  const traffic = { bytesTx: 280, bytesRx: 16_112, packetsTx: 4, packetsRx: 20 };
  const needs = needsOf(table, october(18, '10:02:22'), () => traffic);
  const text = commandLineOf(needs).shows('show sessions');
  assert.deepEqual(summaryOf(text), summary(0, 1, 3, 4, 5, 100, 20));
  const withIndex = (...titles: readonly string[]) => [...titles, 'Index'];
  const common = ['Protocol', 'Encryption', 'Login Time', 'Duration'];
  assert.deepEqual(tableOf(text, 'LAN-to-LAN Sessions'), [
    withIndex('Connection Name', 'IP Address', ...common, 'Bytes Tx', 'Bytes Rx'),
    ['No LAN-to-LAN Sessions'],
  ]);
  const addresses = ['Public IP Address', 'Assigned IP Address'];
  assert.deepEqual(tableOf(text, 'Remote Access Sessions'), [
    withIndex('Username', 'Group', ...addresses, ...common, 'Bytes Tx', 'Bytes Rx'),
    [
      ...['ipsecuser', 'ipsecgroup', '172.18.124.96', '10.1.2.1', 'IPSec/NAT', '3DES-168'],
      ...['Oct 18 09:49:17', '0:13:05', '280', '16112', '20'],
    ],
  ]);
  assert.deepEqual(tableOf(text, 'Management Sessions'), [
    withIndex('Administrator', 'IP Address', ...common),
    ['10.32.1.130', '10.32.1.130', 'VCA/IPSec', '3DES-168', 'Oct 17 15:27:33', '18:34:49', '17'],
    ['admin', '64.102.55.142', 'HTTP', 'None', 'Oct 18 10:00:08', '0:02:14', '18'],
    ['10.32.1.131', '10.32.1.131', 'VCA/IPSec', '3DES-168', 'Oct 16 12:28:29', '45:33:53', '19'],
  ]);
});

const sales =
  'tunnel-group sales type remote-access\ntunnel-group sales general-attributes\n' +
  ' address-pool ciscopool\ntunnel-group sales ipsec-attributes\n ikev1 pre-shared-key key12345\n';

test('LB-61: the sessions of one group or of all, and one of them by its number', () => {
  const world = new Concentrator(sales);
  world.connects(first);
  world.connects({ ...second, group: 'sales' });
  const line = commandLineOf(world.needs);
  const usersOf = (command: string) =>
    tableOf(line.shows(command), 'Remote Access Sessions')
      .slice(1)
      .map(([user]) => user);
  assert.deepEqual(usersOf('show sessions'), ['vpnclient1', 'vpnclient2']);
  assert.match(line.shows('show sessions'), /^Group: --All--$/m);
  assert.deepEqual(usersOf('show vpn-sessiondb group sales'), ['vpnclient2']);
  assert.match(line.shows('show sessions group sales'), /^Group: sales$/m);
  assert.deepEqual(usersOf('show sessions group nobody'), ['No Remote Access Sessions']);
  assert.match(line.shows('show vpn-sessiondb detail index 2'), /Username +: vpnclient2/);
  assert.equal(line.refuses('show vpn-sessiondb detail index 3'), '% No session has the number 3');
});

test('NAT-39: the details of a session hold SPIs, counters, source port 1029 and port 4500', () => {
  const world = new Concentrator();
  const client = world.connects(first);
  client.carries([8, 768], [7, 700]);
  world.pass(244_000);
  const line = commandLineOf(world.needs);
  assert.equal(
    line.shows('show vpn-sessiondb detail index 1'),
    `Session Type: IKEv1 IPsec Detailed

Username     : vpnclient1             Index        : 1
Assigned IP  : 40.1.1.1               Public IP    : 171.69.89.78
Protocol     : IPSec/NAT-T
Encryption   : 3DES-168               Hashing      : MD5
Bytes Tx     : 768                    Bytes Rx     : 700
Pkts Tx      : 8                      Pkts Rx      : 7
Group Policy : ciscovpn               Tunnel Group : ciscovpn
Login Time   : 20:13:35 UTC Sun Oct 20 2002
Duration     : 0h:04m:04s
Inactivity   : 0h:00m:00s
Client Type  : WinNT                  Client Ver   : 3.6.1 (Rel)
Legacy       : 3DES-168, MD5, DH group 2, aggressive mode

IKEv1:
  Tunnel ID    : 1                      State        : AM_ACTIVE
  UDP Src Port : 1029                   UDP Dst Port : 4500
  IKE Neg Mode : Aggressive             Auth Mode    : preshared
  Encryption   : 3DES-168               Hashing      : MD5
  Rekey Int (T): 86400 Seconds          Rekey Left(T): 86156 Seconds
  D/H Group    : 2                      NAT-T        : draft-02
  Cookie I     : 0000000000000001       Cookie R     : fffffffffffffff1
  Legacy       : 3DES-168, MD5, DH group 2, aggressive mode

IPsecOverNatT:
  SPI In       : 0x00001001             SPI Out      : 0x00001002
  Local Addr   : 0.0.0.0/0              Remote Addr  : 40.1.1.1/32
  UDP Src Port : 1029                   UDP Dst Port : 4500
  Encryption   : 3DES-168               Hashing      : MD5
  Encapsulation: Tunnel
  Rekey Int (T): 28800 Seconds          Rekey Left(T): 28556 Seconds
  Rekey Int (D): 4608000 K-Bytes        Rekey Left(D): 4607999 K-Bytes
  Bytes Tx     : 768                    Bytes Rx     : 700
  Pkts Tx      : 8                      Pkts Rx      : 7
  Replayed     : 0                      Auth Failed  : 0
  Malformed    : 0                      Not Selected : 0
  Legacy       : 3DES-168, MD5`,
  );
  const data = line.data('show vpn-sessiondb detail index 1') as {
    ipsecSas: { remotePort: number; localPort: number; inboundSpi: number }[];
  };
  assert.deepEqual(
    data.ipsecSas.map((sa) => [sa.remotePort, sa.localPort, sa.inboundSpi]),
    [[1029, 4500, 0x1001]],
  );
});

test('NAT-39: without UDP encapsulation the ports of the IPsec SAs are none', () => {
  const world = new Concentrator();
  world.connects({ ...first, natTraversal: false });
  const text = commandLineOf(world.needs).shows('show vpn-sessiondb detail index 1');
  const [, ipsec = ''] = text.split('\nIPsec:\n');
  assert.match(ipsec, /SPI In/);
  assert.doesNotMatch(ipsec, /UDP/);
});

test('a management session has details without SAs', () => {
  const world = new Concentrator();
  world.sessions.open(management('console'), world.now);
  const text = commandLineOf(world.needs).shows('show vpn-sessiondb detail index 1');
  assert.match(text, /^Session Type: Management Detailed/);
  assert.doesNotMatch(text, /IKEv1:/);
});

test('blocks of sessions, by user, group and address; a session that waits says so', () => {
  const world = new Concentrator(sales);
  const one = world.connects(first);
  world.connects({ ...second, group: 'sales' });
  const line = commandLineOf(world.needs);
  const users = (command: string): string[] =>
    [...line.shows(command).matchAll(/^Username +: (\S+)/gm)].map((m) => m[1] as string);
  const remote = 'show vpn-sessiondb remote';
  assert.deepEqual(users(remote), ['vpnclient1', 'vpnclient2']);
  assert.deepEqual(users('show vpn-sessiondb ra-ikev1 filter name vpnclient2'), ['vpnclient2']);
  assert.deepEqual(users(`${remote} filter tunnel-group ciscovpn`), ['vpnclient1']);
  assert.deepEqual(users(`${remote} filter a-ipaddress 40.1.1.2`), ['vpnclient2']);
  assert.deepEqual(users(`${remote} filter p-ipaddress 171.69.89.78`), [
    'vpnclient1',
    'vpnclient2',
  ]);
  assert.deepEqual(users(`${remote} filter name vpnclient1 filter p-ipaddress 171.69.89.78`), [
    'vpnclient1',
  ]);
  assert.match(line.shows(`${remote} filter a-ipaddress 40.1.1.9`), /no active sessions/);
  const [child] = world.keying.summary(one.sa)?.children ?? [];
  assert.ok(child);
  one.losesChild(child.inboundSpi);
  world.pass(61_000);
  assert.match(
    line.shows(`${remote} filter name vpnclient1`),
    /Inactivity +: 0h:01m:01s\nState +: inactive/,
  );
});

test('GEN-106: tunnels between sites by the family of the address that the peer is seen at', () => {
  const concentrator = new Concentrator();
  const peers = ['192.0.2.9', '2001:db8::9', '198.51.100.4'];
  for (const peer of peers) {
    const { index } = concentrator.sessions.open(
      management(`site ${peer}`, {
        kind: 'lanToLan',
        username: peer,
        group: peer,
        peer: { address: address(peer), port: 500 },
        protocol: 'IPSec',
        encryption: 'AES-256',
        hash: 'SHA-256',
      }),
      concentrator.now,
    );
    concentrator.sessions.activate(index);
  }
  concentrator.arrives({ user: 'vpnclient1', port: 1025 });
  const { shows: type, refuses } = commandLineOf(concentrator.needs);
  const connections = (line: string) =>
    type(line)
      .split('\n')
      .flatMap((text) => /^Connection +: (\S+)/.exec(text)?.[1] ?? []);
  const [v4, v6, other] = peers;
  assert.deepEqual(connections('show vpn-sessiondb l2l filter ipversion v4'), [v4, other]);
  assert.deepEqual(connections('sh vpn-sessiondb l2l filter ipversion v6'), [v6]);
  assert.deepEqual(connections('show vpn-sessiondb l2l'), peers);
  assert.deepEqual(connections(`show vpn-sessiondb l2l filter ipaddress ${other}`), [other]);
  assert.deepEqual(type('show vpn-sessiondb l2l filter ipversion v6').split('\n').slice(0, 6), [
    'Session Type: LAN-to-LAN',
    '',
    'Connection   : 2001:db8::9            Index        : 2',
    'Public IP    : 2001:db8::9',
    'Protocol     : IPSec',
    'Encryption   : AES-256                Hashing      : SHA-256',
  ]);
  assert.match(
    type('show vpn-sessiondb l2l filter name nobody'),
    /no active sessions of the type specified/,
  );
  assert.match(refuses('show vpn-sessiondb l2l filter ipversion v5'), /%/);
});

test('a long table ends after a hundred rows, which alone are looked at, and says how to go on', () => {
  const table = new SessionTable();
  const now = october(20, '20:00:00');
  for (let i = 1; i <= 1000; i += 1)
    table.open({ ...management(`${i}`), kind: 'remoteAccess', username: `user${i}` }, now);
  let looks = 0;
  const needs = needsOf(table, now, () => {
    looks += 1;
    return NO_TRAFFIC;
  });
  const line = commandLineOf(needs);
  for (const command of ['show vpn-sessiondb', 'show vpn-sessiondb detail']) {
    looks = 0;
    const text = line.shows(command);
    assert.equal(looks, 100);
    assert.equal(text.match(/^user\d+ /gm)?.length, 100);
    assert.match(text, /900 more are not shown; .*filter name USER/);
  }
  assert.match(line.shows('show vpn-sessiondb remote'), /900 more are not shown/);
});
