import type { Endpoint, IpAddress } from '#base/address';
import type { Instant } from '#base/instant';
import type { Incarnation, MemberId, PeerEntry, PoolRange } from '#wire/vcl/fields';
import type { DevicePolicy } from './policy.ts';
import type { ReplayWindow } from './replay.ts';

/** One life of one member. */
export type Identity = { readonly member: MemberId; readonly incarnation: Incarnation };

/** Sessions of one kind on a member. */
export type SessionLoad = {
  /** One of `loadProtocols`. */
  readonly protocol: number;
  /** Without those that sleep; GEN-51. */
  readonly active: number;
  readonly inactive: number;
  readonly max: number;
};

/** What a member tells the master of itself in every keepalive; LB-11, GEN-83. */
export type LoadReport = {
  readonly loads: readonly SessionLoad[];
  /** As the member itself shows it. */
  readonly percent: number;
  /** One of `loadAlgorithms`. */
  readonly algorithm: number;
  readonly draining: boolean;
  /** No address is left for a client. */
  readonly poolEmpty: boolean;
  readonly full: boolean;
};

/** What another member says of itself. It proved to hold the cluster key, not to tell the truth. */
export type PeerDescription = {
  readonly hostName: string;
  readonly model: string;
  readonly softwareVersion: string;
  readonly priority: number;
  readonly privateAddress: IpAddress;
  readonly publicAddresses: readonly IpAddress[];
  readonly natAddresses: readonly IpAddress[];
  readonly fqdn: string | undefined;
  readonly pools: readonly PoolRange[];
};

/** `left` members said so, `dead` ones did not; both have to prove themselves anew. */
export type Condition = 'alive' | 'suspect' | 'dead' | 'left';

/**
 * Whether the public side of a peer answers: `unknown` until the first answer, `closed` when it does
 * not although the private one does; most often a filter lacks the VCA rules (LB-20).
 */
export type PublicPath = 'unknown' | 'open' | 'closed';

/** Asking the public side of a peer. */
export type PublicCheck = {
  readonly nextAt: Instant;
  readonly nonce: string;
  /** Questions since the last answer. */
  readonly unanswered: number;
};

/** Another member that proved itself: it holds the key, and it answered a challenge of ours. */
export type Peer = {
  readonly identity: Identity;
  /** Where it is reached on the private side. */
  readonly endpoint: Endpoint;
  readonly description: PeerDescription;
  readonly condition: Condition;
  /** One of `roles`, as it said last. */
  readonly role: number;
  /** Only on a master, and only of members that report to it; LB-52. */
  readonly report: LoadReport | undefined;
  readonly reportedAt: Instant | undefined;
  /** When we learned of this life of it; LB-56. */
  readonly joinedAt: Instant;
  /** The last datagram of it that was authentic and new. */
  readonly heardAt: Instant;
  /** How often it was suspected to be gone, and when last; over all its lives. Only shown. */
  readonly suspected: { readonly times: number; readonly lastAt: Instant } | undefined;
  readonly publicPath: PublicPath;
  readonly publicCheck: PublicCheck | undefined;
};

/** Two lives of one member: the former is asked several times, since one answer may be lost. */
export type Contending = {
  readonly peer: Omit<Peer, 'identity'>;
  readonly nextAt: Instant;
  readonly until: Instant;
};

/** Somebody who holds the key and has still to show that it lives now. */
export type Stranger = {
  readonly identity: Identity;
  readonly endpoint: Endpoint;
  /** What it must send back. */
  readonly nonce: string;
  readonly askedAt: Instant;
  /** It answered and was refused; it is not asked again at once. */
  readonly isRefused: boolean;
  /**
   * It answered, but an older life of the same member may be alive elsewhere and was asked: whoever
   * made a copy of a member must not push the original out.
   */
  readonly contending: Contending | undefined;
};

/** A member that another asked us to probe. */
export type Errand = {
  readonly requester: MemberId;
  readonly requestNonce: string;
  readonly target: MemberId;
  readonly nonce: string;
  readonly until: Instant;
};

/** Probes of a master that did not answer a keepalive. */
export type Suspicion = {
  readonly since: Instant;
  /** Rounds of probes that are out, 1 to 3. */
  readonly round: number;
  readonly nonce: string;
  readonly nextAt: Instant;
};

/** Looking for a master. */
export type Discovering = {
  readonly phase: 'discovering';
  readonly roundsLeft: number;
  readonly nextAt: Instant;
  /** The question of the last HELLO; an answer has to return it. */
  readonly nonce: string;
  /** A master that a member named although it does not answer us; while one is named, nobody claims. */
  readonly named: { readonly identity: Identity; readonly at: Instant } | undefined;
  /** When somebody who is no member answered for the cluster address. */
  readonly addressTakenAt: Instant | undefined;
  /** Its hardware address. */
  readonly addressTakenBy: string;
  /** It was master a moment ago and gave the address up to be sure; whoever confirms it makes it go on. */
  readonly resumes: boolean;
};

/** Announced to take the address; objections are awaited. */
export type Candidate = {
  readonly phase: 'candidate';
  readonly term: number;
  readonly until: Instant;
};

export type Backup = {
  readonly phase: 'backup';
  readonly master: Identity;
  readonly term: number;
  readonly nextKeepaliveAt: Instant;
  /** When the last keepalive was sent; undefined before the first. */
  readonly reportedAt: Instant | undefined;
  /** When it proves to itself that it was not asleep. */
  readonly watchAt: Instant;
  /** A keepalive without an answer so far. */
  readonly unansweredSince: Instant | undefined;
  readonly misses: number;
  /** When the master announced itself last; undefined before it did, and since it was missed. */
  readonly announcedAt: Instant | undefined;
  readonly suspicion: Suspicion | undefined;
  /** The master is gone; it is our turn at this moment. */
  readonly takeoverAt: Instant | undefined;
  /** The master is gone and somebody else is about to take its place. */
  readonly awaitingUntil: Instant | undefined;
  /**
   * Since when it is known that the master answers others, or speaks but does not answer us. Only its
   * silence tells then that it is gone.
   */
  readonly partialSince: Instant | undefined;
  /** The master's last word on who is in the cluster: of other backups nothing else is heard. Only shown. */
  readonly listed: { readonly at: Instant; readonly peers: readonly PeerEntry[] } | undefined;
};

export type Master = {
  readonly phase: 'master';
  readonly term: number;
  readonly nextAnnounceAt: Instant;
  /** When it looks after its peers, and proves to itself that it was not asleep. */
  readonly watchAt: Instant;
  /** Members alive by its last announcement, itself included: what a conflict is decided by. */
  readonly announcedAlive: number;
  /** When the address is announced to the neighbours again. */
  readonly addressAnnounceAt: Instant | undefined;
  /** When another master was last told to give way out of turn; two that differ must not do so without end. */
  readonly contestedAt: Instant | undefined;
  /** Announcements of another master since we told it to give way; by member. */
  readonly contested: ReadonlyMap<MemberId, number>;
};

/** Told the others, and repeats it until the successor appears. */
export type Leaving = {
  readonly phase: 'leaving';
  readonly successor: Identity | undefined;
  /** Of the successor. */
  readonly term: number;
  readonly repeatsLeft: number;
  readonly nextAt: Instant;
  readonly reason: LeaveReason;
  /** Whether it goes on as a member that must not serve the address, since its own links are down. */
  readonly stays: boolean;
};

/** Another member said why we must not be in this cluster; tried again later. */
export type Refused = {
  readonly phase: 'refused';
  readonly reason: string;
  readonly until: Instant;
};

export type Phase =
  | { readonly phase: 'off' }
  | Discovering
  | Candidate
  | Backup
  | Master
  | Leaving
  | Refused;

export type LeaveReason = 'administrative' | 'shutdown' | 'unhealthy';

/** Whether our own links are up. */
export type Links = { readonly public: boolean; readonly private: boolean };

/**
 * A member of a cluster, apart from how its datagrams are numbered and protected. It owns the cluster
 * address exactly when its phase is `master`.
 */
export type Member = {
  readonly identity: Identity;
  /** What the others were told of this device; undefined before. */
  readonly introducedAs: DevicePolicy | undefined;
  readonly phase: Phase;
  /** The highest term that it has seen or had. */
  readonly term: number;
  readonly joinedAt: Instant;
  /** Whether it was master or backup in this life; what looks for a master then is an election. Only shown. */
  readonly hasJoined: boolean;
  readonly peers: ReadonlyMap<MemberId, Peer>;
  readonly strangers: ReadonlyMap<MemberId, Stranger>;
  readonly errands: readonly Errand[];
  /** When it last found that it had been asleep: what waited for it meanwhile may be of the past. */
  readonly awokeAt: Instant | undefined;
  readonly report: LoadReport;
  readonly links: Links;
  /** Refusals are said once per peer and reason, not with every datagram; cleared every ten hellos. */
  readonly said: ReadonlySet<string>;
  readonly saidUntil: Instant;
};

/** The state of the machine: an immutable value that a step replaces. */
export type State = {
  readonly member: Member;
  /** When a `tick` is due; undefined for a member that is off. */
  readonly dueAt: Instant | undefined;
  /** Of the datagram sent last in this incarnation. */
  readonly sequence: number;
  /** What was received of each life of each sender, by `identityKey`. */
  readonly windows: ReadonlyMap<string, ReplayWindow>;
  /** What a source address may still send without being known, oldest first. */
  readonly budgets: ReadonlyMap<IpAddress, { readonly tokens: number; readonly at: Instant }>;
};
