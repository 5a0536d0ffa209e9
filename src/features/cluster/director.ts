import { type Endpoint, familyOf, formatEndpoint, type IpAddress } from '#base/address';
import { elapsedMs, type Instant } from '#base/instant';
import { LruMap } from '#base/lru-map';
import { Ring } from '#base/ring';
import type { Configuration } from '#config/configuration';
import { type EventRecord, occurred } from '#events/event';
import type { Admission } from '#ipsec/keying';
import { isAlive } from '#protocol/vcl/peers';
import type { Policy } from '#protocol/vcl/policy';
import type { Member } from '#protocol/vcl/state';
import type { MemberId } from '#wire/vcl/fields';
import { compositionOf } from './composition.ts';
import { clusterSlice, loadBalancingOf } from './config.ts';
import { contendersOf } from './contenders.ts';
import { type ClientIdentity, eligibilityOf } from './eligibility.ts';
import {
  clientCannotBeRedirected,
  clientNotEligible,
  clientRedirected,
  noMemberHasRoom,
  notMaster,
} from './events.ts';
import { comparisonText, type Explanation, explain, explanationText } from './explanation.ts';
import { rulesOf, totalOf } from './load.ts';
import { RedirectCounts } from './redirect-counts.ts';
import { choose, type Decision, PendingRedirects } from './selection.ts';

/** A client that asks to be let in, of whatever protocol. */
export type Applicant = {
  /** Where it came to. */
  readonly local: IpAddress;
  /** Where it is seen; of several behind one translator the port tells them apart. */
  readonly client: Endpoint;
  /** What it says it is, by which it can be sent elsewhere or not. */
  readonly identity: ClientIdentity;
};

/** A decision, when it was made, and where the client was sent. */
export type Choice = {
  readonly seq: number;
  readonly at: Instant;
  readonly explanation: Explanation;
  /** What the client was told; undefined when nobody took it. */
  readonly target: IpAddress | undefined;
  /** The name of the target, for redirects that carry one; GEN-74. */
  readonly name: string | undefined;
};

/** What is decided, with the name of the target where clients are to be sent to names. */
export type Directed =
  | Admission
  | { readonly kind: 'redirect'; readonly target: IpAddress; readonly name: string };

export type DirectorParts = {
  readonly configuration: () => Configuration;
  /** The cluster as this device sees it, with its own load as it is now; undefined outside of one. */
  readonly cluster: () => { readonly member: Member; readonly policy: Policy } | undefined;
  /** The name that an address has in DNS, where one is known. */
  readonly nameOf: (address: IpAddress, now: Instant) => string | undefined;
  readonly note: (record: EventRecord, now: Instant) => void;
};

/** Decisions that are remembered for `show vpn load-balancing decision`. */
const CHOICES_KEPT = 100;
/** Clients that are remembered so that each has one line a minute; G-09. */
const CLIENTS_KEPT = 1000;
const REPEAT_MS = 60_000;

const SERVE: Admission = { kind: 'serve' };
const REFUSE: Admission = { kind: 'refuse' };

/**
 * Decides for every kind of client who takes it. Only the master decides, and only about clients at
 * the cluster address: who comes to the address of a member was sent there, or has chosen it, and is
 * never sent on.
 */
export class Director {
  readonly #parts: DirectorParts;
  /** What became of clients at the cluster address so far. */
  readonly counts = new RedirectCounts();
  readonly #pending = new PendingRedirects();
  /** When each member's report was taken into account last. */
  readonly #reported = new Map<MemberId, Instant>();
  readonly #choices = new Ring<Choice>(CHOICES_KEPT);
  readonly #complaints = new LruMap<IpAddress, Instant>(CLIENTS_KEPT);

  #lastSeq = 0;

  constructor(parts: DirectorParts) {
    this.#parts = parts;
  }

  /** The last choices, the newest first. */
  choices(): Choice[] {
    return [...this.#choices.reversed()];
  }

  /** What is to become of a client. A form of redirect that cannot carry a name has the address. */
  admit(applicant: Applicant, now: Instant): Directed {
    const { local, client, identity } = applicant;
    const cluster = this.#parts.cluster();
    if (!cluster?.policy.cluster.addresses.includes(local)) return SERVE;
    const { member, policy } = cluster;
    if (member.phase.phase !== 'master') {
      this.counts.refused('this member is not the master');
      this.#complain(client.address, now, () =>
        occurred(notMaster, { client: formatEndpoint(client) }),
      );
      return REFUSE;
    }
    const judged = eligibilityOf(identity);
    if (!judged.eligible) return this.#unredirectable(client, judged.reason, now);
    if (identity.kind === 'ipsec' && familyOf(client.address) !== 4)
      return this.#unredirectable(client, 'the redirect of IKEv1 names IPv4 addresses only', now);
    return this.#direct(member, policy, applicant, now);
  }

  #direct(member: Member, policy: Policy, applicant: Applicant, now: Instant): Directed {
    const { client, identity } = applicant;
    this.#settle(member);
    const configuration = this.#parts.configuration();
    const { choosesEmptyPools: ignoresPools, redirectsToName } = loadBalancingOf(configuration);
    // GEN-54: of several releases, only clients of IPsec are balanced over all members.
    const older =
      identity.kind === 'ipsec'
        ? []
        : compositionOf(membersOf(member, policy)).older.map((m) => m.privateAddress);
    const options = { ignoresPools, older: new Set(older) };
    const contenders = contendersOf(member, policy, this.#pending, now, options);
    const decision = choose(contenders, rulesOf(clusterSlice.of(configuration).personality));
    const target = targetOf(decision, member, policy, client.address);
    const explanation = explain(decision, client, target);
    this.#lastSeq += 1;
    const name = target && redirectsToName ? this.#parts.nameOf(target, now) : undefined;
    this.#choices.push({ seq: this.#lastSeq, at: now, explanation, target, name });
    if (decision.kind === 'refuse' || target === undefined) {
      this.counts.refused('no member has room');
      const text = explanationText(explanation);
      const args = { client: formatEndpoint(client), explanation: text };
      this.#complain(client.address, now, () => occurred(noMemberHasRoom, args));
      return REFUSE;
    }
    this.#pending.sent(decision.target.member, now);
    this.counts.sent(decision.target.privateAddress, decision.rule);
    const comparison = comparisonText(explanation);
    this.#parts.note(
      occurred(clientRedirected, { client: formatEndpoint(client), target, comparison }),
      now,
    );
    return { kind: 'redirect', target, ...(name !== undefined && { name }) };
  }

  /** Clients that have arrived at a member are counted by its reports from now on. */
  #settle(member: Member): void {
    this.#pending.reported(member.identity.member, totalOf(member.report.loads).active);
    for (const { identity, report, reportedAt } of member.peers.values()) {
      if (report === undefined || reportedAt === undefined) this.#forget(identity.member);
      else if (this.#reported.get(identity.member) !== reportedAt) {
        this.#reported.set(identity.member, reportedAt);
        this.#pending.reported(identity.member, totalOf(report.loads).active);
      }
    }
  }

  #forget(member: MemberId): void {
    if (this.#reported.delete(member)) this.#pending.forget(member);
  }

  /** A client that is served by this member has said more of itself than what decided about it. */
  served(client: IpAddress, identity: ClientIdentity, now: Instant): void {
    const judged = eligibilityOf(identity);
    if (judged.eligible || !this.#parts.cluster()) return;
    const { reason } = judged;
    this.#complain(client, now, () => occurred(clientNotEligible, { client, reason }));
  }

  #unredirectable(client: Endpoint, reason: string, now: Instant): Admission {
    const { unredirectable } = loadBalancingOf(this.#parts.configuration());
    const isServed = unredirectable === 'serve-direct';
    const treatment = isServed ? 'served by the master' : 'refused';
    if (!isServed) this.counts.refused('the client understands no redirect');
    const args = { client: formatEndpoint(client), reason, treatment };
    this.#complain(client.address, now, () => occurred(clientCannotBeRedirected, args));
    return isServed ? SERVE : REFUSE;
  }

  /** One line a minute and client. */
  #complain(client: IpAddress, now: Instant, record: () => EventRecord): void {
    const last = this.#complaints.get(client);
    if (last !== undefined && elapsedMs(last, now) < REPEAT_MS) return;
    this.#complaints.set(client, now);
    this.#parts.note(record(), now);
  }
}

/** The members that are there, with what they say they are. */
export const membersOf = (member: Member, { device }: Policy) => [
  {
    privateAddress: device.privateAddress,
    deviceType: device.model,
    version: device.softwareVersion,
  },
  ...[...member.peers.values()].filter(isAlive).map(({ description: d }) => ({
    privateAddress: d.privateAddress,
    deviceType: d.model,
    version: d.softwareVersion,
  })),
];

/** Where the client is sent: what the member is translated to, or its public address; of its own family. */
function targetOf(
  decision: Decision,
  member: Member,
  { device }: Policy,
  client: IpAddress,
): IpAddress | undefined {
  if (decision.kind === 'refuse') return undefined;
  const chosen = decision.target.isMaster
    ? device
    : member.peers.get(decision.target.member)?.description;
  return chosen && targetsOfMember(chosen).find((a) => familyOf(a) === familyOf(client));
}

type Addresses = Pick<Policy['device'], 'natAddresses' | 'publicAddresses'>;

/** What clients of each family are sent to, for one member. */
const targetsOfMember = ({ natAddresses, publicAddresses }: Addresses): readonly IpAddress[] =>
  ([4, 6] as const).flatMap(
    (family) => [...natAddresses, ...publicAddresses].find((a) => familyOf(a) === family) ?? [],
  );

/** Every address that a client may be sent to. */
export const targetsOf = (member: Member, { device }: Policy): readonly IpAddress[] =>
  [device, ...[...member.peers.values()].filter(isAlive).map((p) => p.description)].flatMap(
    targetsOfMember,
  );
