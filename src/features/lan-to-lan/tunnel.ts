import { after, type Instant } from '#base/instant';
import type { Prefix } from '#base/prefix';
import type { ChildSelectors, ChildSummary } from '#ipsec/keying';
import type { KeptSas } from '#ipsec/upkeep';
import type { Site } from './sites.ts';

/** Where one LAN-to-LAN tunnel stands. What is negotiated the keying manager knows; this is the rest. */
export type Tunnel = KeptSas & {
  readonly site: Site;
  /** When this end may begin again, and how long it waits after the next failure. */
  readonly retryAt: Instant;
  readonly waitMs: number;
  /** By the networks of a pair, before when this end does not ask for one again. */
  readonly pending: ReadonlyMap<string, Pause>;
};

/** Until when a pair is not asked for, and how long it is waited for the next time. */
export type Pause = { readonly until: Instant; readonly waitMs: number };

/** The first wait after a failure, and the longest. */
export const FIRST_WAIT_MS = 5000;
const MOST_WAIT_MS = 60_000;
/** A peer that began has this long to negotiate its pairs, and one that ended a new pair to have reasons. */
export const GRACE_MS = 5000;
/** A Quick Mode is over within this time, one way or the other. */
export const PENDING_MS = 30_000;
/** A pair that never comes to be, such as one of networks that the peer wants narrower, is asked for so often. */
const MOST_PENDING_MS = 240_000;

/** A pair is the peer's to begin, or has just been there. */
export const grace = (now: Instant): Pause => ({
  until: after(now, GRACE_MS),
  waitMs: PENDING_MS,
});

/** A pair is asked for; if that comes to nothing, the next wait is twice as long. */
export function asked(earlier: Pause | undefined, now: Instant): Pause {
  const waitMs = earlier?.waitMs ?? PENDING_MS;
  return { until: after(now, waitMs), waitMs: Math.min(2 * waitMs, MOST_PENDING_MS) };
}

export const newTunnel = (site: Site, now: Instant): Tunnel => ({
  site,
  sas: [],
  rekeying: undefined,
  retryAt: now,
  waitMs: FIRST_WAIT_MS,
  pending: new Map(),
});

/** The tunnel after a failure: it waits, and the next time twice as long. */
export const failed = (tunnel: Tunnel, now: Instant): Tunnel => ({
  ...tunnel,
  retryAt: after(now, tunnel.waitMs),
  waitMs: Math.min(2 * tunnel.waitMs, MOST_WAIT_MS),
});

const samePrefix = (a: Prefix, b: Prefix): boolean =>
  a.address === b.address && a.length === b.length;

/** Whether a pair carries these networks. */
export const carries = (child: ChildSummary, { local, remote }: ChildSelectors): boolean =>
  samePrefix(child.local, local) && samePrefix(child.remote, remote);

export const keyOf = ({ local, remote }: ChildSelectors): string =>
  `${local.address}/${local.length} ${remote.address}/${remote.length}`;
