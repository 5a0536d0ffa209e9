import { earliest, type Instant } from '#base/instant';
import type { RandomSource } from '#base/random';
import type { Configuration } from '#config/configuration';
import type { SaCounters } from '#dataplane/data-plane';
import { type EventRecord, occurred } from '#events/event';
import { EventLog } from '#events/log';
import { loadBalancingOf } from '#features/cluster/config';
import { OWNER as CLUSTER } from '#features/cluster/encryption/peer';
import type { ClusterRequest } from '#features/cluster/exec-commands';
import { Cluster } from '#features/cluster/feature';
import { type PlatformModel, platformOfMachine } from '#features/cluster/platform';
import type { ClusterEffect, ClusterInput } from '#features/cluster/port';
import type { OwnSessions } from '#features/cluster/sessions/answers';
import { LanToLan } from '#features/lan-to-lan/feature';
import { OWNER as LAN_TO_LAN, type Site, sitesOf } from '#features/lan-to-lan/sites';
import { managementSlice } from '#features/management/config';
import { sasEnded } from '#features/management/events';
import { loggedOffRecord } from '#features/management/logged-off';
import { remoteAccessSlice } from '#features/remote-access/config';
import type { RemoteAccessNeeds, RemoteAccessRequest } from '#features/remote-access/exec-commands';
import { RemoteAccess } from '#features/remote-access/feature';
import type { RemoteAccessEffect } from '#features/remote-access/parts';
import { keyingPolicy } from '#features/remote-access/policy';
import { sessionSummaryView } from '#features/remote-access/show/session-views';
import { saFailed } from '#ipsec/events';
import type { CloseReason, KeyingNotice, KeyingPolicy } from '#ipsec/keying';
import { KeyingManager } from '#ipsec/keying-manager';
import { Accounting, type Traffic } from '#session/accounting';
import { AddressPools } from '#session/address-pools';
import { sessionSlice } from '#session/config';
import { CredentialCache } from '#session/credential-cache';
import type { Session } from '#session/session';
import { DEFAULT_SESSION_LIMIT, SessionTable } from '#session/session-table';
import type { SessionQuery } from '#views/views';
import { clusterSessions, type PageAnswered } from './cluster-sessions.ts';
import { packetPathFailed, packetPathRestarted } from './events.ts';
import { sessionsPage } from './head-end-views.ts';
import type { Answer, Effect, Input, Question, Steppable } from './ports.ts';

/** Counters of the packet path, read when they are wanted. */
export type TrafficCounters = {
  inboundCounters(spi: number): SaCounters | undefined;
  outboundCounters(pairedSpi: number): SaCounters | undefined;
};

export type HeadEndOptions = {
  readonly random: RandomSource;
  readonly configuration: Configuration;
  readonly startedAt: Instant;
  readonly version: string;
  readonly counters: TrafficCounters;
  /** UDP port of encapsulated traffic, 4500 but in the demo. */
  readonly natTraversalPort: number;
  /** What this machine counts as in a cluster when no model is named; by default one of one processor. */
  readonly machine?: PlatformModel | undefined;
  /** UDP port of IKE; 500 if absent. */
  readonly isakmpPort?: number | undefined;
};

const ISAKMP_PORT = 500;

/** Who requested something, where that is not known. */
const SOMEBODY = 'An administrator';

/** Ours: events kept in memory, and users whose verified credentials are remembered. */
const EVENTS_KEPT = 20_000;
const CREDENTIALS_KEPT = 100_000;

/** Who is waiting for the answer to a question that left as an effect. */
type Asker = { readonly of: 'keying' | 'credentials'; readonly id: number };

/** Everything that the rooms below want done. */
type RoomEffect = RemoteAccessEffect | ClusterEffect;

/** A feature that negotiates on its own account: what concerns its SAs is told to it alone. */
type SaOwner = {
  notice(notice: KeyingNotice, now: Instant): readonly RoomEffect[];
  logOff(session: Session, now: Instant): readonly RoomEffect[];
};

/** The head-end: one keying manager, one session table, and the features that share them. */
export class HeadEnd implements Steppable {
  readonly log: EventLog;
  readonly sessions = new SessionTable();
  readonly pools = new AddressPools();
  readonly credentials: CredentialCache;
  readonly accounting = new Accounting();
  readonly keying: KeyingManager;
  readonly remoteAccess: RemoteAccess;
  readonly cluster: Cluster;
  readonly lanToLan: LanToLan;
  readonly counters: TrafficCounters;
  readonly startedAt: Instant;
  readonly version: string;
  readonly #own: OwnSessions = {
    page: (query, now) => sessionsPage(this.#needsAt(now), query),
    summary: () => sessionSummaryView(this.sessions.summary()),
    size: () => this.sessions.size,
  };
  readonly #asked = new Map<number, Asker>();
  #lastQuestion = 0;
  #configuration: Configuration;
  #policy: KeyingPolicy;
  #sites: readonly Site[] = [];

  constructor(options: HeadEndOptions) {
    const { random, configuration, natTraversalPort } = options;
    const counters = this.#countersWith(options.counters);
    const ports = { isakmp: options.isakmpPort ?? ISAKMP_PORT, natTraversal: natTraversalPort };
    this.counters = counters;
    this.startedAt = options.startedAt;
    this.version = options.version;
    this.#configuration = configuration;
    this.#policy = keyingPolicy(configuration);
    this.log = new EventLog(EVENTS_KEPT);
    this.keying = new KeyingManager({
      random,
      policy: () => this.#policy,
      wants: (eventClass, severity) => this.log.wants(eventClass, severity),
      inboundPackets: (spi) => counters.inboundCounters(spi)?.packets ?? 0,
    });
    this.cluster = new Cluster({
      own: this.#own,
      keying: this.keying,
      ports,
      traffic: (child) => trafficOf(counters, child),
      random,
      configuration: () => this.#configuration,
      sessions: this.sessions,
      pools: this.pools,
      softwareVersion: `headend ${options.version}`,
      machine: options.machine ?? platformOfMachine(1, DEFAULT_SESSION_LIMIT),
      wants: (eventClass, severity) => this.log.wants(eventClass, severity),
      note: (record, now) => this.note(record, now),
      halfOpen: () => this.keying.halfOpenPace,
    });
    this.credentials = new CredentialCache(CREDENTIALS_KEPT, random);
    this.remoteAccess = new RemoteAccess({
      keying: this.keying,
      sessions: this.sessions,
      pools: this.pools,
      credentials: this.credentials,
      accounting: this.accounting,
      traffic: (child) => trafficOf(counters, child),
      configuration: () => this.#configuration,
      director: ({ local, remote, vendorIds }, now) =>
        this.cluster.director.admit(
          {
            local: local.address,
            client: remote,
            identity: { kind: 'ipsec', vendorIds },
          },
          now,
        ),
      identified: (client, application, now) =>
        this.cluster.director.served(
          client,
          { kind: 'ipsec', vendorIds: ['unity'], application },
          now,
        ),
      applicationVersion: `headend ${options.version}`,
      natTraversalPort,
    });
    this.lanToLan = new LanToLan({
      keying: this.keying,
      sessions: this.sessions,
      accounting: this.accounting,
      traffic: (child) => trafficOf(counters, child),
      ports,
    });
    this.#adopt(configuration);
  }

  get configuration(): Configuration {
    return this.#configuration;
  }

  /** Puts a verified configuration in force, from the next input on; the effects end what it took away. */
  configure(configuration: Configuration, now: Instant): readonly Effect[] {
    this.#adopt(configuration);
    return this.begin(now);
  }

  /** What comes from the other members of the cluster, and from the network they share. */
  clusterInput(input: ClusterInput, now: Instant): readonly Effect[] {
    return this.#perform(this.cluster.input(input, now), now);
  }

  /** Begins what a device does of itself, once everything around it is there. */
  begin(now: Instant): readonly Effect[] {
    return [
      ...this.#perform(this.cluster.configured(now), now),
      ...this.#perform(this.lanToLan.configure(this.#sites, now), now),
    ];
  }

  #adopt(configuration: Configuration): void {
    this.#configuration = configuration;
    this.#sites = sitesOf(configuration, remoteAccessSlice.of(configuration).tunnelGroups);
    this.#policy = this.#policyOf(configuration);
    const { pools, sessionLimit } = sessionSlice.of(configuration);
    this.pools.configure(pools.values());
    this.sessions.setLimit(sessionLimit ?? this.cluster.platform.sessions);
    this.log.setSeveritiesToLog(managementSlice.of(configuration).logging.classes);
  }

  /** What every feature adds to the policy of negotiations. */
  #policyOf(configuration: Configuration): KeyingPolicy {
    const sites = new Map(this.#sites.map(({ peer, policy }) => [peer, policy]));
    const expectsMembers = loadBalancingOf(configuration).encryption;
    return {
      ...keyingPolicy(configuration),
      takesNewcomers: (local) => this.cluster.takesNewcomers(local),
      peerAt:
        sites.size === 0 && !expectsMembers
          ? undefined
          : (address) => this.cluster.encryption.peerAt(address) ?? sites.get(address),
    };
  }

  /** Counters of SAs, whichever packet path they are in. */
  #countersWith(counters: TrafficCounters): TrafficCounters {
    return {
      inboundCounters: (spi) =>
        this.cluster.encryption.inboundCounters(spi) ?? counters.inboundCounters(spi),
      outboundCounters: (pairedSpi) =>
        this.cluster.encryption.outboundCounters(pairedSpi) ?? counters.outboundCounters(pairedSpi),
    };
  }

  step(input: Input, now: Instant): readonly Effect[] {
    switch (input.kind) {
      case 'dataPlane':
        if (input.report.kind === 'lost' || input.report.kind === 'failed') {
          const { kind, reason } = input.report;
          const definition = kind === 'lost' ? packetPathRestarted : packetPathFailed;
          this.note(occurred(definition, { reason }), now);
        }
        return this.#perform(this.keying.report(input.report, now), now);
      case 'answer':
        return this.#answer(input.id, input.answer, now);
      case 'tick':
        return [
          ...this.#perform(this.keying.tick(now), now),
          ...this.#perform(this.remoteAccess.tick(now), now),
          ...this.#perform(this.lanToLan.tick(now), now),
          ...this.#perform(this.cluster.tick(now), now),
          ...this.cluster.look(now).flatMap((index) => this.#logOffIndex(index, now)),
        ];
    }
  }

  deadline(): Instant | undefined {
    const features = earliest(this.remoteAccess.deadline(), this.lanToLan.deadline());
    return earliest(earliest(this.keying.deadline(), features), this.cluster.deadline());
  }

  /** Carries out what a command requested, of `by` where that is known; the text is its answer. */
  request(
    request: RemoteAccessRequest | ClusterRequest,
    now: Instant,
    by?: string,
  ): { readonly text: string; readonly effects: readonly Effect[] } {
    return { text: request.done, effects: this.#requested(request, by, now) };
  }

  #requested(
    request: RemoteAccessRequest | ClusterRequest,
    by: string | undefined,
    now: Instant,
  ): readonly Effect[] {
    switch (request.kind) {
      case 'logOffSessions': {
        const sessions = request.indexes.flatMap((index) => this.sessions.get(index) ?? []);
        if (sessions[0]) this.note(loggedOffRecord(by ?? SOMEBODY, sessions), now);
        return sessions.flatMap((session) => this.logOff(session, now));
      }
      case 'drain':
        this.cluster.beginDrain({ ...request, by }, now);
        return [];
      case 'endDrain':
        this.cluster.endDrain(by, now);
        return [];
      default:
        if (request.sas[0] !== undefined)
          this.note(occurred(sasEnded, { by: by ?? SOMEBODY, count: request.sas.length }), now);
        return request.sas.flatMap((sa) =>
          this.#perform(this.keying.close(sa, 'administrator', now), now),
        );
    }
  }

  #logOffIndex(index: number, now: Instant): readonly Effect[] {
    const session = this.sessions.get(index);
    return session ? this.logOff(session, now) : [];
  }

  /** Ends one session for the administrator. */
  logOff(session: Session, now: Instant): readonly Effect[] {
    return this.#perform(this.#ownerOfSession(session).logOff(session, now), now);
  }

  #ownerOfSession({ kind }: Session): SaOwner {
    if (kind === 'lanToLan') return this.lanToLan;
    return kind === 'management' ? this.cluster : this.remoteAccess;
  }

  #ownerOf(owner: string | undefined): SaOwner {
    if (owner === LAN_TO_LAN) return this.lanToLan;
    return owner === CLUSTER ? this.cluster : this.remoteAccess;
  }

  /** Takes leave of the cluster before the end; done when `cluster.member` is undefined. */
  leaveCluster(now: Instant): readonly Effect[] {
    return this.#perform(this.cluster.leave('shutdown', now), now);
  }

  /** Ends every conversation and tells the peers; nothing is accepted afterwards by the caller. */
  closeAll(reason: CloseReason, now: Instant): readonly Effect[] {
    return [...this.leaveCluster(now), ...this.#perform(this.keying.closeAll(reason, now), now)];
  }

  /**
   * A page of the sessions of all members of the cluster. `answered` is called once, when they have
   * answered or were given up; the error says which part of the query is not right.
   */
  clusterSessions(query: SessionQuery, now: Instant, answered: PageAnswered): readonly Effect[] {
    const { cluster, configuration } = this;
    const needs = { cluster, configuration, own: this.#own };
    return this.#perform(clusterSessions(needs, query, now, answered), now);
  }

  #needsAt(now: Instant): RemoteAccessNeeds {
    const { sessions, keying, pools, counters } = this;
    return {
      ...{ sessions, keying, pools, counters },
      remoteAccess: {
        idleMs: (session, at) => this.remoteAccess.idleMs(session, at),
        traffic: (session) => this.traffic(session),
      },
      configuration: () => this.configuration,
      now: () => now,
    };
  }

  /** What passed through a session so far. */
  traffic(session: Session): Traffic {
    return (
      this.lanToLan.traffic(session) ??
      this.cluster.encryption.traffic(session) ??
      this.remoteAccess.traffic(session)
    );
  }

  /** Writes an event to the log. */
  note(record: EventRecord, now: Instant): void {
    this.log.add(record, now);
  }

  #answer(id: number, answer: Answer, now: Instant): readonly Effect[] {
    const asker = this.#asked.get(id);
    this.#asked.delete(id);
    if (asker === undefined) return [];
    if (asker.of === 'keying')
      return answer.kind === 'passwordVerified'
        ? []
        : this.#perform(this.keying.answer(asker.id, answer, now), now);
    return answer.kind === 'passwordVerified'
      ? this.#perform(this.remoteAccess.answer(asker.id, answer, now), now)
      : [];
  }

  /** Does what stays inside (events, notices) and passes on what concerns the world, in order. */
  #perform(effects: readonly RoomEffect[], now: Instant): Effect[] {
    const out: Effect[] = [];
    for (const effect of effects)
      switch (effect.kind) {
        case 'event':
          this.note(effect.record, now);
          break;
        case 'notice':
          out.push(...this.#perform(this.#notice(effect.notice, now), now));
          break;
        case 'ask':
          out.push(this.#ask({ of: 'keying', id: effect.id }, effect.question));
          break;
        case 'askCredentials':
          out.push(this.#ask({ of: 'credentials', id: effect.ticket }, effect.question));
          break;
        case 'forward':
          // What members of the cluster say to each other never enters the packet path of clients.
          if (effect.owner === CLUSTER) this.cluster.encryption.forward(effect.changes);
          else out.push({ kind: 'forward', changes: effect.changes });
          break;
        case 'send':
        case 'keepalive':
        case 'cluster':
          out.push(effect);
      }
    return out;
  }

  /** Tells the owner of an SA. A contradiction there ends that connection, and no other. */
  #notice(notice: KeyingNotice, now: Instant): readonly RoomEffect[] {
    try {
      return this.#ownerOf(notice.owner).notice(notice, now);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      this.note(occurred(saFailed, { reason }), now);
      return this.keying.close(notice.sa, 'negotiation failed', now);
    }
  }

  #ask(asker: Asker, question: Question): Effect {
    this.#lastQuestion += 1;
    this.#asked.set(this.#lastQuestion, asker);
    return { kind: 'ask', id: this.#lastQuestion, question };
  }
}

function trafficOf(
  counters: TrafficCounters,
  child: { readonly inboundSpi: number; readonly outboundSpi: number },
): Traffic | undefined {
  const inbound = counters.inboundCounters(child.inboundSpi);
  const outbound = counters.outboundCounters(child.inboundSpi);
  if (!inbound && !outbound) return undefined;
  return {
    bytesRx: inbound?.octets ?? 0,
    packetsRx: inbound?.packets ?? 0,
    bytesTx: outbound?.octets ?? 0,
    packetsTx: outbound?.packets ?? 0,
  };
}
