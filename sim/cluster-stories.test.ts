/** Stories of a few members, without chance: who becomes master, who is refused, and what the log says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { after, instant } from '#base/instant';
import { EventLog } from '#events/log';
import { renderVpn3000 } from '#events/render-vpn3000';
import * as events from '#protocol/vcl/events';
import { identityKey } from '#protocol/vcl/peers';
import type { Datagram } from '#simulation/network';
import { ClusterLab, type ClusterSetup } from './cluster-lab.ts';
import type { ClusterMember } from './cluster-member.ts';

/** The number of the member that owns the address; there must not be two. */
const owner = (lab: ClusterLab): number | undefined => {
  assert.ok(lab.owners.length <= 1, lab.picture());
  return lab.owners[0]?.number;
};

const whole = (lab: ClusterLab, mostMs = 20_000) =>
  lab.runUntil('one master, all joined', () => lab.isWhole(), mostMs);

/** Members of these priorities, started at once and settled. */
function settled(priorities: readonly number[], setup: ClusterSetup = {}): ClusterLab {
  const lab = new ClusterLab(1, setup);
  lab.start(priorities.length, (n) => priorities[n] as number);
  whole(lab);
  return lab;
}

const member = (lab: ClusterLab, number: number): ClusterMember =>
  lab.members[number - 1] as ClusterMember;

/** Everything that goes over the wire from now on. */
function recorded(lab: ClusterLab): Datagram[] {
  const seen: Datagram[] = [];
  const send = lab.network.send.bind(lab.network);
  lab.network.send = (datagram) => {
    seen.push(datagram);
    send(datagram);
  };
  return seen;
}

test('LB-42: of members started together, the one of highest priority becomes master', () => {
  const lab = settled([1, 5, 7]);
  assert.equal(owner(lab), 3);
  assert.deepEqual(lab.texts(events.becameMaster), [
    'Became master of the cluster in term 1: elected',
  ]);
  assert.equal(lab.texts(events.becameBackup).length, 2);
  assert.equal(lab.texts(events.memberJoined).length, 6);
});

test('LB-43: among equal priorities, the lowest private address becomes master', () => {
  assert.equal(owner(settled([10, 10, 10])), 1);
  assert.equal(owner(settled([3, 10, 10])), 2);
});

test('LB-43: addresses are compared as numbers, also those of IPv6', () => {
  const lab = new ClusterLab(1, { family: 6 });
  for (let n = 0; n < 16; n += 1) lab.add({ priority: 4 });
  const [nine, ten] = [member(lab, 9), member(lab, 16)];
  lab.acquaint();
  for (const each of [ten, nine]) each.participate();
  whole(lab);
  assert.equal(owner(lab), 9);
});

test('LB-38: with all priorities 10 the master is there sooner than with 7', () => {
  const electionMs = (priority: number): number => {
    const lab = new ClusterLab(1);
    lab.start(3, () => priority);
    lab.runUntil('an owner', () => lab.owners.length > 0, 20_000, 1);
    return lab.elapsedMs;
  };
  assert.ok(electionMs(10) < electionMs(7));
});

test('LB-41 LB-08: the first that was up stays master, whatever the priority of those who come later', () => {
  const lab = new ClusterLab(1);
  lab.add({ priority: 1 });
  lab.add({ priority: 10 });
  lab.acquaint();
  member(lab, 1).participate();
  lab.runUntil('an owner', () => lab.owners.length > 0, 20_000);
  member(lab, 2).participate();
  whole(lab);
  lab.run(60_000);
  assert.equal(owner(lab), 1);
});

test('LB-44 LB-02: the best backup takes over from a master that fails, then the next', () => {
  const lab = new ClusterLab(1);
  for (const priority of [1, 7, 7]) lab.add({ priority });
  lab.acquaint();
  member(lab, 3).participate();
  lab.runUntil('an owner', () => lab.owners.length > 0, 20_000);
  member(lab, 1).participate();
  member(lab, 2).participate();
  whole(lab);
  assert.equal(owner(lab), 3);
  const order = [2, 1];
  for (const [victim, heir] of [
    [3, order[0]],
    [2, order[1]],
  ] as const) {
    member(lab, victim).crash();
    lab.runUntil('another owner', () => lab.owners.length > 0, 3000);
    assert.equal(owner(lab), heir);
    lab.run(2000);
  }
  assert.match(lab.texts(events.masterLost)[0] ?? '', /The master 10\.32\.1\.3 is gone/);
  assert.match(
    lab.texts(events.masterSuspected)[0] ?? '',
    /10\.32\.1\.3 did not answer a keepalive/,
  );
});

test('LB-44: an old master that comes back is a backup, and its earlier life is forgotten', () => {
  const lab = settled([10, 5, 1]);
  member(lab, 1).crash();
  lab.run(4000);
  assert.equal(owner(lab), 2);
  member(lab, 1).participate();
  whole(lab);
  assert.equal(owner(lab), 2);
});

test('LB-84: members ask the master once a second by private addresses; it answers each', () => {
  const lab = settled([9, 1, 1], { severity: 8 });
  const from = lab.events.length;
  lab.run(30_000);
  const later = lab.events.slice(from);
  const requests = later.filter((e) => e.record.definition === events.keepaliveRequestReceived);
  const responses = later.filter((e) => e.record.definition === events.keepaliveResponseSent);
  assert.equal(requests.length, responses.length);
  for (const address of ['10.32.1.2', '10.32.1.3']) {
    const times = requests.filter((e) => e.record.args.address === address).map((e) => e.at);
    assert.ok(times.length >= 27 && times.length <= 33, `${times.length} requests in 30 s`);
    for (const [i, at] of times.slice(1).entries())
      assert.ok(
        Math.abs(at - (times[i] as number) - 1000) <= 100,
        `${at - (times[i] as number)} ms`,
      );
  }
  assert.ok(requests.every((e) => e.by.number === 1 && e.record.definition.severity === 8));
  const [first] = lab.texts(events.keepaliveRequestReceived);
  assert.match(first ?? '', /^LBSSF received KEEPALIVE request from \[10\.32\.1\.[23]\]$/);
  assert.equal(
    lab.texts(events.keepaliveResponseSent)[0],
    first?.replace('received', 'sent').replace('request from', 'response to'),
  );
  assert.ok(
    lab.texts(events.keepaliveRequestSent).includes('LBSSF sent KEEPALIVE request to [10.32.1.1]'),
  );
  assert.ok(lab.texts(events.keepaliveResponseReceived).length > 0);
});

test('LB-82 LB-83: the keepalives are lines of class LBSSF and severity 8, in the form of the concentrator', () => {
  const lab = settled([9, 1, 1], { severity: 13 });
  lab.run(5000);
  const written = (to: number): string[] => {
    const log = new EventLog(1000, new Map([['LBSSF', { from: 1, to }]]));
    for (const { by, at, record } of lab.events)
      if (by.number === 1) log.add(record, after(instant(Date.UTC(2001, 9, 19)), at));
    return [...log.newestFirst()].reverse().map(renderVpn3000);
  };
  const keepalives = written(8).filter((line) => line.includes('KEEPALIVE'));
  assert.ok(written(7).length > 0 && !written(7).some((line) => line.includes('KEEPALIVE')));
  const form =
    /^\d+ 10\/19\/2001 00:00:\d\d\.\d{3} SEV=8 LBSSF\/(25|24) RPT=(\d+)\nLBSSF (received KEEPALIVE request from|sent KEEPALIVE response to) \[(10\.32\.1\.[23])\]$/;
  const lines = keepalives.map((line) => form.exec(line) ?? assert.fail(line));
  assert.ok(lines.length >= 12);
  for (let i = 0; i < lines.length; i += 2) {
    const [request, response] = [lines[i], lines[i + 1]] as [RegExpExecArray, RegExpExecArray];
    assert.deepEqual([request[1], response[1]], ['25', '24']);
    assert.equal(request[4], response[4]);
    assert.deepEqual([Number(request[2]), Number(response[2])], [i / 2 + 1, i / 2 + 1]);
  }
});

test('LB-11 GEN-83 LB-52: the master has the load of every member, the others of nobody', () => {
  const lab = settled([9, 1, 1]);
  member(lab, 2).report({
    loads: [
      { protocol: 1, active: 30, inactive: 2, max: 1500 },
      { protocol: 2, active: 4, inactive: 0, max: 100 },
    ],
    percent: 2,
  });
  lab.run(2000);
  const reportOf = (viewer: number) =>
    [...member(lab, viewer).state.member.peers.values()].map((p) => p.report?.loads ?? null);
  assert.deepEqual(
    reportOf(1).filter((loads) => loads !== null && loads.length > 0),
    [
      [
        { protocol: 1, active: 30, inactive: 2, max: 1500 },
        { protocol: 2, active: 4, inactive: 0, max: 100 },
      ],
    ],
  );
  assert.deepEqual(reportOf(3), [null, null]);
});

test('LB-35: a master that leaves hands the address over within 100 ms, to the best that is left', () => {
  const lab = settled([10, 4, 8]);
  const at = lab.elapsedMs;
  member(lab, 1).leave();
  assert.equal(owner(lab), undefined);
  lab.runUntil('the successor', () => lab.owners.length > 0, 100, 1);
  assert.equal(owner(lab), 3);
  assert.ok(lab.elapsedMs - at <= 100);
  lab.run(5000);
  assert.equal(member(lab, 1).phase, 'off');
  assert.deepEqual([...member(lab, 2).state.member.peers.values()].map((p) => p.condition).sort(), [
    'alive',
    'left',
  ]);
  assert.deepEqual(lab.texts(events.handingOver), [
    'Handing the cluster address over to 10.32.1.3',
  ]);
  assert.ok(lab.texts(events.memberLeft).length >= 2);
  assert.match(lab.texts(events.gaveAddressUp)[0] ?? '', /leaves the cluster/);
  whole(lab);
});

test('a handover whose every datagram is lost ends in an election', () => {
  const lab = settled([10, 4, 8]);
  lab.network.setFaults({ loss: 1 });
  member(lab, 1).leave();
  lab.run(100);
  lab.network.setFaults({ loss: 0 });
  lab.runUntil('an owner', () => lab.owners.length > 0, 3000);
  assert.equal(owner(lab), 3);
});

test('a member that is emptied is not handed the address while another can have it', () => {
  const lab = settled([10, 4, 8]);
  member(lab, 3).report({ draining: true });
  lab.run(1500);
  member(lab, 1).leave();
  lab.run(100);
  assert.equal(owner(lab), 2);
});

test('GEN-35 GEN-33: the address is served as long as one of four is left', () => {
  const lab = settled([4, 3, 2, 1]);
  for (let left = 3; left > 0; left -= 1) {
    lab.owners[0]?.crash();
    lab.runUntil('an owner', () => lab.owners.length > 0, 3000);
    lab.run(3000);
  }
  assert.equal(owner(lab), 4);
  assert.ok(lab.texts(events.memberLost).length === 0 || lab.owners.length === 1);
});

test('a backup that vanishes is given up by the master, and by the others on its word', () => {
  const lab = settled([9, 1, 1]);
  member(lab, 3).crash();
  lab.run(5000);
  assert.match(lab.texts(events.memberLost)[0] ?? '', /10\.32\.1\.3 is gone: silent for \d+ ms/);
  for (const number of [1, 2]) {
    const conditions = [...member(lab, number).state.member.peers.values()].map((p) => p.condition);
    assert.deepEqual(conditions.sort(), ['alive', 'dead']);
  }
});

test('a partition has two masters; together again, the larger part keeps the address', () => {
  const lab = settled([10, 9, 1, 1, 1]);
  const [a, b, c, d, e] = lab.members as [
    ClusterMember,
    ClusterMember,
    ClusterMember,
    ClusterMember,
    ClusterMember,
  ];
  lab.partition([a, c], [b, d, e]);
  lab.run(8000);
  assert.deepEqual(
    lab.owners.map((m) => m.number),
    [1, 2],
  );
  lab.heal();
  whole(lab, 8000);
  assert.equal(owner(lab), 2);
  assert.ok(
    lab
      .texts(events.gaveAddressUp)
      .includes('No longer master of the cluster: 10.32.1.2 is master'),
  );
});

test('two equal parts come together under the one that goes before the other', () => {
  const lab = settled([5, 6, 1, 1]);
  const [a, b, c, d] = lab.members as [ClusterMember, ClusterMember, ClusterMember, ClusterMember];
  lab.partition([a, c], [b, d]);
  lab.run(8000);
  assert.equal(lab.owners.length, 2);
  lab.heal();
  whole(lab, 8000);
  assert.equal(owner(lab), 2);
});

test('a master that was stopped gives the address up before anything else when it goes on', () => {
  const lab = settled([10, 5, 1]);
  member(lab, 1).freeze();
  lab.run(5000);
  assert.equal(owner(lab), 2);
  member(lab, 1).resume();
  lab.run(1);
  assert.deepEqual(
    lab.owners.map((m) => m.number),
    [2],
  );
  assert.match(lab.texts(events.asleep)[0] ?? '', /stood still for \d+ ms/);
  whole(lab, 3000);
  assert.equal(owner(lab), 2);
});

test('a master that was stopped too briefly for anybody to take over is master again at once', () => {
  const lab = settled([10, 5, 1]);
  lab.run(1234);
  member(lab, 1).freeze();
  lab.run(800);
  member(lab, 1).resume();
  lab.run(300);
  assert.equal(owner(lab), 1);
  whole(lab, 3000);
});

test('a master that one member cannot reach stays master, and the log says so', () => {
  const lab = settled([10, 5, 1]);
  lab.cut(member(lab, 2), member(lab, 1));
  lab.run(20_000);
  assert.equal(owner(lab), 1);
  assert.match(
    lab.texts(events.masterPartlyReachable)[0] ?? '',
    /The master 10\.32\.1\.1 is alive but does not answer this member: (10\.32\.1\.3 reaches it|it is heard)/,
  );
});

test('a newcomer that cannot reach the master does not become one', () => {
  const lab = settled([10, 5]);
  const late = lab.add({ priority: 10 });
  lab.acquaint();
  lab.partition([late], [member(lab, 1)]);
  late.participate();
  lab.run(20_000);
  assert.equal(owner(lab), 1);
  assert.match(lab.texts(events.noMasterInReach)[0] ?? '', /10\.32\.1\.2 names a master/);
  lab.heal();
  whole(lab);
});

test('of two that hear each other one way only, the one that hears gives way', () => {
  const lab = settled([10, 5]);
  lab.cut(member(lab, 1), member(lab, 2));
  lab.run(6000);
  assert.match(
    lab.texts(events.conflictWon)[0] ?? '',
    /10\.32\.1\.2, has to give way: fewer members/,
  );
  for (let seconds = 0; seconds < 60; seconds += 1) {
    lab.run(1000);
    assert.equal(owner(lab), 2);
  }
  member(lab, 2).crash();
  lab.run(5000);
  assert.equal(owner(lab), 1);
});

test('LB-16 GEN-44: members with different secrets do not form one cluster; the second does not take the address', () => {
  const lab = new ClusterLab(1);
  lab.add({ priority: 10 });
  lab.add({ priority: 10, secret: 'another word' });
  lab.acquaint();
  member(lab, 1).participate();
  lab.runUntil('an owner', () => lab.owners.length > 0, 5000);
  member(lab, 2).participate();
  lab.run(20_000);
  assert.equal(owner(lab), 1);
  assert.ok(lab.members.every((m) => m.state.member.peers.size === 0));
  assert.ok(
    lab
      .texts(events.secretDiffers)
      .includes('Refused a datagram of 10.32.1.2: it is not made with our cluster key'),
  );
  assert.match(
    lab.texts(events.refusedByStranger)[0] ?? '',
    /without proof.*the cluster keys differ/,
  );
  assert.match(
    lab.texts(events.addressTaken)[0] ?? '',
    /in use by 020000000001, which is no member of this cluster/,
  );
});

test('LB-16: a member on another port is told apart by its port', () => {
  const lab = settled([10, 5]);
  const late = lab.add({ priority: 10, port: 5023 });
  lab.acquaint();
  late.participate();
  lab.run(10_000);
  assert.match(
    lab.texts(events.clusterDiffers)[0] ?? '',
    /another cluster at 10\.32\.1\.3: its cluster port is 5023, 9023 here/,
  );
  assert.equal(late.state.member.peers.size, 0);
  assert.equal(owner(lab), 1);
});

test('LB-16 GEN-44: another digest of the common configuration keeps a member out, and both say so', () => {
  const lab = settled([5, 5]);
  const late = lab.add({ priority: 10, digest: 'ffeeddccbbaa99887766554433221100' });
  lab.acquaint();
  late.participate();
  lab.run(20_000);
  assert.equal(owner(lab), 1);
  assert.equal(late.phase, 'refused');
  assert.match(
    lab.texts(events.configurationDiffers)[0] ?? '',
    /10\.32\.1\.3: digest ffeeddccbbaa99887766554433221100 .* 00112233445566778899aabbccddeeff here/,
  );
  assert.match(
    lab.texts(events.refusedByMember)[0] ?? '',
    /refused this member: cluster configuration/,
  );
});

test('LB-17 GEN-75: a member of another public or private network is refused, and both say why', () => {
  for (const [elsewhere, why] of [
    [
      { publicAddress: address('172.18.125.3') },
      'its public address 172.18.125.3 is not in the public network 172.18.124.0/24',
    ],
    [
      { privateAddress: address('10.33.1.3') },
      'its private address 10.33.1.3 is not in the private network 10.32.0.0/17',
    ],
  ] as const) {
    const lab = settled([5, 5]);
    const late = lab.add({ priority: 10, ...elsewhere });
    lab.acquaint();
    late.participate();
    lab.run(20_000);
    assert.equal(owner(lab), 1);
    assert.equal(late.phase, 'refused');
    assert.equal(late.state.member.peers.size, 0);
    assert.equal(member(lab, 1).state.member.peers.size, 1);
    const from = late.policy.device.privateAddress;
    assert.ok(lab.texts(events.networkDiffers).includes(`Refused member ${from}: ${why}`));
    assert.match(
      lab.texts(events.refusedByMember)[0] ?? '',
      new RegExp(`refused this member: ${why}`),
    );
  }
});

test('LB-16: of two members started together with different digests, one serves the address', () => {
  const lab = new ClusterLab(1);
  lab.add({ priority: 3 });
  lab.add({ priority: 8, digest: 'ffeeddccbbaa99887766554433221100' });
  lab.acquaint();
  for (const each of lab.members) each.participate();
  lab.run(30_000);
  assert.equal(owner(lab), 2);
  assert.equal(member(lab, 1).phase, 'refused');
});

test('a copy of a member is refused: the original stays, whichever was started first', () => {
  const lab = settled([10, 5, 1]);
  for (const wallOffsetMs of [0, -86_400_000]) {
    const copy = lab.add({ priority: 10, copyOf: member(lab, 2) });
    copy.wallOffsetMs = wallOffsetMs;
    lab.acquaint();
    copy.participate();
    lab.run(12_000);
    assert.equal(owner(lab), 1);
    assert.ok(member(lab, 1).countsPeer(member(lab, 2)), lab.picture());
    assert.notEqual(copy.phase, 'master');
    copy.crash();
  }
  assert.match(lab.texts(events.cloneRefused)[0] ?? '', /second member with the identity/);
});

test('a member and its copy, alone in the world: one of them gives way', () => {
  const lab = new ClusterLab(1);
  const original = lab.add({ priority: 6 });
  const copy = lab.add({ priority: 6, copyOf: original });
  lab.acquaint();
  original.participate();
  copy.participate();
  lab.run(15_000);
  assert.equal(lab.owners.length, 1, lab.picture());
  assert.ok([original.phase, copy.phase].includes('refused'));
});

test('a recorded keepalive changes nothing, in the life it was of and in the next of the receiver', () => {
  const lab = settled([10, 5, 1]);
  const seen = recorded(lab);
  lab.run(3000);
  const master = member(lab, 1);
  const old = seen.filter(
    (d) => d.destination.address === '10.32.1.1' && d.source.address === '10.32.1.2',
  );
  assert.ok(old.length >= 2);
  const replay = () => {
    for (const { source, bytes } of old)
      master.tell({ kind: 'datagram', side: 'private', from: source, octets: bytes });
  };
  const before = master.state.member;
  replay();
  assert.deepEqual(master.state.member, before);
  assert.match(lab.texts(events.replayed)[0] ?? '', /10\.32\.1\.2: number \d+ was received before/);
  member(lab, 2).crash();
  master.crash();
  lab.run(500);
  master.participate();
  replay();
  lab.run(2500);
  assert.equal(master.state.member.peers.has(member(lab, 2).state.member.identity.member), false);
  const named = [...master.state.member.peers.values()].map((p) => p.endpoint.address);
  assert.ok(!named.includes('10.32.1.2' as never), `recordings made ${named} peers`);
});

test('forged datagrams with the name and address of a member change nothing and cost it nothing', () => {
  const lab = settled([10, 5]);
  const seen = recorded(lab);
  lab.run(2000);
  const genuine = seen.find(
    (d) => d.source.address === '10.32.1.2' && d.bytes.length > 60,
  ) as Datagram;
  const master = member(lab, 1);
  const { member: before, windows } = master.state;
  for (let n = 0; n < 5000; n += 1) {
    const octets = genuine.bytes.slice();
    octets[39] = n & 0xff;
    octets[38] = 0x40 + ((n >> 8) & 0x3f);
    octets[50] = (octets[50] as number) ^ 0x55;
    master.tell({ kind: 'datagram', side: 'private', from: genuine.source, octets });
  }
  assert.deepEqual(master.state.member, before);
  assert.deepEqual(master.state.windows, windows);
  lab.run(10_000);
  assert.ok(lab.isWhole());
  assert.deepEqual(lab.texts(events.masterSuspected), []);
  assert.ok(lab.texts(events.secretDiffers).length >= 5000);
});

test('what is no VCL1 is refused with its fault; another version is named, and answered in clear', () => {
  const lab = settled([10, 5]);
  const seen = recorded(lab);
  lab.run(2000);
  const [{ source, bytes }] = seen as [Datagram];
  const target = member(lab, source.address === '10.32.1.1' ? 2 : 1);
  const tell = (octets: Uint8Array) =>
    target.tell({ kind: 'datagram', side: 'private', from: source, octets });
  tell(Uint8Array.of(1, 2, 3));
  assert.match(
    lab.texts(events.datagramRefused)[0] ?? '',
    /vcl\.header\.magic: truncated: need 4, have 3/,
  );
  const other = bytes.slice();
  other[4] = 2;
  const answers = seen.length;
  tell(other);
  assert.match(
    lab.texts(events.versionDiffers)[0] ?? '',
    /protocol version 2 there, version 1 here/,
  );
  assert.equal(seen.length, answers + 1);
  lab.run(10);
  assert.match(lab.texts(events.refusedByStranger)[0] ?? '', /protocol version 1 is spoken here/);
  for (let n = 0; n < 100; n += 1) tell(other);
  assert.ok(seen.length - answers < 10, 'refusals have a budget');
});

test('a cluster without a key works, and says what that means', () => {
  const lab = settled([10, 5], { secret: undefined });
  assert.equal(owner(lab), 1);
  assert.deepEqual(lab.texts(events.notAuthenticated), [
    'The cluster is not authenticated: it has no cluster key',
    'The cluster is not authenticated: it has no cluster key',
  ]);
  const keyed = lab.add({ priority: 10, secret: 'cisco123' });
  lab.acquaint();
  keyed.participate();
  lab.run(10_000);
  assert.equal(keyed.state.member.peers.size, 0);
  assert.ok(lab.texts(events.secretDiffers).length > 0);
  assert.equal(owner(lab), 1);
});

test('no more members than the limit; room is made of those that are gone', () => {
  const lab = new ClusterLab(1);
  lab.start(26, () => 9);
  whole(lab);
  const late = lab.add({ priority: 9 });
  lab.acquaint();
  late.participate();
  lab.run(5000);
  assert.match(
    lab.texts(events.tooManyMembers)[0] ?? '',
    /10\.32\.1\.27: a cluster has 25 other members/,
  );
  assert.equal(late.phase, 'refused');
  member(lab, 26).crash();
  lab.run(30_000);
  assert.ok(lab.isWhole(), lab.picture());
});

test('strangers that never answer fill nothing but a small table', () => {
  const lab = settled([10], { secret: undefined });
  const seen = recorded(lab);
  const master = member(lab, 1);
  const late = lab.add({ secret: undefined });
  lab.acquaint();
  late.participate();
  const hello = seen.find((d) => d.source.address === '10.32.1.2') as Datagram;
  late.crash();
  for (let n = 0; n < 300; n += 1) {
    const octets = hello.bytes.slice();
    octets[16] = n & 0xff;
    octets[17] = n >> 8;
    const from = { address: `10.32.9.${n & 0xff}` as typeof hello.source.address, port: 9023 };
    master.tell({ kind: 'datagram', side: 'private', from, octets });
  }
  assert.equal(master.state.member.strangers.size, 16);
  assert.ok(master.state.windows.size <= 17);
  assert.ok(master.state.budgets.size <= 64);
  assert.match(lab.texts(events.tooManyStrangers)[0] ?? '', /16 others are being asked/);
  lab.run(5000);
  assert.equal(master.state.member.strangers.size, 0);
});

test('a cluster that wants two members serves nobody with one', () => {
  const lab = settled([10, 5], { minMembers: 2 });
  assert.equal(owner(lab), 1);
  member(lab, 2).crash();
  lab.run(5000);
  assert.equal(owner(lab), undefined);
  assert.match(lab.texts(events.tooFewMembers)[0] ?? '', /Only 1 of at least 2 members/);
  member(lab, 2).participate();
  whole(lab);
});

test('LB-20 LB-81: a member whose public side is filtered is no peer, though the private one answers', () => {
  const lab = settled([10, 5, 5]);
  const filtered = member(lab, 3);
  const [, publicAddress] = filtered.addresses;
  for (const other of [member(lab, 1), member(lab, 2)]) {
    lab.network.cut(other.addresses[1] as never, publicAddress as never);
    lab.network.cut(publicAddress as never, other.addresses[1] as never);
  }
  lab.run(30_000);
  assert.equal(member(lab, 1).countsPeer(filtered), false);
  assert.equal(owner(lab), 1);
  assert.match(
    lab.texts(events.publicSideClosed)[0] ?? '',
    /answers on the private network but not at its public address 172\.18\.124\.[13]/,
  );
  const opened = lab.texts(events.publicSideOpen).length;
  lab.heal();
  lab.run(30_000);
  assert.ok(member(lab, 1).countsPeer(filtered));
  assert.ok(lab.texts(events.publicSideOpen).length > opened);
});

test('a master without its public link hands over and stays; with it, it may be master again', () => {
  const lab = settled([10, 5, 1]);
  member(lab, 1).tell({ kind: 'links', links: { public: false, private: true } });
  lab.run(100);
  assert.equal(owner(lab), 2);
  lab.run(5000);
  assert.equal(member(lab, 1).phase, 'backup', lab.picture());
  member(lab, 2).crash();
  lab.run(5000);
  assert.equal(owner(lab), 3);
  member(lab, 1).tell({ kind: 'links', links: { public: true, private: true } });
  member(lab, 3).crash();
  lab.run(5000);
  assert.equal(owner(lab), 1);
});

test('LB-15: members of different presets and versions form one cluster', () => {
  const lab = settled([5, 5]);
  const late = lab.add({ priority: 5 });
  late.policy = {
    ...late.policy,
    device: { ...late.policy.device, softwareVersion: 'of tomorrow' },
  };
  lab.acquaint();
  late.participate();
  whole(lab);
  const versions = [...member(lab, 1).state.member.peers.values()].map(
    (p) => p.description.softwareVersion,
  );
  assert.deepEqual(versions, ['simulated', 'of tomorrow']);
});

for (const [preset, withinMs] of [
  ['vpn3000', 5000],
  ['asa', 26_000],
] as const)
  test(`preset ${preset}: a failed master is found out within its time, never by one lost keepalive`, () => {
    const lab = new ClusterLab(3, { preset });
    lab.start(3, (n) => 10 - n);
    whole(lab, 60_000);
    lab.run(30_000);
    lab.network.setFaults({ loss: 1 });
    lab.run(lab.members[0]?.policy.timing.helloMs as number);
    lab.network.setFaults({ loss: 0 });
    lab.run(60_000);
    assert.equal(owner(lab), 1);
    member(lab, 1).crash();
    lab.runUntil('an owner', () => lab.owners.length > 0, withinMs);
    assert.equal(owner(lab), 2);
  });

test('identities have names of their own', () => {
  const lab = settled([10, 5]);
  const [a, b] = lab.members.map((m) => m.identity);
  assert.ok(a && b && identityKey(a) !== identityKey(b));
});
