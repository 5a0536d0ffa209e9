/** Stories of whole devices in a cluster with encryption: what is on the wire, and who is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { fromUtf8 } from '#base/bytes';
import { parseListing } from '#config/parse';
import { grammar } from '#engine/grammar';
import { diagnose } from '#features/cluster/diagnosis';
import { memberDiffers, memberTunnelDown, memberTunnelUp } from '#features/cluster/events';
import { clusterView } from '#features/cluster/view';
import type { Session } from '#session/session';
import { AddressOwners } from '#simulation/address-owners';
import type { MemberDisk } from '#simulation/cluster-port';
import { type Datagram, type Faults, noFaults } from '#simulation/network';
import { Lab } from './lab.ts';
import { MemberDevice } from './member-device.ts';

const CLUSTER_PORT = 9023;

type Setup = {
  readonly key?: string;
  readonly encrypts?: boolean;
  readonly participates?: boolean;
  readonly timer?: string;
  readonly phaseOneSeconds?: number;
};

function configurationOf(host: number, setup: Setup) {
  const { key = 'shared', encrypts = true, participates = true } = setup;
  const { timer = 'fast', phaseOneSeconds = 600 } = setup;
  const parsed = parseListing(
    grammar,
    `hostname member${host}
interface GigabitEthernet0/0
 nameif outside
 ip address 172.18.124.${host} 255.255.255.0
interface GigabitEthernet0/1
 nameif inside
 ip address 10.32.1.${host} 255.255.128.0
route outside 0.0.0.0 0.0.0.0 172.18.124.1 1
crypto ikev1 enable outside
crypto ikev1 enable inside
crypto ikev1 policy 10
 encryption aes
 hash sha256
 group 19
 lifetime ${phaseOneSeconds}
vpn load-balancing
 cluster ip address 172.18.124.254
 cluster key ${key}
 cluster timer ${timer}
${encrypts ? ' cluster encryption\n' : ''}${participates ? ' participate\n' : ''}`,
  );
  const errors = parsed.diagnostics.filter((d) => d.severity === 'error');
  if (errors.length > 0) throw new Error(JSON.stringify(errors, undefined, 1));
  return parsed.configuration;
}

/** Whole devices on the two networks of a cluster. */
class World {
  readonly lab: Lab;
  readonly owners: AddressOwners;
  /** Everything that was sent on the cluster port. */
  readonly wire: Datagram[] = [];
  readonly members = new Map<number, MemberDevice>();

  constructor(seed: number, faults: Partial<Faults> = {}) {
    this.lab = new Lab(seed, faults);
    const { network } = this.lab;
    this.owners = new AddressOwners(network);
    const send = network.send.bind(network);
    network.send = (datagram) => {
      if (datagram.destination.port === CLUSTER_PORT) this.wire.push(datagram);
      send(datagram);
    };
  }

  start(host: number, setup: Setup = {}, disk?: MemberDisk): MemberDevice {
    const made = new MemberDevice(this, configurationOf(host, setup), host, disk);
    this.members.set(host, made);
    made.begin();
    return made;
  }

  run(ms: number): void {
    this.lab.run(ms);
  }

  runUntil(what: string, isSo: () => boolean, mostMs: number): void {
    this.lab.runUntil(what, isSo, mostMs);
  }

  get masters(): number[] {
    const having = this.owners.having(address('172.18.124.254'));
    return [...this.members].filter(([, m]) => having.includes(m)).map(([host]) => host);
  }

  /** Datagrams in which VCL1, or a name that only VCL1 carries, can be read. */
  get inClear(): Datagram[] {
    return this.wire.filter(({ bytes }) => /VCL1|member\d/.test(fromUtf8(bytes)));
  }

  findings(member: MemberDevice): string[] {
    const { cluster, configuration } = member.device;
    const now = this.lab.clock.now();
    return diagnose(
      clusterView(cluster, configuration, now),
      cluster.encryption.status(now),
    ).findings.map(({ subject, text }) => `${subject} ${text}`);
  }
}

function three(seed = 1): World {
  const world = new World(seed);
  for (const host of [129, 130, 131]) world.start(host);
  world.runUntil('three joined', () => isWhole(world), 10_000);
  return world;
}

const isWhole = (world: World): boolean => {
  const up = [...world.members.values()];
  const roles = up.map((m) => m.role);
  return (
    roles.filter((r) => r === 'master').length === 1 &&
    roles.filter((r) => r === 'backup').length === up.length - 1 &&
    up.every((m) => m.tunnels.length === up.length - 1)
  );
};

test('LB-32 LB-60 LB-63: a full mesh of tunnels, each a management session; nothing is in clear', () => {
  const world = three();
  world.run(30_000);
  assert.deepEqual(
    [...world.members.values()].map((m) => m.tunnels),
    [
      ['10.32.1.130', '10.32.1.131'],
      ['10.32.1.129', '10.32.1.131'],
      ['10.32.1.129', '10.32.1.130'],
    ],
  );
  for (const { device, installed } of world.members.values()) {
    const { active } = device.sessions.summary();
    assert.deepEqual(active, { remoteAccess: 0, lanToLan: 0, management: 2 });
    const [row] = [...device.sessions.values()];
    const { packetsTx, packetsRx, bytesRx } = device.traffic(row as Session);
    assert.ok(packetsTx > 1 && packetsRx > 1 && bytesRx > 100 * packetsRx);
    assert.equal(row?.peer.address, row?.username);
    assert.equal(row?.encryption, 'AES-GCM-256');
    assert.equal(installed, 0, 'the packet path of clients has nothing of it');
  }
  assert.deepEqual(world.masters, [129]);
  assert.ok(world.wire.length > 100);
  assert.deepEqual(world.inClear, []);
  assert.deepEqual(
    world.findings(world.members.get(130) as MemberDevice).filter(isAboutTunnel),
    [],
  );
});

const isAboutTunnel = (finding: string) => /refused|tunnel/.test(finding);

test('LB-32: a member that waits for tunnels with the others says that it is joining', () => {
  const world = new World(1);
  const alone = world.start(129);
  const role = () =>
    clusterView(alone.device.cluster, alone.device.configuration, world.lab.clock.now()).self.role;
  world.run(200);
  assert.deepEqual([role(), alone.role], ['joining', 'off']);
  world.runUntil('master', () => alone.role === 'master', 5000);
  assert.equal(role(), 'master');
});

test('LB-20 LB-32: public sides ask each other in ESP too', () => {
  const world = three();
  world.run(30_000);
  const outside = world.wire.filter((d) => d.source.address.startsWith('172.18.124.'));
  assert.ok(outside.length > 0);
  for (const member of world.members.values())
    for (const peer of member.device.cluster.member?.peers.values() ?? [])
      assert.equal(peer.publicPath, 'open');
});

test('LB-02 LB-32: a master that vanishes is followed by another, and comes back as a backup', () => {
  const world = three();
  const first = world.members.get(129) as MemberDevice;
  first.crash();
  world.members.delete(129);
  world.runUntil('another master', () => world.masters.length === 1, 5000);
  assert.deepEqual(world.masters, [130]);
  const second = world.members.get(130) as MemberDevice;
  world.runUntil('dead peer detection', () => second.said(memberTunnelDown).length > 0, 60_000);
  assert.match(
    second.said(memberTunnelDown)[0] as string,
    /10\.32\.1\.129: dead peer; tried again/,
  );
  assert.deepEqual(second.tunnels, ['10.32.1.131']);
  world.start(129, {}, first.disk);
  world.runUntil('joined again', () => isWhole(world), 10_000);
  assert.deepEqual(world.masters, [130]);
  assert.deepEqual(world.inClear, []);
});

test('LB-32: a member that was away for a moment only gets new tunnels at its first call', () => {
  const world = three();
  const third = world.members.get(131) as MemberDevice;
  third.crash();
  const again = world.start(131, {}, third.disk);
  world.runUntil('joined again', () => isWhole(world) && again.role === 'backup', 5000);
  assert.deepEqual(world.inClear, []);
});

test('LB-33 LB-80: a member with another key is refused, and named on both ends', () => {
  const world = three();
  const stranger = world.start(132, { key: 'another' });
  world.run(20_000);
  const difference = 'its cluster key is another one';
  const first = world.members.get(129) as MemberDevice;
  assert.deepEqual(first.said(memberDiffers), [
    `Device 10.32.1.132 is refused as a member: ${difference}`,
  ]);
  assert.deepEqual(stranger.said(memberDiffers).length, 3);
  assert.deepEqual([stranger.tunnels, first.tunnels.length], [[], 2]);
  assert.ok(world.findings(first).includes(`10.32.1.132 is refused: ${difference}`));
  assert.ok(world.findings(stranger).includes(`10.32.1.129 is refused: ${difference}`));
  assert.deepEqual(world.inClear, []);
  world.run(60_000);
  assert.equal(first.said(memberDiffers).length, 2, 'one line a minute');
});

test('LB-32 LB-80: a member that speaks in clear is refused, and named on both ends', () => {
  const world = three();
  const plain = world.start(132, { encrypts: false });
  world.run(20_000);
  const first = world.members.get(129) as MemberDevice;
  const heard = 'it speaks in clear, and encryption is on here';
  assert.deepEqual(first.said(memberDiffers), [
    `Device 10.32.1.132 is refused as a member: ${heard}`,
  ]);
  assert.ok(world.findings(first).includes(`10.32.1.132 is refused: ${heard}`));
  assert.ok(
    world
      .findings(plain)
      .includes('10.32.1.129 is refused: it encrypts, and encryption is off here'),
  );
  assert.equal(first.device.cluster.member?.peers.size, 2);
  assert.equal(plain.device.cluster.member?.peers.size, 0);
  const clear = world.inClear.map((d) => d.source.address);
  assert.deepEqual([...new Set(clear)], [address('10.32.1.132')]);
});

test('LB-32: encryption that is turned on everywhere joins the members anew', () => {
  const world = new World(3);
  const hosts = [129, 130];
  for (const host of hosts) world.start(host, { encrypts: false });
  world.run(10_000);
  assert.equal(world.masters.length, 1);
  for (const host of hosts) world.members.get(host)?.configure(configurationOf(host, {}));
  world.run(500);
  world.wire.length = 0;
  world.runUntil('joined in tunnels', () => isWhole(world), 10_000);
  assert.deepEqual(world.inClear, []);
  for (const host of hosts)
    world.members.get(host)?.configure(configurationOf(host, { encrypts: false }));
  world.runUntil(
    'joined in clear',
    () => world.masters.length === 1 && world.inClear.length > 0,
    9000,
  );
  assert.deepEqual(world.members.get(129)?.tunnels, []);
});

test('LB-32 LB-60: a member that leaves takes its tunnels with it on both ends', () => {
  const world = three();
  const leaving = world.members.get(129) as MemberDevice;
  leaving.configure(configurationOf(129, { participates: false }));
  world.run(1000);
  assert.deepEqual(
    [...world.members.values()].map((m) => m.tunnels),
    [[], ['10.32.1.131'], ['10.32.1.130']],
  );
  assert.deepEqual(world.masters, [130]);
  assert.deepEqual(world.inClear, []);
});

test('LB-32: phase 1 is negotiated anew before it ends, and no member misses a keepalive', () => {
  const world = three();
  const roles = [...world.members.values()].map((m) => m.role);
  const sas = (member: MemberDevice) => [...member.device.keying.summaries()].map((sa) => sa.id);
  const before = [...world.members.values()].flatMap(sas);
  world.run(1_300_000);
  const after = [...world.members.values()].map(sas);
  assert.ok(after.every((ids) => ids.length === 2 && Math.min(...ids) > Math.max(...before)));
  assert.deepEqual(
    [...world.members.values()].map((m) => m.role),
    roles,
  );
  for (const member of world.members.values()) {
    assert.equal(member.tunnels.length, 2);
    assert.deepEqual(member.said(memberTunnelDown), []);
    assert.equal(member.said(memberTunnelUp).length, 2);
  }
  assert.deepEqual(world.inClear, []);
});

test('LB-32: pairs are replaced before their eight hours are over', () => {
  const world = new World(2);
  for (const host of [129, 130]) world.start(host, { timer: 'asa', phaseOneSeconds: 86_400 });
  world.runUntil('joined', () => isWhole(world), 30_000);
  const spis = () =>
    [...world.members.values()].flatMap(({ device }) =>
      [...device.keying.summaries()].flatMap((sa) => sa.children.map((c) => c.inboundSpi)),
    );
  const before = spis();
  world.run(28_700_000);
  const [first] = [...world.members.values()] as [MemberDevice];
  assert.deepEqual(first.said(memberTunnelDown), []);
  assert.equal(isWhole(world), true);
  assert.ok(spis().every((spi) => !before.includes(spi)));
});

test('LB-32: a tunnel that the administrator ends comes back by itself', () => {
  const world = three();
  const first = world.members.get(129) as MemberDevice;
  const [session] = [...first.device.sessions.values()];
  first.command((device, now) => (session ? device.logOff(session, now) : []));
  world.run(200);
  assert.equal(first.tunnels.length, 1);
  world.runUntil('a tunnel again', () => isWhole(world), 10_000);
});

test('LB-32: a recorded call and recorded ESP change nothing', () => {
  const world = three();
  const recorded = world.wire.filter((d) => d.source.address.startsWith('10.32.'));
  world.run(2000);
  const sessions = [...world.members.values()].map((m) => [...m.device.sessions.values()]);
  const { length } = world.wire;
  for (const datagram of recorded) world.lab.network.send(datagram);
  world.run(5000);
  assert.ok(world.wire.length > length);
  assert.deepEqual(
    [...world.members.values()].map((m) => [...m.device.sessions.values()]),
    sessions,
  );
  assert.equal(isWhole(world), true);
});

for (const seed of [1, 2, 3])
  test(`LB-32: a rough network and members that come and go, seed ${seed}`, () => {
    const world = new World(seed, { loss: 0.05, duplicate: 0.02, reorder: 0.05, delayMs: [1, 20] });
    for (const host of [129, 130, 131, 132]) world.start(host);
    world.run(20_000);
    for (let round = 0; round < 4; round += 1) {
      const host = 129 + (world.lab.random.uint32() % 4);
      const victim = world.members.get(host) as MemberDevice;
      victim.crash();
      world.run(world.lab.random.uint32() % 15_000);
      world.start(host, {}, victim.disk);
      world.run(world.lab.random.uint32() % 15_000);
    }
    world.lab.network.setFaults(noFaults);
    world.runUntil('one cluster again', () => isWhole(world), 90_000);
    assert.deepEqual(world.inClear, []);
  });
