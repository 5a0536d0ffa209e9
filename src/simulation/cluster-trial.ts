import type { IpAddress } from '#base/address';
import type { Configuration } from '#config/configuration';
import { FAULTS, type Fault, type FaultName } from './cluster-faults.ts';
import type { SimulatedMember } from './cluster-member.ts';
import { ClusterSite } from './cluster-site.ts';

export type TrialOptions = {
  readonly seed: number;
  readonly configurations: readonly Configuration[];
  readonly clusterAddress: IpAddress;
  readonly clients: number;
  readonly faults: readonly FaultName[];
  /** How often each fault is tried. */
  readonly rounds: number;
  /** Told now and then what is being done. */
  readonly progress: (text: string) => void;
};

/** What one fault did to the cluster. */
export type Episode = {
  readonly fault: FaultName;
  readonly title: string;
  /** To whom it was done. */
  readonly whom: string;
  readonly beginMs: number;
  readonly endMs: number;
  /** So long nobody that runs had the cluster address, and so long more than one had. */
  readonly withoutOwnerMs: number;
  readonly severalOwnersMs: number;
  /** How often the address moved. */
  readonly moves: number;
  /** From the end of the fault until one master was followed by all; undefined if that never came. */
  readonly healedMs: number | undefined;
};

export type MemberFigures = {
  readonly name: string;
  readonly model: string;
  readonly maximum: number;
  /** Once every client had arrived, before anything went wrong. */
  readonly sessions: number;
  readonly percent: number;
  readonly sessionsAtEnd: number;
};

/** What was seen at one moment: sessions by member, and who had the address. */
export type Sample = {
  readonly atMs: number;
  readonly sessions: readonly number[];
  readonly owners: readonly boolean[];
};

export type Trial = {
  readonly startMs: number;
  readonly members: readonly MemberFigures[];
  /** Sessions of all against the maximum of all, in percent. */
  readonly idealPercent: number;
  /** How far the member that is farthest from that is away, in percentage points. */
  readonly spreadPoints: number;
  readonly clients: number;
  readonly connectedAtEnd: number;
  readonly counts: ClusterSite['clients']['counts'];
  readonly waitedMs: readonly number[];
  readonly episodes: readonly Episode[];
  readonly samples: readonly Sample[];
  /** Events of severity 1 to 3, as the members wrote them. */
  readonly events: readonly {
    readonly atMs: number;
    readonly member: string;
    readonly text: string;
  }[];
};

/** A cluster that never came about; the message says what its members say. */
export class TrialFailed extends Error {
  override readonly name = 'TrialFailed';
}

const START_MOST_MS = 60_000;
const ARRIVAL_MS = 60_000;
/** What is under way when the last client has come is over by then. */
const SETTLE_MS = 20_000;
const HEAL_MOST_MS = 60_000;
const CALM_MS = [3000, 8000] as const;
const SAMPLE_MS = 500;
/** Clients that lost their member are back by then. */
const LAST_MS = 40_000;

class Run {
  readonly site: ClusterSite;
  readonly samples: Sample[] = [];
  #sampledAtMs = Number.NEGATIVE_INFINITY;
  #lastMs = 0;
  #owners = '';
  readonly ownership = { withoutOwnerMs: 0, severalOwnersMs: 0, moves: 0 };

  constructor({ seed, configurations, clusterAddress }: TrialOptions) {
    this.site = new ClusterSite(seed, configurations, clusterAddress);
  }

  /** Lets time pass and watches who has the address meanwhile, after every action. */
  pass(ms: number): void {
    this.site.clock.run(ms, () => this.#look());
    this.#look();
  }

  /** Lets time pass until something is so; how long that took, or undefined when it took too long. */
  until(isSo: () => boolean, mostMs: number): number | undefined {
    const beganMs = this.site.elapsedMs;
    while (!isSo()) {
      if (this.site.elapsedMs - beganMs >= mostMs) return undefined;
      this.pass(10);
    }
    return this.site.elapsedMs - beganMs;
  }

  /** What was seen since the last call. */
  takeOwnership(): Run['ownership'] {
    const seen = { ...this.ownership };
    Object.assign(this.ownership, { withoutOwnerMs: 0, severalOwnersMs: 0, moves: 0 });
    return seen;
  }

  #look(): void {
    const { site } = this;
    const atMs = site.elapsedMs;
    const passedMs = atMs - this.#lastMs;
    this.#lastMs = atMs;
    const before = this.#owners === '' ? 0 : this.#owners.split(' ').length;
    if (before === 0) this.ownership.withoutOwnerMs += passedMs;
    if (before > 1) this.ownership.severalOwnersMs += passedMs;
    const { serving } = site;
    const owners = serving.map((member) => member.name).join(' ');
    if (owners !== this.#owners && owners !== '') this.ownership.moves += 1;
    this.#owners = owners;
    if (atMs - this.#sampledAtMs < SAMPLE_MS) return;
    this.#sampledAtMs = atMs;
    this.samples.push({
      atMs,
      sessions: site.members.map((member) => member.active),
      owners: site.members.map((member) => serving.includes(member)),
    });
  }
}

function suffer(run: Run, fault: Fault): Episode {
  const { site } = run;
  run.takeOwnership();
  const beginMs = site.elapsedMs;
  const whom = fault.strike(site);
  run.pass(site.random.between(...fault.lastsMs));
  const endMs = site.elapsedMs;
  site.heal();
  fault.end(site);
  const healedMs = run.until(() => site.isWhole(), HEAL_MOST_MS);
  const seen = run.takeOwnership();
  run.pass(site.random.between(...CALM_MS));
  return { fault: fault.name, title: fault.title, whom, beginMs, endMs, ...seen, healedMs };
}

const percentOf = (sessions: number, maximum: number): number =>
  maximum === 0 ? 0 : (100 * sessions) / maximum;

/** Runs a cluster through clients and faults; a TrialFailed when it never becomes one. */
export function runTrial(options: TrialOptions): Trial {
  const run = new Run(options);
  const { site } = run;
  const { members, clients } = site;
  for (const member of members) member.start();
  options.progress(`${members.length} members start`);
  const startMs = run.until(() => site.isWhole(), START_MOST_MS);
  if (startMs === undefined) throw new TrialFailed(notWhole(members));
  options.progress(`${options.clients} clients arrive`);
  clients.arrive(options.clients, ARRIVAL_MS);
  run.pass(ARRIVAL_MS + SETTLE_MS);
  const settled = members.map((member) => member.active);
  const maxima = members.map((member) => member.maximum);
  const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
  const idealPercent = percentOf(sum(settled), sum(maxima));
  const percents = settled.map((sessions, i) => percentOf(sessions, maxima[i] ?? 0));
  const episodes: Episode[] = [];
  for (let round = 1; round <= options.rounds; round += 1)
    for (const fault of FAULTS) {
      if (!options.faults.includes(fault.name)) continue;
      options.progress(`round ${round} of ${options.rounds}: ${fault.title}`);
      episodes.push(suffer(run, fault));
    }
  run.pass(LAST_MS);
  return {
    startMs,
    members: members.map((member, i) => ({
      name: member.name,
      model: member.cluster.platform.deviceType,
      maximum: maxima[i] ?? 0,
      sessions: settled[i] ?? 0,
      percent: percents[i] ?? 0,
      sessionsAtEnd: member.active,
    })),
    idealPercent,
    spreadPoints: Math.max(...percents.map((percent) => Math.abs(percent - idealPercent))),
    clients: clients.count,
    connectedAtEnd: clients.connected,
    counts: clients.counts,
    waitedMs: clients.waitedMs,
    episodes,
    samples: run.samples,
    events: eventsOf(site),
  };
}

/** Why a cluster does not come about, as its members say. */
function notWhole(members: readonly SimulatedMember[]): string {
  const reasons = members.flatMap((member) => {
    const last = member.events.filter(({ severity }) => severity <= 3).at(-1);
    const reason = member.cluster.obstacle ?? last?.text;
    return reason === undefined ? [] : [`  ${member.name}: ${reason}`];
  });
  return [
    `the members do not become one cluster within ${START_MOST_MS / 1000} s`,
    ...reasons,
  ].join('\n');
}

const eventsOf = (site: ClusterSite): Trial['events'] =>
  site.members
    .flatMap(({ name, events }) =>
      events
        .filter(({ severity }) => severity <= 3)
        .map(({ at, text }) => ({ atMs: site.elapsedMs - (site.now - at), member: name, text })),
    )
    .sort((a, b) => a.atMs - b.atMs);
