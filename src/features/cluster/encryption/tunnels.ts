import { compareAddresses, type IpAddress } from '#base/address';
import { after, earliest, elapsedMs, type Instant } from '#base/instant';
import { ESP_SUITES } from '#crypto/esp-suites';
import type { SecretKey } from '#crypto/secret-key';
import { type EventDef, occurred } from '#events/event';
import type {
  ChildSummary,
  CloseReason,
  KeyingEffect,
  KeyingNotice,
  PeerPolicy,
  SaId,
} from '#ipsec/keying';
import type { Keying } from '#ipsec/keying-commands';
import { mainModeRequest, rekeyAt, without } from '#ipsec/upkeep';
import type { Traffic } from '#session/accounting';
import type { Session } from '#session/session';
import type { SessionTable } from '#session/session-table';
import type { Incarnation } from '#wire/vcl/fields';
import { memberTunnelDown, memberTunnelUp, tooManyCallers } from '../events.ts';
import { MemberSessions, type PairTraffic } from './member-sessions.ts';
import { FIRST_WAIT_MS, failed, GRACE_MS, type MemberPeer, newPeer, PENDING_MS } from './peer.ts';

/** What the feature asks of the keying manager. */
export type TunnelKeying = Pick<
  Keying,
  'close' | 'connect' | 'createChild' | 'rekey' | 'report' | 'summary'
>;

export type TunnelParts = {
  readonly keying: TunnelKeying;
  readonly sessions: SessionTable;
  readonly traffic: PairTraffic;
  /** UDP ports of IKE: 500 and 4500 but in trials. */
  readonly ports: { readonly isakmp: number; readonly natTraversal: number };
};

type Effects = readonly KeyingEffect[];

/** Other members at once; as many as VCL1 has peers. */
const PEERS_MOST = 25;
/** A member that has not called for so long is not begun with. */
const SILENT_MS = 7000;
/** A member without a tunnel that has not called for so long is forgotten. */
const FORGOTTEN_MS = 60_000;

/**
 * A tunnel with every other member that calls: a full mesh between private addresses. Of two members the
 * one with the lower address begins; after whatever happens, what is missing is done.
 */
export class MemberTunnels {
  readonly #parts: TunnelParts;
  readonly #own: IpAddress;
  readonly #preSharedKey: SecretKey;
  readonly #sessions: MemberSessions;
  readonly #peers = new Map<IpAddress, MemberPeer>();
  readonly #deadlines = new Map<IpAddress, Instant>();

  constructor(parts: TunnelParts, own: IpAddress, preSharedKey: SecretKey) {
    this.#parts = parts;
    this.#own = own;
    this.#preSharedKey = preSharedKey;
    this.#sessions = new MemberSessions(parts.sessions, parts.traffic);
  }

  /** How a member that called is negotiated with; undefined for everybody else. */
  peerAt(address: IpAddress): PeerPolicy | undefined {
    return this.#peers.get(address)?.policy;
  }

  /** The members that there is a tunnel with. */
  joined(): readonly IpAddress[] {
    return this.#sessions.peers();
  }

  /** The members that called, and why there is no tunnel with them. */
  missing(): readonly { readonly address: IpAddress; readonly reason: string | undefined }[] {
    return [...this.#peers.values()]
      .filter(({ address }) => !this.#sessions.has(address))
      .map(({ address, failure }) => ({ address, reason: failure }));
  }

  /** A member called; whether it wants to be called back, since it did not before in this life. */
  called(
    address: IpAddress,
    incarnation: Incarnation,
    now: Instant,
  ): { readonly isNew: boolean; readonly effects: Effects } {
    const known = this.#peers.get(address);
    if (known && incarnation < known.incarnation) return { isNew: false, effects: [] };
    if (known?.incarnation === incarnation) {
      this.#peers.set(address, { ...known, heardAt: now });
      return { isNew: false, effects: this.#reconcile(address, now) };
    }
    if (!known && this.#peers.size >= PEERS_MOST) {
      this.#forget(now);
      if (this.#peers.size >= PEERS_MOST)
        return { isNew: false, effects: [say(tooManyCallers, address, { count: PEERS_MOST })] };
    }
    const isFirst = compareAddresses(this.#own, address) < 0;
    const peer = newPeer(this.#own, address, this.#preSharedKey, incarnation, isFirst, now);
    this.#peers.set(address, peer);
    // What was agreed upon with its former life is of no use to this one.
    const effects = (known?.sas ?? []).flatMap((sa) => this.#close(sa, 'replaced', now));
    return { isNew: true, effects: [...effects, ...this.#reconcile(address, now)] };
  }

  notice(notice: KeyingNotice, now: Instant): Effects {
    const { sa } = notice;
    if (notice.kind === 'childDeleted') return this.#childDeleted(notice.inboundSpi, now);
    const peer = this.#peerOf(sa);
    if (!peer) return [];
    switch (notice.kind) {
      case 'phaseOneCompleted':
        return this.#phaseOneCompleted(peer, sa, now);
      case 'childCreated':
        return this.#childCreated(peer, sa, notice.child, now);
      case 'rekeyed':
        this.#put({ ...without(peer, notice.replaces), rekeying: undefined });
        return this.#reconcile(peer.address, now);
      case 'closed':
        return this.#closed(peer, sa, notice.reason, now);
      default:
        return [];
    }
  }

  deadline(): Instant | undefined {
    let next: Instant | undefined;
    for (const at of this.#deadlines.values()) next = earliest(next, at);
    return next;
  }

  tick(now: Instant): Effects {
    const due = [...this.#deadlines].filter(([, at]) => at <= now);
    return due.flatMap(([address]) => this.#reconcile(address, now));
  }

  /** Ends every tunnel. */
  close(now: Instant): Effects {
    const sas = [...this.#peers.values()].flatMap((peer) => peer.sas);
    this.#peers.clear();
    this.#deadlines.clear();
    return sas.flatMap((sa) => this.#close(sa, 'administrator', now));
  }

  /** Ends a tunnel for the administrator; it comes back by itself. */
  logOff(session: Session, now: Instant): Effects {
    const address = this.#sessions.peerOfSession(session);
    const peer = address && this.#peers.get(address);
    return (peer?.sas ?? []).flatMap((sa) => this.#parts.keying.close(sa, 'administrator', now));
  }

  /** What passed through the tunnel of a session; undefined for a session of another kind. */
  traffic(session: Session): Traffic | undefined {
    return this.#sessions.traffic(session);
  }

  /** Closes an SA, and the rows of its pairs, whose peer may be forgotten when their end is told. */
  #close(sa: SaId, reason: CloseReason, now: Instant): Effects {
    for (const { inboundSpi } of this.#parts.keying.summary(sa)?.children ?? [])
      this.#sessions.closed(inboundSpi);
    return this.#parts.keying.close(sa, reason, now);
  }

  #peerOf(sa: SaId): MemberPeer | undefined {
    const group = this.#parts.keying.summary(sa)?.group;
    for (const peer of this.#peers.values())
      if (peer.sas.includes(sa) || peer.policy.group === group) return peer;
    return undefined;
  }

  #put(peer: MemberPeer): void {
    this.#peers.set(peer.address, peer);
  }

  #phaseOneCompleted(peer: MemberPeer, sa: SaId, now: Instant): Effects {
    const isResponder = this.#parts.keying.summary(sa)?.role === 'responder';
    const sas = [...peer.sas.filter((known) => known !== sa), sa];
    const waits = isResponder && peer.rekeying === undefined;
    const pendingUntil = waits ? after(now, GRACE_MS) : peer.pendingUntil;
    this.#put({ ...peer, sas, pendingUntil });
    // An SA that takes over from another gets its pair from that one.
    return sa === peer.rekeying ? [] : this.#reconcile(peer.address, now);
  }

  #childCreated(peer: MemberPeer, sa: SaId, child: ChildSummary, now: Instant): Effects {
    const summary = this.#parts.keying.summary(sa);
    if (!summary) return [];
    this.#put({ ...peer, pendingUntil: undefined, waitMs: FIRST_WAIT_MS, failure: undefined });
    const isFirst = this.#sessions.opened(peer.address, summary, child, now);
    const suite = ESP_SUITES[child.suite].encryptionLabel;
    return [
      ...(isFirst ? [say(memberTunnelUp, peer.address, { suite })] : []),
      ...this.#reconcile(peer.address, now),
    ];
  }

  #childDeleted(inboundSpi: number, now: Instant): Effects {
    const address = this.#sessions.closed(inboundSpi);
    const peer = address && this.#peers.get(address);
    // When its ISAKMP SA ends too, that is told next, and decides when another is begun.
    const isOpen = peer?.sas.some((sa) => this.#parts.keying.summary(sa));
    return peer && isOpen ? this.#reconcile(peer.address, now) : [];
  }

  #closed(peer: MemberPeer, sa: SaId, reason: string, now: Instant): Effects {
    const left = without(peer, sa);
    if (left.sas.length > 0) {
      this.#put(left);
      return this.#reconcile(peer.address, now);
    }
    const seconds = Math.round(peer.waitMs / 1000);
    this.#put(failed(left, reason, now));
    return [
      ...(reason === 'shutdown' ? [] : [say(memberTunnelDown, peer.address, { reason, seconds })]),
      ...this.#reconcile(peer.address, now),
    ];
  }

  /** Does what is missing of one tunnel, and sets when to look again. */
  #reconcile(address: IpAddress, now: Instant): Effects {
    const peer = this.#peers.get(address);
    if (!peer) return [];
    this.#deadlines.delete(address);
    const summaries = peer.sas.flatMap((sa) => this.#parts.keying.summary(sa) ?? []);
    if (summaries.length === 0) return this.#begin(peer, now);
    const established = summaries.filter((s) => s.expiresAt !== undefined);
    const newest = established.at(-1);
    if (!newest) return [];
    const hasPair = established.some((s) => s.children.length > 0);
    return [
      ...(hasPair ? [] : this.#addPair(peer, newest.id, now)),
      ...established.flatMap((s) => this.#renew(address, s.id, now)),
    ];
  }

  #lookAt(address: IpAddress, at: Instant): void {
    const next = earliest(this.#deadlines.get(address), at);
    if (next !== undefined) this.#deadlines.set(address, next);
  }

  #begin(peer: MemberPeer, now: Instant): Effects {
    if (now < peer.beginAt) {
      this.#lookAt(peer.address, peer.beginAt);
      return [];
    }
    // Its next call, if there is one, is what begins.
    if (elapsedMs(peer.heardAt, now) > SILENT_MS) return [];
    const { address, policy } = peer;
    const request = mainModeRequest(this.#own, address, policy, this.#parts.ports);
    const { sa, effects } = this.#parts.keying.connect(request, now);
    this.#put({ ...peer, sas: [sa] });
    return effects;
  }

  #addPair(peer: MemberPeer, sa: SaId, now: Instant): Effects {
    const { address, pendingUntil, selectors } = peer;
    if (pendingUntil !== undefined && now < pendingUntil) {
      this.#lookAt(address, pendingUntil);
      return [];
    }
    const until = after(now, PENDING_MS);
    this.#put({ ...peer, pendingUntil: until });
    this.#lookAt(address, until);
    return this.#parts.keying.createChild(sa, selectors, now);
  }

  /** Negotiates phase 1 anew where its end is near. */
  #renew(address: IpAddress, sa: SaId, now: Instant): Effects {
    const peer = this.#peers.get(address);
    const summary = this.#parts.keying.summary(sa);
    const at = summary && rekeyAt(summary);
    if (!peer || at === undefined || peer.rekeying !== undefined) return [];
    if (now < at || now < peer.beginAt) {
      this.#lookAt(address, now < at ? at : peer.beginAt);
      return [];
    }
    const anew = this.#parts.keying.rekey(sa, now);
    if (!anew) return [];
    const sas = [...peer.sas, anew.sa];
    this.#put({ ...peer, sas, rekeying: anew.sa, beginAt: after(now, PENDING_MS) });
    return anew.effects;
  }

  /** Makes room: members without a tunnel that have been silent for long. */
  #forget(now: Instant): void {
    for (const [address, peer] of this.#peers)
      if (peer.sas.length === 0 && elapsedMs(peer.heardAt, now) > FORGOTTEN_MS) {
        this.#peers.delete(address);
        this.#deadlines.delete(address);
      }
  }
}

function say<T extends string>(
  definition: EventDef<T>,
  address: IpAddress,
  args: Omit<Parameters<typeof occurred<T>>[1], 'address'>,
): KeyingEffect {
  const all = { ...args, address } as Parameters<typeof occurred<T>>[1];
  return { kind: 'event', record: occurred(definition, all, { peer: address }) };
}
