import type { IpAddress } from '#base/address';
import { after, type Instant } from '#base/instant';
import { hostPrefix } from '#base/prefix';
import type { SecretKey } from '#crypto/secret-key';
import type { ChildSelectors, PeerPolicy } from '#ipsec/keying';
import type { KeptSas } from '#ipsec/upkeep';
import type { Incarnation } from '#wire/vcl/fields';

/** The word by which the keying manager marks what concerns members of the cluster. */
export const OWNER = 'cluster';

/** Another member that called: where the tunnel with it stands. */
export type MemberPeer = KeptSas & {
  readonly address: IpAddress;
  readonly policy: PeerPolicy;
  readonly selectors: ChildSelectors;
  /** The life in which it called last. */
  readonly incarnation: Incarnation;
  readonly heardAt: Instant;
  /** When this end begins, if nobody did before: at once for the lower address, later for the other. */
  readonly beginAt: Instant;
  /** Until when a pair is waited for that somebody negotiates. */
  readonly pendingUntil: Instant | undefined;
  readonly waitMs: number;
  /** Why the last attempt came to nothing. */
  readonly failure: string | undefined;
};

/** The first wait after a failure, and the longest. */
export const FIRST_WAIT_MS = 1000;
const MOST_WAIT_MS = 30_000;
/** Whose turn it is has this long, before the other one does it. */
export const GRACE_MS = 3000;
/** A Quick Mode is over within this time, one way or the other. */
export const PENDING_MS = 10_000;

/** Ours: members are both of this program, so that nothing has to be configured for phase 2. */
const PAIR_LIFETIME_SECONDS = 28_800;
const REPLAY_WINDOW = 64;
const DPD = { idleSeconds: 10, retrySeconds: 2, retries: 3 } as const;

const selectorsBetween = (own: IpAddress, peer: IpAddress): ChildSelectors => ({
  local: hostPrefix(own),
  remote: hostPrefix(peer),
});

/** How the member at `address` is negotiated with: by the key of the cluster, host to host. */
function policyFor(own: IpAddress, address: IpAddress, preSharedKey: SecretKey): PeerPolicy {
  return {
    group: `VCA ${address}`,
    owner: OWNER,
    preSharedKey,
    extendedAuthentication: false,
    ipsec: {
      suites: ['aes-gcm-16-256'],
      mode: 'tunnel',
      lifetimeSeconds: PAIR_LIFETIME_SECONDS,
      lifetimeKilobytes: 0,
      replayWindow: REPLAY_WINDOW,
    },
    selectors: [selectorsBetween(own, address)],
    // Members share one network; ESP between them travels as decision 006 says in any case.
    natTraversal: false,
    dpd: DPD,
  };
}

/** A member that called for the first time, or in a new life. */
export function newPeer(
  own: IpAddress,
  address: IpAddress,
  preSharedKey: SecretKey,
  incarnation: Incarnation,
  isFirst: boolean,
  now: Instant,
): MemberPeer {
  return {
    address,
    policy: policyFor(own, address, preSharedKey),
    selectors: selectorsBetween(own, address),
    incarnation,
    heardAt: now,
    beginAt: isFirst ? now : after(now, GRACE_MS),
    sas: [],
    rekeying: undefined,
    pendingUntil: undefined,
    waitMs: FIRST_WAIT_MS,
    failure: undefined,
  };
}

/** The tunnel after its last SA ended: it waits, and the next time twice as long. */
export const failed = (peer: MemberPeer, reason: string, now: Instant): MemberPeer => ({
  ...peer,
  failure: reason,
  pendingUntil: undefined,
  beginAt: after(now, peer.waitMs),
  waitMs: Math.min(2 * peer.waitMs, MOST_WAIT_MS),
});
