import { createHash } from 'node:crypto';
import { address, type Endpoint } from '#base/address';
import { earliest, type Instant, instant } from '#base/instant';
import { SenderKeys } from '#protocol/vcl/keys';
import { advance, memberDeadline, offMember } from '#protocol/vcl/member';
import { sameIdentity } from '#protocol/vcl/peers';
import { type Policy, timing } from '#protocol/vcl/policy';
import type { Identity, Member } from '#protocol/vcl/state';
import type { Command, Environment, Received } from '#protocol/vcl/turn';
import type { Message } from '#wire/vcl/message';

/**
 * A few members without envelopes, and everything that can happen to them: each datagram under way is
 * delivered in any order between links (in order on each), members crash, datagrams are lost, and time
 * passes to the next deadline. Every state that differs is visited once.
 */
export type Exploration = {
  /** One member each. */
  readonly priorities: readonly number[];
  /**
   * Members that start now; that have agreed on a master and are at rest; whose master has crashed, at the
   * moment of the first claim; or the first of which was apart from the others until now, each part with
   * its own master.
   */
  readonly from: 'start' | 'rest' | 'bereft' | 'parted';
  /** Whether time passes only when nothing is under way; else datagrams may be late without bound. */
  readonly prompt: boolean;
  /** Actions from the beginning. */
  readonly depth: number;
  readonly mostLosses: number;
  readonly mostCrashes: number;
  /** Whether the master may leave as planned, once. */
  readonly leaves: boolean;
  /** Of so many states, one is continued without faults, and must end in one cluster; 0 for none. */
  readonly continueEvery: number;
};

export type Explored = {
  readonly states: number;
  readonly actions: number;
  readonly continued: number;
  /** States at the depth where it ended; 0 when there was nothing more to find. */
  readonly open: number;
};

type Letter = {
  readonly from: number;
  readonly to: number;
  readonly message: Message;
};

type World = {
  readonly now: Instant;
  readonly members: readonly Member[];
  readonly up: readonly boolean[];
  readonly letters: readonly Letter[];
  readonly losses: number;
  readonly crashes: number;
  readonly hasLeft: boolean;
};

type Action =
  | { readonly kind: 'deliver' | 'lose'; readonly from: number; readonly to: number }
  | { readonly kind: 'tick' | 'crash' | 'leave'; readonly member: number };

const describe = (action: Action): string =>
  'member' in action
    ? `${action.kind} ${action.member}`
    : `${action.kind} ${action.from}>${action.to}`;

const START = instant(1_000_000);
const PORT = 9023;
const endpoint = (n: number): Endpoint => ({ address: address(`10.0.0.${n + 1}`), port: PORT });
const identity = (n: number): Identity =>
  ({
    member: `${n + 1}`.padStart(16, '0'),
    incarnation: '1'.padStart(16, '0'),
  }) as unknown as Identity;

/** Surroundings without chance: the nonces of a member are alike, and its intervals are the shortest. */
function environmentOf(priorities: readonly number[], n: number): Environment {
  const policy: Policy = {
    cluster: {
      addresses: [address('10.1.0.254')],
      tag: '00000000',
      port: PORT,
      digest: '0'.repeat(32),
      minMembers: 1,
    },
    device: {
      hostName: `n${n}`,
      model: 'explored',
      softwareVersion: '',
      priority: priorities[n] as number,
      privateAddress: endpoint(n).address,
      publicAddresses: [],
      natAddresses: [],
      fqdn: undefined,
      pools: [],
    },
    timing: timing('fast'),
    neighbourhood: {
      group: undefined,
      members: priorities.map((_, m) => endpoint(m).address),
      publicCheck: false,
    },
    keys: new SenderKeys([]),
    sendKeyId: 0,
    addressRefreshMs: undefined,
  };
  const random = { bytes: (count: number) => new Uint8Array(count).fill(count > 2 ? n + 1 : 0) };
  return { policy, random, wants: () => false };
}

/** Explores; throws with the way to a state that must not be. */
export class Explorer {
  readonly #plan: Exploration;
  readonly #environments: readonly Environment[];
  /** How each state was reached, by its digest. */
  readonly #ways = new Map<string, { readonly before: string | undefined; readonly by: string }>();
  #actions = 0;
  #continued = 0;

  constructor(plan: Exploration) {
    this.#plan = plan;
    this.#environments = plan.priorities.map((_, n) => environmentOf(plan.priorities, n));
  }

  run(): Explored {
    let frontier: (readonly [string, World])[] = [];
    this.#visit(this.#beginning(), undefined, 'beginning', frontier);
    for (let depth = 0; depth < this.#plan.depth && frontier.length > 0; depth += 1) {
      const next: (readonly [string, World])[] = [];
      for (const [key, world] of frontier)
        for (const action of this.#possible(world)) {
          this.#actions += 1;
          this.#visit(this.#act(world, action), key, describe(action), next);
        }
      frontier = next;
    }
    return {
      states: this.#ways.size,
      actions: this.#actions,
      continued: this.#continued,
      open: frontier.length,
    };
  }

  #visit(
    world: World,
    before: string | undefined,
    by: string,
    frontier: (readonly [string, World])[],
  ): void {
    const key = digestOf(world);
    if (this.#ways.has(key)) return;
    this.#ways.set(key, { before, by });
    frontier.push([key, world]);
    const wrong = this.#wrong(world) ?? this.#continuation(world);
    if (wrong !== undefined) throw new Error(`${wrong}\n${this.#way(key).join(', ')}`);
  }

  #way(key: string): string[] {
    const steps: string[] = [];
    for (let at: string | undefined = key; at !== undefined; ) {
      const step = this.#ways.get(at);
      if (!step) break;
      steps.unshift(step.by);
      at = step.before;
    }
    return steps;
  }

  /** What must never be. Where datagrams may be late without bound, two masters can be, but not in peace. */
  #wrong({ members, up, losses }: World): string | undefined {
    const owners = members.filter((m, n) => up[n] && m.phase.phase === 'master');
    if (owners.length < 2) return undefined;
    if (this.#plan.prompt && this.#plan.from !== 'parted' && losses <= 1)
      return `${owners.length} masters`;
    const [a, b] = owners as [Member, Member];
    return accepts(a, b) && accepts(b, a) ? 'two masters accept each other' : undefined;
  }

  /** Without faults from here on, there is one cluster in the end. */
  #continuation(world: World): string | undefined {
    const every = this.#plan.continueEvery;
    if (every === 0 || this.#ways.size % every !== 0) return undefined;
    this.#continued += 1;
    const end = this.#calm(world, 30_000);
    return isWhole(end) ? undefined : `no cluster after 30 s of calm: ${phasesOf(end)}`;
  }

  /** Everything is delivered at once and in order, for so long. */
  #calm(
    world: World,
    milliseconds: number,
    isCut: (letter: Letter) => boolean = () => false,
    isEnough: (world: World) => boolean = () => false,
  ): World {
    let at = world;
    const end = world.now + milliseconds;
    while (!isEnough(at)) {
      const [letter] = at.letters;
      if (letter) {
        const { from, to } = letter;
        at = isCut(letter) ? without(at, letter) : this.#act(at, { kind: 'deliver', from, to });
        continue;
      }
      const due = this.#earliestDue(at);
      if (due.at === undefined || due.at > end) return at;
      at = this.#act(at, { kind: 'tick', member: due.members[0] as number });
    }
    return at;
  }

  #beginning(): World {
    const { priorities, from } = this.#plan;
    let world: World = {
      now: START,
      members: priorities.map(() => offMember),
      up: priorities.map(() => true),
      letters: [],
      losses: 0,
      crashes: 0,
      hasLeft: false,
    };
    for (const n of priorities.keys())
      world = this.#tell(world, n, { kind: 'participate', identity: identity(n) });
    if (from === 'start') return world;
    const rest = this.#calm(world, 8000);
    if (from === 'rest') return rest;
    if (from === 'parted')
      return this.#calm(rest, 6000, (letter) => (letter.from === 0) !== (letter.to === 0));
    const master = rest.members.findIndex((m) => m.phase.phase === 'master');
    const bereft = this.#act(rest, { kind: 'crash', member: master });
    const isClaimed = ({ members, up }: World) =>
      members.some((m, n) => up[n] && m.phase.phase === 'candidate');
    return { ...this.#calm(bereft, 6000, undefined, isClaimed), crashes: 0 };
  }

  #possible(world: World): Action[] {
    const { letters, up, losses, crashes, members, hasLeft } = world;
    const { prompt, mostLosses, mostCrashes, leaves } = this.#plan;
    const actions: Action[] = [];
    const links = new Set<string>();
    for (const { from, to } of letters) {
      const link = `${from}>${to}`;
      if (links.has(link)) continue;
      links.add(link);
      actions.push({ kind: 'deliver', from, to });
      if (losses < mostLosses) actions.push({ kind: 'lose', from, to });
    }
    if (!prompt || letters.length === 0)
      for (const member of this.#earliestDue(world).members) actions.push({ kind: 'tick', member });
    for (const [n, isUp] of up.entries()) {
      if (isUp && crashes < mostCrashes) actions.push({ kind: 'crash', member: n });
      if (isUp && leaves && !hasLeft && members[n]?.phase.phase === 'master')
        actions.push({ kind: 'leave', member: n });
    }
    return actions;
  }

  /** The next moment at which a member has to do something, and who has to. */
  #earliestDue({ members, up }: World): {
    readonly at: Instant | undefined;
    readonly members: readonly number[];
  } {
    const deadlines = members.map((m, n) =>
      up[n] ? memberDeadline(m, this.#environments[n] as Environment) : undefined,
    );
    const at = deadlines.reduce<Instant | undefined>(earliest, undefined);
    const due = [...deadlines.keys()].filter((n) => at !== undefined && deadlines[n] === at);
    return { at, members: due };
  }

  #act(world: World, action: Action): World {
    switch (action.kind) {
      case 'lose':
        return { ...without(world, action), losses: world.losses + 1 };
      case 'deliver': {
        const letter = world.letters.find((l) => l.from === action.from && l.to === action.to);
        const rest = without(world, action);
        if (!letter || !world.up[action.to]) return rest;
        return this.#tell(rest, action.to, {
          kind: 'message',
          side: 'private',
          from: endpoint(letter.from),
          sender: identity(letter.from),
          message: letter.message,
        });
      }
      case 'crash': {
        const up = world.up.with(action.member, false);
        const letters = world.letters.filter((l) => l.to !== action.member);
        return { ...world, up, letters, crashes: world.crashes + 1 };
      }
      case 'leave':
        return this.#tell({ ...world, hasLeft: true }, action.member, {
          kind: 'leave',
          reason: 'administrative',
        });
      case 'tick': {
        const { at } = this.#earliestDue(world);
        const now = at !== undefined && at > world.now ? at : world.now;
        return this.#tell({ ...world, now }, action.member, { kind: 'tick' });
      }
    }
  }

  #tell(world: World, n: number, input: Command | Received): World {
    const environment = this.#environments[n] as Environment;
    const [member, outcomes] = advance(world.members[n] as Member, input, world.now, environment);
    const letters = [...world.letters];
    for (const outcome of outcomes)
      if (outcome.kind === 'message')
        for (const to of outcome.to) {
          const target = this.#plan.priorities.findIndex(
            (_, m) => endpoint(m).address === to.address,
          );
          if (world.up[target]) letters.push({ from: n, to: target, message: outcome.message });
        }
    return { ...world, members: world.members.with(n, member), letters };
  }
}

function without(
  world: World,
  { from, to }: { readonly from: number; readonly to: number },
): World {
  const at = world.letters.findIndex((l) => l.from === from && l.to === to);
  return { ...world, letters: world.letters.filter((_, i) => i !== at) };
}

function accepts({ phase, peers }: Member, other: Member): boolean {
  if (phase.phase !== 'master') return false;
  const peer = peers.get(other.identity.member);
  return (
    peer?.condition === 'alive' && peer.role === 5 && !phase.contested.has(other.identity.member)
  );
}

function isWhole({ members, up }: World): boolean {
  const taking = members.filter((m, n) => up[n] && m.phase.phase !== 'off');
  const masters = taking.filter((m) => m.phase.phase === 'master');
  const [master] = masters;
  if (taking.length === 0) return true;
  return (
    masters.length === 1 &&
    taking.every(
      (m) =>
        m === master ||
        (m.phase.phase === 'backup' && sameIdentity(m.phase.master, master?.identity)),
    )
  );
}

const phasesOf = ({ members, up }: World): string =>
  members.map((m, n) => (up[n] ? m.phase.phase : 'down')).join(', ');

/** Fields that are moments: they count from now, and what is long past is all the same. */
const MOMENT = /(?:At|until|Until|since|Since)$/;
const LONG_PAST_MS = 5000;

/** What members remember for those who look at them alone. */
const ONLY_SHOWN: ReadonlySet<string> = new Set(['joinedAt', 'hasJoined', 'listed', 'suspected']);

/** A state by what matters of it. */
function digestOf(world: World): string {
  const { now, letters, ...rest } = world;
  const byLink = [...letters].sort((a, b) => a.from - b.from || a.to - b.to);
  const text = JSON.stringify({ ...rest, letters: byLink }, (key, value: unknown) => {
    if (key === 'saidUntil' || ONLY_SHOWN.has(key)) return undefined;
    if (typeof value === 'number' && MOMENT.test(key)) return Math.max(-LONG_PAST_MS, value - now);
    if (key === 'joinedMs') return undefined;
    if (value instanceof Map) return [...value.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
    if (value instanceof Set) return [...value].sort();
    return value;
  });
  return createHash('sha1').update(text).digest('base64');
}
