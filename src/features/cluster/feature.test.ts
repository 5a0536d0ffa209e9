import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { elapsedMs, instant } from '#base/instant';
import { parseListing } from '#config/parse';
import { configurationDiffers, secretDiffers } from '#protocol/vcl/events';
import { diagnose } from './diagnosis.ts';
import type { ClientIdentity } from './eligibility.ts';
import {
  clientCannotBeRedirected,
  clientNotEligible,
  clientRedirected,
  drainBegun,
  drainEnded,
  linksDown,
  linksUp,
  memberCannotBegin,
  nameNotResolved,
  noMemberHasRoom,
  notMaster,
  poolsOverlap,
} from './events.ts';
import {
  clusterAddress,
  clusterGrammar,
  concentrator,
  memberListing,
  type TestMember,
  TestNet,
} from './testing.ts';
import { choicesText, clusterText, masterElsewhere, statisticsText } from './text.ts';
import { choiceViews, clusterCounters, clusterView } from './view.ts';

const client = address('172.18.124.96');

/** The three devices of the seed, .131 first, so that it is master. */
function threeMembers(...lines: readonly string[]) {
  const net = new TestNet(instant(Date.UTC(2001, 9, 18, 9, 0, 0)));
  const add = (host: number, ...more: readonly string[]) =>
    net.add(memberListing(host, ...concentrator, ...lines, ...more));
  const third = add(131, 'platform model 3060', ' priority 7');
  net.run(10_000);
  const first = add(129, 'platform model 3005', ' priority 1');
  const second = add(130, 'platform model 3030', ' priority 7');
  net.run(10_000);
  return { net, first, second, third };
}

const viewOf = (net: TestNet, member: TestMember) =>
  clusterView(member.cluster, member.configuration, net.now);

const unity: ClientIdentity = { kind: 'ipsec', vendorIds: ['xauth', 'unity', 'dpd'] };
const strange: ClientIdentity = { kind: 'ipsec', vendorIds: ['strongSwan', 'dpd'] };

const arrive = (net: TestNet, member: TestMember, identity: ClientIdentity = unity) =>
  member.cluster.director.admit(
    { local: clusterAddress, client: { address: client, port: 500 }, identity },
    net.now,
  );

test('LB-08 LB-41: the first device up serves the address, whatever the priority of the others', () => {
  const { first, second, third } = threeMembers();
  assert.deepEqual(
    [first, second, third].map((m) => [m.role, m.ownsAddress]),
    [
      ['backup', false],
      ['backup', false],
      ['master', true],
    ],
  );
});

test('LB-44: a master that fails is replaced by the highest priority, then by the next', () => {
  const { net, first, second, third } = threeMembers();
  third.isUp = false;
  net.run(5000);
  assert.deepEqual([first.role, second.role], ['backup', 'master']);
  second.isUp = false;
  net.run(5000);
  assert.deepEqual([first.role, first.ownsAddress], ['master', true]);
});

test('LB-11 LB-50 LB-51 LB-52 LB-53 LB-54 LB-55 LB-75: the statistics of master and secondary', () => {
  const { net, first, second, third } = threeMembers();
  first.occupy(1);
  second.occupy(1);
  net.run(4000);
  assert.deepEqual(statisticsText(viewOf(net, third)).split('\n'), [
    'Monitoring | Statistics | Load Balancing    Thursday, 18 October 2001 09:00:24',
    '',
    'Enabled?         Yes',
    'Role             Master',
    'Load             0%',
    'Number of Peers  2',
    '',
    'Peers',
    'Private IP Address  Public IP Address  Mapped IP Address  Role       Device Type  Load  Sessions  Priority  Duration',
    '10.32.1.129         172.18.124.129     0.0.0.0            Secondary  VPN3005        1%         1         1   0:00:13',
    '10.32.1.130         172.18.124.130     0.0.0.0            Secondary  VPN3030        0%         1         7   0:00:13',
  ]);
  const secondary = statisticsText(viewOf(net, first)).split('\n');
  assert.deepEqual(secondary.slice(2, 6), [
    'Enabled?         Yes',
    'Role             Secondary',
    'Load             1%',
    'Number of Peers  2',
  ]);
  assert.match(secondary[9] ?? '', /10\.32\.1\.130 .* Secondary {2}VPN3030 +N\/A +N\/A +7 /);
  assert.match(secondary[10] ?? '', /10\.32\.1\.131 .* Master {5}VPN3060 +N\/A +N\/A +7 /);
});

test('LB-53 GEN-90: who stands by is called Secondary as a VPN 3000 and Backup as an ASA, on every page', () => {
  for (const [personality, word, other] of [
    ['vpn3000', 'Secondary', 'Backup'],
    ['asa', 'Backup', 'Secondary'],
  ] as const) {
    const net = new TestNet();
    const lines = [...concentrator.slice(1), `load-balancing personality ${personality}`];
    const master = net.add(memberListing(131, ...lines));
    net.run(10_000);
    const backup = net.add(memberListing(130, ...lines));
    net.run(5000);
    for (const member of [master, backup])
      for (const text of [clusterText, statisticsText].map((write) => write(viewOf(net, member)))) {
        assert.match(text, new RegExp(`\\b${word}\\b`));
        assert.doesNotMatch(text, new RegExp(`\\b${other}\\b`));
      }
  }
});

test('GEN-90: the ASA lists this device as well, with status, role and load', () => {
  const net = new TestNet();
  const master = net.add(memberListing(129, 'platform model 5540', ' priority 7'));
  net.run(10_000);
  const backup = net.add(memberListing(130, 'platform model 5520', ' priority 9'));
  master.occupy(216);
  net.run(5000);
  assert.equal(backup.role, 'backup');
  assert.deepEqual(clusterText(viewOf(net, master)).split('\n'), [
    'Status : enabled',
    'Role : Master',
    'Failover : n/a',
    'Encryption : disabled',
    'Cluster IP : 172.18.124.254',
    'Peers : 1',
    '',
    '                                       Load %       Sessions',
    'Public IP       Role    Pri  Model      IPsec  SSL     IPsec  SSL  State',
    '172.18.124.129  Master    7  ASA-5540       4    0       216    0',
    '172.18.124.130  Backup    9  ASA-5520       0    0         0    0',
  ]);
  assert.equal(masterElsewhere(viewOf(net, master)), undefined);
  assert.equal(
    choicesText({ choices: [], master: masterElsewhere(viewOf(net, backup)) }),
    'This device decided about no client; the master 10.32.1.129 decides where they go',
  );
  assert.match(clusterText(viewOf(net, backup)), /172\.18\.124\.129 .* N\/A +N\/A +N\/A +N\/A/);
});

test('LB-73 LB-74: of idle equal devices the secondary takes 30 clients before the master takes one', () => {
  const net = new TestNet();
  const listing = (host: number) => memberListing(host, ...concentrator, 'platform model 3030');
  const master = net.add(listing(131));
  net.run(10_000);
  net.add(listing(130));
  net.run(5000);
  const targets = Array.from({ length: 31 }, () => arrive(net, master));
  for (const target of targets.slice(0, 30))
    assert.deepEqual(target, { kind: 'redirect', target: '172.18.124.130' });
  assert.deepEqual(targets[30], { kind: 'redirect', target: '172.18.124.131' });
  const [newest, before] = choiceViews(master.cluster);
  assert.deepEqual(
    [before?.outcome, newest?.outcome, newest?.member],
    ['backup', 'master', '10.32.1.131'],
  );
  assert.deepEqual([newest?.client, newest?.clientPort], ['172.18.124.96', 500]);
  assert.match(before?.explanation ?? '', /^10\.32\.1\.130 took 172\.18\.124\.96: /);
  assert.match(newest?.explanation ?? '', /the master has 1 % against 2 %/);
  assert.equal(master.said(clientRedirected).length, 31);
});

test('a client of a family that the chosen member has no address of is refused, and the decision says why', () => {
  const net = new TestNet();
  const master = net.add(memberListing(131));
  net.run(10_000);
  const from = { address: address('2001:db8::7'), port: 1029 };
  const applicant = {
    local: clusterAddress,
    client: from,
    identity: { kind: 'clientless' } as const,
  };
  assert.deepEqual(master.cluster.director.admit(applicant, net.now), { kind: 'refuse' });
  const [choice] = choiceViews(master.cluster);
  assert.deepEqual(
    [choice?.outcome, choice?.explanation],
    ['refused', 'nobody took 2001:db8::7: 10.32.1.131 has no IPv6 address'],
  );
});

test('GEN-66: a client of IKEv1 from IPv6 is told of no member, since the redirect has four octets', () => {
  const from = { address: address('2001:db8::7'), port: 1029 };
  const applicant = { local: clusterAddress, client: from, identity: unity };
  for (const [line, kind] of [
    ['', 'refuse'],
    [' cluster unredirectable serve-direct', 'serve'],
  ] as const) {
    const net = new TestNet();
    const master = net.add(memberListing(131, line));
    net.run(10_000);
    assert.deepEqual(master.cluster.director.admit(applicant, net.now), { kind });
    assert.match(master.said(clientCannotBeRedirected)[0] ?? '', /names IPv4 addresses only; /);
    assert.deepEqual(choiceViews(master.cluster), [], 'nobody is counted as sent');
  }
});

test('GEN-70: encryption is shown as disabled while the private interface is shut down', () => {
  const net = new TestNet();
  const listing = memberListing(131, ' cluster encryption').replace('\n participate', '');
  const member = net.add(listing);
  const shown = () => /^Encryption : (\w+)$/m.exec(clusterText(viewOf(net, member)))?.[1];
  assert.equal(shown(), 'enabled');
  // At a prompt it may be shut down afterwards; a file that says both is refused.
  const down = listing.replace(' nameif inside', ' nameif inside\n shutdown');
  member.configuration = parseListing(clusterGrammar, down).configuration;
  assert.equal(shown(), 'disabled');
});

test('LB-38: members of one model are told of priority 10 while none of them has it', () => {
  const hints = (...priorities: readonly number[]) => {
    const net = new TestNet();
    const [member] = priorities.map((priority, i) =>
      net.add(memberListing(129 + i, ` priority ${priority}`)),
    );
    assert.ok(member);
    net.run(20_000);
    const view = viewOf(net, member);
    assert.equal(view.peers.length, priorities.length - 1);
    const { findings } = diagnose(view, member.cluster.encryption.status(net.now));
    return findings.map(({ subject }) => subject);
  };
  assert.deepEqual(hints(7, 7, 5), ['priorities']);
  assert.deepEqual(hints(10, 5, 5), []);
  assert.deepEqual(hints(10, 10), []);
});

test('LB-81: a member that has just begun listens for others, and one that heard nobody says so', () => {
  const net = new TestNet();
  const member = net.add(memberListing(131));
  const found = () =>
    diagnose(viewOf(net, member), member.cluster.encryption.status(net.now))
      .findings.map(({ severity, text }) => `${severity}: ${text}`)
      .filter((text) => /listens|heard/.test(text));
  const listening = ['hint: has just begun, and listens for the other members'];
  assert.deepEqual(found(), listening);
  net.run(1000);
  assert.deepEqual([member.role, found()], ['discovering', listening]);
  net.run(20_000);
  assert.deepEqual(
    [member.role, found()],
    ['master', ['problem: no other member was ever heard on UDP port 9023 of 10.32.1.131']],
  );
  net.add(memberListing(130));
  net.run(5000);
  assert.deepEqual(found(), []);
});

test('LB-45: a client is sent to what the member is translated to', () => {
  const net = new TestNet();
  const master = net.add(memberListing(131));
  net.run(10_000);
  net.add(memberListing(130, ' nat 192.0.2.130'));
  net.run(5000);
  assert.deepEqual(arrive(net, master), { kind: 'redirect', target: '192.0.2.130' });
});

test('LB-45: a translation that is changed while a member takes part is what clients are sent to', () => {
  const net = new TestNet();
  const master = net.add(memberListing(131));
  net.run(10_000);
  const backup = net.add(memberListing(130));
  backup.names.set('vpn1.example.com', [address('203.0.113.8')]);
  net.run(10_000);
  const changed = (afterMs: number, ...lines: readonly string[]) => {
    backup.configure(memberListing(130, ...lines));
    net.run(afterMs);
    const { kind, ...to } = arrive(net, master);
    const [peer] = viewOf(net, master).peers;
    return [kind, 'target' in to && to.target, (peer?.durationMs ?? 0) > afterMs];
  };
  assert.deepEqual(changed(100, ' nat 203.0.113.7'), ['redirect', '203.0.113.7', true], 'in place');
  // A name has to be looked up first, as by a member that begins.
  assert.deepEqual(changed(12_000, ' nat vpn1.example.com'), ['redirect', '203.0.113.8', false]);
  assert.deepEqual(changed(12_000), ['redirect', '172.18.124.130', true]);
});

test('LB-03 LB-14: clients without redirection are refused at the cluster address, or served if so said', () => {
  const { net, third } = threeMembers();
  assert.deepEqual(arrive(net, third, strange), { kind: 'refuse' });
  assert.deepEqual(arrive(net, third, strange), { kind: 'refuse' });
  const said = () => third.said(clientCannotBeRedirected);
  assert.equal(said().length, 1, 'one line a minute and client');
  assert.match(said()[0] ?? '', /strongSwan without the Unity vendor ID .*; refused/);
  net.run(60_001);
  arrive(net, third, strange);
  assert.equal(said().length, 2);
  const open = new TestNet();
  const master = open.add(memberListing(131, ' cluster unredirectable serve-direct'));
  open.run(10_000);
  assert.deepEqual(arrive(open, master, strange), { kind: 'serve' });
});

test('GEN-46: the director redirects the clients of the list, and members name those served that are not of it', () => {
  const { net, first, third } = threeMembers();
  const applications = (kind: 'ipsec' | 'sslTunnel', application: string) =>
    ({ kind, vendorIds: ['unity'], application }) as ClientIdentity;
  const kinds = (...identities: readonly ClientIdentity[]) =>
    identities.map((identity) => arrive(net, third, identity).kind);
  assert.deepEqual(
    kinds(
      unity,
      applications('ipsec', 'Cisco VPN 3002 Hardware Client 3.5.Rel'),
      applications('sslTunnel', 'AnyConnect Windows 2.0.0343'),
      { kind: 'clientless' },
    ),
    ['redirect', 'redirect', 'redirect', 'redirect'],
  );
  const old = applications('ipsec', 'Cisco VPN 3002 Hardware Client 3.1.Rel');
  assert.deepEqual(kinds(old, applications('sslTunnel', 'AnyConnect Windows 1.9')), [
    'refuse',
    'refuse',
  ]);
  for (const identity of [old, old, unity])
    first.cluster.director.served(client, identity, net.now);
  assert.deepEqual(
    first.said(clientNotEligible).map((t) => /: (.*)$/.exec(t)?.[1]),
    ['the VPN 3002 3.1 is older than 3.5'],
  );
});

test('LB-03 GEN-40: whoever comes to the address of a member is served, by master and backup alike, redirectable or not', () => {
  const { net, first, third } = threeMembers();
  for (const [member, host] of [
    [first, 129],
    [third, 131],
  ] as const)
    for (const identity of [unity, strange]) {
      const local = address(`172.18.124.${host}`);
      const admission = member.cluster.director.admit(
        { local, client: { address: client, port: 500 }, identity },
        net.now,
      );
      assert.deepEqual(admission, { kind: 'serve' });
    }
  assert.deepEqual(arrive(net, first), { kind: 'refuse' }, 'a backup does not serve the address');
  assert.equal(first.said(notMaster).length, 1);
});

test('GEN-84 LB-72: a member at its limit gets nobody; when all are full the client is refused', () => {
  const net = new TestNet();
  const master = net.add(memberListing(131, 'vpn-sessiondb max-session-limit 1'));
  net.run(10_000);
  const backup = net.add(memberListing(130, 'vpn-sessiondb max-session-limit 1'));
  net.run(3000);
  backup.occupy(1);
  net.run(3000);
  assert.deepEqual(arrive(net, master), { kind: 'redirect', target: '172.18.124.131' });
  master.occupy(1);
  assert.deepEqual(arrive(net, master), { kind: 'refuse' });
  assert.match(master.said(noMemberHasRoom)[0] ?? '', /10\.32\.1\.130 is full/);
});

test('a drained member gets no new clients; undone, it does', () => {
  const { net, first, second, third } = threeMembers();
  for (const member of [first, second])
    member.cluster.beginDrain({ moves: false, minutes: undefined }, net.now);
  net.run(3000);
  assert.deepEqual(arrive(net, third), { kind: 'redirect', target: '172.18.124.131' });
  assert.match(third.cluster.director.choices()[0]?.explanation.rule ?? '', /noBackup/);
  assert.match(clusterText(viewOf(net, third)), /draining/);
  first.cluster.endDrain('carla', net.now);
  const ended = first.records.filter(({ definition }) => definition === drainEnded).at(-1);
  assert.equal(ended?.subject.user, 'carla');
  net.run(3000);
  assert.deepEqual(arrive(net, third), { kind: 'redirect', target: '172.18.124.129' });
});

test('a drain ends when the last session is gone, and moves clients on if so said', () => {
  const { net, first } = threeMembers();
  first.occupy(3);
  first.cluster.beginDrain({ moves: true, minutes: undefined }, net.now);
  assert.match(first.said(drainBegun)[0] ?? '', /3 sessions left/);
  assert.deepEqual(first.cluster.look(net.now), [1, 2, 3]);
  for (const index of [1, 2, 3]) first.sessions.close(index);
  net.run(2000);
  assert.equal(first.cluster.drain?.over, 'no session is left');
  assert.match(first.said(drainEnded)[0] ?? '', /no session is left/);
});

/** A member is told of its cables. */
const cables = (net: TestNet, member: TestMember, outer: boolean, inner = true) =>
  member.carryOut(
    member.cluster.input({ kind: 'links', links: { public: outer, private: inner } }, net.now),
  );

test('LB-02: a master whose public link goes down hands over and says so; it stays a member', () => {
  const { net, second, third } = threeMembers();
  cables(net, third, false);
  net.run(100);
  assert.deepEqual([third.ownsAddress, second.ownsAddress], [false, true]);
  assert.match(third.said(linksDown)[0] ?? '', /on the public side of this member/);
  net.run(5000);
  assert.equal(third.role, 'backup');
  const takers = () =>
    new Set(Array.from({ length: 9 }, () => ({ target: '', ...arrive(net, second) }).target));
  assert.ok(!takers().has('172.18.124.131'), 'no client is sent where none arrives');
  cables(net, third, true);
  net.run(5000);
  assert.ok(takers().has('172.18.124.131'));
  assert.equal(third.said(linksUp).length, 1);
  second.isUp = false;
  net.run(5000);
  assert.equal(third.ownsAddress, true);
});

test('LB-02: a member that begins without its public link does not serve the address until it has it', () => {
  const net = new TestNet();
  const member = net.add(memberListing(131));
  while (member.role === 'off') net.run(1);
  cables(net, member, false);
  net.run(20_000);
  assert.equal(member.ownsAddress, false);
  cables(net, member, true);
  net.run(5000);
  assert.equal(member.ownsAddress, true);
});

test('LB-02: a cable that is out while a member waits for tunnels with the others is not forgotten', () => {
  const net = new TestNet();
  const policy = [
    'crypto ikev1 enable inside',
    'crypto ikev1 policy 10\n encryption aes-256\n group 19',
  ];
  const member = net.add(memberListing(131, ...policy, ' cluster encryption'));
  while (!member.cluster.gathers) net.run(1);
  cables(net, member, false);
  net.run(20_000);
  assert.deepEqual([member.role, member.ownsAddress], ['discovering', false]);
  cables(net, member, true);
  net.run(5000);
  assert.equal(member.ownsAddress, true);
});

test('a master that is told to leave while it hands over for a link leaves all the same', () => {
  const { net, second, third } = threeMembers();
  cables(net, third, false);
  third.configure(memberListing(131, ...concentrator).replace(' participate', ' no participate'));
  net.run(10_000);
  assert.deepEqual([third.role, third.ownsAddress, second.ownsAddress], ['off', false, true]);
});

test('LB-35: no participate is a planned handover: the address moves at once, sessions stay', () => {
  const { net, second, third } = threeMembers();
  third.occupy(1);
  third.configure(memberListing(131, ...concentrator).replace(/\n participate$/, ''));
  net.run(50);
  assert.deepEqual([third.ownsAddress, second.ownsAddress], [false, true]);
  net.run(2000);
  assert.equal(third.role, 'off');
  assert.equal(third.sessions.size, 1);
  assert.match(clusterText(viewOf(net, third)), /^Status : disabled\n/);
});

test('LB-35: a master that leaves lets clients end phase 1 first, takes no others, and does not wait for long', () => {
  const without = memberListing(131, 'load-balancing personality vpn3000').replace(
    /\n participate$/,
    '',
  );
  const begun = (slowestMs?: number) => {
    const { net, first, third } = threeMembers();
    third.halfOpen = { newestAt: net.now, slowestMs };
    third.configure(without);
    assert.equal(third.cluster.takesNewcomers(clusterAddress), false);
    assert.equal(third.cluster.takesNewcomers(address('172.18.124.131')), true);
    assert.notDeepEqual(arrive(net, third), { kind: 'redirect', target: '172.18.124.131' });
    net.run(slowestMs === undefined ? 50 : 15);
    assert.deepEqual(
      [third.ownsAddress, first.cluster.takesNewcomers(clusterAddress)],
      [true, true],
    );
    return { net, third };
  };
  const patient = begun();
  patient.net.run(50);
  assert.equal(patient.third.ownsAddress, false, 'strangers who never end it are not waited for');
  assert.equal(patient.third.cluster.takesNewcomers(clusterAddress), true);

  const near = begun(9);
  near.net.run(14);
  assert.equal(near.third.ownsAddress, false, 'three times as long as others needed is enough');

  const soon = begun();
  soon.third.halfOpen = undefined;
  soon.net.run(1);
  assert.equal(soon.third.ownsAddress, false, 'all have ended it');

  const back = begun();
  back.third.configure(memberListing(131, 'load-balancing personality vpn3000', ' priority 7'));
  back.net.run(2000);
  assert.deepEqual([back.third.ownsAddress, back.third.role], [true, 'master']);

  const down = begun();
  down.third.carryOut(down.third.cluster.leave('shutdown', down.net.now));
  assert.equal(down.third.ownsAddress, false, 'asked again, it goes at once');
});

test('LB-35: a master that leaves does not wait for who began so long ago that it is not going on', () => {
  const { net, third } = threeMembers();
  third.halfOpen = { newestAt: net.now, slowestMs: 20 };
  net.run(60);
  third.carryOut(third.cluster.leave('administrative', net.now));
  assert.equal(third.ownsAddress, false);
});

test('a device that shuts down leaves the cluster for good, and the address has moved before', () => {
  const { net, second, third } = threeMembers();
  third.halfOpen = { newestAt: net.now, slowestMs: undefined };
  third.carryOut(third.cluster.leave('shutdown', net.now));
  net.run(100);
  assert.deepEqual([third.ownsAddress, second.ownsAddress], [false, true]);
  net.run(10_000);
  assert.equal(third.role, 'off');
});

test('a device that was told to end stays out, whatever is configured meanwhile', () => {
  const finishing = threeMembers();
  finishing.third.halfOpen = { newestAt: finishing.net.now, slowestMs: undefined };
  finishing.third.carryOut(finishing.third.cluster.leave('shutdown', finishing.net.now));
  // As it happens when the last passwords are hashed.
  finishing.third.carryOut(finishing.third.cluster.configured(finishing.net.now));
  finishing.net.run(100);
  assert.deepEqual([finishing.third.ownsAddress, finishing.second.ownsAddress], [false, true]);

  const { net, third } = threeMembers();
  third.configure(memberListing(131, ...concentrator, ' cluster key another-secret'));
  third.carryOut(third.cluster.leave('shutdown', net.now));
  net.run(20_000);
  assert.equal(third.role, 'off', 'nor does it join the cluster that it was changed to');
});

test('LB-16: another port or key keeps a device out, and changing it back lets it in', () => {
  const { net, first, third } = threeMembers();
  const line = (...more: readonly string[]) =>
    memberListing(129, ...concentrator, 'platform model 3005', ...more);
  first.configure(line(' cluster key another-secret'));
  net.run(8000);
  const peersOfThird = () => viewOf(net, third).peers.filter((p) => p.condition === 'alive').length;
  assert.equal(peersOfThird(), 1);
  assert.ok(third.said(secretDiffers).length + first.said(secretDiffers).length > 0);
  first.configure(line());
  net.run(8000);
  assert.equal(peersOfThird(), 2);
});

test('LB-24 GEN-41: members differ in what is their own, and are refused over what all have alike', () => {
  const { net, first, third } = threeMembers();
  const peersOfThird = () => viewOf(net, third).peers.filter((p) => p.condition === 'alive').length;
  const line = (personality: readonly string[], ...more: readonly string[]) =>
    memberListing(129, ...personality, ...more);
  first.configure(line(concentrator, ' priority 3', ' nat 192.0.2.129'));
  net.run(8000);
  assert.equal(peersOfThird(), 2);
  third.records.length = 0;
  const newcomer = net.add(line([]).replaceAll('.129', '.128').replace('member129', 'odd'));
  net.run(8000);
  assert.equal(peersOfThird(), 2);
  assert.ok(
    third.said(configurationDiffers).length + newcomer.said(configurationDiffers).length > 0,
  );
});

test('LB-56: durations have hours without a leading zero, which run past a day', () => {
  const { net, third } = threeMembers();
  const view = viewOf(net, third);
  const [peer] = view.peers;
  assert.ok(peer);
  for (const [seconds, text] of [
    [1107, '0:18:27'],
    [164_263, '45:37:43'],
  ] as const) {
    const later = { ...view, peers: [{ ...peer, durationMs: 1000 * seconds }] };
    assert.match(statisticsText(later), new RegExp(` ${text}$`, 'm'));
  }
});

test('GEN-79: pools that overlap between members are named once', () => {
  const net = new TestNet();
  const pool = 'ip local pool clients 10.9.0.1-10.9.0.50 mask 255.255.255.0';
  const master = net.add(memberListing(131, pool));
  net.run(10_000);
  net.add(memberListing(130, pool.replace('0.1-10.9.0.50', '0.40-10.9.0.90')));
  net.run(20_000);
  assert.deepEqual(master.said(poolsOverlap), [
    'Address pools overlap: 10.9.0.1-10.9.0.50 here, 10.9.0.40-10.9.0.90 on member 10.32.1.130',
  ]);
});

test('GEN-66: a cluster address by name begins when the name has an address, and says what is missing', () => {
  const net = new TestNet();
  const listing = memberListing(131).replace(
    `ip address ${clusterAddress}`,
    'ip address vpn.example.com',
  );
  const member = net.add(listing);
  net.run(100);
  assert.match(viewOf(net, member).obstacle ?? '', /vpn\.example\.com has no address/);
  assert.equal(member.said(nameNotResolved).length, 1);
  assert.match(member.said(memberCannotBegin)[0] ?? '', /tried again in 10 s/);
  member.configure(listing);
  net.run(100);
  assert.equal(member.said(memberCannotBegin).length, 1, 'tried again, and not said again');
  net.run(10_000);
  assert.equal(member.said(memberCannotBegin).length, 2);
  member.names.set('vpn.example.com', [clusterAddress]);
  net.run(20_000);
  assert.deepEqual([member.role, member.ownsAddress], ['master', true]);
});

test('what is counted: where clients went and by which rule, who was turned away, and takeovers', () => {
  const { net, first, second, third } = threeMembers();
  assert.deepEqual(clusterCounters(third.cluster), { redirects: [], refusals: {}, takeovers: 1 });
  arrive(net, third);
  arrive(net, third);
  arrive(net, third, strange);
  for (const member of [first, second, third])
    member.cluster.beginDrain({ moves: false, minutes: undefined }, net.now);
  net.run(3000);
  arrive(net, third);
  arrive(net, first);
  const { redirects, refusals } = clusterCounters(third.cluster);
  assert.deepEqual(
    redirects.map(({ member, rule, count }) => [member, rule, count]),
    [
      ['10.32.1.129', 'lowestAddress', 1],
      ['10.32.1.130', 'leastPercent', 1],
    ],
  );
  assert.deepEqual(refusals, { 'the client understands no redirect': 1, 'no member has room': 1 });
  assert.deepEqual(clusterCounters(first.cluster).refusals, {
    'this member is not the master': 1,
  });
  third.isUp = false;
  net.run(5000);
  assert.deepEqual(
    [first, second].map((m) => clusterCounters(m.cluster).takeovers),
    [0, 1],
  );
});

test('a backup does not hear the other backups: it says what the master lists, and shows nothing older', () => {
  const { net, first, second, third } = threeMembers();
  net.run(300_000);
  const heard = (at: TestMember, of: string) =>
    viewOf(net, at).peers.find((peer) => peer.privateAddress === of)?.heard;
  for (const [at, of, by] of [
    [first, '10.32.1.131', 'self'],
    [first, '10.32.1.130', 'master'],
    [second, '10.32.1.129', 'master'],
    [third, '10.32.1.129', 'self'],
  ] as const) {
    const { by: whom, agoMs = Number.NaN } = heard(at, of) ?? {};
    assert.equal(whom, by);
    assert.ok(agoMs >= 0 && agoMs < 1200, `${of}: ${agoMs}`);
  }
  second.isUp = false;
  net.run(1700);
  const suspect = viewOf(net, first).peers.find((p) => p.privateAddress === '10.32.1.130');
  assert.equal(suspect?.condition, 'suspect', 'the master is asked');
  net.run(5000);
  assert.equal(heard(first, '10.32.1.130'), undefined);
  assert.match(clusterText(viewOf(net, first)), /172\.18\.124\.130 .* dead/);
});

test('a suspicion that is over stays to be seen: how often, and when last', () => {
  const { net, first, third } = threeMembers();
  const seen = () => viewOf(net, third).peers.find((p) => p.privateAddress === '10.32.1.129');
  assert.equal(seen()?.suspected, undefined);
  for (const times of [1, 2]) {
    first.isUp = false;
    while (seen()?.condition === 'alive') net.run(1);
    const row = /172\.18\.124\.129 .* suspect, silent for \d\.\d s/;
    assert.match(clusterText(viewOf(net, third)), row);
    const lastAt = seen()?.suspected?.lastAt ?? 0;
    assert.ok(lastAt <= net.now && lastAt > net.now - 5);
    first.isUp = true;
    net.run(10_000);
    assert.deepEqual([seen()?.condition, seen()?.suspected], ['alive', { times, lastAt }]);
  }
  assert.match(
    clusterText(viewOf(net, third)),
    /172\.18\.124\.129 .* suspected 2 times, last Oct 18 09:00:\d\d$/m,
  );
});

test('a member that had joined elects the next master; only one that never had one is joining', () => {
  const net = new TestNet();
  const ownRole = (member: TestMember) => viewOf(net, member).self.role;
  const first = net.add(memberListing(129, ...concentrator, ' priority 1'));
  const roles = new Set<string>();
  const watch = (member: TestMember, runMs: number) => {
    roles.clear();
    for (let ms = 0; ms < runMs; ms += 1) {
      net.run(1);
      roles.add(ownRole(member));
    }
    return [...roles];
  };
  assert.deepEqual(watch(first, 12_000), ['off', 'joining', 'electing', 'master']);
  const second = net.add(memberListing(130, ...concentrator, ' priority 5'));
  const third = net.add(memberListing(131, ...concentrator, ' priority 7'));
  assert.deepEqual(watch(second, 12_000), ['off', 'joining', 'backup']);
  first.isUp = false;
  const rolesOfThird = new Set<string | undefined>();
  const elections = new Set<string>();
  for (let ms = 0; ms < 5000; ms += 10) {
    net.run(10);
    elections.add(ownRole(second));
    rolesOfThird.add(viewOf(net, second).peers.find((p) => p.hostname === 'member131')?.role);
  }
  assert.equal(third.role, 'master');
  assert.deepEqual([...elections], ['backup', 'electing']);
  assert.equal(ownRole(second), 'backup');
  assert.deepEqual([...rolesOfThird], ['backup', 'electing', 'master']);
});

test('a backup shows one master after a partition, whatever the former one said last, and two while it hears two', () => {
  const { net, first, second, third } = threeMembers();
  const masters = () =>
    viewOf(net, first)
      .peers.filter(({ role }) => role === 'master')
      .map(({ hostname }) => hostname);
  const findings = () =>
    diagnose(viewOf(net, first), first.cluster.encryption.status(net.now))
      .findings.filter(({ subject }) => subject === 'master')
      .map(({ text }) => text);
  net.reaches = (from, to) => (from === third) === (to === third);
  net.run(10_000);
  assert.deepEqual([second.role, third.role, masters()], ['master', 'master', ['member130']]);
  // Both reach the backup, but not each other.
  net.reaches = (from, to) => from === first || to === first;
  net.run(6000);
  assert.deepEqual(masters(), ['member130', 'member131']);
  assert.deepEqual(findings(), [
    '10.32.1.130 (member130) and 10.32.1.131 (member131) serve the cluster address, and do not know of each other',
  ]);
  net.reaches = () => true;
  net.run(20_000);
  assert.equal([second, third].filter(({ role }) => role === 'master').length, 1);
  assert.deepEqual([masters().length, findings()], [1, []]);
});

test('a member knows for how long another has been silent', () => {
  const { net, first, third } = threeMembers();
  const silence = () =>
    viewOf(net, third).peers.find((peer) => peer.privateAddress === '10.32.1.129')?.heard?.agoMs ??
    -1;
  assert.ok(silence() >= 0 && silence() < 1100);
  const before = silence();
  first.isUp = false;
  net.run(5000);
  assert.ok(silence() >= 5000 && silence() <= 5000 + before);
  assert.equal(viewOf(net, third).self.heard, undefined);
});

test('a new master has last heard the one that is gone when that was there, not when it took over', () => {
  const { net, first, second, third } = threeMembers();
  third.isUp = false;
  const goneAt = net.now;
  net.run(30_000);
  const master = [first, second].find(({ role }) => role === 'master') ?? first;
  const gone = viewOf(net, master).peers.find((p) => p.privateAddress === '10.32.1.131');
  assert.equal(gone?.condition, 'dead');
  const agoMs = gone?.heard?.agoMs ?? 0;
  assert.ok(agoMs >= elapsedMs(goneAt, net.now), `${agoMs}`);
});

test('GEN-31 GEN-41: a device that was told nothing takes no part, opens no port, and says that it is disabled', () => {
  const net = new TestNet();
  const silent = net.add(memberListing(130).split('\nvpn load-balancing')[0] ?? '');
  net.run(10_000);
  assert.equal(silent.role, 'off');
  assert.deepEqual(silent.cluster.configured(net.now), []);
  assert.equal(silent.cluster.deadline(), undefined);
  assert.match(clusterText(viewOf(net, silent)), /^Status : disabled\n/);
});

test('GEN-50: members are shown in the order of their addresses, whichever was there first', () => {
  const net = new TestNet();
  const master = net.add(memberListing(20));
  net.run(10_000);
  for (const host of [100, 9, 50]) net.add(memberListing(host));
  net.run(8000);
  const rows = clusterText(viewOf(net, master)).match(/^172\.18\.124\.\d+/gm);
  assert.deepEqual(rows, ['172.18.124.9', '172.18.124.20', '172.18.124.50', '172.18.124.100']);
});

test('GEN-78: a member without a free address is passed over, or chosen by its load alone if so said', () => {
  for (const [line, target] of [
    ['', '172.18.124.131'],
    [' redirect-to-empty-pools', '172.18.124.130'],
  ] as const) {
    const pool = 'ip local pool few 40.1.1.1-40.1.1.1 mask 255.255.255.0';
    const net = new TestNet();
    const master = net.add(memberListing(131, line));
    net.run(10_000);
    const empty = net.add(memberListing(130, pool));
    assert.equal(empty.pools.lease(['few'], 'somebody'), '40.1.1.1');
    net.run(5000);
    assert.deepEqual(arrive(net, master), { kind: 'redirect', target });
  }
});

/** A master with nine backups, a second between two keepalives, and every moment at which it is woken. */
function wakingMaster() {
  const net = new TestNet();
  const fast = ' cluster timer fast hello 1000';
  const master = net.add(memberListing(129, fast, ' priority 10'));
  net.run(5000);
  for (let host = 130; host < 139; host += 1) net.add(memberListing(host, fast));
  net.run(20_000);
  assert.equal(master.role, 'master');
  const moments = { reports: [] as number[], all: new Set<number>() };
  const { cluster } = master;
  const [input, tick] = [cluster.input.bind(cluster), cluster.tick.bind(cluster)];
  cluster.input = (said, now) => {
    moments.reports.push(now);
    moments.all.add(now);
    return input(said, now);
  };
  cluster.tick = (now) => {
    moments.all.add(now);
    return tick(now);
  };
  return { net, master, moments };
}

test('a master of nine is woken six times in a hello, not with each of them and each quarter', () => {
  const { net, moments } = wakingMaster();
  net.run(20_000);
  assert.ok(moments.reports.length >= 180, `${moments.reports.length} reports`);
  assert.ok(moments.all.size <= 6 * 20, `woken ${moments.all.size} times`);
});

test('what a member sent to the group and hears itself is not looked at', () => {
  const net = new TestNet();
  const member = net.add(memberListing(129, ' cluster timer fast hello 1000', ' priority 10'));
  const sent: Uint8Array[] = [];
  const send = net.send.bind(net);
  net.send = (from, side, to, octets) => {
    if (side === 'private') sent.push(octets);
    send(from, side, to, octets);
  };
  net.run(5000);
  const [octets] = sent.slice(-1);
  assert.ok(member.role === 'master' && octets);
  const before = member.cluster.member;
  const from = { address: address('10.32.1.129'), port: 9023 };
  member.cluster.input({ kind: 'datagram', side: 'private', from, octets }, net.now);
  assert.equal(member.cluster.member, before);
  // From elsewhere the same octets are a copy of this member.
  const other = { address: address('10.32.1.140'), port: 9023 };
  member.cluster.input({ kind: 'datagram', side: 'private', from: other, octets }, net.now);
  assert.notEqual(member.cluster.member, before);
});

test('backups report in the middle between two announcements of their master, all in one go', () => {
  const { net, master, moments } = wakingMaster();
  const announcements: number[] = [];
  const send = net.send.bind(net);
  net.send = (from, side, to, octets) => {
    if (from === master && to === '239.255.90.23') announcements.push(net.now);
    send(from, side, to, octets);
  };
  net.run(20_000);
  assert.ok(announcements.length >= 18);
  // Public sides are asked now and then, besides.
  const { reports } = moments;
  assert.ok(new Set(reports).size <= 45, `${reports.length} at ${new Set(reports).size} moments`);
  const inTheMiddle = reports.filter((at) =>
    announcements.some((a) => Math.abs(at - a - 500) < 60),
  );
  assert.ok(
    inTheMiddle.length >= 0.9 * reports.length,
    `${inTheMiddle.length} of ${reports.length}`,
  );
});
