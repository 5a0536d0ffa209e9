import { after, earliest, type Instant } from '#base/instant';
import { type EventDef, occurred } from '#events/event';
import type {
  ChildSummary,
  CloseReason,
  IsakmpSaSummary,
  KeyingEffect,
  KeyingNotice,
  SaId,
} from '#ipsec/keying';
import { mainModeRequest, rekeyAt, without } from '#ipsec/upkeep';
import type { Traffic } from '#session/accounting';
import type { Session } from '#session/session';
import { tunnelBegins, tunnelFailed } from './events.ts';
import type { Effects, LanToLanParts } from './parts.ts';
import { ownerOf, TunnelSessions } from './sessions.ts';
import { type Site, sameSite } from './sites.ts';
import {
  asked,
  carries,
  FIRST_WAIT_MS,
  failed,
  grace,
  keyOf,
  newTunnel,
  PENDING_MS,
  type Tunnel,
} from './tunnel.ts';

/**
 * LAN-to-LAN tunnels: keeps up what the configuration names. After whatever happens it compares what is
 * there with what should be, and does what is missing: begins phase 1, negotiates pairs, negotiates
 * phase 1 anew before it ends. Costs grow with the number of configured tunnels.
 */
export class LanToLan {
  readonly #parts: LanToLanParts;
  readonly #sessions: TunnelSessions;
  /** By the tunnel group of the peer. */
  readonly #tunnels = new Map<string, Tunnel>();
  readonly #deadlines = new Map<string, Instant>();

  constructor(parts: LanToLanParts) {
    this.#parts = parts;
    this.#sessions = new TunnelSessions(parts.sessions, parts.accounting, parts.traffic);
  }

  /** Puts the tunnels of a configuration in force; those whose lines changed begin afresh. */
  configure(sites: readonly Site[], now: Instant): Effects {
    const effects: KeyingEffect[] = [];
    const wanted = new Map(sites.map((site) => [site.policy.group, site]));
    for (const [group, tunnel] of [...this.#tunnels]) {
      const site = wanted.get(group);
      if (site && sameSite(site, tunnel.site)) continue;
      this.#tunnels.delete(group);
      this.#deadlines.delete(group);
      for (const sa of tunnel.sas)
        effects.push(...this.#ending(tunnel.site, sa, 'administrator', now));
    }
    for (const [group, site] of wanted)
      if (!this.#tunnels.has(group)) {
        this.#tunnels.set(group, newTunnel(site, now));
        // The packet path is not there yet when the first configuration is put in force.
        this.#deadlines.set(group, now);
      }
    return effects;
  }

  notice(notice: KeyingNotice, now: Instant): Effects {
    const { sa } = notice;
    const group = this.#parts.keying.summary(sa)?.group ?? this.#groupOf(sa);
    const tunnel = group === undefined ? undefined : this.#tunnels.get(group);
    if (group === undefined || !tunnel) return [];
    switch (notice.kind) {
      case 'phaseOneCompleted':
        return this.#phaseOneCompleted(group, tunnel, sa, now);
      case 'childCreated':
        return this.#childCreated(group, tunnel, sa, notice.child, now);
      case 'childDeleted':
        return [
          ...this.#sessions.closed(tunnel.site, notice.inboundSpi, 'peer deleted', now),
          ...this.#reconcile(group, now),
        ];
      case 'rekeyed':
        this.#put(group, { ...without(tunnel, notice.replaces), rekeying: undefined });
        return this.#reconcile(group, now);
      case 'closed':
        return this.#closed(group, tunnel, sa, notice.reason, now);
      default:
        return [];
    }
  }

  /** When the next `tick` is due. */
  deadline(): Instant | undefined {
    let next: Instant | undefined;
    for (const at of this.#deadlines.values()) next = earliest(next, at);
    return next;
  }

  tick(now: Instant): Effects {
    const due = [...this.#deadlines].filter(([, at]) => at <= now);
    return due.flatMap(([group]) => this.#reconcile(group, now));
  }

  /** Ends a tunnel for the administrator; one that begins by itself comes back. */
  logOff(session: Session, now: Instant): Effects {
    for (const { site, sas } of this.#tunnels.values())
      if (ownerOf(site) === session.owner)
        return sas.flatMap((sa) => this.#parts.keying.close(sa, 'administrator', now));
    return [];
  }

  /** What passed through a session so far; undefined for one of another kind. */
  traffic(session: Session): Traffic | undefined {
    return this.#sessions.traffic(session);
  }

  #groupOf(sa: SaId): string | undefined {
    for (const [group, { sas }] of this.#tunnels) if (sas.includes(sa)) return group;
    return undefined;
  }

  #put(group: string, tunnel: Tunnel): void {
    this.#tunnels.set(group, tunnel);
  }

  /** Closes an SA of a tunnel that is not wanted any more, and its session with it. */
  #ending(site: Site, sa: SaId, reason: CloseReason, now: Instant): Effects {
    const children = this.#parts.keying.summary(sa)?.children ?? [];
    return [
      ...children.flatMap((c) => this.#sessions.closed(site, c.inboundSpi, reason, now)),
      ...this.#parts.keying.close(sa, reason, now),
    ];
  }

  #phaseOneCompleted(group: string, tunnel: Tunnel, sa: SaId, now: Instant): Effects {
    const summary = this.#parts.keying.summary(sa);
    const sas = [...tunnel.sas.filter((known) => known !== sa), sa];
    // Who began negotiates the pairs; this end does it for a peer that does not.
    const waits = summary?.role === 'responder' && tunnel.rekeying === undefined;
    const pending = waits
      ? new Map(tunnel.site.selectors.map((s) => [keyOf(s), grace(now)]))
      : tunnel.pending;
    this.#put(group, { ...tunnel, sas, pending });
    // An SA that takes over from another gets its pairs from that one.
    return sa === tunnel.rekeying ? [] : this.#reconcile(group, now);
  }

  #childCreated(
    group: string,
    tunnel: Tunnel,
    sa: SaId,
    child: ChildSummary,
    now: Instant,
  ): Effects {
    const summary = this.#parts.keying.summary(sa);
    const pending = new Map(tunnel.pending);
    // A peer that deletes each pair at once would otherwise be asked for the next one without a pause.
    for (const selectors of tunnel.site.selectors)
      if (carries(child, selectors)) pending.set(keyOf(selectors), grace(now));
    this.#put(group, { ...tunnel, pending, waitMs: FIRST_WAIT_MS });
    return [
      ...(summary ? this.#sessions.opened(tunnel.site, summary, child, now) : []),
      ...this.#reconcile(group, now),
    ];
  }

  #closed(group: string, tunnel: Tunnel, sa: SaId, reason: CloseReason, now: Instant): Effects {
    const left = without(tunnel, sa);
    const isLast = left.sas.length === 0;
    // What gave way to an SA that the peer began has not failed.
    const tries = isLast && tunnel.site.begins && reason !== 'replaced';
    this.#put(group, isLast ? { ...failed(left, now), pending: new Map() } : left);
    const said: Effects = tries
      ? [say(tunnelFailed, tunnel.site, { reason, seconds: Math.round(tunnel.waitMs / 1000) })]
      : [];
    return [...said, ...this.#reconcile(group, now)];
  }

  /** Does what is missing of one tunnel, and sets when to look again. */
  #reconcile(group: string, now: Instant): Effects {
    const tunnel = this.#tunnels.get(group);
    if (!tunnel) return [];
    const summaries = tunnel.sas.flatMap((sa) => this.#parts.keying.summary(sa) ?? []);
    const established = summaries.filter((s) => s.expiresAt !== undefined);
    const effects: KeyingEffect[] = [];
    let next: Instant | undefined;
    if (summaries.length === 0) {
      if (tunnel.site.begins && now >= tunnel.retryAt)
        effects.push(...this.#begin(group, tunnel, now));
      else if (tunnel.site.begins) next = tunnel.retryAt;
    }
    const newest = established.at(-1);
    if (newest) {
      next = earliest(next, this.#addPairs(group, established, newest.id, now, effects));
      next = earliest(next, this.#renew(group, established, now, effects));
    }
    if (next === undefined) this.#deadlines.delete(group);
    else this.#deadlines.set(group, next);
    return effects;
  }

  #begin(group: string, tunnel: Tunnel, now: Instant): Effects {
    const { local, peer, policy } = tunnel.site;
    const request = mainModeRequest(local, peer, policy, this.#parts.ports);
    const { sa, effects } = this.#parts.keying.connect(request, now);
    this.#put(group, { ...tunnel, sas: [...tunnel.sas, sa] });
    return [say(tunnelBegins, tunnel.site, {}), ...effects];
  }

  /** Negotiates the pairs that are missing; the answer is when the next one is given up. */
  #addPairs(
    group: string,
    established: readonly IsakmpSaSummary[],
    sa: SaId,
    now: Instant,
    effects: KeyingEffect[],
  ): Instant | undefined {
    const tunnel = this.#tunnels.get(group) as Tunnel;
    const pending = new Map(tunnel.pending);
    const there = established.flatMap((s) => s.children);
    const missing = tunnel.site.selectors.filter((s) => !there.some((child) => carries(child, s)));
    let next: Instant | undefined;
    const wanted = missing.filter((s) => (pending.get(keyOf(s))?.until ?? now) <= now);
    for (const key of wanted.map(keyOf)) pending.set(key, asked(pending.get(key), now));
    this.#put(group, { ...tunnel, pending });
    if (tunnel.site.begins)
      for (const selectors of wanted)
        effects.push(...this.#parts.keying.createChild(sa, selectors, now));
    for (const selectors of missing) next = earliest(next, pending.get(keyOf(selectors))?.until);
    return tunnel.site.begins ? next : undefined;
  }

  /** Negotiates phase 1 anew where its end is near; the answer is when that is. */
  #renew(
    group: string,
    established: readonly IsakmpSaSummary[],
    now: Instant,
    effects: KeyingEffect[],
  ): Instant | undefined {
    const tunnel = this.#tunnels.get(group) as Tunnel;
    if (tunnel.rekeying !== undefined) return undefined;
    let next: Instant | undefined;
    for (const summary of established) {
      const at = rekeyAt(summary);
      if (at === undefined) continue;
      if (at > now) {
        next = earliest(next, at);
        continue;
      }
      if (now < tunnel.retryAt) {
        next = earliest(next, tunnel.retryAt);
        continue;
      }
      const anew = this.#parts.keying.rekey(summary.id, now);
      if (!anew) continue;
      const sas = [...tunnel.sas, anew.sa];
      this.#put(group, { ...tunnel, sas, rekeying: anew.sa, retryAt: after(now, PENDING_MS) });
      effects.push(...anew.effects);
      return next;
    }
    return next;
  }
}

function say<T extends string>(
  definition: EventDef<T>,
  { peer, policy }: Site,
  args: Parameters<typeof occurred<T>>[1],
): KeyingEffect {
  return { kind: 'event', record: occurred(definition, args, { peer, group: policy.group }) };
}
