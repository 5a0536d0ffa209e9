import type { Endpoint, IpAddress } from '#base/address';
import { after, earliest, type Instant } from '#base/instant';
import type { RandomSource } from '#base/random';
import type { ForwardingChange, SaCounters } from '#dataplane/data-plane';
import { readUint32 } from '#dataplane/octets';
import type { KeyingEffect, KeyingNotice, PeerPolicy } from '#ipsec/keying';
import type { EncryptionKeys } from '#protocol/vcl/keys';
import type { Traffic } from '#session/accounting';
import type { Session } from '#session/session';
import { Call, isCall } from '#wire/vcl/call';
import { Datagram, isVcl1 } from '#wire/vcl/datagram';
import type { Incarnation } from '#wire/vcl/fields';
import type { ClusterAction, ClusterEffect, ClusterEnds, ClusterInput } from '../port.ts';
import { type CallTerms, callOctets, judgeCall } from './calls.ts';
import { Differences } from './differences.ts';
import { SealedPath } from './sealed-path.ts';
import { MemberTunnels, type TunnelParts } from './tunnels.ts';

export type EncryptionParts = TunnelParts & {
  readonly random: RandomSource;
  /** Private addresses of members that no multicast reaches. */
  readonly members: () => readonly IpAddress[];
  /** The private address of the member that has a public address. */
  readonly memberAt: (publicAddress: IpAddress) => IpAddress | undefined;
};

/** What is there when a member of a cluster with encryption opens its sockets. */
export type EncryptionSetup = {
  readonly ends: ClusterEnds;
  readonly keys: EncryptionKeys;
  readonly clusterTag: string;
  readonly incarnation: Incarnation;
};

/** Everything the feature wants done, in order. */
export type Effects = readonly (ClusterEffect | KeyingEffect)[];

/** Who is kept out of the cluster of a member, and by what. */
export type EncryptionStatus = {
  readonly differences: ReturnType<Differences['current']>;
  readonly missing: ReturnType<MemberTunnels['missing']>;
};

type DatagramInput = Extract<ClusterInput, { kind: 'datagram' }>;
type SendAction = Extract<ClusterAction, { kind: 'send' }>;

/** Pauses between the first calls, then between all others. */
const FIRST_CALLS_MS = [100, 200, 400] as const;
const CALLS_MS = 2000;
/** A member that begins waits so long for tunnels with the others, at least and at most. */
const GATHER_LEAST_MS = 300;
const GATHER_MOST_MS = 3000;
const GATHER_LOOK_MS = 50;
/** An ESP packet has an SPI and a sequence number. */
const ESP_LEAST_OCTETS = 8;

type Open = {
  readonly setup: EncryptionSetup;
  readonly terms: CallTerms;
  readonly path: SealedPath;
  readonly tunnels: MemberTunnels;
  readonly openedAt: Instant;
  calls: number;
  callAt: Instant;
  /** When to look next whether everybody who called is joined; undefined once the member has begun. */
  gatherAt: Instant | undefined;
  /** By which public endpoint a member was heard last. */
  readonly heardAt: Map<IpAddress, IpAddress>;
};

/**
 * `cluster encryption`: between the protocol of members and their sockets. What the protocol sends leaves
 * in ESP or not at all; what arrives in clear is refused.
 */
export class Encryption {
  readonly #parts: EncryptionParts;
  readonly #differences = new Differences();
  #open: Open | undefined;

  constructor(parts: EncryptionParts) {
    this.#parts = parts;
  }

  get isOn(): boolean {
    return this.#open !== undefined;
  }

  /** The sockets of a member are being opened: it calls the others. */
  open(setup: EncryptionSetup, now: Instant): Effects {
    const closing = this.close(now);
    const { ends, keys, clusterTag } = setup;
    const { random, ports } = this.#parts;
    this.#open = {
      setup,
      terms: { key: keys.call, clusterTag },
      path: new SealedPath(ends.privateAddress, ends.port, ports.isakmp, random),
      tunnels: new MemberTunnels(this.#parts, ends.privateAddress, keys.preShared),
      openedAt: now,
      calls: 0,
      callAt: now,
      gatherAt: after(now, GATHER_LEAST_MS),
      heardAt: new Map(),
    };
    return [...closing, ...this.#callAll(this.#open, now)];
  }

  close(now: Instant): Effects {
    const effects = this.#open?.tunnels.close(now) ?? [];
    this.#open = undefined;
    return effects;
  }

  /** Whether a member that has opened its sockets may begin: those that called are joined, or it is late. */
  hasGathered(now: Instant): boolean {
    const open = this.#open;
    if (open?.gatherAt === undefined) return true;
    if (now < open.gatherAt) return false;
    const isLate = now >= after(open.openedAt, GATHER_MOST_MS);
    open.gatherAt =
      isLate || open.tunnels.missing().length === 0 ? undefined : after(now, GATHER_LOOK_MS);
    return open.gatherAt === undefined;
  }

  peerAt(address: IpAddress): PeerPolicy | undefined {
    return this.#open?.tunnels.peerAt(address);
  }

  /** What keeps devices of the last minute out, and members that called but have no tunnel. */
  status(now: Instant): EncryptionStatus {
    return {
      differences: this.#differences.current(now),
      missing: this.#open?.tunnels.missing() ?? [],
    };
  }

  notice(notice: KeyingNotice, now: Instant): Effects {
    return this.#open?.tunnels.notice(notice, now) ?? [];
  }

  /** Pairs of members were negotiated, or ended. */
  forward(changes: readonly ForwardingChange[]): void {
    this.#open?.path.apply(changes);
  }

  inboundCounters(spi: number): SaCounters | undefined {
    return this.#open?.path.inboundCounters(spi);
  }

  outboundCounters(pairedSpi: number): SaCounters | undefined {
    return this.#open?.path.outboundCounters(pairedSpi);
  }

  traffic(session: Session): Traffic | undefined {
    return this.#open?.tunnels.traffic(session);
  }

  logOff(session: Session, now: Instant): Effects {
    return this.#open?.tunnels.logOff(session, now) ?? [];
  }

  deadline(): Instant | undefined {
    const open = this.#open;
    if (!open) return undefined;
    return earliest(earliest(open.callAt, open.gatherAt), open.tunnels.deadline());
  }

  tick(now: Instant): Effects {
    const open = this.#open;
    if (!open) return [];
    const calls = now >= open.callAt ? this.#callAll(open, now) : [];
    return [...calls, ...open.tunnels.tick(now)];
  }

  /** What becomes of a datagram that the protocol sends: one for each member that is to get it, sealed. */
  outward(action: SendAction, now: Instant): Effects {
    const open = this.#open;
    if (!open) return [{ kind: 'cluster', action }];
    const sends = this.#receivers(open, action).flatMap(({ member, to }): ClusterEffect[] => {
      const octets = open.path.seal(member, action.octets);
      return octets ? [{ kind: 'cluster', action: { ...action, to, octets } }] : [];
    });
    return [...sends, ...this.#reports(open, now)];
  }

  /** What a datagram of the cluster port says to the protocol, if anything. */
  inward(
    input: DatagramInput,
    clusterTag: string | undefined,
    now: Instant,
  ): { readonly effects: Effects; readonly input?: DatagramInput } {
    const open = this.#open;
    if (!open) return this.#inClear(input, clusterTag, now);
    const { octets, from, side } = input;
    const isEsp =
      octets.length >= ESP_LEAST_OCTETS &&
      open.path.inboundCounters(readUint32(octets, 0)) !== undefined;
    if (!isEsp && isVcl1(octets)) return { effects: this.#refuseClear(open, input, now) };
    if (!isEsp && isCall(octets))
      return { effects: side === 'private' ? this.#called(open, from.address, octets, now) : [] };
    const opened = open.path.open(from.address, octets, now);
    const effects = this.#reports(open, now);
    if (!opened) return { effects };
    if (side === 'public') open.heardAt.set(opened.from, from.address);
    const sender = side === 'public' ? from : { ...from, address: opened.from };
    return { effects, input: { ...input, from: sender, octets: opened.octets } };
  }

  /** Without encryption everything is as it is, but calls show that somebody has it on. */
  #inClear(input: DatagramInput, clusterTag: string | undefined, now: Instant) {
    const { octets, from } = input;
    if (!isCall(octets)) return { effects: [], input };
    const isOurs = clusterTag !== undefined && callOf(octets) === clusterTag;
    return { effects: isOurs ? this.#differences.note(from.address, 'encrypts', now) : [] };
  }

  #refuseClear({ terms }: Open, { octets, from }: DatagramInput, now: Instant): Effects {
    const decoded = Datagram.decode(octets);
    const isOther = decoded.ok && decoded.value.header.clusterTag !== terms.clusterTag;
    return this.#differences.note(from.address, isOther ? 'cluster' : 'clear', now);
  }

  #called(open: Open, from: IpAddress, octets: Uint8Array, now: Instant): Effects {
    const { ends } = open.setup;
    if (from === ends.privateAddress) return [];
    const judged = judgeCall(open.terms, octets, from);
    if (judged.kind === 'unreadable') return [];
    if (judged.kind === 'different') return this.#differences.note(from, judged.difference, now);
    this.#differences.settle(from);
    const { isNew, effects } = open.tunnels.called(from, judged.incarnation, now);
    // Whoever begins must be known to the other one first.
    return [...(isNew ? [this.#call(open, from)] : []), ...effects];
  }

  #callAll(open: Open, now: Instant): Effects {
    open.callAt = after(now, FIRST_CALLS_MS[open.calls] ?? CALLS_MS);
    open.calls += 1;
    const { group, privateAddress } = open.setup.ends;
    const all = [...(group === undefined ? [] : [group]), ...this.#parts.members()];
    return all.filter((to) => to !== privateAddress).map((to) => this.#call(open, to));
  }

  #call({ terms, setup }: Open, to: IpAddress): ClusterEffect {
    const { ends, incarnation } = setup;
    const octets = callOctets(terms, incarnation, ends.privateAddress);
    const end = { address: to, port: ends.port };
    return { kind: 'cluster', action: { kind: 'send', side: 'private', to: end, octets } };
  }

  /** Who gets a datagram, and where: the group stands for every member that is joined. */
  #receivers(
    { setup, tunnels, heardAt }: Open,
    { side, to }: SendAction,
  ): readonly { readonly member: IpAddress; readonly to: Endpoint }[] {
    if (to.address === setup.ends.group)
      return tunnels.joined().map((member) => ({ member, to: { address: member, port: to.port } }));
    if (side === 'private') return [{ member: to.address, to }];
    const [heard] = [...heardAt].find(([, address]) => address === to.address) ?? [];
    const member = this.#parts.memberAt(to.address) ?? heard;
    return member === undefined ? [] : [{ member, to }];
  }

  /** The keying manager hears what the SAs have to tell. */
  #reports({ path }: Open, now: Instant): Effects {
    return path.takeReports().flatMap((report) => this.#parts.keying.report(report, now));
  }
}

function callOf(octets: Uint8Array): string | undefined {
  const decoded = Call.decode(octets);
  return decoded.ok ? decoded.value.clusterTag : undefined;
}
