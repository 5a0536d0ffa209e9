import { type IpAddress, ipv4FromNumber } from '#base/address';
import { after, elapsedMs, type Instant } from '#base/instant';
import type { Prng } from '#base/prng';
import type { SimulatedMember, World } from './cluster-member.ts';

/** From the redirect to the session: the rest of a login. */
const LOGIN_MS = [100, 900] as const;
/** A message without an answer is repeated, and a client that was refused asks again. */
const REPEAT_MS = 1000;
const REFUSED_MS = 10_000;
/** Whoever was sent to a member that does not answer asks at the cluster address again. */
const GIVEN_UP_MS = 5000;
/** Dead peer detection of the clients. */
const NOTICED_MS = [15_000, 25_000] as const;
/** Clients have addresses from here on: 198.18.0.0/15 is for tests (RFC 2544). */
const FIRST_CLIENT = 0xc612_0000;

type Client = {
  readonly number: number;
  readonly address: IpAddress;
  /** Since when it wants to be connected; undefined while it is. */
  wantsSince: Instant | undefined;
  member: SimulatedMember | undefined;
};

/**
 * Clients that ask whoever the network believes has the cluster address, are sent to a member by the product's
 * own choice, and stay there until that member dies. What is between is a delay.
 */
export class SimulatedClients {
  readonly counts = { redirected: 0, unanswered: 0, refused: 0, misled: 0 };
  /** How long each client waited that connected, in milliseconds. */
  readonly waitedMs: number[] = [];
  readonly #world: World;
  readonly #random: Prng;
  readonly #members: readonly SimulatedMember[];
  readonly #cluster: IpAddress;
  readonly #clients: Client[] = [];

  constructor(world: World, random: Prng, members: readonly SimulatedMember[], cluster: IpAddress) {
    this.#world = world;
    this.#random = random;
    this.#members = members;
    this.#cluster = cluster;
  }

  get count(): number {
    return this.#clients.length;
  }

  get connected(): number {
    return this.#clients.filter((client) => client.member !== undefined).length;
  }

  /** So many clients, evenly within a time. */
  arrive(count: number, withinMs: number): void {
    for (let n = 0; n < count; n += 1)
      this.#later((withinMs * n) / count, () => {
        const number = this.#clients.length + 1;
        const client: Client = {
          number,
          address: ipv4FromNumber(FIRST_CLIENT + number),
          wantsSince: this.#now,
          member: undefined,
        };
        this.#clients.push(client);
        this.#ask(client);
      });
  }

  /** A member is gone: its clients notice one by one. */
  lost(member: SimulatedMember): void {
    for (const client of this.#clients) {
      if (client.member !== member) continue;
      client.member = undefined;
      this.#later(this.#random.between(...NOTICED_MS), () => {
        client.wantsSince = this.#now;
        this.#ask(client);
      });
    }
  }

  get #now(): Instant {
    return this.#world.clock.now();
  }

  #later(delayMs: number, run: () => void): void {
    this.#world.clock.schedule(after(this.#now, Math.round(delayMs)), run);
  }

  #again(client: Client, delayMs: number): void {
    this.#later(delayMs, () => this.#ask(client));
  }

  #ask(client: Client): void {
    const owner = this.#world.owners.believed(this.#cluster);
    const member = this.#members.find((each) => each === owner);
    if (!member?.isRunning) {
      this.counts.unanswered += 1;
      this.#again(client, REPEAT_MS);
      return;
    }
    const identity = { kind: 'ipsec', vendorIds: ['unity'] } as const;
    const from = { address: client.address, port: 500 };
    const applicant = { local: this.#cluster, client: from, identity };
    const admission = member.cluster.director.admit(applicant, this.#now);
    if (admission.kind !== 'redirect') {
      this.counts.refused += 1;
      this.#again(client, REFUSED_MS);
      return;
    }
    this.counts.redirected += 1;
    const { target } = admission;
    this.#later(this.#random.between(...LOGIN_MS), () => this.#logIn(client, target));
  }

  #logIn(client: Client, target: IpAddress): void {
    const member = this.#members.find((each) => each.answersAt(target));
    if (!member?.isRunning || member.active >= member.maximum) {
      this.counts.misled += 1;
      this.#again(client, GIVEN_UP_MS);
      return;
    }
    const { number, address } = client;
    const session = member.sessions.open(
      {
        kind: 'remoteAccess',
        username: `user${number}`,
        group: 'simulated',
        owner: `client ${number}`,
        peer: { address, port: 4500 },
        assigned: [],
        protocol: 'IPSec',
        encryption: 'AES-128',
        hash: 'SHA-1',
        legacy: [],
      },
      this.#now,
    );
    member.sessions.activate(session.index);
    client.member = member;
    if (client.wantsSince !== undefined)
      this.waitedMs.push(elapsedMs(client.wantsSince, this.#now));
    client.wantsSince = undefined;
  }
}
