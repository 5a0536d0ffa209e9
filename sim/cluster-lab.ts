import { createHash } from 'node:crypto';
import { address, type IpAddress } from '#base/address';
import { after, elapsedMs, type Instant } from '#base/instant';
import { prefixOf } from '#base/prefix';
import { Prng } from '#base/prng';
import { type EventRecord, eventText } from '#events/event';
import { clusterId, clusterKey, clusterTag, SenderKeys } from '#protocol/vcl/keys';
import { type Policy, type TimingPreset, timing } from '#protocol/vcl/policy';
import { VirtualClock } from '#simulation/clock';
import { type Faults, Network, noFaults } from '#simulation/network';
import { ClusterMember, type World } from './cluster-member.ts';

export const CLUSTER_PORT = 9023;

/** What may go wrong besides the network's faults. */
export type ClusterWeather = Faults & {
  /** Clocks of hosts run fast or slow by at most this part. */
  readonly drift: number;
};

/** What differs from member to member, or from lab to lab. */
export type MemberSetup = {
  readonly priority?: number;
  readonly digest?: string;
  /** A word that the key is made of; undefined for a cluster without a key. */
  readonly secret?: string | undefined;
  readonly port?: number;
  readonly family?: 4 | 6;
  /** Another member's identity, for a copy of it. */
  readonly copyOf?: ClusterMember;
  readonly minMembers?: number;
  readonly publicCheck?: boolean;
  /** Other addresses than those of its number. */
  readonly privateAddress?: IpAddress;
  readonly publicAddress?: IpAddress;
};

export type ClusterSetup = {
  readonly preset?: TimingPreset;
  readonly helloMs?: number;
  /**
   * Discovery and announcements by multicast, as the product always has it, and no member is named to
   * another; `named` where each names the others too.
   */
  readonly multicast?: boolean | 'named';
  /** Events of up to this severity are kept; 5 if absent. */
  readonly severity?: number;
} & Pick<MemberSetup, 'secret' | 'family' | 'minMembers' | 'publicCheck'>;

/** Stands in for 32 octets from scrypt: what is made of it is what is tested. */
const stretched = (secret: string): Uint8Array =>
  new Uint8Array(createHash('sha256').update(secret).digest());

const digest = '00112233445566778899aabbccddeeff';

/**
 * Bare members of a cluster, the product's own machines, in virtual time on a faulty network: each on a
 * host of its own, with a private and a public address. Everything follows from the seed.
 */
export class ClusterLab implements World {
  readonly seed: number;
  readonly clock = new VirtualClock();
  readonly random: Prng;
  readonly network: Network;
  readonly members: ClusterMember[] = [];
  readonly setup: ClusterSetup;
  readonly #drift: number;
  readonly #startedAt: Instant = this.clock.now();
  readonly #checks: { readonly name: string; readonly wrong: () => string | undefined }[] = [];
  readonly #wire = createHash('sha256');
  /** Every event that a member reported, oldest first. */
  readonly events: {
    readonly at: number;
    readonly by: ClusterMember;
    readonly record: EventRecord;
  }[] = [];

  constructor(seed: number, setup: ClusterSetup = {}, weather: Partial<ClusterWeather> = {}) {
    this.seed = seed;
    this.setup = { secret: 'cisco123', ...setup };
    this.random = new Prng(seed);
    const { drift = 0, ...faults } = weather;
    this.#drift = drift;
    this.network = new Network(this.clock, this.random, { ...noFaults, ...faults });
  }

  /** A host with a member that is not started yet. Its number is the last octet of its addresses. */
  add(setup: MemberSetup = {}): ClusterMember {
    const number = this.members.length + 1;
    const family = setup.family ?? this.setup.family ?? 4;
    const rate = this.#drift === 0 ? 1 : 1 + this.#drift * (2 * this.random.fraction() - 1);
    const member = new ClusterMember({
      lab: this,
      number,
      rate,
      policy: this.#policy(number, family, { ...this.setup, ...setup }),
      random: new Prng(this.random.uint32()),
      copyOf: setup.copyOf,
    });
    this.members.push(member);
    return member;
  }

  /** So many members of priorities 1 to 10 as they come, started at once. */
  start(count: number, priority = (n: number) => ((n * 7) % 10) + 1): ClusterMember[] {
    const members = Array.from({ length: count }, (_, n) => this.add({ priority: priority(n) }));
    this.acquaint();
    for (const member of members) member.participate();
    return members;
  }

  /** Makes every member ask every other, unless multicast alone is to be enough. */
  acquaint(): void {
    if (this.setup.multicast === true) return;
    const addresses = this.members.map((m) => m.policy.device.privateAddress);
    for (const member of this.members) member.setNeighbours(addresses);
  }

  #policy(number: number, family: 4 | 6, setup: MemberSetup & ClusterSetup): Policy {
    const place = (v4: string, v6: string): IpAddress => address(family === 4 ? v4 : v6);
    const addresses = [place('172.18.124.254', '2001:db8:18::254')];
    const port = setup.port ?? CLUSTER_PORT;
    const id = clusterId(addresses, port);
    const { secret } = setup;
    return {
      cluster: {
        addresses,
        tag: clusterTag(id),
        port,
        digest: setup.digest ?? digest,
        minMembers: setup.minMembers ?? 1,
      },
      device: {
        hostName: `n${number}`,
        model: 'VPN3030',
        softwareVersion: 'simulated',
        priority: setup.priority ?? 5,
        privateAddress:
          setup.privateAddress ?? place(`10.32.1.${number}`, `2001:db8:10::${number}`),
        publicAddresses: [
          setup.publicAddress ?? place(`172.18.124.${number}`, `2001:db8:18::${number}`),
        ],
        networks: {
          private: [prefixOf(place('10.32.0.0', '2001:db8:10::'), family === 4 ? 17 : 64)],
          public: [prefixOf(place('172.18.124.0', '2001:db8:18::'), family === 4 ? 24 : 64)],
        },
        natAddresses: [],
        fqdn: undefined,
        pools: [],
      },
      timing: timing(setup.preset ?? 'fast', setup.helloMs),
      neighbourhood: {
        group: setup.multicast ? place('239.255.90.23', 'ff02::9023') : undefined,
        members: [],
        publicCheck: setup.publicCheck ?? true,
      },
      keys: new SenderKeys(secret === undefined ? [] : [clusterKey(0, stretched(id + secret))]),
      sendKeyId: 0,
      addressRefreshMs: undefined,
    };
  }

  /** Between two keepalives, by the preset. */
  get helloMs(): number {
    return timing(this.setup.preset ?? 'fast', this.setup.helloMs).helloMs;
  }

  /** Events of up to this severity are kept. */
  get severity(): number {
    return this.setup.severity ?? 5;
  }

  reported(by: ClusterMember, record: EventRecord): void {
    this.events.push({ at: this.elapsedMs, by, record });
  }

  /** A statement that must hold after every step; it answers what is wrong, if anything is. */
  always(name: string, wrong: () => string | undefined): void {
    this.#checks.push({ name, wrong });
  }

  /** Lets virtual time pass. */
  run(milliseconds: number): void {
    this.clock.run(milliseconds, () => {
      for (const { name, wrong } of this.#checks) {
        const found = wrong();
        if (found !== undefined) throw new Error(`"${name}" at ${this.elapsedMs} ms: ${found}`);
      }
    });
  }

  /** Lets virtual time pass until something is so; it is an error when that takes longer than `mostMs`. */
  runUntil(what: string, isSo: () => boolean, mostMs: number, everyMs = 50): void {
    for (let waitedMs = 0; !isSo(); waitedMs += everyMs) {
      if (waitedMs >= mostMs)
        throw new Error(
          `at ${this.elapsedMs} ms: not within ${mostMs} ms: ${what}\n${this.picture()}`,
        );
      this.run(everyMs);
    }
  }

  /** Does something after some virtual time. */
  later(milliseconds: number, action: () => void): void {
    this.clock.schedule(after(this.clock.now(), milliseconds), action);
  }

  /** Cuts the members into parts that do not reach each other, on both networks. */
  partition(...parts: readonly (readonly ClusterMember[])[]): void {
    for (const part of parts)
      for (const other of parts)
        if (part !== other) for (const a of part) for (const b of other) this.cut(a, b);
  }

  /** Drops everything that one member sends to another, on both networks. */
  cut(from: ClusterMember, to: ClusterMember): void {
    for (const [source, destination] of zip(from.addresses, to.addresses))
      this.network.cut(source, destination);
    from.deafTo.add(to);
  }

  /** Ends all cuts. */
  mend(): void {
    this.network.heal();
    for (const member of this.members) member.deafTo.clear();
  }

  /** Ends all cuts and faults of the network. */
  heal(): void {
    this.mend();
    this.network.setFaults(noFaults);
  }

  /** Members that run and are not stopped in the middle of it. */
  get awake(): ClusterMember[] {
    return this.members.filter((m) => m.isAwake);
  }

  get owners(): ClusterMember[] {
    return this.awake.filter((m) => m.ownsAddress);
  }

  get elapsedMs(): number {
    return elapsedMs(this.#startedAt, this.clock.now());
  }

  /** Whether there is one master whom all others that run follow, and who counts them all. */
  isWhole(): boolean {
    const taking = this.awake.filter((m) => m.phase !== 'off');
    const [master, ...more] = taking.filter((m) => m.phase === 'master');
    if (!master || more.length > 0) return false;
    return taking.every((m) => m === master || (m.follows(master) && master.countsPeer(m)));
  }

  /** What goes over the wire and what is done about it, for comparing two runs. */
  note(what: string): void {
    this.#wire.update(`${this.elapsedMs} ${what}\n`);
  }

  fingerprint(): string {
    return this.#wire.digest('hex');
  }

  /** The cluster as each member sees it, for people who look for what went wrong. */
  picture(): string {
    return this.members.map((m) => m.picture()).join('\n');
  }

  /** The events of one kind, as text. */
  texts(definition: { readonly number: number }): string[] {
    return this.events
      .filter((e) => e.record.definition.number === definition.number)
      .map((e) => eventText(e.record));
  }
}

function* zip<T>(a: readonly T[], b: readonly T[]): Generator<readonly [T, T]> {
  for (let i = 0; i < Math.min(a.length, b.length); i += 1) yield [a[i] as T, b[i] as T];
}
