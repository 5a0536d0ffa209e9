import type { IpAddress } from '#base/address';
import { elapsedMs } from '#base/instant';
import type { Prng } from '#base/prng';
import { contendersOf } from '#features/cluster/contenders';
import { explain, explanationText } from '#features/cluster/explanation';
import { type LoadRules, rulesOf } from '#features/cluster/load';
import { choose, PendingRedirects } from '#features/cluster/selection';
import type { ClusterLab } from './cluster-lab.ts';
import type { ClusterMember } from './cluster-member.ts';

const options = { ignoresPools: false, older: new Set<IpAddress>() };

/** How long a client takes from its redirect to its session. */
const LOGIN_MS = [100, 900] as const;

/**
 * Clients that ask whoever has the cluster address, and go where they are sent. Every redirect is checked
 * against what the master knows, by other means than those that chose.
 */
export class ClusterClients {
  readonly sessions = new Map<ClusterMember, number>();
  readonly counts = { asked: 0, unanswered: 0, redirected: 0, refused: 0, lost: 0 };
  /** The first redirect that should not have been. */
  wrong: string | undefined;
  readonly #lab: ClusterLab;
  readonly #rules: LoadRules;
  readonly #random: Prng;
  readonly #maxima = new Map<ClusterMember, number>();
  readonly #pending = new Map<ClusterMember, PendingRedirects>();

  constructor(lab: ClusterLab, random: Prng, personality: LoadRules['personality']) {
    this.#lab = lab;
    this.#rules = rulesOf(personality);
    this.#random = random;
  }

  /** A member that may have so many sessions; a restarted one has none. */
  serve(member: ClusterMember, max: number, draining = false): void {
    this.#maxima.set(member, max);
    this.#tell(member, draining);
  }

  forget(member: ClusterMember): void {
    this.sessions.set(member, 0);
    this.#pending.delete(member);
    this.#tell(member, false);
  }

  /** One client every so many milliseconds, `clients` in all. */
  arrive(clients: number, everyMs: number): void {
    if (clients === 0) return;
    this.#lab.later(everyMs, () => {
      this.#ask();
      this.arrive(clients - 1, everyMs);
    });
  }

  #tell(member: ClusterMember, draining = member.state.member.report.draining): void {
    const max = this.#maxima.get(member) ?? 0;
    const active = this.sessions.get(member) ?? 0;
    const loads = [{ protocol: 1, active, inactive: 0, max }];
    member.report({ loads, draining, full: active >= max });
    this.#accountOf(member).reported(member.state.member.identity.member, active);
  }

  #accountOf(master: ClusterMember): PendingRedirects {
    const known = this.#pending.get(master) ?? new PendingRedirects();
    this.#pending.set(master, known);
    return known;
  }

  #ask(): void {
    const { owners } = this.#lab;
    this.counts.asked += 1;
    if (owners.length === 0) {
      this.counts.unanswered += 1;
      return;
    }
    const master = this.#random.pick(owners);
    const { member } = master.state;
    const pending = this.#accountOf(master);
    for (const peer of member.peers.values())
      if (peer.report) pending.reported(peer.identity.member, peer.report.loads[0]?.active ?? 0);
    const nowMs = elapsedMs(member.joinedAt, this.#lab.clock.now());
    const contenders = contendersOf(member, master.policy, pending, nowMs, options);
    const decision = choose(contenders, this.#rules);
    if (decision.kind === 'refuse') {
      this.counts.refused += 1;
      return;
    }
    this.counts.redirected += 1;
    const { target } = decision;
    const complaint = this.#complaint(master, target.member, target.pending);
    const client = { address: target.privateAddress, port: 500 };
    if (complaint !== undefined)
      this.wrong ??= `${complaint}: ${explanationText(explain(decision, client, client.address))}`;
    pending.sent(target.member, nowMs);
    this.#lab.later(this.#random.between(...LOGIN_MS), () => this.#logIn(target.privateAddress));
  }

  /** What the master knows that speaks against a redirect, read from its tables as they are. */
  #complaint(master: ClusterMember, id: string, pending: number): string | undefined {
    const { member } = master.state;
    const own = member.identity.member === id;
    const peer = [...member.peers.values()].find((p) => p.identity.member === id);
    if (!own && peer === undefined) return 'sent to a stranger';
    if (peer && peer.condition !== 'alive') return `sent to a member that is ${peer.condition}`;
    const report = peer ? peer.report : member.report;
    if (report === undefined) return 'sent to a member that never reported';
    if (report.draining) return 'sent to a member that is draining';
    const [load] = report.loads;
    const isFull = load === undefined || load.active + pending >= load.max;
    return isFull ? 'sent to a full member' : undefined;
  }

  #logIn(to: string): void {
    const member = this.#lab.members.find((m) => m.policy.device.privateAddress === to);
    const active = member && (this.sessions.get(member) ?? 0);
    const max = member && (this.#maxima.get(member) ?? 0);
    if (member === undefined || active === undefined || max === undefined) return;
    if (!member.isAwake || member.phase === 'off' || active >= max) {
      this.counts.lost += 1;
      return;
    }
    this.sessions.set(member, active + 1);
    this.#tell(member);
  }
}
