/** Stories of whole devices that list the sessions of their cluster: who answers, and what is on the wire. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { fromUtf8 } from '#base/bytes';
import { Prng } from '#base/prng';
import { parseListing } from '#config/parse';
import { grammar } from '#engine/grammar';
import { advance } from '#protocol/vcl/member';
import type { Identity } from '#protocol/vcl/state';
import { AddressOwners } from '#simulation/address-owners';
import type { Datagram, Faults } from '#simulation/network';
import type { ClusterSessionPage } from '#views/cluster-views';
import type { SessionQuery } from '#views/views';
import type { MemberId } from '#wire/vcl/fields';
import { messageTypes } from '#wire/vcl/numbers';
import { Lab } from './lab.ts';
import { MemberDevice } from './member-device.ts';

const CLUSTER_PORT = 9023;
const MESSAGE_AT = 40;

function configurationOf(host: number, lines: string) {
  const parsed = parseListing(
    grammar,
    `hostname n${host}
interface GigabitEthernet0/0
 nameif outside
 ip address 172.18.124.${host} 255.255.255.0
interface GigabitEthernet0/1
 nameif inside
 ip address 10.32.1.${host} 255.255.128.0
crypto ikev1 enable inside
crypto ikev1 policy 10
 encryption aes
 hash sha256
 group 19
vpn load-balancing
 cluster ip address 172.18.124.254
 cluster key shared
${lines}`,
  );
  const errors = parsed.diagnostics.filter((d) => d.severity === 'error');
  if (errors.length > 0) throw new Error(JSON.stringify(errors, undefined, 1));
  return parsed.configuration;
}

class World {
  readonly lab: Lab;
  readonly owners: AddressOwners;
  readonly wire: Datagram[] = [];
  readonly members = new Map<number, MemberDevice>();

  constructor(seed: number, lines = ' participate', faults: Partial<Faults> = {}) {
    this.lab = new Lab(seed, faults);
    const { network } = this.lab;
    this.owners = new AddressOwners(network);
    const send = network.send.bind(network);
    network.send = (datagram) => {
      if (datagram.destination.port === CLUSTER_PORT) this.wire.push(datagram);
      send(datagram);
    };
    for (const host of [129, 130, 131]) {
      const made = new MemberDevice(this, configurationOf(host, lines), host);
      this.members.set(host, made);
      made.begin();
    }
    const all = () => [...this.members.values()].every((m) => knows(m, 2));
    this.lab.runUntil('three joined', all, 20_000);
  }

  member(host: number): MemberDevice {
    return this.members.get(host) as MemberDevice;
  }

  /** A client that logged in at a member. */
  login(host: number, username: string, from = '198.51.100.7'): void {
    const { sessions } = this.member(host).device;
    const fields = {
      kind: 'remoteAccess',
      group: 'staff',
      assigned: [],
      protocol: 'IPSec',
    } as const;
    const suite = { encryption: 'AES-128', hash: 'SHA-1', legacy: [] };
    const peer = { address: address(from), port: 4500 };
    const owner = `test ${host} ${sessions.size}`;
    const { index } = sessions.open(
      { ...fields, ...suite, username, owner, peer },
      this.lab.clock.now(),
    );
    sessions.activate(index);
  }

  /** What a member lists, and how long that took. */
  list(host: number, query: Partial<SessionQuery> = {}): ClusterSessionPage {
    const whole: SessionQuery = {
      ...{ kind: 'remoteAccess', sort: 'username', descending: false, limit: 50 },
      ...query,
    };
    let page: ClusterSessionPage | undefined;
    this.member(host).command((device, now) =>
      device.clusterSessions(whole, now, (answer) => {
        assert.ok(answer.ok);
        page = answer.value;
      }),
    );
    this.lab.runUntil('a page', () => page !== undefined, 6000);
    return page as ClusterSessionPage;
  }

  get questions(): number {
    const types: readonly number[] = [messageTypes.sessionsRequest, messageTypes.sessions];
    return this.wire.filter(({ bytes }) => types.includes(bytes[MESSAGE_AT] ?? 0)).length;
  }
}

const knows = ({ device }: MemberDevice, peers: number): boolean =>
  device.cluster.member?.phase.phase !== 'discovering' &&
  device.cluster.member?.peers.size === peers;

const names = ({ items }: ClusterSessionPage): string[] =>
  items.map(({ username, member }) => `${username}@${member.split('.')[3]}`);

const answersOf = ({ members }: ClusterSessionPage): string[] =>
  members.map(({ hostname, answer, isSelf }) => `${hostname} ${isSelf ? 'self' : answer}`);

test('LB-60 LB-66: any member lists the sessions of all; nothing is asked while nobody looks', () => {
  const world = new World(1);
  world.login(129, 'dora');
  world.login(130, 'anna');
  world.login(131, 'carl');
  world.login(131, 'bert', '198.51.100.8');
  world.lab.run(20_000);
  assert.equal(world.questions, 0);
  for (const host of [129, 130, 131]) {
    const page = world.list(host);
    assert.deepEqual(names(page), ['anna@130', 'bert@131', 'carl@131', 'dora@129']);
    assert.equal(page.total, 4);
    assert.deepEqual(
      page.members.map(({ summary }) => summary?.activeRemoteAccess),
      [1, 1, 2],
    );
  }
  assert.equal(world.questions, 3 * 2 * 2);
});

test('LB-32: under encryption nothing of it is in clear, and the tunnels of all members are listed', () => {
  const world = new World(2, ' cluster encryption\n participate');
  world.login(130, 'confidential-name');
  const before = world.wire.length;
  const page = world.list(129);
  assert.deepEqual(names(page), ['confidential-name@130']);
  assert.ok(world.wire.length - before >= 4);
  for (const { bytes } of world.wire) assert.doesNotMatch(fromUtf8(bytes), /VCL1|confidential/);
  assert.deepEqual(names(world.list(129, { kind: 'management' })), [
    '10.32.1.129@130',
    '10.32.1.129@131',
    '10.32.1.130@129',
    '10.32.1.130@131',
    '10.32.1.131@129',
    '10.32.1.131@130',
  ]);
});

test('a member that vanished is shown as silent, at once and once it is given up; the rest is there', () => {
  const world = new World(3);
  for (const host of [129, 130, 131]) world.login(host, `u${host}`, `198.51.100.${host}`);
  world.member(131).crash();
  const page = world.list(129);
  assert.deepEqual(names(page), ['u129@129', 'u130@130']);
  assert.deepEqual(answersOf(page), ['n129 self', 'n130 whole', 'n131 silent']);
  world.lab.run(10_000);
  const before = world.questions;
  const later = world.list(129);
  assert.deepEqual(answersOf(later), ['n129 self', 'n130 whole', 'n131 silent']);
  assert.equal(world.questions, before + 2, 'whoever is dead is not asked');
});

test('LB-66: a client that moved is listed where it is now', () => {
  const world = new World(4);
  world.login(131, 'anna');
  world.lab.run(60_000);
  world.login(130, 'anna');
  const page = world.list(129);
  assert.deepEqual(names(page), ['anna@130']);
  assert.deepEqual([page.total, page.moved], [1, 1]);
});

test('on a network that loses and doubles every sixth datagram, lists of 120 sessions come whole', () => {
  const world = new World(5, ' participate', { loss: 0.16, duplicate: 0.16 });
  for (const host of [129, 130, 131])
    for (let i = 0; i < 40; i += 1) world.login(host, `u${i}`, `198.51.${host}.${i}`);
  for (let round = 0; round < 5; round += 1) {
    const first = world.list(130, { limit: 100 });
    assert.deepEqual(answersOf(first), ['n129 whole', 'n130 self', 'n131 whole']);
    const second = world.list(130, { limit: 100, cursor: first.nextCursor });
    assert.equal(new Set([...names(first), ...names(second)]).size, 120);
  }
});

test('outside of a cluster a device lists itself', () => {
  const world = new World(6);
  world.login(129, 'anna');
  const alone = world.member(129);
  alone.configure(configurationOf(129, ''));
  world.lab.run(2000);
  const page = world.list(129);
  assert.deepEqual(names(page), ['anna@129']);
  assert.deepEqual(answersOf(page), ['n129 self']);
});

test('a question that was recorded or changed is not answered', () => {
  const world = new World(7);
  world.login(130, 'anna');
  world.list(129);
  const typeOf = ({ bytes }: Datagram) => bytes[MESSAGE_AT] ?? 0;
  const question = world.wire.find((d) => typeOf(d) === messageTypes.sessionsRequest);
  assert.ok(question);
  const answers = () => world.wire.filter((d) => typeOf(d) === messageTypes.sessions).length;
  const before = answers();
  const { network } = world.lab;
  network.send(question);
  const changed = question.bytes.slice();
  // Another number, so that it is no repetition; its tag is of the one it had.
  changed[39] = (changed[39] ?? 0) + 100;
  network.send({ ...question, bytes: changed });
  const stranger = { address: address('10.32.1.77'), port: CLUSTER_PORT };
  network.send({ ...question, bytes: changed, source: stranger });
  world.lab.run(3000);
  assert.equal(answers(), before);
});

test('members hear questions by the private side alone, and of members alone', () => {
  const world = new World(8);
  const { cluster } = world.member(130).device;
  const [member, policy] = [cluster.member, cluster.policy];
  const peer = [...(member?.peers.values() ?? [])][0];
  assert.ok(member && policy && peer);
  const environment = { policy, random: new Prng(1), wants: () => false };
  const sessionQuestion = {
    ...{ from: 0, kind: 0, order: 1, descending: false, limit: 1 },
    ...{ group: '', text: '', cursor: '' },
  };
  const nonce = '0'.repeat(32);
  const message = { type: messageTypes.sessionsRequest, nonce, sessionQuestion };
  const heard = (side: 'private' | 'public', sender: Identity) => {
    const received = { kind: 'message', side, from: peer.endpoint, sender, message } as const;
    const [, outcomes] = advance(member, received, world.lab.clock.now(), environment);
    return outcomes.filter(({ kind }) => kind === 'heard').length;
  };
  assert.equal(heard('private', peer.identity), 1);
  assert.equal(heard('public', peer.identity), 0);
  const stranger = { ...peer.identity, member: 'ffffffffffffffff' as MemberId };
  assert.equal(heard('private', stranger), 0);
});
