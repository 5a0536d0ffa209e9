/** Devices of one cluster on a network without faults: what tests of the feature share. */
import { address, type IpAddress } from '#base/address';
import { type Instant, instant } from '#base/instant';
import { Prng } from '#base/prng';
import type { Configuration } from '#config/configuration';
import { grammarOf } from '#config/grammar';
import { parseListing } from '#config/parse';
import { systemRoom } from '#config/system-commands';
import { digest } from '#crypto/hashes';
import { type EventDef, type EventRecord, eventText } from '#events/event';
import { ipsecRoom } from '#ipsec/commands';
import type { HalfOpenPace } from '#ipsec/half-open';
import { memberIdOf, nextIncarnation } from '#protocol/vcl/incarnation';
import { AddressPools } from '#session/address-pools';
import { sessionRoom } from '#session/commands';
import { sessionSlice } from '#session/config';
import { SessionTable } from '#session/session-table';
import type { Incarnation } from '#wire/vcl/fields';
import type { Effects } from './encryption/encryption.ts';
import { noKeying } from './encryption/no-keying.ts';
import { Cluster } from './feature.ts';
import { platformOfMachine } from './platform.ts';
import type { ClusterAction, ClusterAnswer, ClusterQuestion } from './port.ts';
import { clusterRoom } from './room.ts';
import { noPages } from './sessions/no-pages.ts';

export const clusterGrammar = grammarOf([systemRoom, sessionRoom, ipsecRoom, clusterRoom]);

export const clusterAddress = address('172.18.124.254');

/** The personality of a VPN 3000, with what its public filter has to be told of members. */
export const concentrator = [
  'load-balancing personality vpn3000',
  'filter Public\n rule add "VCA In"\n rule add "VCA Out"',
] as const;

/** The listing of the member with this last octet. */
export const memberListing = (host: number, ...lines: readonly string[]): string =>
  [
    `hostname member${host}`,
    'interface GigabitEthernet0/0',
    ' nameif outside',
    ` ip address 172.18.124.${host} 255.255.255.0`,
    'interface GigabitEthernet0/1',
    ' nameif inside',
    ` ip address 10.32.1.${host} 255.255.128.0`,
    ...lines.filter((line) => !line.startsWith(' ')),
    'vpn load-balancing',
    ` cluster ip address ${clusterAddress}`,
    ' cluster key only-for-tests',
    ...lines.filter((line) => line.startsWith(' ')),
    ' participate',
  ].join('\n');

/** A delay that every datagram and every answer takes. */
const DELAY_MS = 1;

type Delivery = { readonly at: Instant; readonly run: () => void };

/** A member with what surrounds it: sessions, a disk, and whether it has the cluster address. */
export class TestMember {
  readonly cluster: Cluster;
  readonly sessions = new SessionTable();
  readonly pools = new AddressPools();
  readonly records: EventRecord[] = [];
  configuration: Configuration;
  ownsAddress = false;
  isUp = true;
  /** Clients in the middle of phase 1. */
  halfOpen: HalfOpenPace | undefined;
  /** Why its name server has no answer; undefined for an address for each name. */
  names = new Map<string, readonly IpAddress[]>();
  /** What reverse DNS says. */
  reverse: (address: IpAddress) => ClusterAnswer = () => ({ kind: 'namesFound', names: [] });
  readonly #net: TestNet;
  readonly #id: Uint8Array;
  #last: Incarnation | undefined;

  constructor(net: TestNet, listing: string, seed: number, softwareVersion: string) {
    this.#net = net;
    this.configuration = read(listing);
    const random = new Prng(seed);
    this.#id = random.bytes(8);
    this.cluster = new Cluster({
      keying: noKeying,
      own: noPages,
      traffic: () => undefined,
      ports: { isakmp: 500, natTraversal: 4500 },
      random,
      configuration: () => this.configuration,
      sessions: this.sessions,
      pools: this.pools,
      halfOpen: () => this.halfOpen,
      softwareVersion,
      machine: platformOfMachine(2, 100),
      wants: (_, severity) => severity <= 5,
      note: (record) => this.#note(record),
    });
    this.#adopt();
  }

  get privateAddress(): IpAddress | undefined {
    return this.cluster.policy?.device.privateAddress;
  }

  /** The texts of one event, the oldest first. */
  said(definition: EventDef): string[] {
    return this.records.filter((r) => r.definition === definition).map(eventText);
  }

  get role(): string {
    return this.cluster.member?.phase.phase ?? 'off';
  }

  begin(): void {
    this.carryOut(this.cluster.configured(this.#net.now));
  }

  configure(listing: string): void {
    this.configuration = read(listing);
    this.#adopt();
    this.begin();
  }

  /** Opens sessions of clients. */
  occupy(count: number): void {
    for (let i = 0; i < count; i += 1) {
      const session = this.sessions.open(
        {
          kind: 'remoteAccess',
          username: `user${this.sessions.size}`,
          group: 'staff',
          owner: `test ${this.sessions.size}`,
          peer: { address: address('198.51.100.7'), port: 4500 },
          assigned: [],
          protocol: 'IPSec',
          encryption: 'AES-128',
          hash: 'SHA-1',
          legacy: [],
        },
        this.#net.now,
      );
      this.sessions.activate(session.index);
    }
  }

  carryOut(effects: Effects): void {
    for (const effect of effects) {
      if (effect.kind === 'event') this.#note(effect.record);
      else if (effect.kind === 'cluster') this.#act(effect.action);
    }
  }

  #adopt(): void {
    const { sessionLimit, pools } = sessionSlice.of(this.configuration);
    this.pools.configure(pools.values());
    this.sessions.setLimit(sessionLimit ?? this.cluster.platform.sessions);
  }

  #note(record: EventRecord): void {
    this.records.push(record);
  }

  #act(action: ClusterAction): void {
    switch (action.kind) {
      case 'send': {
        const { side, to, octets } = action;
        this.#net.send(this, side, to.address, octets);
        return;
      }
      case 'acquireAddress':
        this.ownsAddress = true;
        return;
      case 'releaseAddress':
        this.ownsAddress = false;
        return;
      case 'ask': {
        const { ticket, question } = action;
        const answer = this.#answer(question);
        this.#net.later(() =>
          this.carryOut(this.cluster.input({ kind: 'answer', ticket, answer }, this.#net.now)),
        );
      }
    }
  }

  #answer(question: ClusterQuestion): ClusterAnswer {
    switch (question.kind) {
      // Stretching is the adapter's; here it is enough that equal secrets give equal keys.
      case 'stretchKey': {
        const octets = digest('sha2-256', question.salt, question.secret);
        return { kind: 'keyStretched', octets } as const;
      }
      case 'newLife': {
        const incarnation = nextIncarnation(this.#last, this.#net.now, 0) as Incarnation;
        this.#last = incarnation;
        return {
          kind: 'newLife',
          identity: { member: memberIdOf(this.#id), incarnation },
        } as const;
      }
      case 'resolveName':
        return {
          kind: 'nameResolved',
          addresses: this.names.get(question.name) ?? [],
        } as const;
      case 'nameOf':
        return this.reverse(question.address);
    }
  }
}

function read(listing: string): Configuration {
  const parsed = parseListing(clusterGrammar, listing);
  const [wrong] = parsed.diagnostics.filter((d) => d.severity === 'error');
  if (wrong) throw new Error(`${wrong.text}: ${wrong.reason}`);
  return parsed.configuration;
}

/** The two networks of a cluster, and the time. */
export class TestNet {
  now: Instant;
  readonly members: TestMember[] = [];
  /** Whether what one member sends reaches another. */
  reaches: (from: TestMember, to: TestMember) => boolean = () => true;
  #deliveries: Delivery[] = [];

  constructor(startedAt = instant(1_000_000)) {
    this.now = startedAt;
  }

  /** A member that begins at once. */
  add(listing: string, softwareVersion = 'test 1.0'): TestMember {
    const member = new TestMember(this, listing, this.members.length + 1, softwareVersion);
    this.members.push(member);
    member.begin();
    return member;
  }

  later(run: () => void, afterMs = DELAY_MS): void {
    this.#deliveries.push({ at: instant(this.now + afterMs), run });
  }

  send(from: TestMember, side: 'private' | 'public', to: IpAddress, octets: Uint8Array): void {
    const own = from.cluster.policy?.device;
    const source = side === 'private' ? own?.privateAddress : own?.publicAddresses[0];
    const port = from.cluster.policy?.cluster.port;
    if (source === undefined || port === undefined) return;
    const isGroup = to === '239.255.90.23';
    for (const member of this.members) {
      const device = member.cluster.policy?.device;
      const ends = [device?.privateAddress, ...(device?.publicAddresses ?? [])];
      if (member === from || (!isGroup && !ends.includes(to))) continue;
      this.later(() => {
        if (!member.isUp || !from.isUp || !this.reaches(from, member)) return;
        const input = { kind: 'datagram', side, from: { address: source, port }, octets } as const;
        member.carryOut(member.cluster.input(input, this.now));
      });
    }
  }

  /** Lets time pass. */
  run(ms: number): void {
    const until = this.now + ms;
    while (this.now < until) {
      this.#deliver();
      for (const member of this.members) {
        const due = member.isUp ? member.cluster.deadline() : undefined;
        if (due !== undefined && due <= this.now) {
          member.carryOut(member.cluster.tick(this.now));
          member.cluster.look(this.now);
        }
      }
      this.now = instant(this.now + 1);
    }
  }

  #deliver(): void {
    const due = this.#deliveries.filter(({ at }) => at <= this.now);
    this.#deliveries = this.#deliveries.filter(({ at }) => at > this.now);
    for (const { run } of due) run();
  }
}
